/**
 * Many switches in one process: each shakes hands and then keeps a window of packet-ins outstanding. A packet-in counts
 * as answered by the packet-out with its xid. Nothing is decoded: headers are cut and counted, so that what is left is
 * the controller's. Usage: peer-switches.ts; commands as lines: `open PORT COUNT`, `load WINDOW MS` (answers a second,
 * the answers of the switch that got fewest and most, and all answers), `close`.
 */
import { connect as dial, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { encode, Framer, type Message, NO_BUFFER } from 'node-openflow'

const PACKET_OUT = 13
const FEATURES_REQUEST = 5
const MULTIPART_REQUEST = 18
const ECHO_REQUEST = 2

/** An Ethernet frame of 60 octets between two of the switch's 64 hosts. */
function frame(from: number, to: number): Uint8Array {
  const octets = new Uint8Array(60)
  octets.set([2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 0x08, 0x00])
  return octets
}

/** Sixty-four packet-ins, one after the other in one piece; xids are put in when they are sent. */
const PACKET_INS = Array.from({ length: 64 }, (_, index) =>
  encode({
    type: 'packet_in',
    xid: 0,
    buffer_id: NO_BUFFER,
    total_len: 60,
    reason: 'no_match',
    table_id: 0,
    cookie: 0n,
    match: [{ field: 'in_port', value: index + 1 }],
    data: frame(index, (index * 7 + 1) % 64),
  }),
)
const SIZE = PACKET_INS[0]!.length

class Switch {
  readonly socket: Socket
  readonly ready: Promise<void>
  readonly #framer = new Framer()
  readonly #datapathId: number
  #next = 0
  answered = 0
  loading = false
  #shaken: () => void = () => {}

  constructor(port: number, datapathId: number) {
    this.#datapathId = datapathId
    this.ready = new Promise((resolve) => {
      this.#shaken = resolve
    })
    this.socket = dial({ host: '127.0.0.1', port })
    this.socket.setNoDelay(true)
    this.socket.on('data', (chunk) => this.#read(chunk))
    this.#say({ type: 'hello', xid: 1, elements: [] })
  }

  #say(message: Message): void {
    this.socket.write(encode(message))
  }

  /** As many packet-ins as given, in one write. */
  push(count: number): void {
    const octets = Buffer.allocUnsafe(count * SIZE)
    for (let i = 0; i < count; i++) {
      octets.set(PACKET_INS[this.#next & 63]!, i * SIZE)
      octets.writeUInt32BE(++this.#next, i * SIZE + 4)
    }
    this.socket.write(octets)
  }

  #read(chunk: Uint8Array): void {
    let done = 0
    for (const message of this.#framer.push(chunk)) {
      switch (message[1]) {
        case PACKET_OUT:
          done++
          break
        case FEATURES_REQUEST:
        case MULTIPART_REQUEST:
        case ECHO_REQUEST:
          this.#answer(message)
      }
    }
    this.answered += done
    if (done > 0 && this.loading) this.push(done)
  }

  #answer(message: Uint8Array): void {
    const xid = new DataView(message.buffer, message.byteOffset).getUint32(4)
    if (message[1] === ECHO_REQUEST) this.#say({ type: 'echo_reply', xid, data: message.slice(8) })
    else if (message[1] === FEATURES_REQUEST) {
      this.#say({
        type: 'features_reply',
        xid,
        datapath_id: BigInt(this.#datapathId),
        n_buffers: 0,
        n_tables: 1,
        auxiliary_id: 0,
        capabilities: 0,
        reserved: 0,
      })
    } else {
      this.#say({ type: 'multipart_reply', xid, flags: 0, mp_type: 'port_desc', body: [] })
      this.#shaken()
    }
  }
}

let switches: Switch[] = []

const commands: Readonly<Record<string, (...words: number[]) => Promise<unknown>>> = {
  async open(port, count) {
    for (let i = 0; i < count!; i += 100) {
      const some = Array.from({ length: Math.min(100, count! - i) }, (_, j) => new Switch(port!, i + j + 1))
      switches.push(...some)
      await Promise.all(some.map(({ ready }) => ready))
    }
    return switches.length
  },
  async load(window, ms) {
    for (const one of switches) {
      one.loading = true
      one.push(window!)
    }
    await new Promise((resolve) => setTimeout(resolve, ms! / 4))
    const before = switches.map(({ answered }) => answered)
    const start = performance.now()
    await new Promise((resolve) => setTimeout(resolve, ms))
    const seconds = (performance.now() - start) / 1000
    const counts = switches.map(({ answered }, i) => answered - before[i]!)
    for (const one of switches) one.loading = false
    const total = counts.reduce((sum, count) => sum + count, 0)
    const all = switches.reduce((sum, { answered }) => sum + answered, 0)
    return { rate: total / seconds, least: Math.min(...counts), most: Math.max(...counts), all }
  },
  async close() {
    for (const { socket } of switches) socket.destroy()
    switches = []
    return true
  },
}

console.log('"ready"')
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...words] = line.split(' ')
  console.log(JSON.stringify(await commands[name!]!(...words.map(Number))))
}
