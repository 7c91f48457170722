/**
 * Numbered packets to a VM while something is done to the network: those that may arrive, and how long none did; and those
 * that may not. What was measured is kept, and printed as a table. It refuses to know what is done.
 */
import { expect } from 'chai'
import { Station } from './lab-hosts.ts'
import { OPEN, type OverlayCloud, type Vm, vmOf } from './overlay-cloud.ts'
import { until } from './running-controller.ts'

/** Packets a second of each stream. */
export const RATE = 100

interface Counted {
  got: Record<string, [packets: number, different: number, gapMs: number]>
  lost: number
}

export interface Outcome {
  sent: number
  lost: number
  /** Longest time without a packet, ms. */
  silence: number
}

export class Streams {
  readonly #overlay: OverlayCloud
  readonly #stations = new Map<string, Station>()
  readonly #rows: ({ what: string } & Outcome)[] = []

  constructor(overlay: OverlayCloud) {
    this.#overlay = overlay
  }

  async #stationOf({ name }: Vm): Promise<Station> {
    const known = this.#stations.get(name)
    if (known !== undefined) return known
    const made = new Station((await this.#overlay.cloud.vm(name)).namespace, 'eth0')
    this.#stations.set(name, made)
    return made
  }

  /**
   * A stream that may pass and one that may not, to the same VM, while something is done; then so much more arrives.
   * @param what For people. @returns Of the first stream; of the second, nothing arrived.
   */
  async during(what: string, to: Vm, act: () => Promise<void>): Promise<Outcome> {
    const [web, blue] = [vmOf('web', 1), vmOf('blue', 1)]
    const [permitted, forbidden, receiver] = await Promise.all([web, blue, to].map((vm) => this.#stationOf(vm)))
    await receiver!.ask('reset')
    const stream = (id: number): object => ({ streams: [{ id, to: to.address, port: OPEN, rate: RATE }] })
    const count = (): Promise<Counted> => receiver!.ask<Counted>('count')
    const arrived = async (): Promise<number> => (await count()).got['1']?.[1] ?? 0
    const more = async (packets: number): Promise<void> => {
      const before = await arrived()
      await until(`${packets} more packets at ${to.name}`, arrived, (now) => now >= before + packets)
    }
    // A database's neighbours of the other network know nobody by that address: their packets are made by hand.
    await permitted!.ask('start', stream(1))
    await forbidden!.ask('start', stream(2))
    await more(RATE)
    await act()
    await more(RATE)
    const { sent } = await permitted!.ask<{ sent: Record<string, number> }>('stop')
    await forbidden!.ask('stop')
    await new Promise((resolve) => setTimeout(resolve, 500))
    const { got, lost } = await count()
    expect(lost, 'frames not read').to.equal(0)
    expect(Object.keys(got)).to.deep.equal(['1'])
    const [, different = 0, silence = 0] = got['1'] ?? []
    const outcome = { sent: sent['1']!, lost: sent['1']! - different, silence: Math.round(silence) }
    this.#rows.push({ what, ...outcome })
    return outcome
  }

  /** What was measured, for people. */
  print(): void {
    if (this.#rows.length === 0) return
    const width = Math.max(...this.#rows.map(({ what }) => what.length))
    const cells = (what: string, ...rest: (string | number)[]): string =>
      `      ${what.padEnd(width)}${rest.map((one) => String(one).padStart(12)).join('')}`
    console.log(cells(`one packet every ${1000 / RATE} ms`, 'sent', 'lost', 'silent, ms'))
    for (const { what, sent, lost, silence } of this.#rows) console.log(cells(what, sent, lost, silence))
  }

  end(): void {
    for (const station of this.#stations.values()) station.end()
  }
}
