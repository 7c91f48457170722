/**
 * A region of packets on its way through a switch: what is known of every field, the truth about it that the tables do
 * not know (who really sent it, whom it is really for), and what rows did to it so far. It refuses to judge.
 */
import type { LinkCarrier } from '../../model/records.ts'
import { REGISTERS } from '../policy/pipeline.ts'
import type { Layer4 } from './facts.ts'
import type { Hit } from './rows.ts'
import {
  type Exact,
  field,
  implies,
  isExact,
  known,
  type Members,
  merged,
  narrowed,
  passes,
  type Ref,
  type Test,
  type Val,
} from './space.ts'

/** By which kind of port it came in. */
export type Entry = 'tenant' | 'fabric' | 'uplink' | 'idle'

/**
 * raw: as it came in. sent: the registers say truly who sent it. aimed: and whom it is for. passed: and that is
 * permitted. stray: the registers say something that is not true, or too little is known: nothing may come of it.
 */
export type Phase = 'raw' | 'sent' | 'aimed' | 'passed' | 'stray'

/** A way that identities come by; empty: by none. */
export type Said = '' | 'tunnel' | LinkCarrier

/** What connection tracking finds; `none`: it was not asked. */
export type Tracking = 'none' | 'new' | 'est' | 'rpl' | 'rel' | 'rel-rpl' | 'inv'

export interface Ghost {
  readonly entry: Entry
  readonly port: number
  readonly phase: Phase
  /** Why it is astray. */
  readonly why: string
  /** Of its sender, or, once that is known, of its receiver. */
  readonly network: number
  /** It was sent to a gateway, and its receiver is in another network than its sender. */
  readonly routed: boolean
  /** Bits of what rows have written into its header (rewrites.ts). */
  readonly wrote: number
  /** 4, 6, or 0 for what is not IP. */
  readonly family: 4 | 6 | 0
  /** Identities that may have sent it, each with an interface that is one of its users; undefined: of the world. */
  readonly senders: ReadonlyMap<number, string | undefined>
  readonly receivers: ReadonlyMap<number, string | undefined>
  /** Switches of the receivers, by number. */
  readonly places: ReadonlySet<number>
  readonly where: 'nowhere' | 'here' | 'away' | 'world'
  readonly tracking: Tracking
  readonly committed: boolean
  /** Whose packets these are, that must get through; empty: nobody's in particular. */
  readonly must: string
  /** ARP or neighbour discovery. */
  readonly neighbour: boolean
  /** In what it came in, where another of our switches says there who sent it. */
  readonly said: Said
  /** Of a labelled packet, the labels under the first, and the Ethernet type of what they are put on. */
  readonly under: string
  /** Of its packets nothing is promised but that they go nowhere else (docs/policy.md). */
  readonly improper: boolean
  /** A family that holds also those who are looked at one by one: what is dropped of it says nothing. */
  readonly unasked: boolean
  /** It has passed, and what leaves says who sent it: senders and receivers still count. */
  readonly ends: boolean
  /** Pairs of opener and target that it holds no more. */
  readonly except: ReadonlyMap<number, ReadonlySet<number> | 'all'>
  /** Set: it holds these pairs, openers to targets, and no other. */
  readonly pairs?: Relation | undefined
  /** Why it may not come out, where that was found by asking policy. */
  readonly finding?: Finding | undefined
}

/** Identities to identities. */
export type Relation = ReadonlyMap<number, ReadonlySet<number>>

/** A pair and a class of packets whose verdict is another. */
export interface Finding {
  readonly why: string
  readonly from: number
  readonly to: number
  readonly layer4: Layer4 | undefined
}

const NO_MEMBERS: ReadonlyMap<number, string | undefined> = new Map()
const NO_PLACES: ReadonlySet<number> = new Set()

export const NO_PAIRS: ReadonlyMap<number, ReadonlySet<number> | 'all'> = new Map()

export function ghostAt(entry: Entry, port: number): Ghost {
  return {
    entry,
    port,
    phase: 'raw',
    why: '',
    network: 0,
    routed: false,
    wrote: 0,
    family: 0,
    senders: NO_MEMBERS,
    receivers: NO_MEMBERS,
    places: NO_PLACES,
    where: 'nowhere',
    tracking: 'none',
    committed: false,
    must: '',
    neighbour: false,
    said: '',
    under: '',
    improper: false,
    unasked: false,
    ends: false,
    except: NO_PAIRS,
    pairs: undefined,
    finding: undefined,
  }
}

/** Rows that took their part of a region before. */
export interface Above {
  readonly hits: readonly Hit[]
  /** How many of them. */
  readonly count: number
  readonly next: Above | undefined
}

export interface Met {
  readonly table: number
  readonly hit: Hit
  readonly before: Met | undefined
}

/** Bits of a header field, from its lowest, that stand at `at` of a register. */
export interface Part {
  readonly field: number
  readonly at: number
  readonly bits: number
}

export interface Region extends Members {
  table: number
  vals: Val[]
  ghost: Ghost
  /** Fields that are made of bits of header fields, to these bits; the rest of them is known. */
  alias: ReadonlyMap<number, readonly Part[]>
  above: Above | undefined
  met: Met | undefined
  /** Rows of the table it is at that ask for senders or receivers do not concern it. */
  isMute: boolean
}

export const REGISTER_COUNT = 16
export const REG = Array.from({ length: REGISTER_COUNT }, (_, index) => field(`reg${index}`))
export const IS_REGISTER: ReadonlySet<number> = new Set(REG)
const CT = ['ct_state', 'ct_zone', 'ct_mark', 'ct_nw_proto', 'ct_tp_src', 'ct_tp_dst'].map(field)
const [, , CT_MARK, CT_PROTO, CT_SRC, CT_DST] = CT as [number, number, number, number, number, number]
const ZERO = [...REG, ...CT, field('metadata'), field('conj_id')]
const IN_PORT = field('in_port')
const IP_PROTO = field('ip_proto')
export const NO_ALIAS: ReadonlyMap<number, readonly Part[]> = new Map()

class ARegion implements Region {
  table: number
  vals: Val[]
  ghost: Ghost
  alias: ReadonlyMap<number, readonly Part[]>
  above: Above | undefined
  met: Met | undefined
  isMute = false

  constructor(
    table: number,
    vals: Val[],
    ghost: Ghost,
    alias: ReadonlyMap<number, readonly Part[]>,
    above: Above | undefined,
    met: Met | undefined,
  ) {
    this.table = table
    this.vals = vals
    this.ghost = ghost
    this.alias = alias
    this.above = above
    this.met = met
  }

  has(ref: Ref['of'], value: Exact): boolean {
    const { senders, receivers, places } = this.ghost
    if (ref === 'port') return value !== 0
    if (this.isMute && ref !== 'place') return false
    const members: { has(value: number): boolean } =
      ref === 'sender' ? senders : ref === 'receiver' ? receivers : places
    return members.has(value as number)
  }

  any(ref: Ref['of'], is: (value: number) => boolean): boolean {
    if (ref === 'port' || this.isMute) return true
    for (const member of this.#members(ref)) if (is(member)) return true
    return false
  }

  every(ref: Ref['of'], is: (value: number) => boolean): boolean {
    if (ref === 'port' || this.isMute) return false
    for (const member of this.#members(ref)) if (!is(member)) return false
    return true
  }

  #members(ref: Ref['of']): Iterable<number> {
    const { senders, receivers, places } = this.ghost
    return (ref === 'sender' ? senders : ref === 'receiver' ? receivers : places).keys()
  }
}

/** What is known of every packet that comes in. */
const START: Val[] = Array.from({ length: Math.max(...ZERO, IN_PORT) + 1 }, () => undefined)
for (const its of ZERO) START[its] = 0
START[field('metadata')] = 0n

/** Every packet that comes in at a port. */
export function entering(ghost: Ghost): Region {
  const vals = START.slice()
  vals[IN_PORT] = ghost.port
  return new ARegion(0, vals, ghost, NO_ALIAS, undefined, undefined)
}

export function copyOf(region: Region): Region {
  const copy = new ARegion(region.table, region.vals.slice(), region.ghost, region.alias, region.above, region.met)
  copy.isMute = region.isMute
  return copy
}

/** The part of a region that passes tests. */
export function narrow(region: Region, tests: readonly Test[]): Region {
  const part = copyOf(region)
  const { vals } = part
  for (const test of tests) {
    const before = vals[test.field]
    if (typeof before === 'object' && before.kind === 'ref') keepOnly(part, before, test)
    const val = narrowed(before, test)
    if (val === before) continue
    vals[test.field] = val
    if (part.alias.size > 0 && isExact(val)) pin(part, test.field, val)
  }
  return part
}

/** Only those of a family whose number passes a test. */
export function keepOnly(region: Region, ref: Ref, test: Test): void {
  if (test.mask === undefined && ref.low === undefined) return
  if (ref.of !== 'sender' && ref.of !== 'receiver') return
  const is = passes(ref, test)
  const its = ref.of === 'sender' ? region.ghost.senders : region.ghost.receivers
  const kept = new Map([...its].filter(([identity]) => is(identity)))
  if (kept.size === its.size) return
  region.ghost = ref.of === 'sender' ? { ...region.ghost, senders: kept } : { ...region.ghost, receivers: kept }
}

/** A field has this value now known: so have the bits that it was made of, and what else was made of them. */
export function pin(region: Region, its: number, val: Exact): void {
  region.vals[its] = val
  const { alias, vals } = region
  if (alias.size === 0) return
  const sources = new Set([its])
  for (const { field: source, at, bits } of alias.get(its) ?? []) {
    const window = (1n << BigInt(bits)) - 1n
    const before = known(source, vals[source])
    const value = (BigInt(val) >> BigInt(at)) & window
    vals[source] = merged(source, (before.value & ~window) | value, before.mask | window)
    sources.add(source)
  }
  for (const [made, parts] of alias) {
    if (made === its || isExact(vals[made]) || !parts.some((part) => sources.has(part.field))) continue
    let { value, mask } = known(made, vals[made])
    for (const { field: source, at, bits } of parts) {
      const window = (1n << BigInt(bits)) - 1n
      const from = known(source, vals[source])
      value |= (from.value & window) << BigInt(at)
      mask |= (from.mask & window) << BigInt(at)
    }
    vals[made] = merged(made, value, mask)
  }
}

/** Whether rows that came before have taken all of it. */
export function isTaken(region: Region): boolean {
  for (let node = region.above; node !== undefined; node = node.next) {
    for (let at = 0; at < node.count; at++) {
      const { tests } = node.hits[at] as Hit
      if (takesWhole(tests, region)) return true
    }
  }
  return false
}

/** What registers say is not what packets say: a row that asks for one takes nobody's packets for certain. */
function takesWhole(tests: readonly Test[], region: Region): boolean {
  for (const test of tests)
    if (IS_REGISTER.has(test.field) || !implies(region.vals[test.field], test, region)) return false
  return true
}

/** What a packet says of its connection: the protocol, and the port or type of the original direction. */
export function protocolIn({ ghost, vals }: Region): Val {
  return vals[isFresh(ghost.tracking) ? IP_PROTO : CT_PROTO]
}

/** Its packets of one protocol. */
export function ofProtocol(region: Region, protocol: number): Region {
  const part = copyOf(region)
  part.vals[isFresh(region.ghost.tracking) ? IP_PROTO : CT_PROTO] = protocol
  return part
}

/** Of ICMP: type << 8 | code. */
export function keyIn(region: Region, protocol: number): Val {
  const { ghost, vals, alias } = region
  if (isLaterFragment(vals[NW_FRAG])) return alias.get(KEY)?.[0]?.field === CT_MARK ? vals[KEY] : undefined
  const isFirst = isFresh(ghost.tracking)
  if (protocol === 1)
    return isFirst ? icmpKey(vals[ICMPV4_TYPE], vals[ICMPV4_CODE]) : icmpKey(vals[CT_SRC], vals[CT_DST])
  if (protocol === 58)
    return isFirst ? icmpKey(vals[ICMPV6_TYPE], vals[ICMPV6_CODE]) : icmpKey(vals[CT_SRC], vals[CT_DST])
  if (!isFirst) return vals[CT_DST]
  const its = { 6: TCP_DST, 17: UDP_DST, 132: SCTP_DST }[protocol]
  return its === undefined ? undefined : vals[its]
}

/** Connection tracking has 16 bits where ICMP has eight. */
function lowOctet(val: Val): number | undefined {
  const { value, mask } = known(CT_SRC, val)
  return (mask & 0xffn) === 0xffn ? Number(value & 0xffn) : undefined
}

function icmpKey(type: Val, code: Val): Val {
  const [first, second] = [lowOctet(type), lowOctet(code)]
  return first === undefined || second === undefined ? undefined : (first << 8) | second
}

const [ICMPV4_CODE, ICMPV6_CODE] = ['icmpv4_code', 'icmpv6_code'].map(field) as [number, number]
const [ICMPV4_TYPE, ICMPV6_TYPE, TCP_DST, UDP_DST, SCTP_DST] = [
  'icmpv4_type',
  'icmpv6_type',
  'tcp_dst',
  'udp_dst',
  'sctp_dst',
].map(field) as [number, number, number, number, number]
const NW_FRAG = field('nw_frag')
const KEY = field(REGISTERS.key)

function isFresh(tracking: Tracking): boolean {
  return tracking === 'new' || tracking === 'est' || tracking === 'none'
}

/** Bit 1 of nw_frag. */
export function isLaterFragment(val: Val): boolean {
  const { value, mask } = known(NW_FRAG, val)
  return (mask & value & 2n) !== 0n
}

/** Whether a register stands for a family. */
export function holds({ vals }: Region, ref: Ref['of']): boolean {
  for (const its of REG) {
    const val = vals[its]
    if (typeof val === 'object' && val.kind === 'ref' && val.of === ref) return true
  }
  return false
}
