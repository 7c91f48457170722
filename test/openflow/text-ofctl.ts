/**
 * ovs-ofctl as an oracle of the text form: what it makes of texts and what it prints of octets, many in one process.
 * It needs no switch and no root. Who compares decides what a difference means.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What ovs-ofctl sends for a text, and what it prints of that; the octets have the xid 1. */
export interface Sent {
  readonly octets: string
  /** Without type and xid. */
  readonly text: string
}

const HEAD = /^(?:OFPT|OFPST|NXT|NXST|ONFT|ONFST)_[A-Z0-9_]+(?: request| reply)? \(OF1\.\d\) \(xid=0x[0-9a-f]+\):/
/** Enough of them make ovs-ofctl print the octets behind the text. */
const VERBOSE = '-mmmmmm'

function run(words: readonly string[], input: string): { out: string; error: string; status: number | null } {
  const done = spawnSync('ovs-ofctl', words, { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (done.error !== undefined) throw done.error
  return { out: done.stdout, error: done.stderr, status: done.status }
}

/** Messages in what ovs-ofctl printed, each from its type to the next one's. */
function messages(out: string): string[] {
  const found: string[] = []
  for (const line of out.split('\n')) {
    if (HEAD.test(line)) found.push(line)
    else if (found.length > 0) found[found.length - 1] += `\n${line}`
  }
  return found
}

/** Text and dump of octets of one message. */
function sent(message: string): Sent {
  const dump = /^[0-9a-f]{8} {2}((?:[0-9a-f]{2}[ -])+)/gm
  const octets = [...message.matchAll(dump)].map((line) => line[1]!.replaceAll(/[ -]/g, '')).join('')
  const text = message.replace(HEAD, '').replaceAll(/^[0-9a-f]{8} {2}[0-9a-f]{2}[ -].*$/gm, '')
  // Each message of parse-flows has its own xid.
  return { octets: `${octets.slice(0, 8)}00000001${octets.slice(16)}`, text: text.trim() }
}

/** What each of the flows is sent as on a 1.3 connection. Throws when one is refused. */
export function sentFlows(lines: readonly string[]): Sent[] {
  const { out, error, status } = run(['-O', 'OpenFlow13', VERBOSE, 'parse-flows', '-'], `${lines.join('\n')}\n`)
  const found = messages(out).map(sent)
  if (status !== 0 || found.length !== lines.length) {
    throw new Error(`ovs-ofctl at flow ${found.length + 1}, ${lines[found.length]}: ${error.slice(-1000)}`)
  }
  return found
}

/** The same of one flow; undefined if it is refused. */
export function sentFlow(line: string): Sent | undefined {
  const { out, status } = run(['-O', 'OpenFlow13', VERBOSE, 'parse-flows', '-'], `${line}\n`)
  return status === 0 ? sent(messages(out)[0]!) : undefined
}

/** What one group is sent as; undefined if it is refused. */
export function sentGroup(text: string, version = 'OpenFlow13'): Sent | undefined {
  const { out, status } = run(['-O', version, VERBOSE, 'parse-group', text], '')
  return status === 0 ? sent(messages(out)[0]!) : undefined
}

/** What ovs-ofctl prints of each message, type and xid left out. */
export function printed(octets: readonly Uint8Array[]): string[] {
  const home = mkdtempSync(join(tmpdir(), 'text-ofctl-'))
  try {
    const file = join(home, 'messages')
    writeFileSync(file, Buffer.concat(octets))
    const { out } = run(['ofp-parse', file], '')
    return messages(out).map((message) => message.replace(HEAD, '').replace(/^ /, '').trimEnd())
  } finally {
    rmSync(home, { recursive: true })
  }
}
