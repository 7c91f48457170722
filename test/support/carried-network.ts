/**
 * Networks of networkOf() whose switches also have ends of tunnels, or put identities in packets on links. Used by tests
 * of the prover.
 */
import fc from 'fast-check'
import type { DatapathView, NetworkState, PortView, TunnelEnd } from '../../controller/policy/state.ts'
import type { LinkCarrier } from '../../model/records.ts'

/** The port of tunnels of every switch that has one. */
export const TUNNEL_PORT = 300

/** What one switch has. */
export interface Ends {
  tunnel?: { kind: TunnelEnd['kind']; six: boolean }
  carriers: readonly LinkCarrier[]
  mtu?: number
}

/** What the switches of a network have, in their order and from the beginning again; and whether there are links. */
export interface Carrying {
  ends: readonly Ends[]
  links: boolean
  /** Nothing leads to the world. */
  isClosed?: boolean
}

/** All alike. */
export const UNIFORM: Readonly<Record<string, Carrying>> = {
  geneve: { ends: [{ tunnel: { kind: 'geneve', six: false }, carriers: [] }], links: false },
  vxlan: { ends: [{ tunnel: { kind: 'vxlan', six: true }, carriers: [] }], links: false },
  mpls: { ends: [{ carriers: ['mpls'] }], links: true },
  vlan: { ends: [{ carriers: ['vlan'] }], links: true },
}

/** Any mixture. */
export const MIXED: fc.Arbitrary<Carrying> = fc.record({
  ends: fc.array(
    fc.record(
      {
        tunnel: fc.record({ kind: fc.constantFrom('geneve' as const, 'vxlan' as const), six: fc.boolean() }),
        carriers: fc.shuffledSubarray<LinkCarrier>(['mpls', 'vlan']),
      },
      { requiredKeys: ['carriers'] },
    ),
    { minLength: 3, maxLength: 3 },
  ),
  links: fc.boolean(),
  isClosed: fc.boolean(),
})

/** The underlay address of a switch, by its place in the order. */
export function addressOf(index: number, six: boolean): string {
  return six ? `2001:db8:ffff::${index + 1}` : `198.51.100.${index + 1}`
}

/** A network whose switches have these. */
export function carriedNetwork(state: NetworkState, { ends, links: areLinks, isClosed }: Carrying): NetworkState {
  const datapaths = new Map<string, DatapathView>()
  for (const [index, datapath] of [...state.observed.datapaths.values()].entries()) {
    const { tunnel, carriers, mtu } = ends[index % ends.length] as Ends
    const port: PortView = { port: TUNNEL_PORT, name: 'tunnel', up: true }
    const fabricPorts = areLinks ? datapath.fabricPorts : new Set<number>()
    datapaths.set(datapath.datapathId, {
      ...datapath,
      ...(isClosed === true && { uplinkPorts: new Set() }),
      ...(areLinks ? {} : { nextHops: new Map(), floodPorts: new Set() }),
      ports: tunnel === undefined ? datapath.ports : new Map(datapath.ports).set(TUNNEL_PORT, port),
      fabricPorts: tunnel === undefined ? fabricPorts : new Set([...fabricPorts, TUNNEL_PORT]),
      ...(tunnel && { tunnel: { kind: tunnel.kind, port: TUNNEL_PORT, address: addressOf(index, tunnel.six) } }),
      ...(carriers.length > 0 && { carriers }),
      ...(mtu !== undefined && { mtu }),
    })
  }
  return { ...state, observed: { ...state.observed, datapaths } }
}
