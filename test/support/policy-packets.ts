/**
 * Packets of policy on networks of reference switches: which of some begin a connection, what a rule keeps of it, and
 * whether one sent arrives at its receiver and nowhere else. It knows no verdicts but those of permits().
 */
import { expect } from 'chai'
import type { Intent } from '../../controller/policy/intent.ts'
import { permits } from '../../controller/policy/permits.ts'
import type { NetworkState, Place } from '../../controller/policy/state.ts'
import { GATEWAY_MAC } from '../../model/address.ts'
import { decodeEthernet } from '../../packet/ethernet.ts'
import { decodeIpv4 } from '../../packet/ipv4.ts'
import { decodeIpv6 } from '../../packet/ipv6.ts'
import { type ArbitraryPacket, LINE_PORTS } from './arbitrary-state.ts'
import { endOf, frameOf, type ReferenceNetwork } from './reference-network.ts'

/** Queries of ICMP, with which a connection begins: protocol and type. */
const QUERIES = ['1/8', '1/13', '58/128']

/**
 * Those of which one end is a record of ours, as first packets of a connection; the reference switch checks no SCTP.
 */
export function openings(intent: Intent, packets: readonly ArbitraryPacket[]): ArbitraryPacket[] {
  return packets
    .filter(({ protocol, port, code }) => {
      const isIcmp = protocol === 1 || protocol === 58
      return protocol !== 132 && (!isIcmp || (QUERIES.includes(`${protocol}/${port}`) && code === undefined))
    })
    .filter(({ from, to }) => intent.interfaces.has(from) || intent.interfaces.has(to))
    .map(({ kept: _, ...packet }) => ({ ...packet, reply: false }))
}

/** On which sides a rule admits a connection and keeps it. */
export function keptBy(intent: Intent, packet: ArbitraryPacket): { egress: boolean; ingress: boolean } {
  const verdict = permits(intent, packet)
  const keeps = ({ by }: typeof verdict.egress) =>
    by.kind === 'rule' && intent.policies.get(by.cause.policy)?.rules[by.cause.ruleIndex]?.established === 'keep'
  return { egress: keeps(verdict.egress), ingress: keeps(verdict.ingress) }
}

/** The uplink of the first switch, behind which the world is. */
export function uplinkOf({ observed }: Pick<NetworkState, 'observed'>): Place {
  const [datapathId] = observed.datapaths.keys()
  if (datapathId === undefined) throw new Error('no switch')
  return { datapathId, port: LINE_PORTS.uplink }
}

/**
 * Sends one packet, or the answer to it, and says whether its receiver got it; nobody else may, and nobody twice.
 * @param ephemeral The port of who asked; it tells connections between the same ends apart.
 */
export function arrives(
  network: Pick<ReferenceNetwork, 'send'>,
  state: NetworkState,
  packet: ArbitraryPacket,
  reply: boolean,
  ephemeral?: number,
): boolean {
  const { intent, observed } = state
  const [sender, receiver] = reply ? [packet.to, packet.from] : [packet.from, packet.to]
  const from = endOf(sender, intent.interfaces.get(sender), packet.family)
  const far = endOf(receiver, intent.interfaces.get(receiver), packet.family)
  const networks = [sender, receiver].map((name) => intent.interfaces.get(name)?.network)
  const router = intent.networks.get(networks[0] ?? '')?.router
  const isRouted = !networks.includes(undefined) && networks[0] !== networks[1] && router !== undefined
  const to = isRouted ? { ...far, mac: GATEWAY_MAC } : far
  const arrivals = network.send(
    observed.places.get(sender) ?? uplinkOf(state),
    frameOf(packet, reply, from, to, ephemeral),
  )
  const target = observed.places.get(receiver) ?? uplinkOf(state)
  for (const { datapathId, port } of arrivals) expect({ datapathId, port }).to.deep.equal(target)
  expect(arrivals.length).to.be.at.most(1)
  for (const { frame } of isRouted ? arrivals : []) {
    const { header, payload } = decodeEthernet(frame)!
    expect([header.src, header.dst], 'MACs').to.deep.equal([GATEWAY_MAC, far.mac])
    const ttl = packet.family === 4 ? decodeIpv4(payload)?.header.ttl : decodeIpv6(payload)?.header.hopLimit
    expect(ttl, 'TTL').to.equal(63)
  }
  return arrivals.length === 1
}
