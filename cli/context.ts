/**
 * What `tagsteer up` leaves behind for other commands in the same home: where its controller answers and with which
 * certificate to call. Flags and variables win over it. It holds paths, never keys.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stateDirectory } from '../host/config.ts'
import { CliError } from './failure.ts'

export interface ClientContext {
  /** HOST:PORT */
  server: string
  /** Plaintext on loopback. */
  insecure: boolean
}

/** Where state and certificates are kept unless told otherwise. */
export function home(): string {
  return stateDirectory(process.env)
}

const contextPath = (): string => join(home(), 'client.json')

/** The context of the last `tagsteer up` in this home; undefined where there was none. */
export function readContext(): ClientContext | undefined {
  let text: string
  try {
    text = readFileSync(contextPath(), 'utf8')
  } catch {
    return undefined
  }
  try {
    const { server, insecure } = JSON.parse(text) as Partial<ClientContext>
    if (typeof server === 'string' && typeof insecure === 'boolean') return { server, insecure }
  } catch {
    // Said below.
  }
  throw new CliError(`${contextPath()} is damaged`, 1, ['remove it, or name the controller with --server HOST:PORT'])
}

export function writeContext(context: ClientContext): void {
  mkdirSync(home(), { recursive: true, mode: 0o700 })
  const fresh = `${contextPath()}.${randomBytes(6).toString('hex')}`
  writeFileSync(fresh, `${JSON.stringify(context)}\n`, { mode: 0o600 })
  renameSync(fresh, contextPath())
}
