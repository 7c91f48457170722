/** What a durable write costs on this disk, for limits beside our figures. */
import { fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Milliseconds that appending so many octets to a file of a folder and syncing it take. */
export function appendSampler(folder: string): (octets: number) => number {
  const file = openSync(join(folder, 'appended'), 'w')
  let at = 0
  return (octets) => {
    const line = Buffer.alloc(octets, 'x')
    const begun = process.hrtime.bigint()
    writeSync(file, line, 0, line.length, at)
    fdatasyncSync(file)
    at += octets
    return Number(process.hrtime.bigint() - begun) / 1e6
  }
}

/** What a write of a change's size costs the disk of a folder: milliseconds of one. */
export function diskSampler(folder: string): () => number {
  const file = openSync(join(folder, 'limit'), 'w')
  writeSync(file, Buffer.alloc(1 << 20))
  const line = Buffer.alloc(900, 'x')
  let at = 0
  return () => {
    const begun = process.hrtime.bigint()
    writeSync(file, line, 0, line.length, at)
    fdatasyncSync(file)
    at = (at + line.length) % 1_000_000
    return Number(process.hrtime.bigint() - begun) / 1e6
  }
}
