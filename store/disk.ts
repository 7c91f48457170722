/**
 * The few system calls a journal makes, as an interface, so that tests can fail, shorten or interrupt each one.
 * `realDisk` is the operating system. Refuses to know what is written.
 */
import { closeSync, fdatasync, ftruncate, open, rename, unlinkSync, write, writeSync } from 'node:fs'
import { promisify } from 'node:util'

const openFile = promisify(open)
const renameFile = promisify(rename)
const truncateFile = promisify(ftruncate)
const syncFile = promisify(fdatasync)

export interface Disk {
  /** A new empty file for reading and writing, mode 0600; replaces one of that name. */
  create(path: string): Promise<number>
  /** Writes all octets at the position, or rejects having written any part. */
  write(fd: number, octets: Uint8Array, position: number): Promise<void>
  /** Resolves when the file's data, and its length if it changed, are on the medium. */
  sync(fd: number): Promise<void>
  truncate(fd: number, length: number): Promise<void>
  /** Renames atomically over what is there. */
  replace(from: string, to: string): Promise<void>
  syncDirectory(path: string): Promise<void>
  close(fd: number): void
  /** Closes and deletes a file that is not wanted any more; does not throw. */
  discard(fd: number, path: string): void
}

/** Octets that go to the page cache faster than a thread can be asked to put them there. */
const SMALL_WRITE = 16_384

export const realDisk: Disk = {
  create: (path) => openFile(path, 'w+', 0o600),
  async write(fd, octets, position) {
    for (let at = 0; at < octets.length; ) {
      const left = octets.subarray(at)
      at +=
        left.length <= SMALL_WRITE
          ? writeSync(fd, left, 0, left.length, position + at)
          : await writeSome(fd, left, position + at)
    }
  },
  sync: syncFile,
  truncate: truncateFile,
  replace: renameFile,
  async syncDirectory(path) {
    const fd = await openFile(path, 'r')
    try {
      await syncFile(fd)
    } finally {
      closeSync(fd)
    }
  },
  close: closeSync,
  discard(fd, path) {
    for (const step of [() => closeSync(fd), () => unlinkSync(path)]) {
      try {
        step()
      } catch {
        // A leftover is replaced by the next rewrite and removed at the next open.
      }
    }
  },
}

function writeSome(fd: number, octets: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, octets, 0, octets.length, position, (error, written) => (error ? reject(error) : resolve(written)))
  })
}
