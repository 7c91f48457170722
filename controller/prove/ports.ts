/**
 * Where packets may come out that are not for an interface of the switch: links, uplinks, and the ways of questions and
 * answers about neighbours. It refuses to know policy.
 */
import { PORT_ALL, PORT_FLOOD, PORT_IN_PORT, PORT_NORMAL } from 'node-openflow'
import { ETHERTYPE } from '../policy/fields.ts'
import type { DatapathView } from '../policy/state.ts'
import { mayAsk } from './exits.ts'
import { isNeighbourDiscovery } from './families.ts'
import type { Entry, Region } from './region.ts'
import { ETH_DST, ETH_TYPE, isToGateway, OUT_PORT, type Site } from './settle.ts'
import { type Exact, isExact, type Ref } from './space.ts'

export interface Ports extends Site {
  /** Ports that the switch's own flooding leaves out. */
  readonly noFlood: ReadonlySet<number>
}

/** A link or an uplink; or all of them, where the existing network forwards. */
export function isLinkOut({ datapath, normal, noFlood }: Ports, port: number, entry: Entry): boolean {
  const { fabricPorts, uplinkPorts } = datapath
  if (port === PORT_NORMAL) return normal && entry !== 'tenant' && isQuiet(datapath, noFlood)
  if (port === PORT_FLOOD || port === PORT_ALL || port === PORT_IN_PORT) return false
  return fabricPorts.has(port) || (normal && uplinkPorts.has(port))
}

/** The switch's own forwarding leaves out every port that is no link. */
function isQuiet(datapath: DatapathView, noFlood: ReadonlySet<number>): boolean {
  const { ports, fabricPorts, uplinkPorts } = datapath
  for (const port of ports.keys())
    if (!fabricPorts.has(port) && !uplinkPorts.has(port) && !noFlood.has(port)) return false
  return true
}

/** Questions and answers about neighbours: back to who asked, out to the world, and from the world to who asked it. */
export function isNeighbourTraffic(its: Ports, port: number | Ref | undefined, region: Region): boolean {
  const { phase, entry } = region.ghost
  const { vals } = region
  const isNeighbour = region.ghost.neighbour || vals[ETH_TYPE] === ETHERTYPE.arp || isNeighbourDiscovery(region)
  if (!isNeighbour || phase === 'stray') return false
  if (region.ghost.where === 'nowhere' && !isToGateway(region, its)) return true
  if (port === PORT_IN_PORT) return phase === 'sent' || entry !== 'tenant'
  if (entry === 'tenant' && phase !== 'sent') return false
  if (typeof port === 'number') {
    if (its.datapath.tunnel?.port === port) return mayAsk(its, region)
    if (isLinkOut(its, port, entry) || its.datapath.uplinkPorts.has(port)) return true
  }
  if (entry === 'tenant' || entry === 'idle') return false
  return typeof port === 'number' ? isFor(its, port, region) : false
}

/** Whether a port is that of the MAC address that the region is for. */
function isFor({ facts, datapath }: Ports, port: number, { vals }: Region): boolean {
  const mac = vals[ETH_DST]
  const isOf = (value: Exact): boolean => facts.byMac(Number(value))?.place?.port === port
  if (isExact(mac)) return isOf(mac)
  const owners = facts.ownersAt({ datapathId: datapath.datapathId, port })
  return owners.length > 0 && vals[OUT_PORT] === port
}
