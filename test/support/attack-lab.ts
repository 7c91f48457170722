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
import { HOSTS, type Host, macText, NAMES, text4, text6 } from './attack-hosts.ts'
import { octets } from './packets.ts'
import { RunningController, until } from './running-controller.ts'

const MARKED = fileURLToPath(new URL('marked.py', import.meta.url))

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
      if (this.#socket.destroyed) return reject(new Error('the observer is gone'))
      this.#waiting.push(resolve)
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
    for (const words of [['revalidator/wait'], ['fdb/flush', 'k9'], ['revalidator/wait']])
      execFileSync('ovs-appctl', words)
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

  async apply(records: object[]): Promise<void> {
    const { generation } = await this.controller.call<{ generation: string }>('ApplyService.Apply', {
      records,
      owner: 'test',
      prune: true,
    })
    await this.controller.call('FlowService.WaitApplied', { generation })
  }

  async stop(): Promise<void> {
    for (const observer of this.#observers.values()) observer.end()
    await Promise.all(this.#observers.size === NAMES.length ? this.#ended : [])
    await this.lab.stop()
    await this.controller.remove()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
