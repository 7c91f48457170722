/**
 * Whether what a region comes to is what policy means, pair by pair and class by class of protocol and port, as permits.ts
 * says. It refuses to know tables.
 */
import type { Layer4 } from './facts.ts'
import { WITH_KEYS } from './facts.ts'
import { keysFor, type ProbeFinder, protocolsFor } from './probes.ts'
import { type Finding, keyIn, protocolIn, type Region } from './region.ts'
import type { Site } from './settle.ts'
import { isExact } from './space.ts'

export class Judge {
  readonly #site: Site
  readonly #probes: ProbeFinder

  constructor(site: Site, probes: ProbeFinder) {
    this.#site = site
    this.#probes = probes
  }

  /** No packet is in the region: it is from an interface to itself, or from or to an address that there is not. */
  isNobody(region: Region): boolean {
    // ICMP of the other family.
    if (protocolIn(region) === (region.ghost.family === 4 ? 58 : 1)) return true
    for (const from of region.ghost.senders.keys()) {
      for (const to of region.ghost.receivers.keys()) {
        const [opener, target] = isReply(region.ghost.tracking) ? [to, from] : [from, to]
        if (isIn(region.ghost.except, opener, target) && this.#exist(region, from, to)) return false
      }
    }
    return true
  }

  /** Why a region may not go on; undefined: policy permits all of it. */
  whyNot(region: Region): Finding | undefined {
    if (region.ghost.tracking === 'inv') {
      return { why: 'connection tracking calls it invalid', from: -1, to: -1, layer4: undefined }
    }
    if (region.ghost.tracking === 'none') {
      return { why: 'policy was not asked', from: -1, to: -1, layer4: undefined }
    }
    for (const [from, to, layer4] of this.#cases(region, false)) {
      if (this.#permits(region, from, to, layer4)) continue
      return { why: 'policy forbids it', from, to, layer4 }
    }
    return undefined
  }

  /** Why a region may not be dropped; undefined: policy permits none of it. */
  whyLost(region: Region): Finding | undefined {
    for (const [from, to, layer4] of this.#cases(region, true)) {
      if (this.#permits(region, from, to, layer4)) return { why: 'policy permits it', from, to, layer4 }
    }
    return undefined
  }

  #permits({ ghost }: Region, from: number, to: number, layer4: Layer4): boolean {
    const { facts } = this.#site
    // A family of one identity with one user has nobody to talk to.
    return isReply(ghost.tracking) ? facts.permits(to, from, layer4) : facts.permits(from, to, layer4)
  }

  /** Pairs, and what of layer 4 is in the region. @param likely Only pairs that policy may permit. */
  *#cases(region: Region, likely: boolean): IterableIterator<[number, number, Layer4]> {
    const { ghost } = region
    const { facts } = this.#site
    const reply = isReply(ghost.tracking)
    for (const from of ghost.senders.keys()) {
      for (const to of ghost.receivers.keys()) {
        const [opener, target] = reply ? [to, from] : [from, to]
        if (likely && !facts.potential(opener).has(target)) continue
        if (!isIn(ghost.except, opener, target)) continue
        if (!this.#exist(region, from, to)) continue
        for (const layer4 of this.#layer4(region, opener, target)) yield [from, to, layer4]
      }
    }
  }

  /** Whether there are two different ends of this network; the world has an address of this family. */
  #exist({ ghost }: Region, from: number, to: number): boolean {
    const { facts } = this.#site
    const { network, family } = ghost
    if (family === 0) return false
    for (const end of [from, to]) {
      if (facts.isWorld(end) && facts.worldSample(end, family, network) === undefined) return false
    }
    if (from !== to || facts.isWorld(from)) return true
    return facts.usersIn(from, network) > 1
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

function isIn(except: Region['ghost']['except'], opener: number, target: number): boolean {
  const gone = except.get(opener)
  return gone === undefined || (gone !== 'all' && !gone.has(target))
}

function isReply(tracking: Region['ghost']['tracking']): boolean {
  return tracking === 'rpl' || tracking === 'rel-rpl'
}
