/**
 * A small ext4 file system in an image file, mounted through a loop device, and copies of the image as a power cut
 * would leave them. Needs root and loop devices; says so if they are missing. Everything mounted is unmounted by
 * `remove`, whatever happened.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })

export class LoopDisk {
  readonly path: string
  readonly #root: string
  readonly #image: string
  readonly #mounted = new Set<string>()

  /** Throws with a sentence where this machine cannot do it. */
  constructor(megabytes: number) {
    if (process.getuid?.() !== 0) throw new Error('The power-cut test mounts file systems and must run as root.')
    if (!existsSync('/dev/loop-control'))
      throw new Error('The power-cut test needs loop devices, and this machine has no /dev/loop-control.')
    this.#root = mkdtempSync(join(tmpdir(), 'tagsteer-loop-'))
    this.#image = join(this.#root, 'image')
    this.path = join(this.#root, 'disk')
    run('truncate', '-s', `${megabytes}M`, this.#image)
    run('mkfs.ext4', '-q', '-F', this.#image)
    this.#mount(this.#image, this.path)
  }

  /** Mounts a copy of the medium as it is now, without what only the page cache holds; `check` gets its path. */
  async cut(check: (path: string) => Promise<void>): Promise<void> {
    const copy = join(this.#root, 'copy')
    const path = join(this.#root, 'after')
    run('cp', '--sparse=always', this.#image, copy)
    this.#mount(copy, path)
    try {
      await check(path)
    } finally {
      this.#unmount(path)
      rmSync(copy)
    }
  }

  remove(): void {
    for (const path of [...this.#mounted]) this.#unmount(path)
    rmSync(this.#root, { recursive: true, force: true })
  }

  #mount(image: string, path: string): void {
    mkdirSync(path, { recursive: true })
    try {
      run('mount', '-o', 'loop', image, path)
    } catch (error) {
      throw new Error('The power-cut test could not mount an image through a loop device on this machine.', {
        cause: error,
      })
    }
    this.#mounted.add(path)
  }

  #unmount(path: string): void {
    try {
      run('umount', path)
    } catch {
      // Something still has a file open there: detach now, the kernel finishes when it is closed.
      run('umount', '-l', path)
    }
    this.#mounted.delete(path)
  }
}

/** Stops a process and waits until each of its threads stands still, system calls included. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  const still = () =>
    readdirSync(`/proc/${pid}/task`).every((task) => {
      const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1')
      return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
    })
  while (!still()) await sleep(1)
}
