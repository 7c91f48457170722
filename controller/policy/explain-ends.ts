/**
 * Whom a question about traffic means: an interface by name, MAC or address, or an address of the world. It refuses to
 * judge. Used by explain.ts.
 */
import { formatAddress, formatMac, parseAddress, parseMac } from '../../model/address.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import { effectiveTags, sourcedTags } from './effective-tags.ts'
import type { ExplainedEnd } from './explain.ts'
import { compareVnps } from './order.ts'
import { domainOf } from './routing.ts'
import type { IntentView, ObservedView } from './state.ts'

/** Who is meant. An address that several networks have means the one in the other end's network or routing domain. */
export function endOf(intent: IntentView, observed: ObservedView, asked: string, other: string): ExplainedEnd {
  const nobody = (problem: string): ExplainedEnd => ({ asked, by: 'nobody', name: asked, problem, tags: [], vnps: [] })
  const known = (record: InterfaceRecord, by: ExplainedEnd['by']): ExplainedEnd => {
    const identity = intent.identityOf(record.name)
    const place = observed.places.get(record.name)
    const effective = new Set(effectiveTags(intent, record))
    return {
      asked,
      by,
      name: record.name,
      network: record.network,
      identity,
      tags: [...intent.tagsOf(identity)].sort(),
      sources: sourcedTags(intent, record),
      vnps: [...intent.vnps.values()]
        .filter((vnp) => matches(vnp.selector, effective))
        .sort(compareVnps)
        .map(({ name }) => name),
      ...(place === undefined ? {} : { place }),
    }
  }
  const named = intent.interfaces.get(asked)
  if (named !== undefined) return known(named, 'name')
  const mac = parseMac(asked)
  if (mac !== undefined) {
    const name = intent.byMac(mac)
    const record = name === undefined ? undefined : intent.interfaces.get(name)
    return record === undefined ? nobody(`no interface record has MAC ${formatMac(mac)}`) : known(record, 'mac')
  }
  const address = parseAddress(asked)
  if (address === undefined) return nobody(`there is no interface record named ${asked}`)
  const text = formatAddress(address)
  const holders = [...intent.interfaces.values()].filter(({ addresses }) => addresses.includes(text))
  const network = networkOf(intent, other)
  const domain = network === undefined ? undefined : domainOf(intent, network)
  const near = holders.filter((record) => domainOf(intent, record.network) === domain)
  const [holder] = network === undefined ? holders : near
  if (network === undefined && holders.length > 1) {
    const names = holders.map(({ name }) => name).sort()
    return nobody(`${text} is an address of ${names.join(' and ')} in different networks: name one of them`)
  }
  if (holder !== undefined) return known(holder, 'address')
  return { asked, by: 'world', name: text, tags: [], vnps: [] }
}

/** The network that the other end is in beyond doubt. */
function networkOf(intent: IntentView, asked: string): string | undefined {
  const mac = parseMac(asked)
  const name = mac === undefined ? asked : (intent.byMac(mac) ?? asked)
  const record = intent.interfaces.get(name)
  if (record !== undefined) return record.network
  const address = parseAddress(asked)
  if (address === undefined) return undefined
  const text = formatAddress(address)
  const networks = [...intent.interfaces.values()].filter(({ addresses }) => addresses.includes(text))
  return networks.length === 1 ? networks[0]!.network : undefined
}
