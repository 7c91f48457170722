/**
 * Rows that random networks seldom put to the test: meters, conjunctions over ports, codes of ICMP, logs, and who an
 * uplink may speak for.
 */
import { expect } from 'chai'
import { OFPMF_BURST, OFPMF_KBPS } from 'node-openflow'
import { Compiler } from '../../controller/policy/compile.ts'
import { SwitchUnits } from '../../controller/policy/compile-units.ts'
import { cookieOf, readCookie } from '../../controller/policy/cookie.ts'
import { RowSet } from '../../controller/policy/fields.ts'
import { Intent } from '../../controller/policy/intent.ts'
import type { Place } from '../../controller/policy/state.ts'
import type { AnyRecord, InterfaceRecord, Resolution } from '../../model/records.ts'
import type { Tag } from '../../model/tag.ts'
import {
  type ArbitraryPacket,
  datapathName,
  interfaceRecord,
  LINE_PORTS,
  networkOf,
  snapshotOf,
} from '../support/arbitrary-state.ts'
import { ALL } from '../support/controller-parts.ts'
import { policy, rule, vnp } from '../support/records.ts'
import { type End, endOf, frameOf, GATEWAY_MAC, ReferenceNetwork } from '../support/reference-network.ts'

const SWITCHES = [datapathName(1), datapathName(2)]
const UPLINK: Place = { datapathId: SWITCHES[0]!, port: LINE_PORTS.uplink }
const ANY = { kind: 'any' } as const
const TCP_22 = { protocols: [6], ports: [{ first: 22, last: 22 }] }
const OPEN = { ingressDefault: 'allow', egressDefault: 'allow' } as const

/** Interfaces 1 to `count`, odd ones on the first switch, each with a tag of its own. */
function people(count: number): InterfaceRecord[] {
  return Array.from({ length: count }, (_, index) =>
    interfaceRecord(index + 1, 'default', [`"if-${index + 1}"` as Tag], SWITCHES[index % 2]!),
  )
}

/** The interface on another switch, by its place in the line. */
function on(record: InterfaceRecord, at: number): InterfaceRecord {
  return { ...record, attachment: { kind: 'port', datapathId: SWITCHES[at]!, port: Number(record.name.slice(3)) } }
}

/** @param without Store keys that begin so are not there. */
function lab(records: AnyRecord[], without?: string) {
  const snapshot = snapshotOf({
    records: records.map((record, index) => ({ ...record, number: index + 1 })),
    datapathIds: SWITCHES,
  })
  const intent = new Intent()
  const changes = snapshot.changes.filter(({ key }) => without === undefined || !key.startsWith(without))
  intent.apply({ ...snapshot, changes })
  const state = networkOf(intent, SWITCHES)
  const network = new ReferenceNetwork(state.observed)
  const compiled = new Compiler('fabric').compile(state, ALL)
  for (const [datapathId, { program }] of compiled) network.install(datapathId, program)
  const end = (name: string) => endOf(name, intent.interfaces.get(name), 4)
  const send = (packet: Partial<ArbitraryPacket>, from: Partial<End> = {}, at?: Place): number => {
    const whole = { from: 'if-1', to: 'if-2', protocol: 6, port: 22, family: 4, reply: false, ...packet } as const
    const [sender, receiver] = whole.reply ? [whole.to, whole.from] : [whole.from, whole.to]
    const frame = frameOf(whole, whole.reply, { ...end(sender), ...from }, end(receiver))
    return network.send(at ?? state.observed.places.get(sender) ?? UPLINK, frame).length
  }
  return { network, send, programs: [...compiled.values()].map(({ program }) => program) }
}

describe('rows of rules', () => {
  const limit = [rule('ingress', ANY, 'rate-limit', { rateKbps: 500, burstKb: 40 })]

  it('limit with a meter of kilobits and burst, and let nothing pass while it has no number', () => {
    const records = [...people(2), vnp('all', OPEN), policy('slow', 'all', limit)]
    const { send, programs } = lab(records)
    expect(send({})).to.equal(1)
    const [meter, ...more] = programs[0]!.meters.values()
    expect(more).to.deep.equal([])
    expect(meter).to.deep.include({ flags: OFPMF_KBPS | OFPMF_BURST })
    expect(meter?.bands).to.deep.equal([{ type: 'drop', rate: 500, burst_size: 40 }])
    expect(lab(records, 'number/meter/').send({})).to.equal(0)
  })

  it('are consulted by priority', () => {
    const ssh = (action: 'allow' | 'deny', priority: number) => rule('ingress', ANY, action, { ...TCP_22, priority })
    const first = (allow: number, deny: number) =>
      lab([...people(2), vnp('all', OPEN), policy('ssh', 'all', [ssh('allow', allow), ssh('deny', deny)])]).send({})
    expect([first(2, 1), first(1, 2)]).to.deep.equal([1, 0])
  })

  it('are consulted by strictness before priority where the strictest wins', () => {
    const rules = [
      rule('ingress', ANY, 'allow', { ...TCP_22, priority: 9 }),
      rule('ingress', ANY, 'deny', { ...TCP_22, priority: 1 }),
    ]
    const first = (resolution: Resolution) =>
      lab([...people(2), vnp('all', { ...OPEN, resolution }), policy('ssh', 'all', rules)]).send({})
    expect([first('highest-priority'), first('strictest-wins')]).to.deep.equal([1, 0])
  })

  it('judge by ports where they are a conjunction', () => {
    const tags = people(6).flatMap((record) => record.tags)
    const apart = vnp('apart', { selector: { allOf: [], anyOf: tags, noneOf: [] }, egressDefault: 'deny' })
    const { send, programs } = lab([
      ...people(6),
      vnp('all', OPEN),
      apart,
      policy('no-ssh', 'all', [rule('ingress', ANY, 'deny', TCP_22)]),
    ])
    const conjunctions = [...programs[0]!.flows.values()].filter(({ match }) => match[0]?.field === 'conj_id')
    expect(conjunctions.length).to.be.greaterThan(0)
    expect([22, 21, 23].map((port) => send({ port }))).to.deep.equal([0, 1, 1])
    expect(send({ protocol: 17 })).to.equal(1)
  })

  it('are at the edge where one subject and one peer of a conjunction occur', () => {
    const any = (...names: number[]) => ({ allOf: [], anyOf: names.map((name) => `"if-${name}"` as Tag), noneOf: [] })
    // Both of the network blue are on the last switch, which is concerned with nothing else.
    const blue = people(6).map((record) => {
      if (record.name !== 'if-5' && record.name !== 'if-6') return { ...on(record, 0), network: 'red' }
      return { ...on(record, 1), network: 'blue' }
    })
    const deny = rule('ingress', { kind: 'tags', selector: any(1, 3, 5) }, 'deny', TCP_22)
    const { send } = lab([...blue, vnp('all', OPEN), policy('no-ssh', 'all', [deny], { appliesTo: any(2, 4, 6) })])
    const among = { from: 'if-5', to: 'if-6' }
    expect([send(among), send({ ...among, port: 23 })]).to.deep.equal([0, 1])
  })

  it('leave out the rest of their tier where they pass, and nothing of the next', () => {
    const ssh = (action: 'pass' | 'deny' | 'allow') => [rule('ingress', ANY, action, TCP_22)]
    const tiers = [
      policy('operator', 'all', ssh('pass'), { tier: 'admin' }),
      policy('base', 'all', ssh('allow'), { tier: 'baseline' }),
    ]
    const shut = vnp('all', { ...OPEN, ingressDefault: 'deny' })
    expect(lab([...people(2), shut, ...tiers]).send({})).to.equal(1)
    expect(lab([...people(2), shut, ...tiers, policy('tenant', 'all', ssh('deny'))]).send({})).to.equal(0)
  })

  it('judge by the code of ICMP', () => {
    const echo = (code: number) =>
      lab([
        ...people(2),
        vnp('all', { ...OPEN, ingressDefault: 'deny' }),
        policy('ping', 'all', [
          rule('ingress', ANY, 'allow', { protocols: [1], icmp: [{ protocol: 1, type: 8, code }] }),
        ]),
      ]).send({ protocol: 1, port: 8 })
    expect([echo(0), echo(1)]).to.deep.equal([1, 0])
  })

  it('tell of the first packet of a connection and not of the rest', () => {
    const { network, send } = lab([
      ...people(2),
      vnp('all', OPEN),
      policy('watched', 'all', [rule('ingress', ANY, 'allow', { log: true })]),
    ])
    const told = (): unknown[] => network.told.splice(0).map((cookie) => readCookie(cookie)?.kind)
    expect(send({})).to.equal(1)
    expect([...new Set(told())]).to.deep.equal(['log'])
    expect([send({ reply: true }), send({})]).to.deep.equal([1, 1])
    expect(told()).to.deep.equal([])
  })
})

describe('rows of interfaces', () => {
  const records = [
    ...people(3),
    vnp('all', OPEN),
    policy('in', 'all', [rule('ingress', { kind: 'cidr', cidr: '0.0.0.0/0' }, 'allow')]),
  ]

  it('hold an interface to its MAC on its own switch too', () => {
    const { send } = lab(records)
    const neighbour = { from: 'if-1', to: 'if-3' }
    expect([send(neighbour), send({ ...neighbour, port: 23 }, { mac: GATEWAY_MAC })]).to.deep.equal([1, 0])
  })

  it('let nobody on an uplink speak for an interface of another switch', () => {
    const { send } = lab(records)
    expect(send({ from: '203.0.113.9', to: 'if-1' }), 'the world itself').to.equal(1)
    expect(send({ from: 'if-2', to: 'if-1' }), 'the interface itself').to.equal(1)
    expect(send({ from: 'if-2', to: 'if-1' }, {}, UPLINK), 'with its MAC and address').to.equal(0)
    expect(send({ from: 'if-2', to: 'if-1', port: 23 }, { mac: GATEWAY_MAC }, UPLINK), 'with its address').to.equal(0)
  })
})

describe('a row that several units ask for', () => {
  it('is that of the unit whose name comes first, in whatever order they ask and go', () => {
    const rowsOf = (unit: string) => {
      const set = new RowSet(unit, cookieOf('system'))
      set.add(0, 1, [], {})
      return set.rows
    }
    const names = ['c', 'a', 'b']
    for (const order of [names, [...names].reverse(), [...names].sort()]) {
      const units = new SwitchUnits()
      const holder = () => [...units.program.flows.values()].map(({ unit }) => unit)
      for (const name of order) units.set(name, rowsOf(name))
      expect(holder(), order.join()).to.deep.equal(['a'])
      units.set('a', new Map())
      expect(holder(), order.join()).to.deep.equal(['b'])
      for (const name of names) units.set(name, new Map())
      expect(holder()).to.deep.equal([])
    }
  })
})
