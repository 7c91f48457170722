/**
 * What a virtual router answers to a packet that it takes no further: the hops are spent, nobody has the address, there is
 * no route, or it is for the router itself, which has no services but echo. It refuses to send. Used by packets.ts.
 */
import { type Address, GATEWAY_MAC, parseAddress, parsePrefix, prefixHolds } from '../model/address.ts'
import { parseFrame } from '../packet/parse.ts'
import { type RouterFinding, routerReply } from '../packet/router-reply.ts'
import type { Intent } from './policy/intent.ts'
import { domainOf, networksIn } from './policy/routing.ts'
import type { IntentView } from './policy/state.ts'

/** @param network That of the sender. */
export function unroutedReply(
  intent: Pick<Intent, 'networks' | 'networksByRouter'>,
  network: string,
  frame: Uint8Array,
): Uint8Array | undefined {
  const ip = parseFrame(frame)?.ip
  const own = ip && gatewayOf(intent, network, ip.version)
  if (ip === undefined || own === undefined) return undefined
  const to: Address = { family: ip.version, value: BigInt(ip.dst) }
  let finding: RouterFinding = ip.ttl <= 1 ? 'expired' : 'no-route'
  let source = own
  for (const name of networksIn(intent, domainOf(intent, network))) {
    for (const { cidr, gateway = '' } of intent.networks.get(name)?.subnets ?? []) {
      const prefix = parsePrefix(cidr)
      if (prefix === undefined || !prefixHolds(prefix, to)) continue
      const its = parseAddress(gateway)
      // What is for the router has arrived, whatever is left of its hops.
      if (its?.value === to.value) {
        finding = 'no-service'
        source = its
      } else if (finding === 'no-route') finding = 'nobody'
    }
  }
  return routerReply(frame, { mac: GATEWAY_MAC, address: source.value }, finding)
}

/** The router's address in a network. */
export function gatewayOf(
  { networks }: Pick<IntentView, 'networks'>,
  network: string,
  family: 4 | 6,
): Address | undefined {
  for (const { gateway = '' } of networks.get(network)?.subnets ?? []) {
    const address = parseAddress(gateway)
    if (address?.family === family) return address
  }
  return undefined
}
