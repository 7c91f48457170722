/**
 * A controller whose switches learn where hosts are: the smallest useful one.
 * Run: learning-controller PORT (0 lets the system choose; the first line says which).
 */
import {
  type ActionNamed,
  listen,
  type MessageNamed,
  NO_BUFFER,
  type OpenFlowConnection,
  PORT_FLOOD,
} from 'node-openflow'

/** Six octets as a number, which is how MAC addresses stand in matches. */
function macAt(frame: Uint8Array, at: number): number {
  let mac = 0
  for (let i = 0; i < 6; i++) mac = mac * 256 + frame[at + i]!
  return mac
}

function learn(connection: OpenFlowConnection, hosts: Map<number, number>, message: MessageNamed<'packet_in'>): void {
  const inPort = message.match.find((oxm) => oxm.field === 'in_port')?.value
  if (typeof inPort !== 'number' || message.data.length < 14) return
  const destination = macAt(message.data, 0)
  hosts.set(macAt(message.data, 6), inPort)
  const port = hosts.get(destination)
  const output = (to: number): ActionNamed<'output'> => ({ type: 'output', port: to, max_len: 0 })
  if (port !== undefined) {
    connection.send({
      type: 'flow_mod',
      xid: connection.nextXid(),
      command: 'add',
      table_id: 0,
      priority: 10,
      cookie: 0n,
      cookie_mask: 0n,
      idle_timeout: 60,
      hard_timeout: 0,
      buffer_id: NO_BUFFER,
      out_port: 0,
      out_group: 0,
      flags: 0,
      match: [
        { field: 'in_port', value: inPort },
        { field: 'eth_dst', value: destination },
      ],
      instructions: [{ type: 'apply_actions', actions: [output(port)] }],
    })
  }
  connection.send({
    type: 'packet_out',
    xid: connection.nextXid(),
    buffer_id: NO_BUFFER,
    in_port: inPort,
    actions: [output(port ?? PORT_FLOOD)],
    data: message.data,
  })
}

const listener = await listen(
  { host: '127.0.0.1', port: Number(process.argv[2] ?? 6653), versions: [4, 5, 6] },
  {
    connection(connection) {
      const name = `0x${connection.features.datapath_id.toString(16)}`
      const hosts = new Map<number, number>()
      console.log(`${name} connected from ${connection.remote}, version octet ${connection.version}`)
      connection.onMessage = (message) => {
        if (message.type === 'packet_in') learn(connection, hosts, message)
        else if (message.type === 'error') console.log(`${name} refuses: ${message.error_type} ${message.code}`)
      }
      connection.onError = (error) => console.log(`${name} sent what is no OpenFlow: ${error}`)
      connection.onClose = (reason) => console.log(`${name} is gone: ${reason}`)
    },
    refused: (remote, reason) => console.log(`${remote} refused: ${reason}`),
  },
)
console.log(`listening on ${listener.address.port}`)
process.once('SIGTERM', () => void listener.close())
