/**
 * The store's file: one header, the state at a base revision, then groups of change sets, appended and synced. Writes
 * ahead of its end (zeros), so that a sync need not record a new file length. Compaction writes a whole new file and
 * renames it into place. Refuses to know of transactions and watchers (engine.ts) and of the meaning of rows
 * (record.ts). embedded.ts opens it.
 *
 * After a failed write the file is cut back to what was acknowledged, if not at once (the file system is read-only),
 * then before the next write. After a failed sync nothing more is written until the store is opened anew: the kernel may
 * have dropped the pages, and a later sync would report success for them.
 */
import { join } from 'node:path'
import type { ChangeSet, Entry } from './contract.ts'
import type { Disk } from './disk.ts'
import type { Journal } from './engine.ts'
import { type StoreError, systemFailure } from './errors.ts'
import { encodeLine } from './line.ts'
import { encodeEnd, encodeEntry, encodeGroup, encodeHeader, encodeSet } from './record.ts'

export const FILE = 'store.log'
export const NEW_FILE = 'store.log.new'
/** Octets of new file written between two turns of the event loop, roughly. */
const SLICE = 256 * 1024

/** The places where a test may stop the process, in the order in which a commit and then a compaction pass them. */
export const FAILPOINTS = [
  'before-write',
  'after-write',
  'after-sync',
  'before-reply',
  'archive-written',
  'archive-synced',
  'rewrite-begun',
  'rewrite-synced',
  'rewrite-renamed',
  'rewrite-done',
] as const
export type Failpoint = (typeof FAILPOINTS)[number]

export interface JournalOptions {
  disk: Disk
  /** Octets of zeros written ahead. */
  ahead: number
  failpoint: (at: Failpoint) => void
}

export class FileJournal implements Journal {
  readonly #directory: string
  readonly #options: JournalOptions
  #fd: number
  /** Octets that are acknowledged; the next write goes here. */
  #end: number
  /** Octets the file has, zeros included. */
  #size: number
  #failed: StoreError | undefined
  /** What a failed write left behind the end is still there. */
  #uncut = false
  /** Groups appended since a rewrite began; undefined when none is under way. */
  #since: Buffer[] | undefined
  /** Append and the end of a rewrite exclude each other. */
  #turn: Promise<void> = Promise.resolve()

  constructor(directory: string, fd: number, end: number, size: number, options: JournalOptions) {
    this.#directory = directory
    this.#fd = fd
    this.#end = end
    this.#size = size
    this.#options = options
  }

  append(sets: readonly string[]): Promise<void> {
    const line = encodeLine(encodeGroup(sets))
    return this.#exclusively(async () => {
      if (this.#failed) throw this.#failed
      if (this.#uncut) await this.#cutBack()
      await this.#write(line)
      this.#since?.push(line)
    })
  }

  async rewrite(base: number, entries: readonly Entry[], sets: readonly ChangeSet[]): Promise<void> {
    if (this.#failed) throw this.#failed
    this.#since = []
    const { disk, failpoint } = this.#options
    const path = join(this.#directory, NEW_FILE)
    let fd: number | undefined
    try {
      fd = await disk.create(path)
      failpoint('rewrite-begun')
      let end = 0
      for (const slice of slices(newFile(base, entries, sets))) {
        await disk.write(fd, slice, end)
        end += slice.length
      }
      // The bulk reaches the disk while commits go on; the turn below has little left to sync.
      await disk.sync(fd)
      await this.#exclusively(() => this.#swap(path, fd!, end))
    } catch (error) {
      if (fd !== undefined && fd !== this.#fd) disk.discard(fd, path)
      throw systemFailure(error, 'the store could not write its new file')
    } finally {
      this.#since = undefined
    }
  }

  async close(): Promise<void> {
    await this.#turn
    this.#options.disk.close(this.#fd)
  }

  async #write(line: Buffer): Promise<void> {
    const { disk, ahead, failpoint } = this.#options
    const after = this.#end + line.length
    const grow = after > this.#size
    const octets = grow ? Buffer.concat([line, Buffer.alloc(ahead)]) : line
    failpoint('before-write')
    let written = false
    try {
      await disk.write(this.#fd, octets, this.#end)
      written = true
      failpoint('after-write')
      await disk.sync(this.#fd)
    } catch (error) {
      const failure = systemFailure(error, 'the store could not write')
      if (written) this.#failed = failure
      // The first failure is the one to report.
      await this.#cutBack().catch(() => undefined)
      throw failure
    }
    failpoint('after-sync')
    this.#end = after
    this.#size = Math.max(this.#size, this.#end + octets.length - line.length)
  }

  /** Makes sure that what was refused is not found at the next open; without that nothing may be appended. */
  async #cutBack(): Promise<void> {
    this.#uncut = true
    const { disk } = this.#options
    try {
      await disk.truncate(this.#fd, this.#end)
    } catch (error) {
      throw systemFailure(error, 'the store could not take back a failed write')
    }
    try {
      await disk.sync(this.#fd)
    } catch (error) {
      this.#failed = systemFailure(error, 'the store could not take back a failed write')
      throw this.#failed
    }
    this.#size = this.#end
    this.#uncut = false
  }

  async #swap(path: string, fd: number, end: number): Promise<void> {
    const { disk, failpoint } = this.#options
    if (this.#failed) throw this.#failed
    for (const line of this.#since ?? []) {
      await disk.write(fd, line, end)
      end += line.length
    }
    await disk.sync(fd)
    failpoint('rewrite-synced')
    await disk.replace(path, join(this.#directory, FILE))
    const old = this.#fd
    this.#fd = fd
    this.#end = this.#size = end
    disk.close(old)
    failpoint('rewrite-renamed')
    try {
      await disk.syncDirectory(this.#directory)
    } catch (error) {
      // The name may still lead to the old file after a power cut: what is appended from now on could be lost.
      this.#failed = systemFailure(error, 'the store could not sync its directory')
      throw this.#failed
    }
    failpoint('rewrite-done')
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }
}

/** The lines of a new file. */
export function* newFile(
  base: number,
  entries: readonly Entry[],
  sets: readonly ChangeSet[],
): Generator<Buffer, void, undefined> {
  yield encodeLine(encodeHeader(base))
  for (const entry of entries) yield encodeLine(encodeEntry(entry))
  yield encodeLine(encodeEnd(entries.length))
  for (const set of sets) yield encodeLine(encodeGroup([encodeSet(set)]))
}

function* slices(lines: Iterable<Buffer>): Generator<Buffer, void, undefined> {
  let slice: Buffer[] = []
  let octets = 0
  for (const line of lines) {
    slice.push(line)
    octets += line.length
    if (octets < SLICE) continue
    yield Buffer.concat(slice)
    slice = []
    octets = 0
  }
  if (octets > 0) yield Buffer.concat(slice)
}
