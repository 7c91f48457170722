/**
 * Bodies of neighbor discovery (RFC 4861): solicitations and advertisements of neighbors and routers, redirects, and
 * their options. It refuses to judge them: hop limits and checksums are the caller's.
 */
import { ICMPV6 } from './icmpv6.ts'
import { concat, padTo, put, u8, u16, u32, u128 } from './octets.ts'

export const ND_OPTION = { sourceLinkLayer: 1, targetLinkLayer: 2, prefix: 3, redirected: 4, mtu: 5 } as const

export interface NdOption {
  type: number
  /** Padded with zeros so that it fills a multiple of 8 octets with its two octets of type and length. */
  data: Uint8Array
}

export type Nd =
  | { kind: 'router-solicitation'; options: readonly NdOption[] }
  | {
      kind: 'router-advertisement'
      hopLimit: number
      /** 0x80 managed, 0x40 other configuration, 0x18 preference (RFC 4191); the rest as it came. */
      flags: number
      /** Seconds. */
      routerLifetime: number
      /** Milliseconds. */
      reachableTime: number
      /** Milliseconds. */
      retransTimer: number
      options: readonly NdOption[]
    }
  | { kind: 'neighbor-solicitation'; target: bigint; options: readonly NdOption[] }
  | {
      kind: 'neighbor-advertisement'
      router: boolean
      solicited: boolean
      override: boolean
      target: bigint
      options: readonly NdOption[]
    }
  | { kind: 'redirect'; target: bigint; destination: bigint; options: readonly NdOption[] }

export const ND_TYPES = {
  'router-solicitation': ICMPV6.routerSolicitation,
  'router-advertisement': ICMPV6.routerAdvertisement,
  'neighbor-solicitation': ICMPV6.neighborSolicitation,
  'neighbor-advertisement': ICMPV6.neighborAdvertisement,
  redirect: ICMPV6.redirect,
} as const satisfies Record<Nd['kind'], number>

/** @param body What follows the checksum of the ICMPv6 message. */
export function decodeNd(type: number, body: Uint8Array): Nd | undefined {
  switch (type) {
    case ICMPV6.routerSolicitation: {
      const options = readOptions(body, 4)
      return options && { kind: 'router-solicitation', options }
    }
    case ICMPV6.routerAdvertisement: {
      const options = readOptions(body, 12)
      return (
        options && {
          kind: 'router-advertisement',
          hopLimit: u8(body, 0),
          flags: u8(body, 1),
          routerLifetime: u16(body, 2),
          reachableTime: u32(body, 4),
          retransTimer: u32(body, 8),
          options,
        }
      )
    }
    case ICMPV6.neighborSolicitation: {
      const options = readOptions(body, 20)
      return options && { kind: 'neighbor-solicitation', target: u128(body, 4), options }
    }
    case ICMPV6.neighborAdvertisement: {
      const options = readOptions(body, 20)
      return (
        options && {
          kind: 'neighbor-advertisement',
          router: (u8(body, 0) & 0x80) !== 0,
          solicited: (u8(body, 0) & 0x40) !== 0,
          override: (u8(body, 0) & 0x20) !== 0,
          target: u128(body, 4),
          options,
        }
      )
    }
    case ICMPV6.redirect: {
      const options = readOptions(body, 36)
      return options && { kind: 'redirect', target: u128(body, 4), destination: u128(body, 20), options }
    }
    default:
      return undefined
  }
}

/** The body for an ICMPv6 message of type `ND_TYPES[nd.kind]`, code 0. */
export function encodeNd(nd: Nd): Uint8Array {
  return concat(fixedPart(nd), ...nd.options.map(encodeOption))
}

/** The link-layer address in an option of type 1 or 2, where there is one. */
export function linkLayerAddress(options: readonly NdOption[], type: number): number | undefined {
  const option = options.find((candidate) => candidate.type === type && candidate.data.length === 6)
  return option && u16(option.data, 0) * 0x100000000 + u32(option.data, 2)
}

export function linkLayerOption(type: number, mac: number): NdOption {
  const data = new Uint8Array(6)
  put(data, 0, 6, mac)
  return { type, data }
}

function fixedPart(nd: Nd): Uint8Array {
  switch (nd.kind) {
    case 'router-solicitation':
      return new Uint8Array(4)
    case 'router-advertisement': {
      const octets = new Uint8Array(12)
      put(octets, 0, 1, nd.hopLimit)
      put(octets, 1, 1, nd.flags)
      put(octets, 2, 2, nd.routerLifetime)
      put(octets, 4, 4, nd.reachableTime)
      put(octets, 8, 4, nd.retransTimer)
      return octets
    }
    case 'neighbor-solicitation': {
      const octets = new Uint8Array(20)
      put(octets, 4, 16, nd.target)
      return octets
    }
    case 'neighbor-advertisement': {
      const octets = new Uint8Array(20)
      put(octets, 0, 1, (nd.router ? 0x80 : 0) | (nd.solicited ? 0x40 : 0) | (nd.override ? 0x20 : 0))
      put(octets, 4, 16, nd.target)
      return octets
    }
    case 'redirect': {
      const octets = new Uint8Array(36)
      put(octets, 4, 16, nd.target)
      put(octets, 20, 16, nd.destination)
      return octets
    }
  }
}

function encodeOption(option: NdOption): Uint8Array {
  const octets = padTo(concat(Uint8Array.of(option.type, 0), option.data), 8)
  put(octets, 1, 1, octets.length / 8)
  return octets
}

/** Undefined where an option has length zero or runs over the end: such a message is discarded (section 6.1, 7.1). */
function readOptions(body: Uint8Array, start: number): NdOption[] | undefined {
  if (body.length < start) return undefined
  const options: NdOption[] = []
  for (let at = start; at < body.length; ) {
    const length = u8(body, at + 1) * 8
    if (length === 0 || at + length > body.length) return undefined
    options.push({ type: u8(body, at), data: body.slice(at + 2, at + length) })
    at += length
  }
  return options
}
