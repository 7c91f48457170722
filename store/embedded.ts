/**
 * The durable engine for one machine: opens a directory under its lock, reads and verifies the file, and hands both to
 * the engine. Refuses to start on a damaged file, a newer schema or a directory that is open elsewhere; drops the
 * remains of a write that a crash cut short. Called by the controller's `main` and by tools that read a store.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ArchiveLimits, SegmentArchive } from './archive.ts'
import type { ChangeSet, Entry, Key, Store } from './contract.ts'
import { type Disk, realDisk } from './disk.ts'
import { Engine, type EngineOptions, type Loaded } from './engine.ts'
import { StoreError, systemFailure } from './errors.ts'
import { type Failpoint, FILE, FileJournal, NEW_FILE, newFile } from './journal.ts'
import { type Damage, type Line, scan } from './line.ts'
import { lockDirectory } from './lock.ts'
import { decodeRow, FORMAT, keyIn, type Row, replay, SCHEMA } from './record.ts'

export interface EmbeddedOptions extends Omit<EngineOptions, 'beforeReply'> {
  /** Created with mode 0700 if absent. */
  directory: string
  /** Zeros written ahead of the end of the file. Default 1 MiB. */
  aheadOctets?: number
  /** How much is kept of the change sets that compaction takes out of the file. Default 256 MiB, 90 days. */
  archive?: Partial<ArchiveLimits>
  /** For tests: system calls, and a function that is called at each failpoint. */
  disk?: Disk
  failpoint?: (at: Failpoint) => void
}

/** Rejects with StoreError: LOCKED, DAMAGED, SCHEMA, READ_ONLY, DISK_FULL, IO. */
export async function openEmbeddedStore(options: EmbeddedOptions): Promise<Store> {
  const { directory, disk = realDisk, failpoint = () => undefined, aheadOctets = 1024 * 1024, ...engine } = options
  let unlock: (() => Promise<void>) | undefined
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    unlock = await lockDirectory(directory, process.pid, randomBytes(6).toString('hex'))
    rmSync(join(directory, NEW_FILE), { force: true })
    const path = join(directory, FILE)
    if (!existsSync(path)) await createFile(directory, disk)
    const octets = readFileSync(path)
    const { lines, end, torn, damage } = scan(octets)
    if (damage) throw damaged(path, damage)
    const loaded = load(path, lines, end)
    const fd = openSync(path, 'r+')
    if (torn > 0) {
      await disk.truncate(fd, end)
      await disk.sync(fd)
      options.report?.({ type: 'torn_write_dropped', octets: torn })
    }
    const size = torn > 0 ? end : octets.length
    const journal = new FileJournal(directory, fd, end, size, { disk, ahead: aheadOctets, failpoint })
    const archive = new SegmentArchive(directory, { disk, failpoint, ...engine, limits: options.archive ?? {} })
    archive.open(loaded)
    const given = { ...engine, beforeReply: () => failpoint('before-reply') }
    return new Engine(unlocking(journal, unlock), loaded, given, archive)
  } catch (error) {
    await unlock?.()
    throw systemFailure(error, `cannot open the store in ${directory}`)
  }
}

async function createFile(directory: string, disk: Disk): Promise<void> {
  const path = join(directory, NEW_FILE)
  const fd = await disk.create(path)
  await disk.write(fd, Buffer.concat([...newFile(0, [], [])]), 0)
  await disk.sync(fd)
  disk.close(fd)
  await disk.replace(path, join(directory, FILE))
  await disk.syncDirectory(directory)
}

function unlocking(journal: FileJournal, unlock: () => Promise<void>) {
  return {
    append: journal.append.bind(journal),
    rewrite: journal.rewrite.bind(journal),
    close: async () => {
      await journal.close()
      await unlock()
    },
  }
}

/** State and history from good lines; throws SCHEMA, or DAMAGED where lines are missing, repeated or out of place. */
function load(path: string, lines: readonly Line[], end: number): Loaded {
  const wrong = (at: number, what: string) => {
    const { offset, text } = lines[at] ?? { offset: end, text: '' }
    return damaged(path, { line: at + 1, offset, text }, what)
  }
  const header = lines[0] && decodeRow(lines[0].text)
  if (header?.kind !== 'header' || header.format !== FORMAT) throw wrong(0, 'it does not begin as a store')
  if (typeof header.schema !== 'number' || header.schema > SCHEMA)
    throw new StoreError(
      'SCHEMA',
      `${path} has schema ${header.schema}; this program knows schemas up to ${SCHEMA}. Run the newer version, or restore a backup`,
      { found: String(header.schema), known: SCHEMA },
    )
  const entries: Entry[] = []
  let at = 1
  let row: Row | undefined
  for (; at < lines.length; at++) {
    row = decodeRow(lines[at]!.text)
    if (row?.kind !== 'entry') break
    entries.push(row.entry)
  }
  if (row?.kind !== 'end' || row.count !== entries.length) throw wrong(at, 'its base state is not whole')
  const state = new Map<Key, Entry>(entries.map((entry) => [entry.key, entry]))
  const sets: ChangeSet[] = []
  for (at += 1; at < lines.length; at++) {
    const group = decodeRow(lines[at]!.text)
    if (group?.kind !== 'group') throw wrong(at, 'a group of changes is missing')
    for (const set of group.sets) {
      if (set.r !== header.base + sets.length + 1) throw wrong(at, `revision ${set.r} is out of order`)
      sets.push(replay(set, state))
    }
  }
  return { base: header.base, entries, sets }
}

function damaged(path: string, { line, offset, text }: Damage, what = 'a checksum is wrong'): StoreError {
  const key = keyIn(text)
  const where = `line ${line}, octet ${offset}${key === undefined ? '' : `, key ${key}`}`
  const todo = 'Nothing was changed; restore the file from a backup, or remove the record knowingly'
  return new StoreError('DAMAGED', `${path} is damaged: ${what} (${where}). ${todo}`, {
    file: path,
    line,
    key: key ?? '',
  })
}
