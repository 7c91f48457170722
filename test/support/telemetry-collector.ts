/**
 * A collector on loopback that understands what bridges export: sFlow version 5 (sflow.org, sflow_version_5.txt) and IPFIX
 * (RFC 7011), as much of them as tests look at. A datagram that is neither is an error. For tests only: it trusts lengths as
 * far as Buffer does.
 */
import { createSocket, type Socket } from 'node:dgram'

export interface FlowSample {
  samplingRate: number
  samplePool: number
  drops: number
  /** Numbers of records by `enterprise:format`. */
  records: string[]
  /** Of the sampled packet: its first octets, and how long it was on the wire. */
  header: Buffer | undefined
  frameLength: number
}

export interface SflowDatagram {
  agent: string
  subAgent: number
  sequence: number
  flows: FlowSample[]
  /** Of how many ports counters are told. */
  counters: number
}

export interface IpfixMessage {
  domain: number
  sequence: number
  templates: number[]
  /** Fields by number of the information element (iana.org/assignments/ipfix), enterprises' as `enterprise/number`. */
  records: Map<string, Buffer>[]
  /** Data sets whose template has not been seen. */
  unknown: number
}

/** Reads words of 32 bits from a datagram. */
class Words {
  readonly data: Buffer
  at = 0
  constructor(data: Buffer) {
    this.data = data
  }
  next(): number {
    this.at += 4
    return this.data.readUInt32BE(this.at - 4)
  }
  octets(length: number): Buffer {
    if (this.at + length > this.data.length) throw new Error(`${length} octets at ${this.at} of ${this.data.length}`)
    this.at += length
    return this.data.subarray(this.at - length, this.at)
  }
}

export function readSflow(data: Buffer): SflowDatagram {
  const words = new Words(data)
  const version = words.next()
  if (version !== 5) throw new Error(`sFlow of version ${version}`)
  const kind = words.next()
  if (kind !== 1 && kind !== 2) throw new Error(`an address of kind ${kind}`)
  const address = words.octets(kind === 1 ? 4 : 16)
  const datagram: SflowDatagram = {
    agent: kind === 1 ? [...address].join('.') : address.toString('hex'),
    ...{ subAgent: words.next(), sequence: words.next(), flows: [], counters: 0 },
  }
  words.next() // milliseconds since the agent started
  for (let samples = words.next(); samples > 0; samples--) {
    const type = words.next()
    const sample = new Words(words.octets(words.next()))
    if (type === 1) datagram.flows.push(readFlowSample(sample))
    else if (type === 2) datagram.counters++
    else throw new Error(`a sample of type ${type}`)
  }
  if (words.at !== data.length) throw new Error('octets after the last sample')
  return datagram
}

function readFlowSample(words: Words): FlowSample {
  words.octets(8) // sequence number, source
  const [samplingRate, samplePool, drops] = [words.next(), words.next(), words.next()]
  words.octets(8) // ports of input and output
  const sample: FlowSample = { samplingRate, samplePool, drops, records: [], header: undefined, frameLength: 0 }
  for (let records = words.next(); records > 0; records--) {
    const format = words.next()
    const record = new Words(words.octets(words.next()))
    sample.records.push(`${format >>> 12}:${format & 0xfff}`)
    if (format !== 1) continue
    if (record.next() !== 1) throw new Error('a header that is not of Ethernet')
    sample.frameLength = record.next()
    record.next() // octets removed
    sample.header = record.octets(record.next())
  }
  return sample
}

interface Field {
  name: string
  length: number
}

/** Templates are of one exporter's observation domain. */
export class IpfixReader {
  readonly #templates = new Map<string, Field[]>()

  read(data: Buffer): IpfixMessage {
    const version = data.readUInt16BE(0)
    if (version !== 10) throw new Error(`IPFIX of version ${version}`)
    if (data.readUInt16BE(2) !== data.length) throw new Error('a length that is not that of the datagram')
    const message: IpfixMessage = {
      ...{ sequence: data.readUInt32BE(8), domain: data.readUInt32BE(12) },
      ...{ templates: [], records: [], unknown: 0 },
    }
    for (let at = 16; at < data.length; ) {
      const [set, length] = [data.readUInt16BE(at), data.readUInt16BE(at + 2)]
      if (length < 4 || at + length > data.length) throw new Error(`a set of ${length} octets`)
      this.#readSet(message, set, data.subarray(at + 4, at + length))
      at += length
    }
    return message
  }

  #readSet(message: IpfixMessage, set: number, data: Buffer): void {
    // Options templates have a count of scopes more, whose fields come first.
    if (set === 2 || set === 3) this.#readTemplates(message, data, set === 3)
    if (set < 256) return
    const template = this.#templates.get(`${message.domain} ${set}`)
    if (template === undefined) {
      message.unknown++
      return
    }
    const least = template.reduce((sum, { length }) => sum + (length === 0xffff ? 1 : length), 0)
    for (let at = 0; at + least <= data.length; ) {
      const record = new Map<string, Buffer>()
      for (const { name, length } of template) {
        let its = length
        if (its === 0xffff) its = data.readUInt8(at++)
        if (length === 0xffff && its === 255) {
          its = data.readUInt16BE(at)
          at += 2
        }
        record.set(name, data.subarray(at, at + its))
        at += its
      }
      message.records.push(record)
    }
  }

  #readTemplates(message: IpfixMessage, data: Buffer, ofOptions: boolean): void {
    for (let at = 0; at + 4 <= data.length; ) {
      const [id, count] = [data.readUInt16BE(at), data.readUInt16BE(at + 2)]
      at += ofOptions ? 6 : 4
      const fields: Field[] = []
      for (let field = 0; field < count; field++) {
        const [element, length] = [data.readUInt16BE(at), data.readUInt16BE(at + 2)]
        at += 4
        if (element < 0x8000) fields.push({ name: String(element), length })
        else {
          fields.push({ name: `${data.readUInt32BE(at)}/${element & 0x7fff}`, length })
          at += 4
        }
      }
      message.templates.push(id)
      this.#templates.set(`${message.domain} ${id}`, fields)
    }
  }
}

/** A UDP port of 127.0.0.1 and what came to it, by the number that every datagram begins with. */
export class TelemetryCollector {
  readonly sflow: SflowDatagram[] = []
  readonly ipfix: IpfixMessage[] = []
  readonly errors: string[] = []
  readonly #socket: Socket
  readonly #reader = new IpfixReader()

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (data) => {
      try {
        if (data.readUInt16BE(0) === 10) this.ipfix.push(this.#reader.read(data))
        else this.sflow.push(readSflow(data))
      } catch (error) {
        this.errors.push((error as Error).message)
      }
    })
  }

  static async start(): Promise<TelemetryCollector> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return new TelemetryCollector(socket)
  }

  /** `127.0.0.1:PORT`. */
  get target(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  /** All packets sampled so far. */
  get samples(): FlowSample[] {
    return this.sflow.flatMap(({ flows }) => flows)
  }

  get records(): Map<string, Buffer>[] {
    return this.ipfix.flatMap(({ records }) => records)
  }

  forget(): void {
    this.sflow.splice(0)
    this.ipfix.splice(0)
  }

  stop(): void {
    this.#socket.close()
  }
}
