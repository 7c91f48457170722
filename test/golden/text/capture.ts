/**
 * Makes the goldens of this directory: encodes the samples and lets `ovs-ofctl ofp-parse` print them. Each file
 * names the implementation and the command. Run: npx tsx --conditions=source test/golden/text/capture.ts
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode, type Message } from 'node-openflow'
import { SAMPLES } from '../../openflow/text-samples.ts'

const version = execFileSync('ovs-ofctl', ['--version'], { encoding: 'utf8' }).split('\n')[0]
const home = mkdtempSync(join(tmpdir(), 'text-golden-'))

/** What `ovs-ofctl ofp-parse` prints of one message. */
function print(message: Message): { octets: string; text: string } {
  const octets = encode(message)
  const file = join(home, 'message')
  writeFileSync(file, octets)
  const text = execFileSync('ovs-ofctl', ['ofp-parse', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return { octets: Buffer.from(octets).toString('hex'), text }
}

try {
  const samples = SAMPLES.map(([name, message]) => ({ name, ...print(message) }))
  const golden = { implementation: version, command: 'ovs-ofctl ofp-parse FILE', samples }
  writeFileSync(new URL('messages.json', import.meta.url), `${JSON.stringify(golden, null, 1)}\n`)
} finally {
  rmSync(home, { recursive: true })
}
