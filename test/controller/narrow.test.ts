/** Switches whose guests may send more than what fits: told once for each cause, and that it is over. */
import { expect } from 'chai'
import type { Tell } from '../../controller/events.ts'
import { Narrow } from '../../controller/narrow.ts'
import { nextHopTo } from '../../controller/policy/carriers.ts'
import type { DatapathView, ObservedView } from '../../controller/policy/state.ts'

type Said = [string, string, (Record<string, unknown> | undefined)?]

function lab(views: Record<string, Partial<DatapathView>>): {
  narrow: Narrow
  observed: ObservedView
  mtus: Map<string, number>
  told: () => Said[]
} {
  const datapaths = new Map<string, DatapathView>()
  const places = new Map<string, { datapathId: string; port: number }>()
  for (const [datapathId, view] of Object.entries(views)) {
    const ports = new Map([[1, { port: 1, name: `vm-${datapathId}`, up: true }]])
    const none = { fabricPorts: new Set<number>(), uplinkPorts: new Set<number>(), floodPorts: new Set<number>() }
    datapaths.set(datapathId, { datapathId, ports, ...none, nextHops: new Map(), ...view })
    places.set(`if-${datapathId}`, { datapathId, port: 1 })
  }
  const observed = { datapaths, places }
  const mtus = new Map(Object.keys(views).map((its) => [its, 1500]))
  const said: Said[] = []
  const tell: Tell = (...event) => said.push(event)
  const narrow = new Narrow({ observed, mtuOf: (its) => mtus.get(its), nameOf: (its) => its, tell })
  return { narrow, observed, mtus, told: () => said.splice(0) }
}

const end = (at: number, more: Partial<DatapathView> = {}): Partial<DatapathView> => ({
  tunnel: { kind: 'geneve', address: `192.0.2.${at}`, port: 9 },
  ...more,
})

describe('switches whose guests may send more than what fits', () => {
  it('are told once, with the size that rows measure by, again where it is another, and when it is over', () => {
    const { narrow, observed, mtus, told } = lab({ a: end(1, { mtu: 1566 }), b: end(2, { mtu: 1566 }), c: end(3) })
    narrow.look()
    const first = told()
    expect(first.map(([type, subject]) => [type, subject])).to.deep.equal([
      ['carrier-narrow', 'a'],
      ['carrier-narrow', 'b'],
      ['carrier-narrow', 'c'],
    ])
    expect(first[0]![2]).to.deep.equal({
      ...{ carrier: 'geneve', largest: 1434, wanted: 1566, mtu: 1500, port: 'vm-a', other: 'c' },
    })
    expect(first[0]![2]!['largest']).to.equal(nextHopTo(observed, observed.datapaths.get('a')!, 'c')?.largest)
    narrow.look()
    expect(told()).to.deep.equal([])
    mtus.set('a', 1434)
    ;(observed.datapaths as Map<string, DatapathView>).set('c', { ...observed.datapaths.get('c')!, mtu: 1550 })
    narrow.look()
    expect(told().map(([type, subject, details]) => [type, subject, details?.['largest']])).to.deep.equal([
      ['carrier-wide', 'a', undefined],
      ['carrier-narrow', 'b', 1484],
      ['carrier-narrow', 'c', 1484],
    ])
    ;(observed.datapaths as Map<string, DatapathView>).delete('c')
    narrow.look()
    expect(told().map(([type, subject]) => [type, subject])).to.deep.equal([
      ['carrier-wide', 'b'],
      ['carrier-wide', 'c'],
    ])
  })

  it('are not told where nobody is to be reached, or nothing is known of guests, or a tag takes no room', () => {
    const alone = lab({ a: end(1), b: { carriers: ['vlan'] }, c: { carriers: ['vlan'] }, d: {} })
    alone.narrow.look()
    expect(alone.told()).to.deep.equal([])
    const labels = lab({ a: { carriers: ['mpls'] }, b: { carriers: ['vlan', 'mpls'] } })
    labels.mtus.clear()
    labels.narrow.look()
    expect(labels.told()).to.deep.equal([])
    labels.mtus.set('a', 1500)
    labels.narrow.look()
    expect(labels.told().map(([, subject, details]) => [subject, details?.['largest']])).to.deep.equal([['a', 1492]])
  })
})
