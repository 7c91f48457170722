/**
 * Virtual routers, on wired reference switches: what arrives between networks is what permits() says, with the gateway's
 * MAC, the receiver's, and one less of TTL; replies meet their connection, on one switch and on several; nothing passes
 * without the gateway, or between networks of different routers; gateways answer for themselves.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Compiler } from '../../controller/policy/compile.ts'
import { readCookie } from '../../controller/policy/cookie.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { permits } from '../../controller/policy/permits.ts'
import { holderOf } from '../../controller/policy/routing.ts'
import type { Backend, NetworkState } from '../../controller/policy/state.ts'
import { GATEWAY_MAC } from '../../model/address.ts'
import type { AnyRecord, InterfaceRecord } from '../../model/records.ts'
import { ARP_REPLY, ARP_REQUEST, decodeArp, encodeArp } from '../../packet/arp.ts'
import { decodeEthernet, encodeEthernet, MAC_BROADCAST } from '../../packet/ethernet.ts'
import { decodeIcmp } from '../../packet/icmp.ts'
import { decodeIpv4 } from '../../packet/ipv4.ts'
import { arbitraryRouted } from '../support/arbitrary-routed.ts'
import { type ArbitraryPacket, datapathName, intentOf, interfaceRecord, networkOf } from '../support/arbitrary-state.ts'
import { ALL } from '../support/controller-parts.ts'
import { arrives, openings } from '../support/policy-packets.ts'
import { network as networkRecord, vnp } from '../support/records.ts'
import { endOf, frameOf, ReferenceNetwork } from '../support/reference-network.ts'

function networkWith(state: NetworkState): ReferenceNetwork {
  const network = new ReferenceNetwork(state.observed)
  for (const [datapathId, { program }] of new Compiler(state.backend).compile(state, ALL))
    network.install(datapathId, program)
  return network
}

describe('packets between networks with a router', () => {
  for (const [backend, ...carriers] of [['fabric'], ['fabric', 'vlan'], ['normal']] as ['fabric' | 'normal', 'vlan'?][])
    it(`arrive where policy permits, replies too, and nowhere else (${[backend, ...carriers].join(', ')})`, function () {
      this.timeout(120_000)
      const seen = { routed: 0, apart: 0, elsewhere: 0, denied: 0, plain: 0, namesakes: 0 }
      const batch = (seed: number): void =>
        fc.assert(
          fc.property(arbitraryRouted(16, backend), ({ state: plain, intent, packets }) => {
            const state = carrying(plain, carriers as 'vlan'[])
            const network = networkWith(state)
            const rules = orderRules(intent)
            for (const packet of openings(intent as Intent, packets)) {
              const [from, to] = [intent.interfaces.get(packet.from), intent.interfaces.get(packet.to)]
              // What goes to the world has other tests.
              if (carriers.length > 0 && (from === undefined || to === undefined)) continue
              // Where the existing network forwards, nothing stands for it here.
              if (backend === 'normal' && !onOneSwitch(state, packet)) continue
              const meant = namesake(intent as Intent, packet)
              if (meant !== undefined) {
                if (backend === 'normal' && !onOneSwitch(state, { ...packet, to: meant })) continue
                // Its router knows another with the same address: that one may get it, and nobody else.
                const { from: name, family } = packet
                const [sender, target] = [name, meant].map((its) => endOf('', intent.interfaces.get(its), family))
                const octets = frameOf(packet, false, sender!, { ...target!, mac: GATEWAY_MAC })
                const got = network.send(state.observed.places.get(name)!, octets)
                const { allow } = permits(intent, { ...packet, to: meant }, rules)
                const places = got.map(({ datapathId, port }) => ({ datapathId, port }))
                expect(places).to.deep.equal(allow ? [state.observed.places.get(meant)] : [])
                seen.namesakes++
                continue
              }
              const { allow, egress } = permits(intent, packet, rules)
              expect(arrives(network, state, packet, false), JSON.stringify(packet)).to.equal(allow)
              const isApart = from !== undefined && to !== undefined && from.network !== to.network
              if (isApart) {
                const [sender, receiver] = [endOf('', from, packet.family), endOf('', to, packet.family)]
                const direct = network.send(
                  state.observed.places.get(packet.from)!,
                  frameOf(packet, false, sender, receiver, 41_000),
                )
                expect(direct, 'past the gateway').to.deep.equal([])
              }
              if (isApart && egress.by.kind === 'no-path') seen.apart++
              if (isApart && !allow && egress.by.kind !== 'no-path') seen.denied++
              if (!allow) continue
              if (isApart) seen.routed++
              else if (from !== undefined && to !== undefined) seen.plain++
              if (isApart && !onOneSwitch(state, packet)) seen.elsewhere++
              if (packet.protocol !== 47)
                expect(arrives(network, state, packet, true), `reply to ${JSON.stringify(packet)}`).to.equal(true)
            }
          }),
          { numRuns: 40, seed },
        )
      const isSeen = () =>
        seen.routed > 12 &&
        seen.apart > 12 &&
        seen.denied > 12 &&
        seen.plain > 3 &&
        (backend === 'normal' || (seen.elsewhere > 5 && seen.namesakes > 3))
      for (let seed = 2030; seed < 2050 && !isSeen(); seed++) batch(seed)
      expect(isSeen(), JSON.stringify(seen)).to.equal(true)
    })
})

/** The same, where switches tell each other senders on links. */
function carrying(state: NetworkState, carriers: 'vlan'[]): NetworkState {
  const datapaths = new Map([...state.observed.datapaths].map(([id, its]) => [id, { ...its, carriers }]))
  return { ...state, observed: { ...state.observed, datapaths } }
}

/** Whom a packet to an interface of another router's network is for in truth: who has its address where it is sent. */
function namesake(intent: Intent, { from, to, family }: ArbitraryPacket): string | undefined {
  const [sender, receiver] = [intent.interfaces.get(from), intent.interfaces.get(to)]
  if (sender === undefined || receiver === undefined || sender.network === receiver.network) return undefined
  const address = receiver.addresses.find((its) => its.includes(':') === (family === 6))!
  const holder = holderOf(intent, sender.network, address)
  return holder === to || holder === from ? undefined : holder
}

function onOneSwitch({ observed }: NetworkState, { from, to }: ArbitraryPacket): boolean {
  const [one, other] = [from, to].map((name) => observed.places.get(name)?.datapathId)
  return one !== undefined && one === other
}

const at = (index: number, network: string, datapath: number, ...addresses: string[]): InterfaceRecord => ({
  ...interfaceRecord(index, network, [], datapathName(datapath)),
  addresses,
})

/** Two networks of a router, a third interface on another switch, and another tenant with the same addresses. */
function shop(backend: Backend = 'fabric', more: AnyRecord[] = []) {
  const records: AnyRecord[] = [
    at(1, 'front', 1, '10.0.1.11', 'fd00:1::11'),
    at(2, 'back', 1, '10.0.2.12', 'fd00:2::12'),
    at(3, 'back', 2, '10.0.2.13', 'fd00:2::13'),
    at(4, 'other', 2, '10.0.2.13', 'fd00:2::13'),
    at(5, 'flat', 1, '10.0.2.15'),
    { ...networkRecord('front', 'shop', '10.0.1.0/24', 'fd00:1::/64'), number: 1 },
    { ...networkRecord('back', 'shop', '10.0.2.0/24', 'fd00:2::/64'), number: 2 },
    { ...networkRecord('other', 'lab', '10.0.2.0/24', 'fd00:2::/64'), number: 3 },
    vnp('all', { ingressDefault: 'allow' }),
    ...more,
  ]
  const datapathIds = [datapathName(1), datapathName(2)]
  const intent = intentOf({ records, datapathIds })
  const state = networkOf(intent, datapathIds, backend)
  return { state, network: networkWith(state), place: (index: number) => state.observed.places.get(`if-${index}`)! }
}

/** An IPv4 packet to the gateway, with this TTL. */
function frame(to: string, ttl: number, fields: Partial<ArbitraryPacket> = {}): Uint8Array {
  const packet: ArbitraryPacket = { from: 'if-1', to, protocol: 17, port: 53, family: 4, reply: false, ...fields }
  const sender = endOf('', at(1, 'front', 1, '10.0.1.11', 'fd00:1::11'), packet.family)
  const octets = frameOf(packet, false, sender, { ...endOf(to, undefined, packet.family), mac: GATEWAY_MAC })
  if (packet.family === 6) octets[21] = ttl
  else {
    // RFC 1624: the checksum follows the TTL.
    const view = new DataView(octets.buffer, octets.byteOffset)
    const sum = (~view.getUint16(24) & 0xffff) + (~view.getUint16(22) & 0xffff)
    octets[22] = ttl
    const whole = sum + view.getUint16(22)
    view.setUint16(24, ~((whole & 0xffff) + (whole >> 16)) & 0xffff)
  }
  return octets
}

describe('a gateway', () => {
  it('is found by ARP in its own network, and nobody else answers', () => {
    const { network, place } = shop()
    const ask = (index: number, address: number[], own: number[]): Uint8Array | undefined => {
      const number = ([a, b, c, d]: number[]) => ((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0
      const { mac } = interfaceRecord(index, 'x', [], datapathName(1))
      const request = encodeArp({
        ...{ op: ARP_REQUEST, senderMac: mac, senderIp: number(own), targetMac: 0, targetIp: number(address) },
      })
      const [answer] = network.send(
        place(index),
        encodeEthernet({ dst: MAC_BROADCAST, src: mac, vlans: [], type: 0x0806 }, request),
      )
      return answer?.port === place(index).port ? answer.frame : undefined
    }
    const told = decodeEthernet(ask(1, [10, 0, 1, 1], [10, 0, 1, 11])!)!
    expect(decodeArp(told.payload)?.header).to.include({ op: ARP_REPLY, senderMac: GATEWAY_MAC })
    expect(told.header.src).to.equal(GATEWAY_MAC)
    expect(ask(1, [10, 0, 2, 1], [10, 0, 1, 11]), 'of another network').to.equal(undefined)
  })

  it('answers echo requests for its addresses, and only where they came from', () => {
    const { network, place } = shop()
    for (const gateway of ['10.0.1.1', '10.0.2.1']) {
      const [answer, ...others] = network.send(place(1), frame(gateway, 1, { protocol: 1, port: 8 }))
      expect(others).to.deep.equal([])
      expect({ ...answer, frame: 0 }).to.deep.equal({ ...place(1), frame: 0 })
      const { header, payload } = decodeEthernet(answer!.frame)!
      expect(header.src).to.equal(GATEWAY_MAC)
      const ip = decodeIpv4(payload)!
      expect([ip.header.ttl, ip.checksumHolds]).to.deep.equal([64, true])
      expect(decodeIcmp(ip.payload)?.header).to.include({ type: 0 })
    }
    expect(network.send(place(4), frame('10.0.1.1', 64, { protocol: 1, port: 8 })), 'another tenant').to.deep.equal([])
  })

  it('tells the controller of what it does not route, and routes what is left', () => {
    const { network, place } = shop()
    const kinds = (): (string | undefined)[] => network.told.splice(0).map((cookie) => readCookie(cookie)?.kind)
    expect(network.send(place(1), frame('10.0.2.13', 1))).to.deep.equal([])
    expect(kinds()).to.deep.equal(['unrouted'])
    expect(network.send(place(1), frame('fd00:2::13', 1, { family: 6 }))).to.deep.equal([])
    expect(kinds()).to.deep.equal(['unrouted'])
    expect(network.send(place(1), frame('10.0.2.99', 64)), 'nobody').to.deep.equal([])
    expect(network.send(place(1), frame('192.0.2.1', 64)), 'the world').to.deep.equal([])
    expect(network.send(place(1), frame('10.0.1.1', 64)), 'the gateway itself').to.deep.equal([])
    expect(kinds()).to.deep.equal(['unrouted', 'unrouted', 'unrouted'])
    expect(network.send(place(1), frame('10.0.2.13', 2))).to.have.length(1)
    expect(network.send(place(5), frame('10.0.1.11', 64)), 'no router').to.deep.equal([])
    expect(kinds()).to.deep.equal([])
  })

  it('is nobody that a host or the world can send as', () => {
    const { network, place, state } = shop('fabric', [])
    const octets = frame('10.0.2.12', 64)
    octets.set([0x02, 0x74, 0x67, 0, 0, 1], 6)
    expect(network.send(place(1), octets)).to.deep.equal([])
    const [first] = state.observed.datapaths.keys()
    const toHost = frame('10.0.1.11', 64)
    toHost.set([0x02, 0x74, 0x67, 0, 0, 1], 6)
    expect(network.send({ datapathId: first!, port: 200 }, toHost)).to.deep.equal([])
  })
})
