/**
 * Frames that passed an interface while a test looked, octet by octet: tcpdump, as a process of its own, and its file
 * (the format of libpcap). It understands no frame.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Octets before the first packet, and before each packet. */
const FILE_HEADER = 24
const PACKET_HEADER = 16
/** How long the file stands still when all is in it, and how often that is looked for. */
const QUIET_MS = 600
const LOOKS = 20

export class Capture {
  readonly #process: ChildProcess
  readonly #directory: string
  #said = ''

  private constructor(child: ChildProcess, directory: string) {
    this.#process = child
    this.#directory = directory
  }

  /** Resolves when it looks. @param filter As tcpdump takes it. */
  static async start(
    device: string,
    { netns, filter = '' }: { netns?: string; filter?: string } = {},
  ): Promise<Capture> {
    const directory = mkdtempSync(join(tmpdir(), 'captured-'))
    const words = [
      'tcpdump',
      '-i',
      device,
      '-U',
      '-n',
      '-s',
      '0',
      '-w',
      join(directory, 'frames'),
      ...filter.split(' '),
    ]
    const inside = netns === undefined ? [] : ['ip', 'netns', 'exec', netns]
    const [program, ...rest] = [...inside, ...words.filter((word) => word !== '')]
    const child = spawn(program!, rest, { stdio: ['ignore', 'ignore', 'pipe'] })
    const capture = new Capture(child, directory)
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`tcpdump ended: ${capture.#said}`)))
      child.stderr!.on('data', (chunk: Buffer) => {
        capture.#said += chunk.toString()
        if (capture.#said.includes('listening on')) resolve()
      })
    }).catch((error: unknown) => {
      rmSync(directory, { recursive: true, force: true })
      throw error
    })
    return capture
  }

  /** Ends it. @returns What it saw, in order. */
  async stop(): Promise<Buffer[]> {
    const path = join(this.#directory, 'frames')
    // What was seen last is on its way from the kernel until the file grows no more.
    for (let size = -1, looks = 0; size !== statSync(path).size && looks < LOOKS; looks++) {
      size = statSync(path).size
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
    }
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGINT')
    await ended
    const file = readFileSync(path)
    rmSync(this.#directory, { recursive: true, force: true })
    const dropped = Number(/(\d+) packets? dropped by kernel/.exec(this.#said)?.[1] ?? Number.NaN)
    if (dropped !== 0) throw new Error(`tcpdump did not read ${dropped} frames: what it saw proves nothing`)
    return framesOf(file)
  }
}

/** Frames of a capture file (pcap, little-endian), in order. */
export function framesOf(file: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = FILE_HEADER; at + PACKET_HEADER <= file.length; ) {
    const length = file.readUInt32LE(at + 8)
    frames.push(file.subarray(at + PACKET_HEADER, at + PACKET_HEADER + length))
    at += PACKET_HEADER + length
  }
  return frames
}
