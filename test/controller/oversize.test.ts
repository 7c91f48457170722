/**
 * Packets that are larger than what their way takes: which switches find them, what their senders are told, and that no
 * packet from outside is ever measured.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Action, Instruction } from 'node-openflow'
import { oversizeReply } from '../../controller/oversize.ts'
import { nextHopTo, overheadOf, UNDERLAY_MTU } from '../../controller/policy/carriers.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import { readCookie } from '../../controller/policy/cookie.ts'
import { FLAG, TABLES } from '../../controller/policy/pipeline.ts'
import type { Flow } from '../../controller/policy/program.ts'
import type { NetworkState } from '../../controller/policy/state.ts'
import { EVERYTHING } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import { decodeEthernet, encodeEthernet } from '../../packet/ethernet.ts'
import { decodeIcmp } from '../../packet/icmp.ts'
import { decodeIcmpv6 } from '../../packet/icmpv6.ts'
import { decodeIpv4, encodeIpv4 } from '../../packet/ipv4.ts'
import { decodeIpv6, encodeIpv6 } from '../../packet/ipv6.ts'
import { encodeUdp } from '../../packet/udp.ts'
import {
  type ArbitraryRecords,
  arbitraryNetwork,
  arbitraryVnp,
  datapathName,
  intentOf,
  interfaceRecord,
  LINE_PORTS,
  networkOf,
} from '../support/arbitrary-state.ts'
import { type Carrying, carriedNetwork, UNIFORM } from '../support/carried-network.ts'
import { ALL } from '../support/controller-parts.ts'
import { endOf, ReferenceNetwork } from '../support/reference-network.ts'

const WEB = JSON.stringify('web') as Tag
const NONE = new Uint8Array(0)

/** Two switches with an interface each; everybody may talk. */
function pair(carrying: Carrying): NetworkState {
  const datapathIds = [datapathName(1), datapathName(2)]
  const fixed = datapathIds.map((datapathId, index) => interfaceRecord(index + 1, 'default', [WEB], datapathId))
  const all = arbitraryVnp('all', 1).map((vnp): ArbitraryRecords => {
    const open = { ...vnp, selector: EVERYTHING, ingressDefault: 'allow', egressDefault: 'allow' } as const
    return { records: [...fixed, open], datapathIds }
  })
  const [records] = fc.sample(all, 1) as [ArbitraryRecords]
  return carriedNetwork(networkOf(intentOf(records), datapathIds), carrying)
}

function wired(state: NetworkState): ReferenceNetwork {
  const network = new ReferenceNetwork(state.observed)
  for (const [datapathId, { program }] of new Compiler('fabric').compile(state, ALL))
    network.install(datapathId, program)
  return network
}

/** A UDP packet of the first interface to the second, with so many octets of IP. */
function packetOf(state: NetworkState, family: 4 | 6, octets: number, dontFragment = true): Uint8Array {
  const [from, to] = ['if-1', 'if-2'].map((name) => endOf(name, state.intent.interfaces.get(name), family))
  const head = { dst: to!.mac, src: from!.mac, vlans: [] }
  const data = new Uint8Array(octets - (family === 4 ? 28 : 48))
  const ports = { srcPort: 4000, dstPort: 4001 }
  if (family === 6) {
    const ends = { src: from!.address.value, dst: to!.address.value }
    const header = { trafficClass: 0, flowLabel: 0, hopLimit: 64, ...ends, extensions: [], protocol: 17 }
    return encodeEthernet({ ...head, type: 0x86dd }, encodeIpv6(header, encodeUdp(ends, ports, data)))
  }
  const ends = { src: Number(from!.address.value), dst: Number(to!.address.value) }
  const header = {
    ...{ dscp: 0, ecn: 0, identification: 7, dontFragment, moreFragments: false, fragmentOffset: 0 },
    ...{ ttl: 64, protocol: 17, ...ends, options: NONE },
  }
  return encodeEthernet({ ...head, type: 0x0800 }, encodeIpv4(header, encodeUdp(ends, ports, data)))
}

/** Of an ICMP or ICMPv6 error about a packet that is too large: the size that fits. */
function sizeTold(frame: Uint8Array, family: 4 | 6): number | undefined {
  const ethernet = decodeEthernet(frame)!
  if (family === 4) {
    const icmp = decodeIcmp(decodeIpv4(ethernet.payload)!.payload)!
    if (icmp.header.type !== 3 || icmp.header.code !== 4) return undefined
    return new DataView(icmp.payload.buffer, icmp.payload.byteOffset).getUint32(0)
  }
  const icmp = decodeIcmpv6(decodeIpv6(ethernet.payload)!.payload)!
  if (icmp.header.type !== 2) return undefined
  return new DataView(icmp.payload.buffer, icmp.payload.byteOffset).getUint32(0)
}

describe('packets that are larger than what their way takes', () => {
  for (const [name, fits] of [
    ['geneve', 1434],
    ['vxlan', 1430],
    ['mpls', 1492],
  ] as const) {
    it(`are told to their sender with the size that fits, and one of that size arrives: ${name}`, () => {
      const state = pair(UNIFORM[name]!)
      const network = wired(state)
      const from = state.observed.places.get('if-1')!
      const hop = nextHopTo(state.observed, state.observed.datapaths.get(from.datapathId)!, datapathName(2))!
      expect(hop.largest).to.equal(fits)
      expect(fits).to.equal(UNDERLAY_MTU - overheadOf(hop.carrier, name === 'vxlan' ? 6 : 4))
      for (const family of [4, 6] as const) {
        expect(network.send(from, packetOf(state, family, fits)), 'fits').to.have.length(1)
        expect(network.told.splice(0), 'fits').to.deep.equal([])
        for (const dontFragment of [true, false]) {
          let answer: Uint8Array | undefined
          network.onPacketIn = (datapathId, { match, data }) => {
            const register = (its: string) => Number(match.find(({ field }) => field === its)?.value ?? 0)
            const at = { place: register('reg6'), flags: register('reg8') }
            answer = oversizeReply(state.intent, state.observed, datapathId, at, data)
          }
          const sent = packetOf(state, family, fits + 1, dontFragment)
          expect(network.send(from, sent), 'too large').to.deep.equal([])
          expect(network.told.splice(0).map((cookie) => readCookie(cookie)?.kind)).to.deep.equal(['oversize'])
          expect(sizeTold(answer!, family)).to.equal(fits)
          const [asked, said] = [decodeEthernet(sent)!.header, decodeEthernet(answer!)!.header]
          expect(said).to.include({ dst: asked.src, src: asked.dst })
        }
      }
    })
  }

  it('are those that the smaller of both ends makes so, and none where there is room', () => {
    const [end] = UNIFORM['geneve']!.ends
    const fits = (one: number | undefined, other: number | undefined): number | undefined => {
      const ends = [one, other].map((mtu) => ({ ...end!, ...(mtu && { mtu }) }))
      const state = pair({ ends, links: false })
      return nextHopTo(state.observed, state.observed.datapaths.get(datapathName(1))!, datapathName(2))?.largest
    }
    expect([fits(9000, 1600), fits(1600, 9000), fits(9000, undefined), fits(1566, 1566)]).to.deep.equal([
      1534, 1534, 1434, 1500,
    ])
    const room = { ...end!, mtu: 1566 }
    const state = pair({ ends: [room], links: false })
    const network = wired(state)
    expect(network.send(state.observed.places.get('if-1')!, packetOf(state, 4, 1500))).to.have.length(1)
    expect(network.told).to.deep.equal([])
  })

  it('are not looked for where a tag takes no room away, or a switch cannot', () => {
    const checks = (state: NetworkState): number =>
      [...new Compiler('fabric').compile(state, ALL)].flatMap(([, { program }]) =>
        [...program.flows.values()].filter(measures),
      ).length
    expect(checks(pair(UNIFORM['vlan']!))).to.equal(0)
    const state = pair(UNIFORM['geneve']!)
    expect(checks(state)).to.equal(2)
    const unable = new Map([...state.observed.datapaths].map(([id, its]) => [id, { ...its, measures: false as const }]))
    expect(checks({ ...state, observed: { ...state.observed, datapaths: unable } })).to.equal(0)
  })
})

function actionsOf({ instructions }: Pick<Flow, 'instructions'>): readonly Action[] {
  return instructions.flatMap((its: Instruction) => (its.type === 'apply_actions' ? its.actions : []))
}

function measures(flow: Flow): boolean {
  return actionsOf(flow).some(({ type }) => type === 'nx_check_pkt_larger')
}

const FROM_OUTSIDE = FLAG.fabric | FLAG.uplink

/** Bits of the flags register that an action may clear. */
function clears(action: Action): number {
  if (action.type === 'set_field') {
    const { field, value, mask = 0xffff_ffff } = action.field
    return field === 'reg8' ? ~Number(value) & Number(mask) : 0
  }
  if (action.type === 'nx_reg_load' && action.dst === 'reg8') {
    const mask = 2 ** action.ofs_nbits.n_bits - 1
    return (~Number(action.value) & mask) << action.ofs_nbits.ofs
  }
  if ((action.type === 'nx_reg_move' || action.type === 'nx_check_pkt_larger') && action.dst === 'reg8') {
    const [ofs, bits] = action.type === 'nx_reg_move' ? [action.dst_ofs, action.n_bits] : [action.offset, 1]
    return (2 ** bits - 1) << ofs
  }
  return 0
}

describe('packets from links, tunnels and uplinks', () => {
  it('are measured by no row, whatever they have: what they came by is marked before, and stays so', function () {
    this.timeout(120_000)
    const mixed: fc.Arbitrary<Carrying> = fc.constantFrom(...Object.values(UNIFORM)).map((its) => its)
    let [measured, outside] = [0, 0]
    fc.assert(
      fc.property(arbitraryNetwork(4), mixed, ({ state: plain }, carrying) => {
        const state = carriedNetwork(plain, carrying)
        for (const [datapathId, { program }] of new Compiler('fabric').compile(state, ALL)) {
          const view = state.observed.datapaths.get(datapathId)!
          const inside = new Set(
            [...state.observed.places.values()].flatMap((its) => (its.datapathId === datapathId ? [its.port] : [])),
          )
          for (const flow of program.flows.values()) {
            const actions = actionsOf(flow)
            if (measures(flow)) {
              measured++
              const flags = flow.match.find(({ field }) => field === 'reg8')
              expect(Number(flags?.mask ?? 0) & FROM_OUTSIDE, flow.unit).to.equal(FROM_OUTSIDE)
              expect(Number(flags?.value) & FROM_OUTSIDE).to.equal(0)
            }
            const leads = flow.instructions.flatMap((its) => (its.type === 'goto_table' ? [its.table_id] : []))
            if (flow.table !== TABLES.classify) {
              expect(leads, 'only the first table leads there').not.to.include(TABLES.port_security)
              // What gets there came by a port of an interface: see below.
              if (flow.table === TABLES.port_security) continue
              for (const action of actions) expect(clears(action) & FROM_OUTSIDE, flow.unit).to.equal(0)
              continue
            }
            // What goes on from the first table, by other ports than those of interfaces.
            if (leads.length === 0) continue
            const port = flow.match.find(({ field }) => field === 'in_port')?.value
            expect(port, 'a port is named').to.be.a('number')
            if (
              inside.has(port as number) &&
              !view.fabricPorts.has(port as number) &&
              !view.uplinkPorts.has(port as number)
            )
              continue
            outside++
            expect(leads, 'from outside').not.to.include(TABLES.port_security)
            const set = actions.flatMap((its) =>
              its.type === 'set_field' && its.field.field === 'reg8' ? [its.field] : [],
            )
            expect(Number(set[0]?.value ?? 0) & FROM_OUTSIDE, flow.unit).to.not.equal(0)
          }
        }
      }),
      { numRuns: 60 },
    )
    expect(measured).to.be.at.least(1)
    expect(outside).to.be.at.least(1)
  })

  it('are not measured with any number of labels, and neither are those of guests with labels', () => {
    for (const name of ['geneve', 'mpls']) {
      const state = pair(UNIFORM[name]!)
      const network = wired(state)
      const ports = [...state.observed.datapaths.get(datapathName(1))!.ports.keys(), LINE_PORTS.right]
      for (let labels = 1; labels <= 6; labels++) {
        const whole = packetOf(state, 4, 1500)
        const stack = Array.from({ length: labels }, (_, at) => [1, 4, at === labels - 1 ? 1 : 0, 64])
        const frame = Uint8Array.from([...whole.subarray(0, 12), 0x88, 0x47, ...stack.flat(), ...whole.subarray(14)])
        for (const port of ports) network.send({ datapathId: datapathName(1), port }, frame)
      }
      expect(network.told.splice(0).filter((cookie) => readCookie(cookie)?.kind === 'oversize')).to.deep.equal([])
    }
  })
})
