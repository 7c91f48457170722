/**
 * What fuzzing begins with: octets and texts of the goldens, messages made from the rows, and the numbers and words
 * that mean something to the codec. Made anew for each run, the same each time; only what fuzzing itself found lies in
 * files.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { ACTIONS } from '../../openflow/spec/actions-nested.ts'
import { EXPERIMENTER_MESSAGES } from '../../openflow/spec/experimenter.ts'
import { INSTRUCTIONS } from '../../openflow/spec/instructions.ts'
import { encode } from '../../openflow/spec/message.ts'
import { MULTIPART } from '../../openflow/spec/multipart.ts'
import { FIELD_NAMES, oxmRow } from '../../openflow/spec/oxm.ts'
import { EXPERIMENTER, OXM_CLASS } from '../../openflow/spec/oxm-row.ts'
import { formatActions, formatFlow } from '../../openflow/text/index.ts'
import { MATCH_TEXTS } from '../../openflow/text/match-parse.ts'
import { type RowPlace, rowIn } from '../../openflow/wire/union.ts'
import { SPOKEN_VERSIONS } from '../../openflow/wire/version.ts'
import { MESSAGES_IN } from '../openflow/codec-arbitrary.ts'
import { capture, type Format, type Link, packet } from '../openflow/pcap-build.ts'
import { arbitraryFlow } from '../openflow/text-arbitrary.ts'
import { FEATURES, HELLO, portDesc } from '../support/openflow-peer.ts'
import type { Form, Target } from './engine/target.ts'

const GOLDEN = join(dirname(fileURLToPath(import.meta.url)), '../golden')
const SEED = 20

const octets = (...values: number[]): Uint8Array => Uint8Array.from(values)
const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff]
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)]

function join8(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** Made on first use: six targets share it. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Every string in the golden files. */
function readStrings(): string[] {
  const out: string[] = []
  const walk = (value: unknown): void => {
    if (typeof value === 'string') out.push(value)
    else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) walk(item)
  }
  for (const folder of ['wire', 'text']) {
    for (const name of readdirSync(join(GOLDEN, folder)).sort()) {
      if (name.endsWith('.json')) walk(JSON.parse(readFileSync(join(GOLDEN, folder, name), 'utf8')))
    }
  }
  return [...new Set(out)]
}

const goldenStrings = once(readStrings)

/** Those that are one whole message of any version. */
function goldenMessages(): Uint8Array[] {
  return goldenStrings()
    .filter((text) => text.length >= 16 && text.length % 2 === 0 && /^0[1-6][0-9a-f]+$/.test(text))
    .map((text) => Uint8Array.from(Buffer.from(text, 'hex')))
    .filter((message) => ((message[2]! << 8) | message[3]!) === message.length)
}

/** Every shape of every version, a few times. */
function madeMessages(): Uint8Array[] {
  const out: Uint8Array[] = []
  for (const arbitraries of MESSAGES_IN.values()) {
    for (const arbitrary of arbitraries.values()) {
      for (const value of fc.sample(arbitrary, { numRuns: 2, seed: SEED })) out.push(encode(value))
    }
  }
  return out
}

const messages = once(() => [...goldenMessages(), ...madeMessages()])

const hello = encode(HELLO)
const features = encode({ type: 'features_reply', xid: 2, ...FEATURES })
const handshake = join8([hello, features, encode(portDesc(3, 0, 0, 2))])

/** Streams of a handshake as it should be, and of messages one after the other. */
function streams(options: number, of: readonly Uint8Array[]): Uint8Array[] {
  const out: Uint8Array[] = []
  const front = new Uint8Array(options)
  for (const choice of [0, 1, 4, 5, 8, 9]) {
    const chosen = front.slice()
    chosen[0] = choice
    out.push(join8([chosen, handshake]))
  }
  for (let at = 0; at < of.length; at += 5) out.push(join8([front, ...of.slice(at, at + 5)]))
  return out
}

function files(): Uint8Array[] {
  const out: Uint8Array[] = []
  for (const link of ['ethernet', 'vlan', 'cooked', 'cooked2', 'raw', 'null'] as Link[]) {
    for (const format of ['pcap', 'pcap nanoseconds', 'pcapng'] as Format[]) {
      const from = { address: 1, port: 40000 }
      const to = { address: 2, port: 6653 }
      const ip = out.length % 2 === 0 ? 4 : 6
      const packets = [
        packet({ from, to, sequence: 99, payload: new Uint8Array(0), syn: true }, link, ip),
        packet({ from, to, sequence: 100, payload: hello.subarray(0, 5) }, link, ip),
        packet({ from, to, sequence: 116, payload: features }, link, ip),
        packet({ from, to, sequence: 105, payload: hello.subarray(5) }, link, ip),
      ]
      out.push(join8([octets(out.length), capture(packets, link, format, out.length % 3 === 0)]))
    }
  }
  return out
}

const BEHIND_HEAD = /^(ofpt|ofpst|nxt|nxst|onft)/i

function makeTexts(): Uint8Array[] {
  const golden = goldenStrings()
    .flatMap((text) => text.split('\n'))
    .map((line) => line.replace(/^.*\(xid=0x[0-9a-f]+\):( ADD| MOD| DEL)? ?(table:\d+ )?/, '').trim())
    .filter((line) => line.length <= 400 && /[=:,]/.test(line) && !BEHIND_HEAD.test(line) && !/^[0-9a-f]+$/.test(line))
  const made = fc.sample(arbitraryFlow, { numRuns: 200, seed: SEED }).flatMap((flow) => {
    const [first] = flow.instructions
    const actions = first?.type === 'apply_actions' ? [formatActions(first.actions)] : []
    return [formatFlow(flow, { style: 'add' }), formatFlow(flow), ...actions]
  })
  return [...new Set([...golden, ...made])].map((line) => new TextEncoder().encode(line))
}

const texts = once(makeTexts)

/** Inputs to begin with. */
export function seedsFor(target: Target): Uint8Array[] {
  const made: Record<Form, () => Uint8Array[]> = {
    message: messages,
    stream: () => streams(target.options, messages()),
    file: files,
    text: texts,
  }
  return made[target.form]()
}

/** Numbers that the protocol gives a meaning: versions and types, experimenters, headers, error types. */
export function tokens(): Uint8Array[] {
  const out: Uint8Array[] = []
  for (const id of Object.values(EXPERIMENTER)) out.push(octets(...u32(id)))
  for (const version of [1, 4, 5, 6])
    for (const type of [0, 1, 4, 13, 14, 18, 19, 33, 34]) out.push(octets(version, type))
  for (const name of FIELD_NAMES) {
    const row = oxmRow(name)
    const masked = row.maskable ? [0, 1] : [0]
    for (const mask of masked) {
      const value = new Array<number>(row.size * (mask + 1)).fill(1)
      const own = row.experimenter === undefined ? [] : u32(row.experimenter)
      const cls = row.experimenter === undefined ? row.class : OXM_CLASS.experimenter
      const size = value.length + own.length
      out.push(octets(...u16(cls), (row.id << 1) | mask, size, ...own, ...value))
    }
  }
  const rows: RowPlace[] = [EXPERIMENTER_MESSAGES, MULTIPART, ACTIONS, INSTRUCTIONS].flatMap((table) =>
    Object.values(table as Readonly<Record<string, RowPlace>>),
  )
  for (const row of rows) {
    for (const version of SPOKEN_VERSIONS) {
      const place = rowIn(row, version)
      if (place === undefined) continue
      const { number, experimenter } = place
      if (experimenter === undefined) out.push(octets(...u16(number)), octets(...u16(number), 0, 8, 0, 0, 0, 0))
      else {
        const id = u32(experimenter)
        out.push(octets(...id, ...u32(number)), octets(0xff, 0xff, 0, 16, ...id, ...u16(number), 0, 0, 0, 0, 0, 0))
      }
    }
  }
  for (let type = 0; type < 20; type++)
    out.push(octets(...u16(type)), octets(...u16(type), 0, 8), octets(...u16(type), 0, 0))
  out.push(octets(...u32(0xffffffff)), octets(...u32(0xfffffffd)), octets(0xff, 0xff), octets(...u32(0x0a0d0d0a)))
  return [...new Map(out.map((token) => [Buffer.from(token).toString('hex'), token])).values()]
}

/** Words of the text form. */
export function words(): string[] {
  const found = texts().flatMap((line) => new TextDecoder().decode(line).match(/[A-Za-z_][\w.]*/g) ?? [])
  return [...new Set([...MATCH_TEXTS, ...FIELD_NAMES, ...found])].filter((word) => word.length > 1).sort()
}
