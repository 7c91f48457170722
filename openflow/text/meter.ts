/** Meters in text, as dump-meters prints them and add-meter reads them: flags, and a line for each band. */

import type { MeterBand } from '../spec/groups.ts'
import { names } from './bits.ts'
import type { TextOptions } from './names.ts'
import { octetsText } from './values.ts'

export const METER_FLAGS = ['kbps', 'pktps', 'burst', 'stats']
export const BURST = 4

export const METER_NAMES: Readonly<Record<number, string>> = {
  [0xfffffffd]: 'slowpath',
  [0xfffffffe]: 'controller',
  [0xffffffff]: 'all',
}

export function meterName(meter: number): string {
  return METER_NAMES[meter] ?? `${meter}`
}

/** A meter_mod, a configuration that was asked for, or what parseMeter gives. */
export interface MeterLike {
  readonly meter_id: number
  /** OFPMF_ bits. */
  readonly flags: number
  readonly bands: readonly MeterBand[]
}

export interface MeterTextOptions extends TextOptions {
  /** `dump` (the default) as dump-meters prints, a line for each band; `add` all in one line. */
  readonly style?: 'dump' | 'add' | undefined
}

/** ` kbps burst bands=`, and the bands behind. */
function formatBands({ flags, bands }: Pick<MeterLike, 'flags' | 'bands'>, before = '\n'): string {
  const set = names(flags, METER_FLAGS, '')
  const lines = bands.map((band) => {
    let out = `type=${band.type} rate=${band.rate}`
    if (flags & BURST) out += ` burst_size=${band.burst_size}`
    if (band.type === 'dscp_remark') out += ` prec_level=${band.prec_level}`
    if (band.type === 'experimenter') {
      out += ` experimenter=0x${band.experimenter.toString(16)} data=0x${octetsText(band.data)}`
    }
    return out
  })
  return `${set === '' ? '' : ` ${set}`} bands=${lines.map((line) => before + line).join('')}`
}

/** `meter=5 kbps burst bands=`, and a line for each band: `type=drop rate=1000 burst_size=10`. */
export function formatMeter(meter: MeterLike, options: MeterTextOptions = {}): string {
  const add = options.style === 'add'
  const text = `meter=${meterName(meter.meter_id)}${formatBands(meter, add ? ' ' : '\n')}`
  return add ? text.replace('bands= ', 'bands=').replaceAll(' ', ',') : text
}
