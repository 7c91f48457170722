/**
 * `ovs-ofctl ofp-parse` of Open vSwitch 3.1: what it prints of many messages, by one process. An echo request between
 * two messages tells where the text of one ends.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from 'node-openflow'

/** The messages' own xids are to be below. */
const MARK = 0xabc0_0000

const mark = (index: number): Uint8Array => encode({ type: 'echo_request', xid: MARK + index, data: new Uint8Array(0) })
const MARKED = /^OFPT_ECHO_REQUEST \(OF1\.3\) \(xid=0xabc[0-9a-f]{5}\): 0 bytes of payload\n/m

export interface Printed {
  readonly text: string
  /** The name of the error with which Open vSwitch refuses the message: `OFPBRC_BAD_LEN`. */
  readonly refused: string | undefined
}

/** Of each message; their headers' lengths must be right. */
export function ofpParse(messages: readonly Uint8Array[]): Printed[] {
  const home = mkdtempSync(join(tmpdir(), 'ofp-parse-'))
  try {
    const file = join(home, 'messages')
    writeFileSync(file, Buffer.concat(messages.flatMap((octets, i) => [octets, mark(i)])))
    const { stdout, error } = spawnSync('ovs-ofctl', ['ofp-parse', file], { encoding: 'utf8', maxBuffer: 1 << 29 })
    if (error !== undefined) throw error
    const texts = stdout.split(MARKED).slice(0, -1)
    if (texts.length !== messages.length) throw new Error(`${texts.length} texts of ${messages.length} messages`)
    return texts.map((text) => ({ text, refused: /\*\*\*decode error: (\w+)\*\*\*/.exec(text)?.[1] }))
  } finally {
    rmSync(home, { recursive: true })
  }
}
