/**
 * Whether what a stage policy calls too much goes on for too long, for one interface. Pure: samples bring their time. A
 * trigger fires once and again only after it was quiet in between. It refuses to say what follows; controller/lifecycle does.
 */
import type { StageEscalation } from '../model/records.ts'

export interface Sample {
  /** Milliseconds since the epoch. */
  at: number
  /** Bits per second since the sample before. */
  rate: number
  /** Packets of it that were refused since counting began; never falls. */
  refused: number
}

export class Escalations {
  readonly #samples: Sample[] = []
  readonly #fired = new Set<string>()

  /** @returns What fires now, in words, with its trigger. */
  take(sample: Sample, triggers: readonly StageEscalation[]): { trigger: StageEscalation; words: string }[] {
    this.#samples.push(sample)
    const longest = Math.max(0, ...triggers.map(({ seconds }) => seconds)) * 1000
    // One sample from before the longest window stays, for what came within it.
    while (this.#samples.length > 2 && this.#samples[1]!.at <= sample.at - longest) this.#samples.shift()
    return triggers.flatMap((trigger) => {
      const words = this.#over(trigger, sample)
      const key = JSON.stringify(trigger)
      if (words === undefined) {
        this.#fired.delete(key)
        return []
      }
      if (this.#fired.has(key)) return []
      this.#fired.add(key)
      return [{ trigger, words }]
    })
  }

  #over({ trigger, above, seconds }: StageEscalation, now: Sample): string | undefined {
    const from = now.at - seconds * 1000
    if (trigger === 'refused-packets') {
      const before = this.#samples.findLast(({ at }) => at <= from) ?? this.#samples[0]!
      const packets = now.refused - before.refused
      return packets > above ? `${packets} packets refused in ${seconds} s, more than ${above}` : undefined
    }
    const start = this.#samples.findLastIndex(({ at }) => at <= from)
    if (start < 0) return undefined
    // The rate of a sample is that of the time before it.
    const during = this.#samples.slice(start + 1)
    const isOver = during.length > 0 && during.every(({ rate }) => rate / 1000 > above)
    return isOver ? `more than ${above} kbit/s for ${seconds} s` : undefined
  }
}
