/**
 * Connections with a real Open vSwitch: a bridge dials this controller, this controller dials a bridge's management
 * socket, and ovs-ofctl dials a switch made of this package.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import {
  connect,
  type Listener,
  listen,
  type Message,
  type OpenFlowConnection,
  OpenFlowError,
  type Port,
} from 'node-openflow'
import { removeBridge, vsctl } from '../support/bridge.ts'
import { answers, FEATURES, rejection, Told } from '../support/openflow-peer.ts'

const run = promisify(execFile)
const bridge = `conn${process.pid.toString(36)}`.slice(0, 13)
const internalPort = (name: string): string[] => [
  'add-port',
  bridge,
  name,
  '--',
  'set',
  'interface',
  name,
  'type=internal',
]

const nothing = {
  buffer_id: 0xffffffff,
  cookie_mask: 0n,
  out_port: 0xffffffff,
  out_group: 0xffffffff,
  idle_timeout: 0,
  hard_timeout: 0,
  flags: 0,
} as const

describe('connections with Open vSwitch', function () {
  this.timeout(30_000)
  let listener: Listener
  const connections = new Told<OpenFlowConnection>()

  before(async () => {
    listener = await listen(
      { host: '127.0.0.1', port: 0, echoMs: 200, deadMs: 1500 },
      { connection: (connection) => connections.add(connection), refused() {} },
    )
    vsctl(
      ...['add-br', bridge, '--', 'set', 'bridge', bridge, 'datapath_type=netdev', 'fail_mode=secure'],
      ...['protocols=OpenFlow10,OpenFlow13,OpenFlow15', 'other-config:datapath-id=00000000c0ffee01'],
    )
    vsctl(...internalPort(`${bridge}a`))
    vsctl(...internalPort(`${bridge}b`))
  })

  after(async () => {
    removeBridge(bridge)
    await listener?.close()
  })

  let controllerSide: OpenFlowConnection
  const heard: Message[] = []
  let hear: (message: Message) => void = () => {}

  it('a bridge that speaks 1.0, 1.3 and 1.5 connects with 1.3: features and ports', async () => {
    vsctl('set-controller', bridge, `tcp:127.0.0.1:${listener.address.port}`)
    controllerSide = await connections.next()
    controllerSide.onMessage = (message) => {
      heard.push(message)
      hear(message)
    }
    controllerSide.onError = (error) => expect.fail(String(error))
    expect(controllerSide.features.datapath_id).to.equal(0xc0ffee01n)
    expect(controllerSide.features.n_tables).to.equal(254)
    const byName = new Map(controllerSide.ports.map((port: Port) => [port.name, port]))
    expect([...byName.keys()]).to.have.members([bridge, `${bridge}a`, `${bridge}b`])
    for (const name of [`${bridge}a`, `${bridge}b`]) {
      const ofport = Number(vsctl('get', 'interface', name, 'ofport'))
      const mac = JSON.parse(vsctl('get', 'interface', name, 'mac_in_use')) as string
      expect(byName.get(name)).to.include({ port_no: ofport, hw_addr: Number.parseInt(mac.replaceAll(':', ''), 16) })
    }
  })

  it('a port that is added is told', async () => {
    const told = new Promise<Message>((resolve) => {
      hear = (message) => {
        if (message.type === 'port_status' && message.reason === 'add') resolve(message)
      }
    })
    vsctl(...internalPort(`${bridge}c`))
    const message = await told
    expect(message.type === 'port_status' && message.desc.name).to.equal(`${bridge}c`)
  })

  it('thousands of flows go in with one call and come out of one multipart request', async () => {
    const count = 5000
    const flows = Array.from(
      { length: count },
      (_, index): Message => ({
        ...nothing,
        type: 'flow_mod',
        xid: controllerSide.nextXid(),
        command: 'add',
        table_id: 3,
        priority: 7,
        cookie: BigInt(index),
        match: [
          { field: 'eth_type', value: 0x0800 },
          { field: 'ipv4_dst', value: 0x0a000000 + index },
        ],
        instructions: [{ type: 'goto_table', table_id: 4 }],
      }),
    )
    controllerSide.sendAll(flows)
    await controllerSide.request({ type: 'barrier_request' })
    const parts = await controllerSide.request({
      type: 'multipart_request',
      flags: 0,
      mp_type: 'flow',
      body: { table_id: 3, out_port: 0xffffffff, out_group: 0xffffffff, cookie: 0n, cookie_mask: 0n, match: [] },
    })
    expect(parts.length).to.be.greaterThan(1)
    const cookies = parts.flatMap((part) =>
      part.type === 'multipart_reply' && part.mp_type === 'flow' ? part.body.map(({ cookie }) => Number(cookie)) : [],
    )
    expect(cookies.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: count }, (_, index) => index))
  })

  it('what the switch refuses rejects the request, or arrives as a message', async () => {
    const stale = controllerSide.request({ type: 'queue_get_config_request', port: 4711 })
    const error = await rejection(stale)
    expect(error).to.be.instanceOf(OpenFlowError)
    expect(error.message).to.equal('error queue_op_failed/bad_port')
    const xid = controllerSide.nextXid()
    controllerSide.send({
      ...nothing,
      type: 'flow_mod',
      xid,
      command: 'add',
      table_id: 0,
      priority: 1,
      cookie: 0n,
      match: [{ field: 'tcp_dst', value: 80 }],
      instructions: [],
    })
    await controllerSide.request({ type: 'barrier_request' })
    expect(heard.find((message) => message.xid === xid)).to.include({ error_type: 'bad_match', code: 'bad_prereq' })
  })

  it('stays while it is idle, because both sides answer echo', async () => {
    vsctl('set', 'controller', bridge, 'inactivity_probe=1000')
    controllerSide = controllerSide.closed ? await connections.next() : controllerSide
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(controllerSide.closed).to.equal(false)
    const [echoed] = await controllerSide.request({ type: 'echo_request', data: Buffer.from('there?') })
    expect(echoed).to.deep.include({ type: 'echo_reply', data: Buffer.from('there?') })
  })

  it('comes back after this side closed', async () => {
    const reason = new Promise((resolve) => {
      controllerSide.onClose = resolve
    })
    controllerSide.close('restart')
    expect(await reason).to.equal('restart')
    const again = await connections.next()
    expect(again.features.datapath_id).to.equal(0xc0ffee01n)
    expect(again.ports).to.have.length(4)
  })

  it('answers on its management socket', async () => {
    const connection = await connect({ path: `/var/run/openvswitch/${bridge}.mgmt`, side: 'controller' })
    expect(connection.features.datapath_id).to.equal(0xc0ffee01n)
    const [desc] = await connection.request({ type: 'multipart_request', flags: 0, mp_type: 'desc', body: {} })
    expect(desc?.type === 'multipart_reply' && desc.mp_type === 'desc' && desc.body.hw_desc).to.equal('Open vSwitch')
    connection.close()
  })

  it('refuses, with words, a bridge that has no 1.3', async () => {
    vsctl('set', 'bridge', bridge, 'protocols=OpenFlow10')
    const error = await rejection(connect({ path: `/var/run/openvswitch/${bridge}.mgmt`, side: 'controller' }))
    expect(error.message).to.match(/no common version|hello_failed/)
  })

  describe('the switch side', () => {
    let server: Listener
    const heardBySwitch: Message[] = []

    before(async () => {
      server = await listen(
        { host: '127.0.0.1', port: 0, side: 'switch', answers: answers(2000) },
        {
          connection(connection) {
            connection.onMessage = (message) => {
              heardBySwitch.push(message)
              if (message.type === 'get_config_request') {
                connection.send({ type: 'get_config_reply', xid: message.xid, flags: 0, miss_send_len: 128 })
              }
            }
          },
          refused() {},
        },
      )
    })
    after(() => server?.close())

    it('is a switch to ovs-ofctl: 2000 ports', async () => {
      const target = `tcp:127.0.0.1:${server.address.port}`
      const { stdout } = await run('ovs-ofctl', ['-O', 'OpenFlow13', 'show', target])
      expect(stdout).to.include(`dpid:${FEATURES.datapath_id.toString(16).padStart(16, '0')}`)
      expect(stdout).to.include('n_tables:254, n_buffers:0')
      expect(stdout.match(/^ \d+\(p\d+\): addr:/gm)).to.have.length(2000)
      expect(stdout).to.include('miss_send_len=128')
      expect(heardBySwitch.map(({ type }) => type)).to.deep.equal(['get_config_request'])
    })

    it('answers the echo of ovs-ofctl', async () => {
      const target = `tcp:127.0.0.1:${server.address.port}`
      const { stdout } = await run('ovs-ofctl', ['-O', 'OpenFlow13', 'ping', target, '100'])
      expect(stdout.match(/100 bytes from .*: xid=/g)).to.have.length(10)
    })

    it('tells ovs-ofctl of OpenFlow 1.0 why not', async () => {
      const target = `tcp:127.0.0.1:${server.address.port}`
      const error = await rejection(run('ovs-ofctl', ['-O', 'OpenFlow10', 'show', target]))
      expect(error.message).to.match(/OFPHFC_INCOMPATIBLE|version negotiation failed/)
    })
  })
})
