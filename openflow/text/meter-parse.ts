/** Meters out of text: what `ovs-ofctl add-meter` reads, and what dump-meters prints. */

import type { MeterBand } from '../spec/groups.ts'
import type { MessageNamed } from '../spec/message.ts'
import { TextError, unknownName } from './error.ts'
import { BURST, METER_FLAGS, METER_NAMES } from './meter.ts'
import type { TextOptions } from './names.ts'
import { givenValue, type KeyValue, keyValue, type Piece, parseNumber, piece, splitList } from './scan.ts'
import { parseOctets } from './values.ts'

/** Fields of a meter_mod that a text can give. */
export type ParsedMeter = Omit<MessageNamed<'meter_mod'>, 'type' | 'xid' | 'command' | 'version' | 'padding'>

const BAND_TYPES = ['drop', 'dscp_remark', 'experimenter'] as const
const BAND_KEYS = ['type', 'rate', 'burst_size', 'prec_level', 'experimenter', 'data']
const UNITS = 3

function meterId(part: Piece): number {
  const found = Object.entries(METER_NAMES).find(([, name]) => name === part.text.toLowerCase())
  if (found !== undefined) return Number(found[0])
  if (!/^\d/.test(part.text)) throw unknownName('meter', part.text, part.at, Object.values(METER_NAMES))
  const id = parseNumber(part, 32)
  if (id === 0) throw new TextError('bad_value', part.at, 'there is no meter 0')
  return id
}

/** What is read of one band. */
interface Read {
  readonly at: number
  readonly type: (typeof BAND_TYPES)[number]
  readonly parts: Map<string, Piece>
}

function bandOf({ at, type, parts }: Read, flags: number): MeterBand {
  const number = (key: string, bits: number): number => {
    const found = parts.get(key)
    if (found === undefined) throw new TextError('missing', at, `a band of type ${type} needs ${key}`)
    return parseNumber(found, bits)
  }
  const allowed = ['rate', 'burst_size', ...(type === 'drop' ? [] : type === 'dscp_remark' ? ['prec_level'] : OWN)]
  for (const [key, part] of parts) {
    if (!allowed.includes(key)) throw new TextError('syntax', part.at, `a band of type ${type} has no ${key}`)
  }
  const rate = number('rate', 32)
  const burst = parts.get('burst_size')
  if (burst !== undefined && !(flags & BURST)) throw new TextError('syntax', burst.at, 'burst_size needs burst')
  const burst_size = flags & BURST ? number('burst_size', 32) : 0
  if (type === 'drop') return { type, rate, burst_size }
  if (type === 'dscp_remark') return { type, rate, burst_size, prec_level: number('prec_level', 8) }
  const data = parts.get('data')
  return {
    type,
    rate,
    burst_size,
    experimenter: number('experimenter', 32),
    data: data === undefined ? new Uint8Array(0) : parseOctets(data),
  }
}

const OWN = ['experimenter', 'data']

/** `meter=5 kbps burst bands=type=drop rate=1000 burst_size=10`. Throws TextError. */
export function parseMeter(text: string, _options: TextOptions = {}): ParsedMeter {
  let meter_id: number | undefined
  let flags = 0
  let bands: Read[] | undefined
  for (const part of splitList(piece(text))) {
    let parsed = keyValue(part)
    if (bands === undefined && /^bands?$/.test(parsed.key.text)) {
      bands = []
      if (givenValue(parsed).text === '') continue
      parsed = keyValue(givenValue(parsed))
    }
    const name = parsed.key.text
    if (bands !== undefined) addBand(bands, parsed)
    else if (name === 'meter') meter_id = meterId(givenValue(parsed))
    else if (METER_FLAGS.includes(name) && parsed.value === undefined) flags |= 1 << METER_FLAGS.indexOf(name)
    else throw unknownName('keyword', name, part.at, ['meter', 'bands', ...METER_FLAGS])
  }
  if (meter_id === undefined) throw new TextError('missing', 0, 'a meter needs meter=')
  if ((flags & UNITS) === 0) throw new TextError('missing', text.length, 'a meter needs kbps or pktps')
  if (bands === undefined || bands.length === 0) throw new TextError('missing', text.length, 'a meter needs bands')
  return { flags, meter_id, bands: bands.map((band) => bandOf(band, flags)) }
}

function addBand(bands: Read[], parsed: KeyValue): void {
  const { key } = parsed
  const name = key.text
  if (!BAND_KEYS.includes(name)) throw unknownName('keyword', name, key.at, BAND_KEYS)
  const given = givenValue(parsed)
  if (name === 'type') {
    const type = BAND_TYPES.find((known) => known === given.text)
    if (type === undefined) throw unknownName('type of band', given.text, given.at, BAND_TYPES)
    bands.push({ at: key.at, type, parts: new Map() })
    return
  }
  const band = bands.at(-1)
  if (band === undefined) throw new TextError('syntax', key.at, 'a band begins with its type')
  if (band.parts.has(name)) throw new TextError('duplicate', key.at, `${name} twice`)
  band.parts.set(name, given)
}
