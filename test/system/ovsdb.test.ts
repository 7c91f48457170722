/**
 * Databases of Open vSwitch, real ones: connected to over TCP and TLS, and connecting here as to their manager; only a
 * switch's certificate may speak; which one speaks for a bridge; and peers that speak nonsense, at length or for ever,
 * harm nobody.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { RpcTls } from '../../controller/channel/rpc.ts'
import type { SouthboundOptions } from '../../controller/channel/southbound.ts'
import { ensureCerts } from '../../host/certs.ts'
import { Daemons } from '../support/ovs-bridge.ts'
import { freePort } from '../support/running-controller.ts'
import { Bench } from '../support/southbound-bench.ts'

const HERE = { host: '127.0.0.1', port: 0 }
const ID = '00000000000000d1'

describe('databases of Open vSwitch', function () {
  this.timeout(60_000)
  const daemons: Daemons[] = []
  const benches: Bench[] = []
  const sockets: Socket[] = []
  const certs = mkdtempSync(join(tmpdir(), 'tagsteer-ovsdb-'))
  const file = (name: string): string => join(certs, name)
  const filesOf = (name: string): RpcTls => {
    const read = (its: string): string => readFileSync(file(its), 'utf8')
    return { cert: read(`${name}.crt`), key: read(`${name}.key`), ca: read('ca.crt') }
  }

  before(() =>
    ensureCerts({
      directory: certs,
      holders: [
        { kind: 'server', hosts: [] },
        { kind: 'client', name: 'viewer', role: 'viewer' },
        { kind: 'switch', name: 'switch' },
      ],
      now: Date.now(),
    }),
  )
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await Promise.all(benches.splice(0).map((bench) => bench.close()))
    for (const each of daemons.splice(0)) each.stop()
  })
  after(() => rmSync(certs, { recursive: true, force: true }))

  const begin = async (options: Partial<SouthboundOptions>): Promise<Bench> => {
    const bench = await Bench.start(options)
    benches.push(bench)
    return bench
  }
  const hypervisor = async (id = ID): Promise<Daemons> => {
    const its = await Daemons.start()
    daemons.push(its)
    const settings = ['datapath_type=dummy', 'fail_mode=secure', `other-config:datapath-id=${id}`]
    its.vsctl('add-br', 'br-int', '--', 'set', 'bridge', 'br-int', ...settings)
    return its
  }
  const manager = (bench: Bench): string => bench.southbound.databases.addresses[0] as string
  const bridgeOf = (bench: Bench, id = ID): string | undefined => bench.southbound.databases.bridge(id)?.name

  it('connect here, are read, and are followed; what they said stands when they go', async () => {
    const bench = await begin({ ovsdbListen: [HERE] })
    const its = await hypervisor()
    its.vsctl('set-manager', `tcp:${manager(bench)}`)
    await bench.tells('ovsdb-connected')
    await bench.until(() => bridgeOf(bench) === 'br-int')
    its.vsctl('add-port', 'br-int', 'vm1', '--', 'set', 'interface', 'vm1', 'type=dummy', 'external_ids:iface-id=one')
    const { databases } = bench.southbound
    const ifaceIds = (): unknown[] => [...(databases.holder(ID)?.bridges.facts(ID).ifaceIds ?? [])]
    await soon(() => ifaceIds().length === 1)
    expect(ifaceIds()).to.deep.equal([['vm1', 'one']])
    its.vsctl('set', 'interface', 'vm1', 'external_ids:iface-id=two')
    await soon(() => ifaceIds().join() === 'vm1,two')
    its.vsctl('set', 'interface', 'vm1', 'external_ids:iface-status=inactive')
    await soon(() => ifaceIds().length === 0)
    its.vsctl('del-manager')
    await bench.tells('ovsdb-lost')
    expect(bridgeOf(bench)).to.equal('br-int')
    expect(databases.counts()).to.deep.equal({ connected: 0, lost: 1 })
    its.vsctl('set-manager', `tcp:${manager(bench)}`)
    await bench.tells('ovsdb-connected', 2)
    await soon(() => databases.counts().lost === 0)
    expect(databases.counts()).to.deep.equal({ connected: 1, lost: 0 })
    expect(bench.toldOf('bridge-contested')).to.deep.equal([])
  })

  it('are repaired through the connection that they made', async () => {
    const bench = await begin({ ovsdbListen: [HERE], repair: true })
    const its = await hypervisor()
    its.vsctl('set', 'bridge', 'br-int', 'fail_mode=standalone', '--', 'set-manager', `tcp:${manager(bench)}`)
    its.vsctl('set-controller', 'br-int', `tcp:${bench.address}`)
    const { details } = await bench.tells('switch-repaired')
    expect(details['columns']).to.match(/fail_mode/)
    await bench.until(() => bench.southbound.switches.get(ID)?.state === 'served')
  })

  it('speak with the certificate of a switch, and no other', async () => {
    const bench = await begin({ ovsdbListen: [{ ...HERE, tls: filesOf('server') }] })
    const its = await hypervisor()
    its.vsctl('set-ssl', file('viewer.key'), file('viewer.crt'), file('ca.crt'))
    its.vsctl('set-manager', `ssl:${manager(bench)}`)
    expect((await bench.tells('connection-refused')).details['reason']).to.match(/viewer, whose unit is not switch/)
    expect(bridgeOf(bench)).to.equal(undefined)
    its.vsctl('set-ssl', file('switch.key'), file('switch.crt'), file('ca.crt'))
    await bench.until(() => bridgeOf(bench) === 'br-int')
    // Without TLS nobody is heard.
    const told = bench.toldOf('connection-refused').length
    const plain = connectTo(manager(bench))
    plain.write('{"method":"echo","params":[],"id":1}')
    await closed(plain)
    expect((await bench.tells('connection-refused', told + 1)).details['reason']).to.match(/TLS/)
  })

  it('are connected to over TLS, and believed where the certificate is a switch’s', async () => {
    const its = await hypervisor()
    const port = await freePort()
    its.vsctl('set-ssl', file('viewer.key'), file('viewer.crt'), file('ca.crt'))
    its.vsctl('set-manager', `pssl:${port}:127.0.0.1`)
    const bench = await begin({ ovsdb: [`ssl:127.0.0.1:${port}`], ovsdbTls: filesOf('viewer') })
    expect((await bench.tells('ovsdb-lost')).details['reason']).to.match(
      /viewer, whose unit is not switch|certificate purpose/,
    )
    its.vsctl('set-ssl', file('switch.key'), file('switch.crt'), file('ca.crt'))
    await bench.tells('ovsdb-connected')
    expect(bridgeOf(bench)).to.equal('br-int')
  })

  it('keep their bridges while they are there, and one database may come twice', async () => {
    const bench = await begin({ ovsdbListen: [HERE] })
    const [one, other] = [await hypervisor(), await hypervisor()]
    one.vsctl('set-manager', `tcp:${manager(bench)}`)
    await bench.tells('ovsdb-connected')
    const first = bench.southbound.databases.holder(ID)?.target
    other.vsctl('set-manager', `tcp:${manager(bench)}`)
    expect((await bench.tells('bridge-contested')).subject).to.equal(ID)
    expect(bench.southbound.databases.holder(ID)?.target).to.equal(first)
    one.vsctl('del-manager')
    await soon(() => bench.southbound.databases.holder(ID)?.target !== first)
    one.stop()
    const same = await begin({ ovsdbListen: [HERE], ovsdb: [`unix:${other.directory}/db.sock`] })
    other.vsctl('set-manager', `tcp:${manager(same)}`)
    await same.tells('ovsdb-connected', 2)
    expect(same.toldOf('bridge-contested')).to.deep.equal([])
    expect(same.southbound.databases.holder(ID)?.target).to.equal(`unix:${other.directory}/db.sock`)
  })

  it('that are hostile harm nobody', async () => {
    const bench = await begin({ ovsdbListen: [HERE], maxConnections: 20 })
    const its = await hypervisor()
    its.vsctl('set-manager', `tcp:${manager(bench)}`)
    await bench.tells('ovsdb-connected')
    const hostile = async (act: (socket: Socket) => void, reason: RegExp): Promise<void> => {
      const told = bench.toldOf('connection-refused').length + bench.toldOf('ovsdb-lost').length
      const socket = connectTo(manager(bench))
      act(socket)
      await closed(socket)
      const all = (): string[] =>
        bench.told
          .filter(({ type }) => type === 'connection-refused' || type === 'ovsdb-lost')
          .map(({ details }) => String(details['reason']))
      await soon(() => all().length > told)
      expect(all().at(-1)).to.match(reason)
    }
    await hostile((socket) => socket.write('GET / HTTP/1.1\r\n\r\n'), /JSON text must start/)
    await hostile((socket) => socket.write('[[['.repeat(40)), /nested deeper/)
    await hostile((socket) => socket.write('{"a":}'), /JSON/)
    // Answers with ids that nobody used are passed over; an update of what was not asked for is not.
    await hostile(
      (socket) => socket.write('{"id":99,"result":[],"error":null}{"method":"update","params":["x",{}],"id":null}'),
      /before the answer/,
    )
    await hostile((socket) => answerTo(socket, [true, '', { Secrets: {} }]), /not asked for/)
    await hostile((socket) => answerTo(socket, { no: 'list' }), /no list/)
    // Claims the bridge of another, then floods it with differences to rows that there are not.
    await hostile((socket) => {
      const bridge = { insert: { name: 'br-evil', datapath_id: ID } }
      answerTo(socket, [true, '', { Bridge: { evil: bridge } }])
      const modify = { Interface: { none: { modify: { mtu: 1 } } } }
      socket.write(JSON.stringify({ method: 'update3', params: ['tagsteer', '', modify], id: null }))
    }, /difference to a row/)
    expect(bench.toldOf('bridge-contested')).to.have.lengthOf(1)
    // A text without end.
    await hostile((socket) => endless(socket, '{"method":"update","params":["', 'x'.repeat(65_536)), /longer than/)
    // Rows without end.
    let row = 0
    await hostile((socket) => {
      answerTo(socket, [true, '', {}])
      const more = (): string => {
        const said = { Port: { [`row-${row++}`]: { insert: { name: 'x'.repeat(60_000) } } } }
        return JSON.stringify({ method: 'update3', params: ['tagsteer', '', said], id: null })
      }
      endless(socket, '', more)
    }, /take more than/)
    // Echoes whose answers are never read.
    await hostile((socket) => {
      socket.pause()
      endless(socket, '', JSON.stringify({ method: 'echo', params: ['x'.repeat(60_000)], id: 1 }))
    }, /does not read|ECONNRESET|EPIPE/)
    // More connections than there may be.
    for (let index = 0; index < 30; index++) connectTo(manager(bench))
    await soon(() =>
      bench.toldOf('connection-refused').some(({ details }) => /more than 20/.test(String(details['reason']))),
    )
    expect(bridgeOf(bench)).to.equal('br-int')
    its.vsctl('set', 'bridge', 'br-int', 'fail_mode=standalone')
    await soon(() => bench.southbound.databases.bridge(ID)?.failMode === 'standalone')
  })

  function connectTo(address: string): Socket {
    const [host, port] = address.split(':') as [string, string]
    const socket = connect({ host, port: Number(port) })
    socket.on('error', () => {})
    socket.resume()
    sockets.push(socket)
    return socket
  }
})

/** Answers the monitor, whose request is the first. */
function answerTo(socket: Socket, result: unknown): void {
  socket.write(JSON.stringify({ id: 1, result, error: null }))
}

function endless(socket: Socket, begin: string, more: string | (() => string)): void {
  socket.write(begin)
  const write = (): void => {
    while (!socket.destroyed && socket.write(typeof more === 'string' ? more : more()));
  }
  socket.on('drain', write)
  socket.once('connect', write)
}

/** Errors of the socket are no matter. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

async function soon(holds: () => boolean): Promise<void> {
  const end = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > end) throw new Error('not within 20 s')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
