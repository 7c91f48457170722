/** Zones that are given with records and to switches that connect, when they are released, and how long they rest. */
import { expect } from 'chai'
import { type NumberRecord, ZONE_QUARANTINE_MS } from '../../controller/policy/numbers.ts'
import { propose, proposeNumbers, proposeRelease, proposeZones, type Write } from '../../controller/policy/propose.ts'
import { type ZoneNeeds, zoneName } from '../../controller/policy/zones.ts'
import type { AnyRecord, InterfaceRecord } from '../../model/records.ts'
import { datapathName, interfaceRecord } from '../support/arbitrary-state.ts'
import { create, draftOf, PolicyStore, remove } from '../support/policy-store.ts'
import { iface } from '../support/records.ts'
import { NOTHING_SEEN, took, zonesOf } from '../support/zones.ts'

const DATAPATH = '00000000000000aa'
const OTHER = '00000000000000ab'
const update = (record: AnyRecord): Write => ({ op: 'update', record: draftOf(record) })

describe('proposals of zones', () => {
  it('gives a switch its number and its zones when it connects, and zones for what is attached to it later', () => {
    const store = new PolicyStore()
    const on = (datapathId: string, index: number, network: string, name: string): InterfaceRecord => ({
      ...interfaceRecord(index, network, [], datapathId),
      name,
    })
    const byName = (index: number, network: string, name: string): InterfaceRecord => ({
      ...on(DATAPATH, index, network, name),
      attachment: { kind: 'portName', portName: `veth${index}`, datapathId: DATAPATH },
    })
    store.must(create(on(DATAPATH, 1, 'default', 'a')), create(byName(2, 'blue', 'b')))
    expect(zonesOf(store), 'the switch is not known').to.deep.equal([])
    const given = took(store, proposeNumbers(store.intent, DATAPATH, store.context))
    expect(given?.puts.map(({ key }) => key).sort()).to.deep.equal([
      `number/switch/${DATAPATH}`,
      `number/zone/${DATAPATH}/blue`,
      `number/zone/${DATAPATH}/default`,
    ])
    expect(took(store, proposeNumbers(store.intent, DATAPATH, store.context)), 'again').to.equal(undefined)
    took(store, proposeNumbers(store.intent, OTHER, store.context))
    expect(zonesOf(store), 'nothing is attached to the other').to.have.length(2)
    const { transaction } = store.must(create(on(OTHER, 3, 'red', 'c')), create(byName(4, 'red', 'd')))
    expect(transaction?.puts.map(({ key }) => key).filter((key) => key.includes('/zone/'))).to.have.length(2)
    expect(zonesOf(store)).to.deep.equal([`${DATAPATH}/blue`, `${DATAPATH}/default`, `${DATAPATH}/red`, `${OTHER}/red`])
    store.must(update(on(OTHER, 3, 'default', 'c')))
    expect(zonesOf(store), 'what somebody leaves stays until the switch connects').to.include(`${OTHER}/red`)
    expect(zonesOf(store)).to.include(`${OTHER}/default`)
    store.must(remove('interface', 'd'))
    expect(zonesOf(store)).to.deep.equal([`${DATAPATH}/blue`, `${DATAPATH}/default`, `${OTHER}/default`])
    expect(store.intent.number('network', 'red')).to.equal(undefined)
    const numbers = zonesOf(store).map((name) => store.intent.number('zone', name))
    expect(new Set(numbers).size).to.equal(3)
  })

  it('releases on connecting what a switch needs no longer, keeps what is seen on it, and gives back the same zones', () => {
    const store = new PolicyStore()
    const networks = ['default', 'blue', 'red', 'green']
    const attached = (index: number, network: string) => interfaceRecord(index, network, [], DATAPATH)
    took(store, proposeNumbers(store.intent, DATAPATH, store.context))
    store.must(...networks.map((network, index) => create(attached(index + 1, network))))
    const before = networks.map((network) => store.intent.number('zone', zoneName(DATAPATH, network)))
    // Blue is seen there though no attachment says so; red is elsewhere; green has nobody any more.
    const moved = (index: number, network: string) =>
      update({ ...attached(index, network), attachment: { kind: 'mac' } })
    store.must(moved(2, 'blue'), moved(3, 'red'))
    store.must(remove('interface', 'if-4'))
    const seen: ZoneNeeds = { ...NOTHING_SEEN, networksOf: () => ['blue', 'green'] }
    const release = (zones: ZoneNeeds) => proposeRelease(store.intent, DATAPATH, { ...store.context, zones })
    expect(took(store, release({ ...seen, mayBeGateway: () => true }))).to.equal(undefined)
    took(store, release(seen))
    expect(zonesOf(store)).to.deep.equal([`${DATAPATH}/blue`, `${DATAPATH}/default`])
    expect(took(store, release(seen)), 'again').to.equal(undefined)
    const all = networks.map((network) => ({ datapathId: DATAPATH, network }))
    took(store, proposeZones(store.intent, [...all, { datapathId: OTHER, network: 'red' }], store.context))
    expect(zonesOf(store), 'not of green, nor on a switch that nobody knows').to.deep.equal([
      `${DATAPATH}/blue`,
      `${DATAPATH}/default`,
      `${DATAPATH}/red`,
    ])
    const after = networks.map((network) => store.intent.number('zone', zoneName(DATAPATH, network)))
    expect(after).to.deep.equal([...before.slice(0, 3), undefined])
  })

  it('gives a gateway a zone of every network, and one to a place that is seen, with the record', () => {
    const store = new PolicyStore()
    const zones: ZoneNeeds = { ...NOTHING_SEEN, gateways: () => [OTHER], switchOf: () => DATAPATH }
    for (const datapathId of [DATAPATH, OTHER])
      took(store, proposeNumbers(store.intent, datapathId, { ...store.context, zones }))
    const byMac: InterfaceRecord = { ...iface('a', 1, []), attachment: { kind: 'mac' } }
    took(store, propose(store.intent, [create(byMac)], { ...store.context, zones }))
    expect(zonesOf(store)).to.deep.equal([`${DATAPATH}/default`, `${OTHER}/default`])
    const third = '00000000000000ac'
    const gateways = () => [OTHER, third]
    took(store, proposeNumbers(store.intent, third, { ...store.context, zones: { ...zones, gateways } }))
    expect(zonesOf(store)).to.deep.equal([`${DATAPATH}/default`, `${OTHER}/default`, `${third}/default`])
  })

  it('lets a zone rest as long as connections may be remembered, and other numbers an hour', () => {
    const store = new PolicyStore()
    const write = (...writes: Write[]) => {
      const { quarantineMs: _, ...asIs } = store.context
      took(store, propose(store.intent, writes, asIs))
    }
    took(store, proposeNumbers(store.intent, DATAPATH, store.context))
    const add = (network: string) => write(create(interfaceRecord(1, network, [], DATAPATH)))
    const numbers = (network: string) =>
      (['network', 'zone'] as const).map((space) =>
        store.intent.number(space, space === 'zone' ? zoneName(DATAPATH, network) : network),
      )
    add('red')
    expect(numbers('red')).to.deep.equal([1, 1])
    write(remove('interface', 'if-1'))
    store.now += ZONE_QUARANTINE_MS - 1
    add('blue')
    expect(numbers('blue')).to.deep.equal([1, 2])
    write(remove('interface', 'if-1'))
    store.now += 1
    add('green')
    expect(numbers('green')).to.deep.equal([2, 1])
  })

  it('has zones for a thousand switches and a thousand networks, ten switches each', function () {
    this.timeout(30_000)
    const store = new PolicyStore()
    const count = 1000
    for (let index = 1; index <= count; index++)
      took(store, proposeNumbers(store.intent, datapathName(index), store.context))
    const writes: Write[] = []
    for (let network = 0; network < count; network++) {
      for (let at = 0; at < 10; at++) {
        const datapathId = datapathName(1 + ((network + 97 * at) % count))
        const { mac, ...record } = interfaceRecord(1 + at, `net-${network}`, [], datapathId)
        const attachment = { kind: 'port' as const, datapathId, port: 1 + network }
        writes.push(create({ ...record, name: `if-${network}-${at}`, mac: mac + 10 * network, attachment }))
      }
    }
    store.must(...writes)
    const numbers = [...store.entries].flatMap(([key, { value }]) =>
      key.startsWith('number/zone/') ? [(value as NumberRecord).number] : [],
    )
    expect(numbers).to.have.length(10 * count)
    expect(new Set(numbers).size).to.equal(10 * count)
    expect(took(store, proposeNumbers(store.intent, datapathName(7), store.context))).to.equal(undefined)
    expect(took(store, proposeRelease(store.intent, datapathName(7), store.context))).to.equal(undefined)
  })
})
