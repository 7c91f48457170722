/**
 * A switch without a network: the reference switch on a connection. It sends everything that no flow matches to the
 * controller, and says what comes out of which port.
 * Run: memory-switch PORT; each line on standard input is a port and a frame in hexadecimal digits: 1 ffffffffffff0200...
 */
import { createInterface } from 'node:readline'
import { connect, fromHex, type Output, PORT_CONTROLLER, ReferenceSwitch, toHex } from 'node-openflow'

const device = new ReferenceSwitch({ datapathId: 0x2an, ports: [1, 2, 3], now: () => Date.now() })
const features = { datapath_id: 0x2an, n_buffers: 0, n_tables: 254, auxiliary_id: 0, capabilities: 0, reserved: 0 }
const connection = await connect({
  host: '127.0.0.1',
  port: Number(process.argv[2] ?? 6653),
  side: 'switch',
  versions: [4, 5],
  answers: { features: () => features, ports: () => [...device.state.ports.values()].map(({ desc }) => desc) },
})

function tell(outputs: readonly Output[]): void {
  for (const output of outputs) {
    if (output.port === 'controller') connection.send(output.message)
    else console.log(`port ${output.port}: ${toHex(output.packet)}`)
  }
}

connection.onMessage = (message) => {
  for (const answer of device.handle(message)) connection.send(answer)
  tell(device.takeSent())
}
connection.onClose = (reason) => {
  console.log(`closed: ${reason}`)
  process.exit()
}
// The flow that sends what nothing else matches to the controller.
device.handle({
  type: 'flow_mod',
  xid: 0,
  command: 'add',
  table_id: 0,
  priority: 0,
  cookie: 0n,
  cookie_mask: 0n,
  idle_timeout: 0,
  hard_timeout: 0,
  buffer_id: 0xffffffff,
  out_port: 0,
  out_group: 0,
  flags: 0,
  match: [],
  instructions: [{ type: 'apply_actions', actions: [{ type: 'output', port: PORT_CONTROLLER, max_len: 0xffff }] }],
})
console.log(`connected to ${connection.remote}`)
for await (const line of createInterface({ input: process.stdin })) {
  const [port, hex] = line.split(' ')
  tell(device.inject(Number(port), fromHex(hex ?? '')))
}
connection.close()
