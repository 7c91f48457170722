/**
 * The plan of carriers: what it says of each two switches, page by page, is what packets meet.
 */
import { expect } from 'chai'
import { listCarriers } from '../../controller/api/carried.ts'
import type { NetworkView } from '../../controller/api/deps.ts'
import { carrierPlan, identitiesInUse, Rooms } from '../../controller/policy/carrier-plan.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import type { NetworkState } from '../../controller/policy/state.ts'
import type { Tag } from '../../model/tag.ts'
import type { CarrierPlan } from '../../proto/gen/tagsteer/v1/CarrierPlan.ts'
import { datapathName, intentOf, interfaceRecord, LINE_PORTS, networkOf } from '../support/arbitrary-state.ts'
import { type Carrying, carriedNetwork, type Ends, UNIFORM } from '../support/carried-network.ts'

const WEB = JSON.stringify('web') as Tag

/** A line of switches with an interface each. */
function line(count: number, carrying: Carrying): NetworkState {
  const ids = Array.from({ length: count }, (_, index) => datapathName(index + 1))
  const records = ids.map((id, index) => interfaceRecord(index + 1, 'default', [WEB], id))
  return carriedNetwork(networkOf(intentOf({ records, datapathIds: ids }), ids), carrying)
}

/** All pages. */
function listed(state: NetworkState, pageSize: number, from = '', to = ''): { pages: number; carriers: CarrierPlan[] } {
  const ids = [...state.observed.datapaths.keys()]
  const links = ids.slice(1).flatMap((id, at) => {
    const [left, right] = [
      { datapathId: ids[at]!, port: LINE_PORTS.right },
      { datapathId: id, port: LINE_PORTS.left },
    ]
    return [
      { from: left, to: right, lastSeen: 0 },
      { from: right, to: left, lastSeen: 0 },
    ]
  })
  const network = { observed: state.observed, backend: 'fabric', links, nameOf: (id: string) => `s${Number(id)}` }
  const carriers: CarrierPlan[] = []
  let [pageToken, pages] = ['', 0]
  do {
    const deps = { network: network as unknown as NetworkView, intent: state.intent as Intent }
    const page = listCarriers(deps, { from, to, pageSize, pageToken })
    if (!page.ok) throw new Error(JSON.stringify(page))
    carriers.push(...(page.value.carriers as CarrierPlan[]))
    pageToken = page.value.nextPageToken ?? ''
    pages++
  } while (pageToken !== '')
  return { pages, carriers }
}

describe('the plan of carriers', () => {
  it('says of each two switches what they use, what it costs and which size fits', () => {
    const expected = {
      geneve: ['CARRIER_GENEVE', 32, 1, 0, 66, 66, 1434, true],
      vxlan: ['CARRIER_VXLAN', 16, 0, 1, 70, 70, 1430, true],
      mpls: ['CARRIER_MPLS', 20, 1, 0, 4, 8, 1492, true],
      vlan: ['CARRIER_VLAN', 11, 1, 0, 4, 4, 1500, false],
    } as const
    for (const [name, said] of Object.entries(expected)) {
      const { carriers } = listed(line(3, UNIFORM[name]!), 0)
      expect(carriers).to.have.length(6)
      for (const its of carriers) {
        expect([
          ...[its.carrier, its.identityBits, its.identitiesCarried, its.identitiesByAddress],
          ...[its.octetsIpv4, its.octetsIpv6, its.mtu, its.signalled],
        ]).to.deep.equal(said)
        expect(its.reason === '', name).to.equal(name !== 'vxlan')
      }
      const far = carriers.find(({ from, to }) => from === 's1' && to === 's3')!
      expect(far.way).to.deep.equal(name === 'geneve' || name === 'vxlan' ? ['s1', 's3'] : ['s1', 's2', 's3'])
    }
  })

  it('says why senders are known by address, and where the way is narrower than its ends', () => {
    const plan = (...ends: Ends[]): ReturnType<typeof carrierPlan> => {
      const state = line(ends.length, { ends, links: true })
      const rooms = new Rooms(identitiesInUse(state.intent))
      const behind = ({ datapathId, port }: { datapathId: string; port: number }): string =>
        datapathName(Number(datapathId) + (port === LINE_PORTS.right ? 1 : -1))
      return carrierPlan({ observed: state.observed, rooms, behind }, datapathName(1), datapathName(ends.length))
    }
    expect(plan({ carriers: [] }, { carriers: ['mpls'] })).to.include({ carrier: 'address', mtu: 1500, byAddress: 1 })
    expect(plan({ carriers: [] }, { carriers: ['mpls'] })?.reason).to.match(/sending switch names no carriers/)
    expect(plan({ carriers: ['mpls'] }, { carriers: [] })?.reason).to.match(/receiving switch names no carriers/)
    expect(plan({ carriers: ['mpls'] }, { carriers: ['vlan'] })?.reason).to.equal('no carrier in common: mpls; vlan')
    const kinds = (['geneve', 'vxlan'] as const).map((kind) => ({ tunnel: { kind, six: false }, carriers: [] }))
    expect(plan(...kinds)?.reason).to.equal('ends of tunnels are of two kinds: geneve, vxlan')
    const wide = { carriers: ['mpls' as const], mtu: 9000 }
    expect(plan(wide, { ...wide, mtu: 1600 }, wide)).to.include({ mtu: 1592 })
    expect(plan(wide, { ...wide, mtu: 1600 }, wide)?.reason).to.match(/on the way takes 1600 octets only/)
    expect(plan(wide, wide, wide)).to.include({ mtu: 8992, reason: '' })
  })

  it('counts identities that a carrier has no room for', () => {
    const rooms = new Rooms([256, 2046, 2047, 2048, 70_000, 2 ** 20])
    expect(rooms.of('vlan')).to.deep.equal({ carried: 2, byAddress: 4 })
    expect(rooms.of('mpls')).to.deep.equal({ carried: 5, byAddress: 1 })
    expect(rooms.of('geneve')).to.deep.equal({ carried: 6, byAddress: 0 })
    expect(rooms.of('vxlan')).to.deep.equal({ carried: 0, byAddress: 6 })
  })

  it('comes in pages, each pair once, and of the switches that are asked for', () => {
    const state = line(12, UNIFORM['geneve']!)
    const whole = listed(state, 1000)
    expect(whole).to.include({ pages: 1 })
    expect(whole.carriers).to.have.length(12 * 11)
    const paged = listed(state, 7)
    expect(paged.pages).to.equal(Math.ceil((12 * 11) / 7))
    expect(paged.carriers).to.deep.equal(whole.carriers)
    const from = listed(state, 5, 's3')
    expect(from.carriers).to.deep.equal(whole.carriers.filter((its) => its.from === 's3'))
    expect(listed(state, 5, datapathName(3), 's4').carriers.map(({ to }) => to)).to.deep.equal(['s4'])
    expect(() => listed(state, 5, 'nobody')).to.throw(/names no switch/)
  })
})
