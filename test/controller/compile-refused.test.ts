/**
 * What guests forge meets, on reference switches with compiled tables, a row that drops it and says why; and nothing that
 * an honest host sends meets any.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Compiler } from '../../controller/policy/compile.ts'
import { linkLocal } from '../../controller/policy/compile-interface.ts'
import { worldExists } from '../../controller/policy/compile-switch.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import type { Refusal } from '../../controller/policy/refusals.ts'
import type { Place } from '../../controller/policy/state.ts'
import { parseAddress } from '../../model/address.ts'
import { IDENTITY, type InterfaceRecord } from '../../model/records.ts'
import { encodeEthernet } from '../../packet/ethernet.ts'
import { encodeIcmpv6 } from '../../packet/icmpv6.ts'
import { encodeIpv4 } from '../../packet/ipv4.ts'
import { encodeIpv6 } from '../../packet/ipv6.ts'
import { encodeUdp } from '../../packet/udp.ts'
import { arbitraryNetwork } from '../support/arbitrary-state.ts'
import { carriedNetwork, UNIFORM } from '../support/carried-network.ts'
import { ALL } from '../support/controller-parts.ts'
import { arrives, openings } from '../support/policy-packets.ts'
import { ReferenceNetwork } from '../support/reference-network.ts'

const NONE = new Uint8Array(0)
const ALL_NODES = 0xff02n << 112n
const PRIVATE = (0xfe80n << 112n) | 0x1234_5678_9abc_def0n
const BROADCAST = 0xffff_ffff_ffff
const FOREIGN_MAC = 0x02_ee_00_00_00_01
const FOREIGN_4 = 0x0a_63_63_63
const FOREIGN_6 = (0xfd63n << 112n) | 0x63n

const hex = (value: number | bigint, octets: number): string => value.toString(16).padStart(2 * octets, '0')
const ethernet = (src: number, type: number, payload: Uint8Array, dst = BROADCAST): Uint8Array =>
  encodeEthernet({ dst, src, vlans: [], type }, payload)

function udp4(src: number, dst: number, dstPort = 53): Uint8Array {
  const header = {
    ...{ dscp: 0, ecn: 0, identification: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0 },
    ...{ ttl: 64, protocol: 17, src, dst, options: NONE },
  }
  return encodeIpv4(header, encodeUdp({ src, dst }, { srcPort: 40_000, dstPort }, NONE))
}

function over6(src: bigint, dst: bigint, protocol: number, payload: Uint8Array): Uint8Array {
  const header = { trafficClass: 0, flowLabel: 0, hopLimit: 255, src, dst, extensions: [], protocol }
  return encodeIpv6(header, payload)
}

function udp6(src: bigint, dst: bigint, dstPort = 53): Uint8Array {
  return over6(src, dst, 17, encodeUdp({ src, dst }, { srcPort: 40_000, dstPort }, NONE))
}

/** @param body After type, code and checksum. */
function icmp6(src: bigint, dst: bigint, type: number, body: string): Uint8Array {
  return over6(src, dst, 58, encodeIcmpv6({ src, dst }, { type, code: 0 }, Buffer.from(body, 'hex')))
}

/** A solicitation with the source's link-layer address, or an advertisement with the target's. */
function nd(type: 135 | 136, src: bigint, target: bigint, mac: number): Uint8Array {
  return icmp6(src, ALL_NODES, type, `00000000${hex(target, 16)}${type === 135 ? '01' : '02'}01${hex(mac, 6)}`)
}

function arp(op: number, sha: number, spa: number, tpa: number): Uint8Array {
  return Buffer.from(`000108000604${hex(op, 2)}${hex(sha, 6)}${hex(spa, 4)}000000000000${hex(tpa, 4)}`, 'hex')
}

/** What is below a tag or label, as it is. */
function tagged(frame: Uint8Array, header: string): Uint8Array {
  return Buffer.concat([frame.subarray(0, 12), Buffer.from(header, 'hex'), frame.subarray(12)])
}

function labelled(frame: Uint8Array, type: string): Uint8Array {
  return Buffer.concat([frame.subarray(0, 12), Buffer.from(`${type}00100140`, 'hex'), frame.subarray(14)])
}

interface Sent {
  name: string
  frame: Uint8Array
}

interface Own {
  mac: number
  four: number
  six: bigint
}

function ownOf({ mac, addresses }: InterfaceRecord): Own {
  const [four, six] = [4, 6].map((family) => {
    return addresses.flatMap((text) => parseAddress(text) ?? []).find((its) => its.family === family)?.value
  })
  return { mac, four: Number(four ?? 0), six: six ?? 0n }
}

function forged({ mac, four, six }: Own, other: Own): (Sent & { refusal: Refusal })[] {
  const honest4 = ethernet(mac, 0x0800, udp4(four, other.four), other.mac)
  const honest6 = ethernet(mac, 0x86dd, udp6(six, other.six), other.mac)
  const found: (Sent & { refusal: Refusal })[] = []
  const add = (refusal: Refusal, name: string, frame: Uint8Array): void => void found.push({ refusal, name, frame })
  for (const frame of [honest4, honest6]) {
    add('tagged-vlan', 'tag', tagged(frame, '81000005'))
    add('tagged-vlan', 'two tags', tagged(tagged(frame, '81000005'), '88a80801'))
    add('tagged-mpls', 'label', labelled(frame, '8847'))
  }
  for (const from of [other.mac, FOREIGN_MAC, mac ^ 1]) {
    if (from === mac) continue
    add('forged-mac', 'MAC', ethernet(from, 0x0800, udp4(four, other.four), other.mac))
    add('forged-mac', 'MAC', ethernet(from, 0x86dd, udp6(six, other.six), other.mac))
    add('forged-mac', 'MAC of ARP', ethernet(from, 0x0806, arp(1, from, four, other.four)))
    add('forged-mac', 'MAC of silence', ethernet(from, 0x0800, udp4(0, 0xffff_ffff)))
    add('forged-mac', 'MAC of a neighbour', ethernet(from, 0x86dd, nd(135, linkLocal(from), six, from)))
    add('forged-mac', 'MAC of nothing', ethernet(from, 0x88b5, new Uint8Array(50)))
  }
  for (const from of [other.four, FOREIGN_4, 0xe000_0001, 0xffff_ffff]) {
    if (from === four || from === 0) continue
    add('forged-address', 'IPv4', ethernet(mac, 0x0800, udp4(from, other.four), other.mac))
    for (const op of [1, 2])
      add('forged-address', `ARP ${op}`, ethernet(mac, 0x0806, arp(op, mac, from, from === FOREIGN_4 ? 1 : FOREIGN_4)))
  }
  for (const from of [other.six, FOREIGN_6, 1n]) {
    if (from === six || from === 0n) continue
    add('forged-address', 'IPv6', ethernet(mac, 0x86dd, udp6(from, other.six), other.mac))
    if (six === 0n) continue
    add('forged-address', 'solicitation', ethernet(mac, 0x86dd, nd(135, from, FOREIGN_6 + 1n, mac)))
    add('forged-address', 'advertisement', ethernet(mac, 0x86dd, nd(136, from, from, mac)))
    add('forged-address', 'advertisement of another', ethernet(mac, 0x86dd, nd(136, six, from, mac)))
  }
  if (four !== 0) add('forged-address', 'ARP hardware', ethernet(mac, 0x0806, arp(1, FOREIGN_MAC, four, FOREIGN_4)))
  if (six !== 0n) {
    add('forged-address', 'link layer', ethernet(mac, 0x86dd, nd(135, six, FOREIGN_6, FOREIGN_MAC)))
    add('rogue-router', 'router', ethernet(mac, 0x86dd, icmp6(six, ALL_NODES, 134, '0'.repeat(24))))
    add('rogue-router', 'redirect', ethernet(mac, 0x86dd, icmp6(linkLocal(mac), ALL_NODES, 137, '0'.repeat(72))))
  }
  return found
}

/** What hosts say without an address, and of their own. */
function honest({ mac, four, six }: Own): Sent[] {
  const of = (name: string, type: number, payload: Uint8Array): Sent => ({ name, frame: ethernet(mac, type, payload) })
  return [
    of('DHCP', 0x0800, udp4(0, 0xffff_ffff, 67)),
    of('IPv4LL', 0x0800, udp4(0xa9fe_0102, 0xe000_00fb, 5353)),
    of('ARP probe', 0x0806, arp(1, mac, 0, FOREIGN_4)),
    of('ARP of IPv4LL', 0x0806, arp(1, mac, 0xa9fe_0102, FOREIGN_4)),
    ...(four === 0 ? [] : [of('ARP announcement', 0x0806, arp(1, mac, four, four))]),
    of('RARP', 0x8035, arp(3, mac, 0, 0)),
    of('LLDP', 0x88cc, new Uint8Array(50)),
    of('LLC', 38, new Uint8Array(50)),
    of('EAPOL', 0x888e, new Uint8Array(50)),
    of('DAD', 0x86dd, nd(135, 0n, six === 0n ? PRIVATE : six, mac)),
    of('MLD', 0x86dd, icmp6(0n, ALL_NODES, 143, '0000000104000000'.padEnd(48, '0'))),
    ...[linkLocal(mac), PRIVATE].flatMap((from) => [
      of('RS', 0x86dd, icmp6(from, ALL_NODES, 133, '00000000')),
      of('MLD', 0x86dd, icmp6(from, ALL_NODES, 143, '0000000104000000'.padEnd(48, '0'))),
      of('mDNS', 0x86dd, udp6(from, ALL_NODES, 5353)),
      of('NS', 0x86dd, nd(135, from, FOREIGN_6, mac)),
      of('NA', 0x86dd, nd(136, from, from, mac)),
    ]),
    ...(six === 0n ? [] : [of('NA', 0x86dd, nd(136, six, six, mac)), of('NS', 0x86dd, nd(135, six, FOREIGN_6, mac))]),
  ]
}

/** Says of each frame which rows refused it. */
function watched(network: ReferenceNetwork): (from: Place, frame: Uint8Array) => [Refusal, number | undefined][] {
  let before = network.refused()
  return (from, frame) => {
    network.send(from, frame)
    const now = network.refused()
    const more = [...now].filter(([key, { packets }]) => packets !== (before.get(key)?.packets ?? 0n))
    before = now
    return more.map(([, { refusal, port }]) => [refusal, port])
  }
}

const isTunnel = (name: string): boolean => name === 'geneve' || name === 'vxlan'

describe('what is refused on reference switches', function () {
  this.timeout(240_000)

  for (const [name, carrying] of [['links', undefined] as const, ...Object.entries(UNIFORM)]) {
    it(`meets a row that says why, and nothing honest does: ${name}`, () => {
      const met = new Map<string, number>()
      let toEnds = 0
      const property = fc.property(arbitraryNetwork(4), fc.boolean(), ({ state: plain, intent, packets }, isClosed) => {
        const state = carrying === undefined ? plain : carriedNetwork(plain, { ...carrying, isClosed })
        const network = new ReferenceNetwork(state.observed)
        for (const [datapathId, { program }] of new Compiler('fabric').compile(state, ALL))
          network.install(datapathId, program)
        const refusedBy = watched(network)
        const records = [...intent.interfaces.values()]
        for (const [at, record] of records.entries()) {
          const place = state.observed.places.get(record.name)
          if (place === undefined || intent.identityOf(record.name) === IDENTITY.unknown || !record.portSecurity)
            continue
          const [own, other] = [ownOf(record), ownOf(records[(at + 1) % records.length] as InterfaceRecord)]
          for (const { name: what, frame } of honest(own))
            expect(refusedBy(place, frame), `${record.name}: ${what}`).to.deep.equal([])
          for (const { refusal, name: what, frame } of forged(own, other)) {
            expect(refusedBy(place, frame), `${record.name}: ${what}`).to.deep.equal([[refusal, place.port]])
            met.set(refusal, (met.get(refusal) ?? 0) + 1)
          }
        }
        const ends = [...state.observed.datapaths.values()].flatMap(({ tunnel }) => tunnel?.address ?? [])
        const hasWorld = worldExists(state.observed.datapaths)
        for (const record of records) {
          const place = state.observed.places.get(record.name)
          const own = ownOf(record)
          if (place === undefined || intent.identityOf(record.name) === IDENTITY.unknown) continue
          for (const address of ends) {
            const { family, value } = parseAddress(address)!
            if ((family === 4 ? own.four === 0 : own.six === 0n) || own.six === value) continue
            const frame =
              family === 4
                ? ethernet(own.mac, 0x0800, udp4(own.four, Number(value), 6081), FOREIGN_MAC)
                : ethernet(own.mac, 0x86dd, udp6(own.six, value, 6081), FOREIGN_MAC)
            const met = refusedBy(place, frame)
            // Policy decides what goes to the world.
            expect(met, `${record.name} to ${address}`).to.deep.equal(
              hasWorld ? [] : [['tunnel-from-guest', undefined]],
            )
            toEnds += hasWorld ? 0 : 1
          }
        }
        const before = network.refused()
        for (const packet of openings(intent as Intent, packets)) arrives(network, state, packet, false)
        expect(network.refused()).to.deep.equal(before)
      })
      fc.assert(property, { numRuns: 5 })
      if (isTunnel(name)) {
        for (let more = 0; more < 40 && toEnds === 0; more++) fc.assert(property, { numRuns: 1 })
        expect(toEnds, 'packets to ends of tunnels').to.be.above(0)
      }
      const expected = ['tagged-vlan', 'tagged-mpls', 'forged-mac', 'forged-address', 'rogue-router']
      expect([...met.keys()]).to.have.members(expected)
    })
  }
})
