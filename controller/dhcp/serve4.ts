/**
 * One question by DHCPv4, from its octets to its answer: read, held to who may ask it, decided, done and answered. It
 * refuses to decide (decide4.ts) and to word answers (answer4.ts). Called by server.ts.
 */
import { formatAddress, parseAddress } from '../../model/address.ts'
import { type Dhcp4, decodeDhcp4 } from '../../packet/dhcp4.ts'
import { decodeIpv4, PROTOCOL } from '../../packet/ipv4.ts'
import { decodeUdp } from '../../packet/udp.ts'
import { allocate } from '../addresses/leases.ts'
import type { PacketIn } from '../channel/types.ts'
import { DHCP_PORT } from '../policy/compile-dhcp.ts'
import { domainOf, holderIn } from '../policy/routing.ts'
import { answer4, frame4, nak4, type Towards4 } from './answer4.ts'
import { decide4, type Guest4, subnet4 } from './decide4.ts'
import { giveBack, goOn, pick, take, withhold } from './leasing.ts'
import { DHCP_TIMES, type DhcpResult } from './results.ts'
import type { DhcpServer } from './server.ts'

/** @param name The interface at the port. @param data The IPv4 packet. */
export async function serve4(server: DhcpServer, packet: PacketIn, name: string, data: Uint8Array): Promise<void> {
  const ip = decodeIpv4(data)
  if (
    ip === undefined ||
    ip.header.protocol !== PROTOCOL.udp ||
    ip.header.moreFragments ||
    ip.header.fragmentOffset > 0
  )
    return server.count('malformed', packet)
  const udp = decodeUdp(ip.payload)
  const read = udp?.header.dstPort === DHCP_PORT.server ? decodeDhcp4(udp.payload) : undefined
  if (read?.ok !== true) return server.count('malformed', packet)
  const { message } = read
  const asked = message.giaddr === 0 ? atPort(server, message, name) : relayed(server, message, name)
  if (typeof asked === 'string') return server.count(asked, packet)
  const { guest, towards } = asked
  const result = await server.alone(`4 ${guest.name}`, () =>
    act(server, packet, message, ip.header.src, guest, towards),
  )
  server.count(result, packet)
}

interface Asked {
  guest: Guest4
  towards: Towards4
}

function atPort(server: DhcpServer, { chaddr }: Dhcp4, name: string): Asked | DhcpResult {
  const guest = guest4(server, name)
  return guest === undefined ? 'unknown-guest' : { guest, towards: { mac: chaddr } }
}

/** What a relay passes on (RFC 2131 section 4.1, RFC 3046): it may do so for the network in which its address is. */
function relayed(server: DhcpServer, { giaddr, chaddr }: Dhcp4, relay: string): Asked | DhcpResult {
  const { intent } = server.options
  const record = intent.interfaces.get(relay)
  if (record === undefined) return 'unknown-guest'
  const text = formatAddress({ family: 4, value: BigInt(giaddr) })
  const faced = intent.interfaces.get(holderIn(intent, domainOf(intent, record.network), text) ?? '')
  const isAllowed = faced !== undefined && intent.networks.get(faced.network)?.dhcp?.relays.includes(relay) === true
  if (!isAllowed) return 'forged-relay'
  const client = intent.byMac(chaddr)
  const guest = client === undefined ? undefined : guest4(server, client)
  if (guest === undefined || guest.network.name !== faced.network) return 'unknown-guest'
  return { guest, towards: { mac: record.mac, relay: giaddr } }
}

function guest4(server: DhcpServer, name: string): Guest4 | undefined {
  const guest = server.guest(name)
  if (guest === undefined) return undefined
  const addresses = guest.record.addresses.flatMap((text) => {
    const address = parseAddress(text)
    const value = Number(address?.value)
    return address?.family === 4 && subnet4(guest.network, value) !== undefined ? [value] : []
  })
  const offered = server.offers.of(name, 4, server.options.clock())
  return { ...guest, addresses, offered: offered === undefined ? undefined : Number(offered) }
}

async function act(
  server: DhcpServer,
  packet: PacketIn,
  message: Dhcp4,
  source: number,
  guest: Guest4,
  towards: Towards4,
): Promise<DhcpResult> {
  const { name } = guest
  const decision = decide4(message, source, guest)
  const send = (answer: Dhcp4): void => server.answer(packet, frame4(answer, towards))
  switch (decision.do) {
    case 'refuse':
      return decision.reason
    case 'ignore':
      return 'ignored'
    case 'nak':
      send(nak4(message, guest))
      return 'nak'
    case 'offer': {
      const address = offerTo(server, guest, decision.wished)
      if (address === undefined) return 'no-address'
      send(answer4(message, guest, { type: 'offer', address, seconds: secondsOf(server, guest, address) }))
      return 'offer'
    }
    case 'take': {
      const taken = await server.lease('DHCPREQUEST', (view) => take(view, name, BigInt(decision.address)))
      server.offers.end(name, 4)
      if (!taken.ok) {
        if (taken.failure.code === 'STORE_FAILED') return 'failed'
        // Somebody else got it meanwhile: it begins anew.
        send(nak4(message, guest))
        return 'nak'
      }
      return acknowledge(server, packet, message, guest, towards, decision.address)
    }
    case 'keep': {
      if (isTimed(server, guest, decision.address)) {
        const kept = await server.lease('DHCPREQUEST', (view) => goOn(view, name, BigInt(decision.address)))
        if (!kept.ok) return 'failed'
      }
      return acknowledge(server, packet, message, guest, towards, decision.address)
    }
    case 'inform':
      send(answer4(message, guest, { type: 'ack', address: decision.address, seconds: undefined }))
      return 'ack'
    case 'release': {
      const released = await server.lease('DHCPRELEASE', (view) => giveBack(view, name, BigInt(decision.address)))
      return released.ok ? 'release' : 'failed'
    }
    case 'withhold': {
      const until = server.options.now() + DHCP_TIMES.withheldMs
      const address = formatAddress({ family: 4, value: BigInt(decision.address) })
      const withheld = await server.lease('DHCPDECLINE', (view) =>
        withhold(view, name, BigInt(decision.address), until),
      )
      if (!withheld.ok) return 'failed'
      server.options.tell('address-declined', name, { address, network: guest.network.name })
      return 'decline'
    }
  }
}

/** The answer leaves when the switch enforces it, and only if it is still so. */
async function acknowledge(
  server: DhcpServer,
  packet: PacketIn,
  message: Dhcp4,
  guest: Guest4,
  towards: Towards4,
  address: number,
): Promise<DhcpResult> {
  if (!(await server.enforced(guest.name))) return 'unconfirmed'
  const text = formatAddress({ family: 4, value: BigInt(address) })
  const isStill = server.options.writer.newest.interfaces.get(guest.name)?.addresses.includes(text) === true
  if (!isStill) return 'ignored'
  const answer = answer4(message, guest, { type: 'ack', address, seconds: secondsOf(server, guest, address) })
  server.answer(packet, frame4(answer, towards))
  return 'ack'
}

/** What it has, what it was offered, what it wishes, or any; the same again as long as the offer stands. */
function offerTo(server: DhcpServer, guest: Guest4, wished: number | undefined): number | undefined {
  const { name, addresses, network, offered } = guest
  const [own] = addresses
  if (own !== undefined) return wished !== undefined && addresses.includes(wished) ? wished : own
  const now = server.options.clock()
  const isUsable = (address: bigint): boolean =>
    subnet4(network, Number(address)) !== undefined && !server.offers.isOthers(network.name, address, name, now)
  const picked = server.options.writer.peek((view) => {
    for (const address of [offered, wished]) {
      if (address === undefined || !isUsable(BigInt(address))) continue
      const choice = { address: BigInt(address) }
      if (allocate(view, [{ interface: name, client: '', network: '', choice }]).answer.ok) return choice.address
    }
    const found = pick(view, name, 4, isUsable)
    return found.ok ? found.value : undefined
  })
  if (picked === undefined) return undefined
  server.offers.put(network.name, picked, name, 4, now)
  return Number(picked)
}

/** Whether the interface has an address by a lease that ends by itself. */
function isTimed(server: DhcpServer, guest: Guest4, address: number): boolean {
  return leaseEnd(server, guest, address) !== undefined
}

function leaseEnd({ options }: DhcpServer, { network }: Guest4, address: number): number | undefined {
  return options.writer.peek(({ book }) => book.ledger(network.name)?.lease(BigInt(address))?.expires)
}

/** Seconds that an answer is good for: of its lease, else of its pool, else the network's. */
function secondsOf(server: DhcpServer, guest: Guest4, address: number): number {
  const { now, writer } = server.options
  const ends = leaseEnd(server, guest, address)
  if (ends !== undefined) return Math.max(1, Math.ceil((ends - now()) / 1000))
  const isOwn = guest.addresses.includes(address)
  const pool = writer.peek(({ book }) => book.ledger(guest.network.name)?.poolOf(BigInt(address)))
  const offered = isOwn ? undefined : pool?.nap.leaseSeconds
  return offered || guest.network.dhcp.leaseSeconds
}
