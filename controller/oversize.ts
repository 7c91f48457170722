/**
 * What is answered to a packet that is larger than what the way to its receiver takes, so that its sender makes smaller ones
 * (path MTU discovery: RFC 1191, RFC 8201). From the gateway where the packet went through it, else from the receiver, as
 * there is nobody between. It refuses to send, and to measure: switches did (compile-carrier.ts). Used by packets.ts.
 */
import { GATEWAY_MAC } from '../model/address.ts'
import { parseFrame } from '../packet/parse.ts'
import { tooLargeReply } from '../packet/reply.ts'
import { type CarriedView, nextHopTo } from './policy/carriers.ts'
import { FLAG } from './policy/pipeline.ts'
import type { IntentView } from './policy/state.ts'
import { gatewayOf } from './unrouted.ts'

/**
 * @param at Registers of the packet: the number of the switch that it was to go to, and its flags.
 * @returns The frame for the port by which it came; undefined where nothing may be said, or the way is another by now.
 */
export function oversizeReply(
  intent: Pick<IntentView, 'number' | 'byMac' | 'interfaces' | 'networks'>,
  observed: CarriedView,
  datapathId: string,
  at: { place: number; flags: number },
  frame: Uint8Array,
): Uint8Array | undefined {
  const from = observed.datapaths.get(datapathId)
  const to = from && numbered(intent, observed, at.place)
  const largest = to === undefined ? undefined : nextHopTo(observed, from!, to)?.largest
  if (largest === undefined) return undefined
  if ((at.flags & FLAG.routed) === 0) return tooLargeReply(frame, largest)
  const read = parseFrame(frame)
  const sender = read && intent.interfaces.get(intent.byMac(read.ethSrc) ?? '')
  const gateway = sender && read.ip && gatewayOf(intent, sender.network, read.ip.version)
  return tooLargeReply(frame, largest, gateway && { mac: GATEWAY_MAC, address: gateway.value })
}

/** The switch of a number. */
function numbered(
  intent: Pick<IntentView, 'number'>,
  { datapaths, absent }: CarriedView,
  number: number,
): string | undefined {
  for (const known of [datapaths, absent])
    for (const datapathId of known?.keys() ?? []) if (intent.number('switch', datapathId) === number) return datapathId
  return undefined
}
