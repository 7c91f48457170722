/**
 * The switches of the cloud of cloud.ts in one process, each with a connection of its own: they agree to everything,
 * count flow-mods and carry probes along their links, leaves to spine and back. Almost nothing is decoded, so that what
 * is left is the controller's. Usage: cloud-switches.ts PORT INTERFACES SWITCHES; commands as lines on standard input:
 * `open` (resolves when all have shaken hands), `count` (flow-mods so far), `echo N` (microseconds of round trips).
 */
import { connect as dial, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { decode, encode, Framer, type Message, PORT_MAX, type Port } from 'node-openflow'
import { cookieOf } from '../controller/policy/cookie.ts'
import { placeOf, SPINE_PORT } from './cloud.ts'
import { packetInOf } from './packet-in.ts'

const [port, interfaces, count] = process.argv.slice(2).map(Number) as [number, number, number]

/** Message types of OpenFlow 1.3.5, section 7.1. */
const ECHO_REQUEST = 2
const ECHO_REPLY = 3
const EXPERIMENTER = 4
const FEATURES_REQUEST = 5
const GET_CONFIG_REQUEST = 7
const PACKET_OUT = 13
const FLOW_MOD = 14
const MULTIPART_REQUEST = 18
const BARRIER_REQUEST = 20
/** Multipart types (section 7.3.5). */
const PORT_DESC = 13
const MULTIPART_EXPERIMENTER = 0xffff
/** Of the experimenter messages of EXT-230: control and addition of bundles. */
const BUNDLE_CONTROL = 2300
const BUNDLE_ADD = 2301

/** At once while opening: the queue of a listener is not endless. */
const OPENING = 50

class Switch {
  readonly index: number
  readonly ready: Promise<void>
  readonly #socket: Socket
  readonly #framer = new Framer()
  readonly #ports: readonly number[]
  #shaken: () => void = () => {}
  #echoed: () => void = () => {}
  flowMods = 0

  constructor(index: number, ports: readonly number[]) {
    this.index = index
    this.#ports = ports
    this.ready = new Promise((resolve) => {
      this.#shaken = resolve
    })
    this.#socket = dial({ host: '127.0.0.1', port })
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (chunk) => {
      this.#socket.cork()
      for (const message of this.#framer.push(chunk)) this.#read(message)
      this.#socket.uncork()
    })
    this.#socket.on('error', () => process.exit(0))
    this.#say({ type: 'hello', xid: 1, elements: [] })
  }

  /** Resolves when the controller has answered. */
  echo(): Promise<void> {
    return new Promise((resolve) => {
      this.#echoed = resolve
      this.#say({ type: 'echo_request', xid: 7, data: new Uint8Array(0) })
    })
  }

  /** A probe that came in by a link. */
  probed(inPort: number, data: Uint8Array): void {
    this.#say(packetInOf(inPort, cookieOf('probe'), data))
  }

  #say(message: Message): void {
    this.#socket.write(encode(message))
  }

  #read(message: Uint8Array): void {
    const view = new DataView(message.buffer, message.byteOffset, message.length)
    switch (message[1]) {
      case ECHO_REQUEST:
      case BARRIER_REQUEST:
        this.#reply(message.slice())
        return
      case ECHO_REPLY:
        this.#echoed()
        return
      case EXPERIMENTER:
        this.#bundle(message, view.getUint32(12))
        return
      case FEATURES_REQUEST:
        this.#features(view.getUint32(4))
        return
      case GET_CONFIG_REQUEST:
        this.#say({ type: 'get_config_reply', xid: view.getUint32(4), flags: 0, miss_send_len: 0xffff })
        return
      case PACKET_OUT:
        this.#send(message)
        return
      case FLOW_MOD:
        this.flowMods++
        return
      case MULTIPART_REQUEST:
        this.#multipart(message, view.getUint32(4), view.getUint16(8))
    }
  }

  /** The answer to a request is the type that follows, with the same transaction id. */
  #reply(octets: Uint8Array): void {
    octets[1]!++
    new DataView(octets.buffer, octets.byteOffset).setUint16(2, octets.length)
    this.#socket.write(octets)
  }

  #bundle(message: Uint8Array, type: number): void {
    if (type === BUNDLE_ADD && message[25] === FLOW_MOD) this.flowMods++
    if (type !== BUNDLE_CONTROL) return
    const answer = message.slice()
    answer[21]!++
    this.#socket.write(answer)
  }

  #features(xid: number): void {
    const features = { n_buffers: 0, n_tables: 254, auxiliary_id: 0, capabilities: 0x4f, reserved: 0 }
    this.#say({ type: 'features_reply', xid, datapath_id: BigInt(this.index + 1), ...features })
  }

  /** Its ports; and of everything else nothing. */
  #multipart(message: Uint8Array, xid: number, type: number): void {
    if (type !== PORT_DESC) {
      this.#reply(message.slice(0, type === MULTIPART_EXPERIMENTER ? 24 : 16))
      return
    }
    const body = this.#ports.map((number) => portOf(this.index, number))
    this.#say({ type: 'multipart_reply', xid, flags: 0, mp_type: 'port_desc', body })
    this.#shaken()
  }

  #send(octets: Uint8Array): void {
    const message = decode(octets)
    if (message.type !== 'packet_out') return
    for (const action of message.actions) {
      if (action.type !== 'output' || action.port > PORT_MAX) continue
      const at = otherEnd(this.index, action.port)
      if (at !== undefined) switches[at.index]?.probed(at.port, message.data)
    }
  }
}

function portOf(index: number, number: number): Port {
  const speeds = { curr: 0, advertised: 0, supported: 0, peer: 0, curr_speed: 0, max_speed: 0 }
  const hw_addr = 0x060000000000 + index * 0x100000 + number
  return { port_no: number, hw_addr, name: `p${number}`, config: 0, state: 4, ...speeds }
}

/** Switch `count` is the spine: its port i + 1 leads to leaf i. */
function otherEnd(index: number, its: number): { index: number; port: number } | undefined {
  if (index === count) return its <= count ? { index: its - 1, port: SPINE_PORT } : undefined
  return its === SPINE_PORT ? { index: count, port: index + 1 } : undefined
}

function portsOfAll(): number[][] {
  const ports: number[][] = Array.from({ length: count }, () => [SPINE_PORT])
  for (let index = 0; index < interfaces; index++) {
    const place = placeOf({ interfaces, switches: count }, index)
    ports[Number.parseInt(place.datapathId, 16) - 1]?.push(place.port)
  }
  ports.push(Array.from({ length: count }, (_, index) => index + 1))
  return ports
}

const switches: Switch[] = []

async function open(): Promise<number> {
  const ports = portsOfAll()
  for (let at = 0; at < ports.length; at += OPENING) {
    const some = ports.slice(at, at + OPENING).map((its, offset) => new Switch(at + offset, its))
    switches.push(...some)
    await Promise.all(some.map(({ ready }) => ready))
  }
  return switches.length
}

async function echo(times: number): Promise<number[]> {
  const samples: number[] = []
  for (let index = 0; index < times; index++) {
    const begun = process.hrtime.bigint()
    await switches[index % switches.length]!.echo()
    samples.push(Number(process.hrtime.bigint() - begun) / 1000)
  }
  return samples
}

console.log(JSON.stringify({ ready: true }))
for await (const line of createInterface({ input: process.stdin })) {
  const [command, word] = line.split(' ')
  if (command === 'open') console.log(JSON.stringify({ switches: await open() }))
  else if (command === 'count') {
    console.log(JSON.stringify({ flowMods: switches.reduce((sum, { flowMods }) => sum + flowMods, 0) }))
  } else if (command === 'echo') console.log(JSON.stringify({ samples: await echo(Number(word)) }))
}
process.exit(0)
