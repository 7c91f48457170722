/**
 * The network of the attack tests, and volleys in it: many marked frames sent from their hosts at once, and where each
 * arrived, whatever it was made to look like. Marks are found in the raw frame, so nothing can hide. It knows nothing
 * of what is an attack.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Lab } from '../../mininet/lab.ts'
import { octets } from './packets.ts'
import { RunningController, until } from './running-controller.ts'

const MARKED = fileURLToPath(new URL('marked.py', import.meta.url))

/** k1 and k2 are ours, linked; k9 is the world behind an uplink of k1. n1 and n2 are of another network. */
export const HOSTS = {
  a1: { index: 1, at: 'k1', host: 1 },
  a2: { index: 2, at: 'k2', host: 2 },
  b1: { index: 3, at: 'k1', host: 3 },
  b2: { index: 4, at: 'k2', host: 4 },
  /** Without a record. */
  x1: { index: 5, at: 'k1', host: 5 },
  x2: { index: 6, at: 'k2', host: 6 },
  /** The addresses of a1 and a2 again. */
  n1: { index: 7, at: 'k1', host: 1 },
  n2: { index: 8, at: 'k2', host: 2 },
  w1: { index: 9, at: 'k9', host: 9 },
  /** As a1, but without port security. */
  f1: { index: 10, at: 'k1', host: 10 },
} as const
export type Host = keyof typeof HOSTS
export const NAMES = Object.keys(HOSTS) as Host[]

export const macOf = (host: Host): number => 0x00_00_5e_00_53_60 + HOSTS[host].index
export const ip4 = (host: Host): number => 0x0a_00_00_00 + HOSTS[host].host
export const ip6 = (host: Host): bigint => (0xfd00n << 112n) + BigInt(HOSTS[host].host)
export const text4 = (host: Host): string => `10.0.0.${HOSTS[host].host}`
export const text6 = (host: Host): string => `fd00::${HOSTS[host].host.toString(16)}`
const macText = (host: Host): string =>
  macOf(host)
    .toString(16)
    .padStart(12, '0')
    .replaceAll(/..(?!$)/g, '$&:')

/** Frames from one host with one purpose; they carry the mark that `frames` is given. */
export interface Shot {
  name: string
  from: Host
  frames(mark: Uint8Array): Uint8Array[]
  /** Frames that must arrive, by host; none anywhere else. */
  arrives: Partial<Record<Host, number>>
}

interface Seen {
  marks: Record<string, number>
  lldp: string[]
  lost: number
}

class Observer {
  readonly #socket: Socket
  readonly #waiting: ((seen: Seen) => void)[] = []

  constructor(path: string) {
    this.#socket = connect(path)
    createInterface({ input: this.#socket }).on('line', (line) => this.#waiting.shift()?.(JSON.parse(line) as Seen))
  }

  look(): Promise<Seen> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve)
      this.#socket.once('error', reject)
      this.#socket.write('count\n')
    })
  }

  end(): void {
    this.#socket.end('end\n')
  }
}

export class AttackLab {
  readonly controller: RunningController
  readonly lab: Lab
  readonly #directory = mkdtempSync(join(tmpdir(), 'attacks-'))
  readonly #observers = new Map<Host, Observer>()
  #ended: Promise<unknown>[] = []
  #mark = 10_000

  private constructor(controller: RunningController, lab: Lab) {
    this.controller = controller
    this.lab = lab
  }

  static async start(): Promise<AttackLab> {
    const controller = await RunningController.start()
    try {
      const { lab } = await Lab.start({
        switches: [
          { name: 'k1', dpid: '0000000000000601' },
          { name: 'k2', dpid: '0000000000000602' },
          { name: 'k9', dpid: '0000000000000609', standalone: true },
        ],
        hosts: NAMES.map((host) => ({
          name: `kh${HOSTS[host].index}`,
          mac: macText(host),
          ip: `${text4(host)}/24`,
          ip6: `${text6(host)}/64`,
          switch: HOSTS[host].at,
        })),
        links: [
          ['k1', 'k2'],
          ['k1', 'k9'],
        ],
        controllers: [`tcp:${controller.openflow}`],
      })
      const made = new AttackLab(controller, lab)
      await made.#observe().catch(async (error: unknown) => {
        await made.stop()
        throw error
      })
      return made
    } catch (error) {
      await controller.remove()
      throw error
    }
  }

  nameOf(host: Host): string {
    return `kh${HOSTS[host].index}`
  }

  /** The switch's port that a host is at: hosts come first, in order. */
  portOf(host: Host): string {
    const { at } = HOSTS[host]
    const neighbours = NAMES.filter((other) => HOSTS[other].at === at)
    return `${at}-eth${neighbours.indexOf(host) + 1}`
  }

  /** The uplink of k1: after its hosts and the link to k2. */
  get uplink(): string {
    return `k1-eth${NAMES.filter((host) => HOSTS[host].at === 'k1').length + 2}`
  }

  async #observe(): Promise<void> {
    for (const host of NAMES) {
      const path = join(this.#directory, host)
      const words = ['/usr/bin/python3', MARKED, `${this.nameOf(host)}-eth0`, path]
      this.#ended.push(this.lab.run(this.nameOf(host), words, 600).catch(() => undefined))
    }
    for (const host of NAMES) {
      const path = join(this.#directory, host)
      const isThere = (): Promise<boolean> => Promise.resolve(existsSync(path))
      await until(`the observer in ${host}`, isThere, Boolean, 10_000)
      this.#observers.set(host, new Observer(path))
      await this.seen(host)
    }
  }

  async seen(host: Host): Promise<Seen> {
    const seen = await this.#observers.get(host)!.look()
    if (seen.lost > 0) throw new Error(`the observer in ${host} lost ${seen.lost} frames: its counts prove nothing`)
    return seen
  }

  /** Sends raw frames, in this order. */
  async send(from: Host, frames: readonly Uint8Array[], { rate = 2000, count = frames.length } = {}): Promise<void> {
    const { sent } = await this.lab.send(this.nameOf(from), {
      kind: 'raw',
      interface: `${this.nameOf(from)}-eth0`,
      frames: frames.map((frame) => Buffer.from(frame).toString('hex')),
      rate,
      count,
    })
    if (sent !== count) throw new Error(`${from} sent ${sent} of ${count} frames`)
  }

  /** A new mark and its number. */
  mark(): { mark: Uint8Array; number: number } {
    const number = this.#mark++
    return { mark: octets(new TextEncoder().encode(`TSTEER${number}`)), number }
  }

  /** Sends all shots of each host in order, hosts one after another; says of each shot that went wrong what arrived. */
  async volley(shots: readonly Shot[], settleMs = 300): Promise<string[]> {
    // What forged frames taught the world's own switch is the world's affair.
    execFileSync('ovs-appctl', ['fdb/flush', 'k9'])
    const marked = shots.map((shot) => ({ shot, ...this.mark() }))
    for (const from of NAMES) {
      const frames = marked.flatMap(({ shot, mark }) => (shot.from === from ? shot.frames(mark) : []))
      if (frames.length > 0) await this.send(from, frames)
    }
    const look = async (): Promise<string[]> => {
      const seen = new Map<Host, Seen>()
      for (const host of NAMES) seen.set(host, await this.seen(host))
      return marked.flatMap(({ shot, number }) => {
        const counts: Record<string, number> = {}
        for (const host of NAMES) {
          const count = seen.get(host)!.marks[number] ?? 0
          // What a switch answers to a request of neighbours goes back to who asked.
          if (count > 0 && host !== shot.from) counts[host] = count
        }
        const wanted = Object.fromEntries(
          NAMES.flatMap((host) => (shot.arrives[host] ? [[host, shot.arrives[host]]] : [])),
        )
        const [is, should] = [JSON.stringify(counts), JSON.stringify(wanted)]
        return is === should ? [] : [`${shot.from}: ${shot.name}: arrived ${is}, not ${should}`]
      })
    }
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    return look()
  }

  async stop(): Promise<void> {
    for (const observer of this.#observers.values()) observer.end()
    await Promise.all(this.#observers.size === NAMES.length ? this.#ended : [])
    await this.lab.stop()
    await this.controller.remove()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
