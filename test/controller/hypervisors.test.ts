/**
 * What databases say of switches: which bridge has the end of tunnels that a database names, and which ends are none;
 * which databases want a bridge; and whose database is written to, and when.
 */
import { expect } from 'chai'
import { Bridges } from '../../controller/channel/bridges.ts'
import { missingBridge, planBridge } from '../../controller/channel/integration-bridge.ts'
import type { Ovsdb } from '../../controller/channel/ovsdb.ts'
import { Rows } from '../../controller/channel/ovsdb-rows.ts'
import { factsOf, Hypervisors } from '../../controller/hypervisors.ts'
import type { HypervisorFacts } from '../../controller/observe.ts'
import type { TunnelAddress } from '../../model/records.ts'

const ROOT = 'root-0'
const idOf = (bridge: string): string =>
  bridge
    .charCodeAt(bridge.length - 1)
    .toString(16)
    .padStart(16, '0')

interface Said {
  external?: Record<string, string>
  bridges?: string[]
  /** By bridge, ids of interfaces by port. */
  ifaceIds?: Record<string, Record<string, string>>
}

/** A database with what hypervisors.ts asks of it, and transactions that it was asked for. */
class Database {
  readonly rows = new Rows()
  readonly bridges = new Bridges(this.rows)
  readonly identity = ROOT
  readonly target = 'unix:/here'
  readonly asked: unknown[][] = []
  isConnected = true

  constructor({ external = {}, bridges = [], ifaceIds = {} }: Said) {
    const tables: Record<string, Record<string, unknown>> = { Open_vSwitch: {}, Bridge: {}, Port: {}, Interface: {} }
    tables['Open_vSwitch']![ROOT] = { new: { external_ids: ['map', Object.entries(external)] } }
    for (const name of bridges) {
      const ports = Object.keys(ifaceIds[name] ?? {})
      const references = ['set', ports.map((port) => ['uuid', `p-${port}`])]
      tables['Bridge']![`b-${name}`] = { new: { name, datapath_id: idOf(name), ports: references } }
      for (const port of ports) {
        tables['Port']![`p-${port}`] = { new: { name: port, interfaces: ['uuid', `i-${port}`] } }
        const external_ids = ['map', [['iface-id', ifaceIds[name]![port]!]]]
        tables['Interface']![`i-${port}`] = { new: { name: port, mtu: 1500, external_ids } }
      }
    }
    this.bridges.update(this.rows.apply(tables))
  }

  transact(operations: unknown[]): Promise<void> {
    this.asked.push(operations)
    return new Promise(() => {})
  }

  get ovsdb(): Ovsdb {
    return this as unknown as Ovsdb
  }
}

const endOf = (external: Record<string, string>, bridges: string[], bridge: string): TunnelAddress | undefined =>
  factsOf(new Database({ external, bridges }).ovsdb, idOf(bridge)).encap

describe('databases of hypervisors', () => {
  it('name an end of tunnels, which is that of the bridge they name, of br-int, or of the only one', () => {
    const ip = { 'tagsteer-encap-ip': '198.18.0.1' }
    const end = { kind: 'geneve', address: '198.18.0.1' }
    expect(endOf(ip, ['br-0'], 'br-0')).to.deep.equal(end)
    expect(endOf(ip, ['br-0', 'br-1'], 'br-0')).to.equal(undefined)
    expect(endOf(ip, ['br-int', 'br-1'], 'br-int')).to.deep.equal(end)
    expect(endOf(ip, ['br-int', 'br-1'], 'br-1')).to.equal(undefined)
    const named = { ...ip, 'tagsteer-bridge': 'br-1' }
    expect(endOf(named, ['br-int', 'br-1'], 'br-1')).to.deep.equal(end)
    expect(endOf(named, ['br-int', 'br-1'], 'br-int')).to.equal(undefined)
    expect(endOf(named, ['br-0'], 'br-0')).to.equal(undefined)
    expect(endOf({}, ['br-0'], 'br-0')).to.equal(undefined)
  })

  it('name ends of two kinds, with addresses that can be sent to', () => {
    const of = (address: string, kind?: string): TunnelAddress | undefined =>
      endOf({ 'tagsteer-encap-ip': address, ...(kind && { 'tagsteer-encap-type': kind }) }, ['br-0'], 'br-0')
    expect(of('198.18.0.1', 'vxlan')).to.deep.equal({ kind: 'vxlan', address: '198.18.0.1' })
    expect(of('FD00:0::1', 'geneve')).to.deep.equal({ kind: 'geneve', address: 'fd00::1' })
    for (const address of ['', 'here', '0.0.0.0', '127.0.0.1', '224.0.0.1', '::1', '198.18.0.1/24', '198.18.0.256'])
      expect(of(address), address).to.equal(undefined)
    expect(of('198.18.0.1', 'gre')).to.equal(undefined)
  })

  it('want the bridge that they name, or br-int with an end, where they have none', () => {
    const missing = (external: Record<string, string>, bridges: string[]): string | undefined =>
      missingBridge(new Database({ external, bridges }).rows, ROOT)
    const ip = { 'tagsteer-encap-ip': '198.18.0.1' }
    const named = { 'tagsteer-bridge': 'br-1' }
    expect([missing({}, []), missing({ hostname: 'h' }, ['br-0', 'br-1'])]).to.deep.equal([undefined, undefined])
    expect([missing(named, []), missing(named, ['br-0']), missing(named, ['br-0', 'br-1'])]).to.deep.equal([
      ...['br-1', 'br-1', undefined],
    ])
    expect([missing(ip, []), missing(ip, ['br-0']), missing(ip, ['br-0', 'br-1'])]).to.deep.equal([
      ...['br-int', undefined, 'br-int'],
    ])
    expect([missing(ip, ['br-int', 'br-1']), missing({ ...ip, ...named }, ['br-int'])]).to.deep.equal([
      undefined,
      'br-1',
    ])
  })

  it('are given bridges with names of devices and datapaths that there are, and nothing else', () => {
    const plan = (name: string, type?: string): unknown => {
      const external = type === undefined ? {} : { 'tagsteer-bridge-datapath-type': type }
      const found = planBridge(new Database({ external }).rows, ROOT, name, [])
      return typeof found === 'string' ? found : 'made'
    }
    for (const name of ['br-int', 'a', 'br.tags_2', 'b'.repeat(15)]) expect(plan(name), name).to.equal('made')
    for (const name of ['', '-br', '.', 'b'.repeat(16), 'br int', 'br;reboot', 'br$(x)', 'br\n'])
      expect(plan(name), name).to.match(/that name/)
    expect([plan('br', 'netdev'), plan('br', 'system'), plan('br', 'x; y')].map((its) => its === 'made')).to.deep.equal(
      [...[true, true, false]],
    )
  })

  it('are written to for switches that are here, while they are connected', () => {
    const database = new Database({ external: { 'tagsteer-bridge': 'br-1' }, bridges: ['br-0'] })
    const served = new Set<string>()
    const hypervisors = new Hypervisors({
      databases: { holder: () => database.ovsdb },
      ...{
        repair: true,
        changed: () => {},
        controllers: [],
        tell: () => {},
        telemetryOf: () => ({ sFlow: undefined, IPFIX: undefined }),
      },
      endOf: () => ({ kind: 'geneve', address: '198.18.0.1' }),
      isServed: (id) => served.has(id),
    })
    const id = idOf('br-0')
    hypervisors.look(id)
    expect(database.asked).to.have.length(0)
    served.add(id)
    database.isConnected = false
    hypervisors.look(id)
    hypervisors.databaseChanged(database.ovsdb)
    expect(database.asked).to.have.length(0)
    database.isConnected = true
    // Of a bridge that it does not have.
    served.add('00000000000000ff')
    hypervisors.look('00000000000000ff')
    expect(database.asked).to.have.length(0)
    hypervisors.bridgeChanged(id, new Set())
    hypervisors.look(id)
    expect(database.asked).to.have.length(1)
    hypervisors.databaseChanged(database.ovsdb)
    expect(database.asked).to.have.length(2)
    hypervisors.close()
  })

  it('are believed, until a switch’s record goes while they are away', () => {
    const database = new Database({
      external: { 'tagsteer-encap-ip': '198.18.0.1' },
      bridges: ['br-0'],
      ifaceIds: { 'br-0': { tap1: 'one', tap2: 'two' } },
    })
    const heard: [string, HypervisorFacts | undefined, string[]][] = []
    let holder: Database | undefined = database
    const hypervisors = new Hypervisors({
      databases: { holder: () => holder?.ovsdb },
      ...{
        repair: false,
        controllers: [],
        tell: () => {},
        telemetryOf: () => ({ sFlow: undefined, IPFIX: undefined }),
      },
      changed: (id, facts, ports) => void heard.push([id, facts, [...ports].sort()]),
      ...{ endOf: () => undefined, isServed: () => false },
    })
    const id = idOf('br-0')
    hypervisors.bridgeChanged(id, new Set(['tap1']))
    const [[at, facts, ports]] = heard.splice(0) as [(typeof heard)[number]]
    expect([at, ports]).to.deep.equal([id, ['tap1']])
    expect(facts?.encap).to.deep.equal({ kind: 'geneve', address: '198.18.0.1' })
    expect([...facts!.ifaceIds]).to.have.deep.members([
      ['tap1', 'one'],
      ['tap2', 'two'],
    ])
    expect([...facts!.mtus.values()]).to.deep.equal([1500, 1500])
    hypervisors.forget(id)
    expect(heard).to.deep.equal([])
    database.isConnected = false
    hypervisors.forget(id)
    expect(heard.splice(0)).to.deep.equal([[id, undefined, ['tap1', 'tap2']]])
    holder = undefined
    hypervisors.forget(id)
    hypervisors.bridgeChanged(id, new Set(['tap1']))
    expect(heard).to.deep.equal([
      [id, undefined, []],
      [id, undefined, ['tap1']],
    ])
    hypervisors.close()
  })
})
