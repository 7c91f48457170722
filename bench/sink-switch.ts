/**
 * A switch that agrees to everything, as a process of its own: it connects to a controller, says how many ports it has,
 * counts flow-mods, confirms bundles and barriers. With --packets it also sends packet-ins, one outstanding, and measures
 * how long the answer takes. It forwards nothing: it stands for the wire and the codec, so that what is left is ours.
 * Usage: sink-switch.ts PORT DPID PORTS; commands as lines on standard input: `count`, `packets N COOKIE HEX`, `echo N`.
 */
import { createInterface } from 'node:readline'
import { connect, type Message, type Port } from 'node-openflow'
import { packetInOf } from './packet-in.ts'

const [port, datapathId, ports] = process.argv.slice(2).map(Number) as [number, number, number]
const rows: Port[] = Array.from({ length: ports }, (_, index) => ({
  port_no: index + 1,
  hw_addr: 0x020000000000 + index + 1,
  name: `p${index + 1}`,
  config: 0,
  state: 4,
  curr: 0,
  advertised: 0,
  supported: 0,
  peer: 0,
  curr_speed: 0,
  max_speed: 0,
}))
const connection = await connect({
  host: '127.0.0.1',
  port,
  side: 'switch',
  answers: {
    features: () => ({
      datapath_id: BigInt(datapathId),
      n_buffers: 0,
      n_tables: 254,
      auxiliary_id: 0,
      capabilities: 0x4f,
      reserved: 0,
    }),
    ports: () => rows,
  },
})

/** It keeps none, so it has none of others. */
const NO_FLOWS = { packet_count: 0n, byte_count: 0n, flow_count: 0 }

let flowMods = 0
let answered: (() => void) | undefined

function answer(message: Message): void {
  const { xid } = message
  switch (message.type) {
    case 'flow_mod':
      flowMods++
      return
    case 'bundle_add_message':
      if (message.message.type === 'flow_mod') flowMods++
      return
    case 'bundle_control': {
      const replies = {
        open_request: 'open_reply',
        close_request: 'close_reply',
        commit_request: 'commit_reply',
      } as const
      const bundle_type = replies[message.bundle_type as keyof typeof replies] ?? 'discard_reply'
      connection.send({ ...message, bundle_type })
      return
    }
    case 'barrier_request':
      connection.send({ type: 'barrier_reply', xid })
      return
    case 'get_config_request':
      connection.send({ type: 'get_config_reply', xid, flags: 0, miss_send_len: 128 })
      return
    case 'role_request':
      connection.send({ ...message, type: 'role_reply' })
      return
    case 'multipart_request':
      connection.send({
        type: 'multipart_reply',
        xid,
        flags: 0,
        mp_type: message.mp_type,
        body: message.mp_type === 'aggregate' ? NO_FLOWS : [],
      } as unknown as Message)
      return
    case 'packet_out':
      if (message.in_port !== 0xfffffffd || message.data.length > 20) answered?.()
      return
    default:
  }
}
connection.onMessage = answer
connection.onClose = () => process.exit(0)

async function packets(count: number, cookie: bigint, data: Uint8Array): Promise<number[]> {
  const samples: number[] = []
  for (let index = 0; index < count; index++) {
    const begun = process.hrtime.bigint()
    const done = new Promise<void>((resolve) => {
      answered = resolve
    })
    connection.send(packetInOf(1, cookie, data))
    await done
    samples.push(Number(process.hrtime.bigint() - begun) / 1000)
  }
  answered = undefined
  return samples
}

async function echoes(count: number): Promise<number[]> {
  const samples: number[] = []
  for (let index = 0; index < count; index++) {
    const begun = process.hrtime.bigint()
    await connection.request({ type: 'echo_request', data: new Uint8Array(0) })
    samples.push(Number(process.hrtime.bigint() - begun) / 1000)
  }
  return samples
}

console.log(JSON.stringify({ ready: true }))
for await (const line of createInterface({ input: process.stdin })) {
  const [command, first, second, third] = line.split(' ')
  if (command === 'count') console.log(JSON.stringify({ flowMods }))
  else if (command === 'packets') {
    const samples = await packets(Number(first), BigInt(second!), Buffer.from(third!, 'hex'))
    console.log(JSON.stringify({ samples }))
  } else if (command === 'echo') console.log(JSON.stringify({ samples: await echoes(Number(first)) }))
}
connection.close()
