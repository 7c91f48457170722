/**
 * One process per store directory. The holder listens on a Unix socket in the directory; a socket that accepts is a
 * live holder, one that refuses belongs to a process that died. The kernel ends the lock with the process, whatever
 * ended it, and it holds across pid and network namespaces, which a pid file does not. Linux and other Unixes.
 *
 * Everyone publishes its own socket first and looks for others afterwards, so of two that start together at least one
 * sees the other; both may then refuse, never may both go on.
 */
import { closeSync, openSync, readdirSync, unlinkSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { StoreError, systemFailure } from './errors.ts'

const NAME = /^lock\.(\d+)\.[0-9a-z]+$/
/** Unix socket paths longer than this do not fit into a sockaddr_un. */
const MAX_PATH = 100

/** Takes the lock; returns the function that frees it. Errors: StoreError LOCKED (details.pid), READ_ONLY, IO. */
export async function lockDirectory(directory: string, pid: number, nonce: string): Promise<() => Promise<void>> {
  const own = `lock.${pid}.${nonce}`
  const descriptor = openSync(directory, 'r')
  const at = join(directory, own).length > MAX_PATH ? `/proc/self/fd/${descriptor}` : directory
  const server = createServer((socket) => socket.destroy())
  const free = async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()))
    closeSync(descriptor)
  }
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(join(at, own), resolve)
    })
  } catch (error) {
    closeSync(descriptor)
    throw systemFailure(error, `cannot lock ${directory}`)
  }
  server.unref()
  try {
    for (const name of readdirSync(directory)) {
      const holder = NAME.exec(name)?.[1]
      if (holder === undefined || name === own) continue
      if (await answers(join(at, name)))
        throw new StoreError('LOCKED', `${directory} is open in process ${holder}`, {
          pid: Number(holder),
          directory,
        })
      removeStale(join(directory, name))
    }
  } catch (error) {
    await free()
    throw systemFailure(error, `cannot lock ${directory}`)
  }
  return free
}

/** Whether a process listens; only a refusal or a vanished socket says no. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT' && error.code !== 'ENOTSOCK')
    })
  })
}

function removeStale(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    // Somebody else swept it; anything else shows when the store itself is opened.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
