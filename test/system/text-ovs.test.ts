/**
 * The text form against ovs-ofctl itself: random flows printed by both from the same octets, and our text read by
 * ovs-ofctl parse-flows. Needs ovs-ofctl, no switch and no root.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  decode,
  encode,
  encodeAll,
  formatFlow,
  formatMessage,
  GROUP_ANY,
  type MessageNamed,
  NO_BUFFER,
  PORT_ANY,
  parseFlow,
  toHex,
} from 'node-openflow'
import { type ArbitraryFlow, arbitraryFlow } from '../openflow/text-arbitrary.ts'
import { sentFlows } from '../openflow/text-ofctl.ts'
import { SAMPLES } from '../openflow/text-samples.ts'

const COUNT = 2000

const bodyOf = (text: string): string => text.replace(/^.*?: /, '')

const flowMod = (flow: ArbitraryFlow, xid: number): MessageNamed<'flow_mod'> => ({
  type: 'flow_mod',
  xid,
  cookie_mask: 0n,
  command: 'add',
  buffer_id: NO_BUFFER,
  out_port: PORT_ANY,
  out_group: GROUP_ANY,
  ...flow,
})

describe('text form against ovs-ofctl', function () {
  this.timeout(60_000)
  const home = mkdtempSync(join(tmpdir(), 'text-ovs-'))
  after(() => rmSync(home, { recursive: true }))

  const seed = Number(process.env['TEXT_SEED'] ?? Date.now() % 2 ** 31)
  const flows = fc.sample(arbitraryFlow, { numRuns: COUNT, seed }).map((flow, i) => flowMod(flow, i + 1))

  it(`prints ${COUNT} random flow mods alike (seed ${seed})`, () => {
    const file = join(home, 'flows')
    writeFileSync(file, encodeAll(flows))
    const printed = spawnSync('ovs-ofctl', ['ofp-parse', file], { encoding: 'utf8', maxBuffer: 1 << 28 })
    const lines = printed.stdout.split('\n').filter((line) => line.startsWith('OFPT_'))
    expect(lines.length).to.equal(COUNT)
    const differing = flows.flatMap((message, i) => {
      const ours = formatMessage(decode(encode(message)))
      return ours === lines[i] ? [] : [{ ours, theirs: lines[i], log: printed.stderr.slice(0, 300) }]
    })
    expect(differing.slice(0, 5), `${differing.length} differ`).to.deep.equal([])
  })

  it('writes flows that ovs-ofctl sends and prints as we do, and reads what it prints', () => {
    const theirs = sentFlows(flows.map((flow) => formatFlow(flow, { style: 'add' })))
    const differing = flows.flatMap((message, i) => {
      const ours = { octets: toHex(encode({ ...message, xid: 1 })), text: bodyOf(formatMessage(message)) }
      return isDeepStrictEqual(ours, theirs[i]) ? [] : [{ ours, theirs: theirs[i] }]
    })
    expect(differing.slice(0, 5), `${differing.length} differ`).to.deep.equal([])
  })

  it('reads what ovs-ofctl prints as the flow that it printed', () => {
    const file = join(home, 'stats')
    const body = flows
      .slice(0, 300)
      .map((flow) => ({ ...flow, duration_sec: 3, duration_nsec: 0, packet_count: 1n, byte_count: 2n }))
    const reply = (flow: (typeof body)[number]) =>
      encode({ type: 'multipart_reply', xid: 1, flags: 0, mp_type: 'flow', body: [flow] })
    writeFileSync(file, Buffer.concat(body.map(reply)))
    const printed = execFileSync('ovs-ofctl', ['ofp-parse', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines = printed.split('\n').filter((line) => line.startsWith(' cookie='))
    expect(lines).to.have.lengthOf(body.length)
    body.forEach((flow, i) => {
      const { table_id, priority, cookie, idle_timeout, hard_timeout, flags, match, instructions } = flow
      expect(parseFlow(lines[i]!)).to.deep.include({
        table_id,
        priority,
        cookie,
        idle_timeout,
        hard_timeout,
        flags,
        match,
        instructions,
      })
    })
  })

  it('has goldens that this ovs-ofctl still prints', () => {
    const file = join(home, 'samples')
    const some = SAMPLES.filter(([name]) => /^(flow_mod|packet_out|port_desc|group_desc|meter)/.test(name))
    writeFileSync(file, encodeAll(some.map(([, message]) => message)))
    const printed = execFileSync('ovs-ofctl', ['ofp-parse', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const ours = some.map(([, message]) => `${formatMessage(message)}\n`).join('')
    expect(ours).to.equal(printed.replaceAll(/^arp,vlan_tci=.*\n/gm, ''))
  })
})
