/**
 * What has become of a region where its way ends: it is dropped, or comes out, and whether that is as it should be. What is
 * not becomes a doubt of the node that it was at. It refuses to know tables.
 */
import { GATEWAY_MAC } from '../../model/address.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import type { Arrivals } from './arrivals.ts'
import type { DoubtKind } from './doubt.ts'
import { isBare, whyNotOut } from './exits.ts'
import { isProper } from './families.ts'
import type { Judge } from './judge.ts'
import type { Node } from './node.ts'
import { isLinkOut, isNeighbourTraffic, type Ports } from './ports.ts'
import { copyOf, type Finding, isTaken, type Region } from './region.ts'
import { isEchoAnswer, type Outlet, whyAltered } from './rewrites.ts'
import type { Hit } from './rows.ts'
import { ETH_DST, ETH_TYPE, IP_DST } from './settle.ts'
import { isExact, type Ref } from './space.ts'
import { onesOf } from './split.ts'
import { isTransit } from './walking.ts'

export class Ends {
  readonly #ports: Ports
  readonly #judge: Judge
  readonly #arrivals: Arrivals

  constructor(ports: Ports, judge: Judge, arrivals: Arrivals) {
    this.#ports = ports
    this.#arrivals = arrivals
    this.#judge = judge
  }

  /** Packets that a row takes no further. What a reactive switch asks is not lost: the verdict is a row, and looked at there. */
  dropBy({ row }: Hit, node: Node, region: Region): void {
    const { facts, datapath } = this.#ports
    if (!row.asks || !facts.isReactive(datapath.datapathId)) this.drop(node, region)
  }

  /** Packets that no row takes further. */
  drop(node: Node, region: Region): void {
    const { ghost } = region
    if (ghost.phase === 'sent' && ghost.family === 0 && !isExact(region.vals[ETH_TYPE])) {
      // No row has asked what it is: packets of both families are among it.
      for (const family of [4, 6] as const) {
        const part = copyOf(region)
        part.vals[ETH_TYPE] = family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6
        part.ghost = { ...ghost, family }
        this.drop(node, part)
      }
      return
    }
    if (ghost.family === 0 && ghost.phase !== 'passed') return
    if (!isProper(region)) return
    switch (ghost.phase) {
      case 'raw':
      case 'stray':
        if (ghost.must !== '' && ghost.phase === 'raw' && !isTaken(region)) this.loss(node, region, 'it is dropped')
        return
      case 'sent':
        // No gateway is beyond a link.
        if (ghost.entry !== 'tenant' && region.vals[ETH_DST] === GATEWAY_MAC) return
        if (this.#isForNobody(region)) return
        if (!this.#judge.isUnspoken(region) && !isTaken(region)) this.loss(node, region, 'it is dropped')
        return
      case 'aimed': {
        if (ghost.unasked || ghost.tracking === 'inv' || ghost.tracking === 'rel' || ghost.tracking === 'rel-rpl')
          return
        const lost = this.#judge.whyLost(region)
        if (lost === undefined || isTaken(region)) return
        if (ghost.pairs === undefined) this.doubt(node, 'loss', lost.why, region, lost)
        else for (const one of onesOf(region)) this.drop(node, one)
        return
      }
      case 'passed':
        if (!ghost.improper && !isTaken(region)) this.loss(node, region, 'it is permitted and has no way')
    }
  }

  comesOut(node: Node, port: number | Ref | undefined, region: Region): void {
    if (isTaken(region)) return
    const { datapath } = this.#ports
    const { phase, entry, where, places } = region.ghost
    if (phase === 'aimed') {
      if (this.#judge.isNobody(region)) return
      const why = isTransit(region) ? undefined : this.#judge.whyNot(region)
      if (why !== undefined) {
        if (region.ghost.pairs === undefined) this.doubt(node, 'leak', why.why, region, why)
        else for (const one of onesOf(region)) this.comesOut(node, port, one)
        return
      }
    }
    if (phase === 'passed' || phase === 'aimed') {
      const { tracking, committed } = region.ghost
      if (tracking === 'new' && !committed && !region.ghost.improper && isProper(region))
        this.loss(node, region, 'its connection is not remembered')
      const isUplink = typeof port === 'number' && datapath.uplinkPorts.has(port)
      if ((where === 'here' && typeof port === 'object' && port.of === 'port') || (where === 'world' && isUplink)) {
        if (this.#arrivals.isCarrying && !isBare(region))
          this.doubt(node, 'hidden', 'it has a tag or a label where it comes out', region)
        this.#altered(node, region, 'delivered')
        return
      }
      if (typeof port === 'number' && (where === 'away' || where === 'world') && isLinkOut(this.#ports, port, entry)) {
        for (const place of where === 'world' ? (['world'] as const) : places) {
          node.ways.push({ place, port })
          if (!this.#arrivals.isCarrying) {
            this.#altered(node, region, 'unnamed')
            continue
          }
          const why = whyNotOut(this.#ports, port, place, region)
          if (why !== undefined) this.doubt(node, 'hidden', why, region)
        }
        return
      }
      this.doubt(node, 'leak', `it leaves by port ${portText(port)}, which is not its receiver's`, region)
      return
    }
    if (isNeighbourTraffic(this.#ports, port, region) || isEchoAnswer(this.#ports, port, region)) return
    const { finding } = region.ghost
    this.doubt(
      node,
      'leak',
      phase === 'stray' ? region.ghost.why : `nobody is known to have sent it, and it leaves by port ${portText(port)}`,
      region,
      finding,
    )
  }

  /** It was led to an interface that is nowhere, or has no identity yet. */
  #isForNobody({ ghost: { family, network, senders }, vals }: Region): boolean {
    const { facts, datapath, normal } = this.#ports
    const address = family === 0 ? undefined : vals[IP_DST[family]]
    if (!isExact(address) || facts.domains.isGateway(network, address)) return false
    const owner = facts.domains.holder(network, address)
    if (owner === undefined) {
      // What is nobody's may be the world's, where that can be reached; but nobody carries from the world to the world.
      const isWorldBeyond = facts.hasWorld && (normal || facts.gatewayOf(datapath) !== undefined)
      return !isWorldBeyond || (senders.size > 0 && [...senders.values()].every((name) => name === undefined))
    }
    return facts.domains.isRouted(network) && !facts.isReady(owner)
  }

  #altered(node: Node, region: Region, outlet: Outlet): void {
    const why = whyAltered(region, outlet)
    if (why !== undefined) this.doubt(node, 'hidden', why, region)
  }

  loss(node: Node, region: Region, why: string): void {
    this.doubt(node, 'loss', why, region)
  }

  doubt(node: Node, kind: DoubtKind, why: string, { ghost, vals, met }: Region, which?: Finding): void {
    node.doubts.push({
      kind,
      why,
      datapathId: this.#ports.datapath.datapathId,
      entry: ghost.entry,
      network: ghost.network,
      port: ghost.port,
      tracking: ghost.tracking,
      senders: only(ghost.senders, which?.from),
      receivers: only(ghost.receivers, which?.to),
      must: ghost.must,
      places: ghost.places,
      layer4: which?.layer4,
      vals: vals.slice(),
      met,
    })
  }
}

type Family = ReadonlyMap<number, string | undefined>

function only(family: Family, identity: number | undefined): Family {
  return identity === undefined || !family.has(identity) ? family : new Map([[identity, family.get(identity)]])
}

function portText(port: number | Ref | undefined): string {
  return typeof port === 'number' ? String(port) : 'that nobody can tell'
}
