/**
 * Whether what a region comes to is what policy means, pair by pair and class by class of protocol and port, as permits.ts
 * says. It refuses to know tables.
 */
import type { Layer4 } from './facts.ts'
import { WITH_KEYS } from './facts.ts'
import { keysFor, type ProbeFinder, protocolsFor } from './probes.ts'
import { type Finding, isTaken, keyIn, ofProtocol, protocolIn, type Region, type Relation } from './region.ts'
import type { Site } from './settle.ts'
import { isExact } from './space.ts'

export class Judge {
  readonly #site: Site
  readonly #probes: ProbeFinder
  /** Pairs of which policy permits everything, by family: many regions hold the same ones. */
  #permitted = { 4: new WeakSet<Relation>(), 6: new WeakSet<Relation>() }

  constructor(site: Site, probes: ProbeFinder) {
    this.#site = site
    this.#probes = probes
  }

  /** Forgets what was found of pairs with these identities; undefined: all. */
  forget(identities: ReadonlySet<number> | undefined): void {
    this.#probes.forget(identities)
    this.#permitted = { 4: new WeakSet(), 6: new WeakSet() }
  }

  /** No packet is in the region: it is from an interface to itself, or from or to an address that there is not. */
  isNobody(region: Region): boolean {
    // ICMP of the other family.
    if (protocolIn(region) === (region.ghost.family === 4 ? 58 : 1)) return true
    const { pairs, senders, receivers, except, tracking } = region.ghost
    const reply = isReply(tracking)
    for (const opener of pairs?.keys() ?? (reply ? receivers : senders).keys()) {
      for (const target of pairs?.get(opener)?.keys() ?? (reply ? senders : receivers).keys()) {
        if (isIn(except, opener, target) && this.#exist(region, reply ? target : opener, reply ? opener : target))
          return false
      }
    }
    return true
  }

  /** Nobody in the network has an address of this family: there is no end that a packet must get to, or come from. */
  isUnspoken({ ghost: { network, family } }: Region): boolean {
    return family !== 0 && !this.#site.facts.domains.speaks(network, family)
  }

  /** Why a region may not go on; undefined: policy permits all of it. */
  whyNot(region: Region): Finding | undefined {
    if (region.ghost.tracking === 'inv') {
      return { why: 'connection tracking calls it invalid', from: -1, to: -1, layer4: undefined }
    }
    if (region.ghost.tracking === 'none') {
      return { why: 'policy was not asked', from: -1, to: -1, layer4: undefined }
    }
    return this.#find(region, false)
  }

  /** Why a region may not be dropped; undefined: policy permits none of it. */
  whyLost(region: Region): Finding | undefined {
    return this.#find(region, true)
  }

  /** The first of all pairs and classes of packets in the region that policy permits, or that it forbids. */
  #find(region: Region, permitted: boolean): Finding | undefined {
    const { pairs, senders, receivers, except, tracking, family } = region.ghost
    const { facts } = this.#site
    const reply = isReply(tracking)
    const isPlain = family !== 0 && !isExact(keyIn(region, family === 4 ? 1 : 58))
    const other = permitted ? 'none' : 'all'
    const plain = isPlain && !permitted && pairs !== undefined ? this.#permitted[family] : undefined
    if (pairs !== undefined && plain?.has(pairs)) return undefined
    let isAll = true
    for (const opener of pairs?.keys() ?? (reply ? receivers : senders).keys()) {
      const potential = permitted ? facts.potential(opener) : undefined
      for (const target of pairs?.get(opener)?.keys() ?? (reply ? senders : receivers).keys()) {
        if (potential?.has(target) === false || !isIn(except, opener, target)) continue
        const [from, to] = reply ? [target, opener] : [opener, target]
        if (!this.#exist(region, from, to)) {
          isAll = false
          continue
        }
        if (isPlain && this.#probes.verdict(opener, target, family, region) === other) continue
        isAll = false
        for (const layer4 of this.#layer4(region, opener, target)) {
          if (facts.permits(opener, target, layer4) === permitted && !isWithout(region, layer4.protocol))
            return { why: permitted ? 'policy permits it' : 'policy forbids it', from, to, layer4 }
        }
      }
    }
    if (isAll && pairs !== undefined) plain?.add(pairs)
    return undefined
  }

  /** Whether there are two different ends of this network; the world has an address of this family. */
  #exist({ ghost }: Region, from: number, to: number): boolean {
    const { facts } = this.#site
    const { network, family, routed, said } = ghost
    if (family === 0) return false
    if (facts.isWorld(from) && facts.worldSample(from, family, network) === undefined) return false
    if (facts.isWorld(to) && facts.worldSample(to, family, network) === undefined) return false
    if (from !== to || facts.isWorld(from)) return true
    if (routed) return true
    return (said === '' ? facts.usersIn(from, network) : facts.domains.users(from, network)) > 1
  }

  #layer4(region: Region, opener: number, target: number): Layer4[] {
    const { ghost } = region
    const mentioned = this.#probes.between(opener, target, region)
    const proto = protocolIn(region)
    const family = ghost.family
    const found: Layer4[] = []
    for (const protocol of isExact(proto) ? [Number(proto)] : protocolsFor(mentioned.protocols)) {
      if (protocol === (family === 4 ? 58 : 1)) continue
      const val = keyIn(region, protocol)
      if (!WITH_KEYS.includes(protocol)) found.push({ protocol, key: undefined })
      else if (isExact(val)) found.push({ protocol, key: Number(val) })
      else for (const key of keysFor(protocol, mentioned.keys)) found.push({ protocol, key })
    }
    return found
  }

  /** Values of protocol or key at which to look. */
  values(region: Region, isProtocol: boolean): number[] {
    const { ghost } = region
    const [from] = ghost.senders.keys()
    const [to] = ghost.receivers.keys()
    const [opener, target] = isReply(ghost.tracking) ? [to, from] : [from, to]
    const { protocols, keys } = this.#probes.between(opener as number, target as number, region)
    if (isProtocol) return protocolsFor(protocols).filter((its) => its !== (ghost.family === 4 ? 58 : 1))
    const protocol = protocolIn(region)
    if (!isExact(protocol) || !WITH_KEYS.includes(Number(protocol))) return [...new Set([1, ...keys])]
    return keysFor(Number(protocol), keys).flatMap((key) => key ?? [])
  }
}

/** Whether rows that came before have taken all packets of a protocol. */
function isWithout(region: Region, protocol: number): boolean {
  return region.above !== undefined && isTaken(ofProtocol(region, protocol))
}

function isIn(except: Region['ghost']['except'], opener: number, target: number): boolean {
  const gone = except.get(opener)
  return gone === undefined || (gone !== 'all' && !gone.has(target))
}

function isReply(tracking: Region['ghost']['tracking']): boolean {
  return tracking === 'rpl' || tracking === 'rel-rpl'
}
