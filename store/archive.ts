/**
 * Change sets that compaction has taken out of the journal, on disk: segment files in a folder beside it, written once
 * and in order, with the journal's checksummed lines, bounded by octets and age, the oldest segments dropped first.
 * Nothing is written while transactions are: a change set is in the journal until it is here. What was torn is cut off,
 * what is damaged is told and ends the walk back, and neither keeps a store from opening. It refuses to know what the
 * keys mean. Opened by embedded.ts, called by engine.ts.
 *
 *     history/<first revision, 16 digits>.seg
 *         {"format":"tagsteer history","schema":1,"first":F,"time":T}
 *         {"r":revision,"t":time,"c":cause,"x":[[key,before,after],...]}
 *                      before: null or [value,createRevision,modRevision,version]; after the same without modRevision
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChangeSet, Entry } from './contract.ts'
import type { Disk } from './disk.ts'
import type { Archive, Loaded, StoreEvent } from './engine.ts'
import { systemFailure } from './errors.ts'
import type { Failpoint } from './journal.ts'
import { encodeLine, lastRun } from './line.ts'
import { decodeArchived, encodeArchived, encodeSegmentHeader, readSegmentHeader } from './record.ts'

export const ARCHIVE_FOLDER = 'history'

export interface ArchiveLimits {
  /** Octets of all segments together. */
  octets: number
  /** Milliseconds; a segment goes when everything in it is older. */
  ageMs: number
}

export interface ArchiveOptions {
  disk: Disk
  limits: Partial<ArchiveLimits>
  failpoint: (at: Failpoint) => void
  now?: () => number
  report?: (event: StoreEvent) => void
}

interface Segment {
  path: string
  /** Revision of its first usable change set. */
  first: number
  /** Of its first change set; 0 where it cannot be read. */
  time: number
  octets: number
}

const DEFAULT_LIMITS: ArchiveLimits = { octets: 256 * 1024 * 1024, ageMs: 90 * 86_400_000 }
const NAME = /^\d{16}\.seg$/
/** Octets written between two turns of the event loop, roughly. */
const SLICE = 256 * 1024
/** Octets of a file that hold its header. */
const HEADER = 256
/** Change sets decoded between two turns of the event loop. */
const PER_TURN = 64

export class SegmentArchive implements Archive {
  readonly #folder: string
  readonly #directory: string
  readonly #options: ArchiveOptions
  readonly #limits: ArchiveLimits
  readonly #segmentOctets: number
  /** In order and without gap; the last ends with #last. */
  #segments: Segment[] = []
  /** Files that lead nowhere, because what follows them is damaged or lost; dropped before any segment. */
  #stray: { path: string; octets: number }[] = []
  /** Revision of the newest change set; where there is none, the one that the next must follow. */
  #last = 0

  constructor(directory: string, options: ArchiveOptions) {
    this.#directory = directory
    this.#folder = join(directory, ARCHIVE_FOLDER)
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    // A segment is read whole, so it is small; what is dropped at once is little of the whole.
    this.#segmentOctets = Math.max(4096, Math.min(4 * 1024 * 1024, Math.floor(this.#limits.octets / 256)))
  }

  /** Finds what there is and fits it to the journal, which has every change set after its base. Does not throw. */
  open({ base, entries }: Loaded): void {
    this.#last = base
    try {
      this.#segments = this.#list()
      this.#fit(base, entries)
      this.#dropOld()
    } catch (error) {
      this.#lose(this.#segments.length, this.#folder, systemFailure(error, 'it cannot be read').message)
    }
  }

  reach(): number | undefined {
    const [oldest] = this.#segments
    return oldest === undefined ? undefined : oldest.first - 1
  }

  abandon(revision: number): void {
    this.#stray.push(...this.#segments.splice(0))
    this.#last = revision
  }

  async keep(sets: readonly ChangeSet[]): Promise<void> {
    const fresh = sets.filter(({ revision }) => revision > this.#last)
    const [first] = fresh
    if (first === undefined) return
    if (first.revision !== this.#last + 1) this.abandon(first.revision - 1)
    const newest = this.#segments.at(-1)
    const writing = new Writing(newest === undefined ? [] : [{ ...newest }])
    const { disk, failpoint } = this.#options
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      for (const set of fresh) {
        const line = encodeLine(encodeArchived(set))
        const fits = (writing.segment?.octets ?? this.#segmentOctets) + writing.waiting + line.length
        if (line.length + HEADER > this.#limits.octets) await this.#passOver(writing)
        else {
          if (fits > this.#segmentOctets) await this.#begin(set, writing)
          else if (writing.fd === undefined) await this.#goOn(writing)
          writing.add(line)
          if (writing.waiting >= SLICE) await this.#flush(writing)
        }
      }
      await this.#flush(writing)
      failpoint('archive-written')
      await this.#finish(writing)
      for (const folder of [this.#folder, this.#directory]) await disk.syncDirectory(folder)
      failpoint('archive-synced')
    } catch (error) {
      this.#takeBack(writing)
      throw systemFailure(error, 'the archive could not be written')
    }
    const others = this.#segments.filter(({ path }) => path !== newest?.path)
    this.#segments = [...others, ...writing.segments]
    this.#last = fresh.at(-1)!.revision
    this.#dropOld()
  }

  async *back(from: number): AsyncGenerator<ChangeSet, void, undefined> {
    const index = this.#segments.findLastIndex(({ first }) => first <= from)
    const segment = this.#segments[index]
    if (segment === undefined || from > this.#last) return
    // Compaction may be adding to it meanwhile.
    const { path, octets: length } = segment
    const last = (this.#segments[index + 1]?.first ?? this.#last + 1) - 1
    let octets: Buffer
    try {
      octets = await readFile(path)
    } catch (error) {
      const failure = systemFailure(error, `cannot read ${path}`)
      if (failure.details['errno'] !== 'ENOENT') throw failure
      this.#damaged(segment, last, 'it is gone')
      return
    }
    const { texts } = lastRun(octets.subarray(0, length))
    for (let at = texts.length - 1, expected = last, told = 1; at >= 0 && expected >= segment.first; at--, expected--) {
      const { start, end } = texts[at]!
      const set = decodeArchived(octets.toString('utf8', start, end))
      if (set?.revision !== expected) {
        this.#damaged(segment, expected, `change set ${expected} is damaged or missing`)
        return
      }
      if (expected > from) continue
      yield set
      if (expected === segment.first) return
      if (told++ % PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const missing = last - texts.length
    this.#damaged(segment, Math.max(missing, segment.first), `change set ${missing} is damaged or missing`)
  }

  #list(): Segment[] {
    let names: string[]
    try {
      names = readdirSync(this.#folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
    return names
      .filter((name) => NAME.test(name))
      .sort()
      .map((name) => {
        const path = join(this.#folder, name)
        return { path, first: Number(name.slice(0, 16)), time: headerTime(path), octets: statSync(path).size }
      })
  }

  /** Cuts off what the journal has itself; says what is missing. */
  #fit(base: number, entries: Iterable<Entry>): void {
    const { report } = this.#options
    while ((this.#segments.at(-1)?.first ?? 0) > base) this.#discard(this.#segments.splice(-1))
    const newest = this.#segments.at(-1)
    if (newest === undefined) return
    const octets = readFileSync(newest.path)
    const { texts } = lastRun(octets)
    const sets = texts.flatMap(({ start, end }) => decodeArchived(octets.toString('utf8', start, end)) ?? [])
    const at = sets.findIndex(({ revision }) => revision === base)
    const wrong = sets.find(({ revision }, index) => index > 0 && revision !== sets[index - 1]!.revision + 1)
    const whole = at >= 0 && wrong === undefined && isOf(sets[at]!, entries)
    if (!whole) {
      this.#lose(
        this.#segments.length,
        newest.path,
        `it does not lead up to generation ${base}, where the store begins`,
      )
      return
    }
    const end = texts[texts.length - sets.length + at]!.end + 1
    if (octets.length > end) {
      truncateSync(newest.path, end)
      newest.octets = end
      report?.({ type: 'torn_write_dropped', octets: octets.length - end })
    }
    const first = sets[0]!.revision
    if (first > newest.first) this.#damaged(newest, first - 1, `change set ${first - 1} is damaged or missing`)
  }

  /** A new segment whose first change set this is. */
  async #begin({ revision, time }: ChangeSet, writing: Writing): Promise<void> {
    await this.#flush(writing)
    await this.#finish(writing)
    const path = join(this.#folder, `${String(revision).padStart(16, '0')}.seg`)
    // A stray of the same name is written over.
    this.#stray = this.#stray.filter((stray) => stray.path !== path)
    writing.fd = await this.#options.disk.create(path)
    writing.segments.push({ path, first: revision, time, octets: 0 })
    writing.add(encodeLine(encodeSegmentHeader(revision, time)))
  }

  /** The newest segment has room. */
  async #goOn(writing: Writing): Promise<void> {
    const { path, octets } = writing.segment!
    writing.fd = openSync(path, 'r+')
    // What a write that failed may have left behind.
    await this.#options.disk.truncate(writing.fd, octets)
  }

  async #flush(writing: Writing): Promise<void> {
    const { segment, fd, waiting } = writing
    if (segment === undefined || fd === undefined || waiting === 0) return
    this.#makeRoom(writing)
    await this.#options.disk.write(fd, writing.take(), segment.octets)
    segment.octets += waiting
  }

  async #finish(writing: Writing): Promise<void> {
    if (writing.fd === undefined) return
    await this.#options.disk.sync(writing.fd)
    this.#options.disk.close(writing.fd)
    writing.fd = undefined
  }

  /** A change set that is larger than all that may be kept: the archive begins behind it. */
  async #passOver(writing: Writing): Promise<void> {
    await this.#flush(writing)
    await this.#finish(writing)
    this.#discard([...this.#stray.splice(0), ...this.#segments.splice(0), ...writing.segments.splice(0)])
  }

  /** Drops what is oldest until what waits is within the bound. */
  #makeRoom({ segments, waiting }: Writing): void {
    const isBeingWritten = ({ path }: Segment): boolean => segments.some((segment) => segment.path === path)
    const older = this.#segments.filter((segment) => !isBeingWritten(segment))
    let total = [...this.#stray, ...older, ...segments].reduce((sum, { octets }) => sum + octets, waiting)
    while (total > this.#limits.octets) {
      const oldest = this.#stray.shift() ?? older.shift() ?? (segments.length > 1 ? segments.shift() : undefined)
      if (oldest === undefined) return
      this.#segments = this.#segments.filter(({ path }) => path !== oldest.path)
      this.#discard([oldest])
      total -= oldest.octets
    }
  }

  #dropOld(): void {
    const before = (this.#options.now ?? Date.now)() - this.#limits.ageMs
    // Everything in a segment was before the first of the next.
    while (this.#segments[1] !== undefined && this.#segments[1].time !== 0 && this.#segments[1].time < before)
      this.#discard(this.#segments.splice(0, 1))
  }

  /** What is from here on back cannot be had: the file's change set of this revision is bad. */
  #damaged(segment: Segment, revision: number, reason: string): void {
    const index = this.#segments.indexOf(segment)
    if (index < 0) return
    const last = (this.#segments[index + 1]?.first ?? this.#last + 1) - 1
    if (revision < last) {
      segment.first = revision + 1
      this.#lose(index, segment.path, reason)
    } else this.#lose(index + 1, segment.path, reason)
  }

  #lose(count: number, file: string, reason: string): void {
    this.#stray.push(...this.#segments.splice(0, count))
    const oldest = this.reach() ?? this.#last
    this.#options.report?.({ type: 'archive_damaged', file, oldest, reason })
  }

  #discard(files: readonly { path: string }[]): void {
    for (const { path } of files) {
      try {
        rmSync(path, { force: true })
      } catch {
        // Found again at the next open.
      }
    }
  }

  /** After a failed write: files are as long as they were; what was dropped for it stays dropped. */
  #takeBack({ segments, fd }: Writing): void {
    if (fd !== undefined) this.#options.disk.close(fd)
    const known = new Map(this.#segments.map(({ path, octets }) => [path, octets]))
    for (const { path } of segments) {
      const octets = known.get(path)
      try {
        if (octets === undefined) rmSync(path, { force: true })
        else truncateSync(path, octets)
      } catch {
        // The next write to it cuts it, or the next open does.
      }
    }
  }
}

/** What one call writes: segments that are new, after the newest one where that has room. */
class Writing {
  readonly segments: Segment[]
  fd: number | undefined
  /** Octets that wait to be written to the last segment. */
  waiting = 0
  #lines: Buffer[] = []

  constructor(segments: Segment[]) {
    this.segments = segments
  }

  get segment(): Segment | undefined {
    return this.segments.at(-1)
  }

  add(line: Buffer): void {
    this.#lines.push(line)
    this.waiting += line.length
  }

  take(): Buffer {
    const octets = Buffer.concat(this.#lines)
    this.#lines = []
    this.waiting = 0
    return octets
  }
}

/** The time in a segment's header; 0 where it cannot be read. */
function headerTime(path: string): number {
  const fd = openSync(path, 'r')
  try {
    const octets = Buffer.alloc(HEADER)
    readSync(fd, octets)
    const [text] = lastRun(octets.subarray(0, octets.indexOf('\n') + 1)).texts
    return text === undefined ? 0 : (readSegmentHeader(octets.toString('utf8', text.start, text.end)) ?? 0)
  } finally {
    closeSync(fd)
  }
}

/** Whether the state that the journal begins with is what this change set left. */
function isOf({ revision, changes }: ChangeSet, entries: Iterable<Entry>): boolean {
  const changed = new Map(changes.map(({ key, after }) => [key, after]))
  let found = 0
  for (const { key, modRevision } of entries) {
    if (!changed.has(key)) continue
    if (changed.get(key) === undefined || modRevision !== revision) return false
    found++
  }
  return found === changes.filter(({ after }) => after !== undefined).length
}
