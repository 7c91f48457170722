/**
 * The command line against a real bridge: what `flows -o ovs` prints is what ovs-ofctl finds on the switch, a bridge
 * that is not secure is refused with an alert and served once it is, and exit codes say what scripts need.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { addBridge, removeBridge, vsctl } from '../support/bridge.ts'
import { RunningController, until } from '../support/running-controller.ts'

describe('the command line with a real bridge', function () {
  this.timeout(60_000)
  const bridge = `cli${randomBytes(3).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), 'tagsteer-cli-'))
  let controller: RunningController

  const state = (): string => {
    const { out } = controller.tagsteer('get', 'switches', '-o', 'json')
    const rows = JSON.parse(out || '[]') as { name: string; state: string }[]
    return rows.find(({ name }) => name === bridge)?.state ?? 'none'
  }

  before(async () => {
    controller = await RunningController.start()
    addBridge(bridge, { ports: [1, 2, 3], controller: `tcp:${controller.openflow}` })
  })
  after(async () => {
    removeBridge(bridge)
    await controller?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  it('refuses the bridge while its fail mode is not secure, says so, and serves it afterwards', async () => {
    await until(
      'the refusal',
      async () => state(),
      (seen) => seen === 'SWITCH_STATE_REFUSED',
    )
    const { out } = controller.tagsteer('events', '--severity', 'alert')
    expect(out).to.match(/switch-refused.*fail/)
    expect(execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', 'dump-flows', bridge], { encoding: 'utf8' })).to.not.match(
      /7a67/,
    )
    vsctl('set', 'bridge', bridge, 'fail_mode=secure')
    await until(
      'the service',
      async () => state(),
      (seen) => seen === 'SWITCH_STATE_SERVED',
    )
  })

  it('prints flows that ovs-ofctl reads and finds on the switch, each with its cause', () => {
    const manifest = join(folder, 'records.yaml')
    const interfaces = [1, 2, 3].map(
      (index) => `---
kind: Interface
name: i${index}
tags: [shop, "n${index}"]
mac: 00:00:5e:00:53:3${index}
addresses: [10.0.0.${index}, "fd00::${index}"]
attachment: { portName: ${bridge}p${index} }
`,
    )
    writeFileSync(
      manifest,
      `kind: Vnp
name: shop
selector: { allOf: [shop] }
---
kind: Policy
name: many
vnp: shop
rules:
  - { direction: ingress, peer: { tags: { anyOf: [n1, n2] } }, protocols: [tcp], ports: [80, 443, 8000-8999], action: allow }
  - { direction: ingress, protocols: [icmp], action: reject }
  - { direction: ingress, protocols: [udp], action: rate-limit, rateKbps: 1000 }
${interfaces.join('')}`,
    )
    const applied = controller.tagsteer('apply', '-f', manifest, '--wait', 'applied')
    expect(applied.code, applied.err).to.equal(0)
    const again = controller.tagsteer('diff', '-f', manifest)
    expect([again.code, again.out]).to.deep.equal([0, ''])
    const flows = controller.tagsteer('flows', bridge, '-o', 'ovs')
    expect(flows.code, flows.err).to.equal(0)
    const file = join(folder, 'flows')
    writeFileSync(file, flows.out)
    const difference = spawnSync('ovs-ofctl', ['-O', 'OpenFlow13', 'diff-flows', bridge, file], { encoding: 'utf8' })
    expect([difference.status, difference.stdout, difference.stderr]).to.deep.equal([0, '', ''])
    const { out } = controller.tagsteer('flows', bridge, '--policy', 'many', '-o', 'json')
    const rows = JSON.parse(out) as { cause: { name: string; rule: number }; state: string }[]
    expect(new Set(rows.map(({ cause }) => cause.rule))).to.deep.equal(new Set([0, 1, 2]))
    expect(rows.every(({ state: seen, cause }) => seen === 'FLOW_STATE_INSTALLED' && cause.name === 'many')).to.equal(
      true,
    )
  })

  it('tells scripts by its exit code', () => {
    expect(controller.tagsteer('explain', 'i1', 'i2', 'tcp/443', '--expect', 'allow').code).to.equal(0)
    expect(controller.tagsteer('explain', 'i1', 'i2', 'tcp/22', '--expect', 'allow').code).to.equal(2)
    expect(controller.tagsteer('explain', 'i1', 'nobody', 'tcp/22').out).to.match(/nobody/)
    const missing = controller.tagsteer('describe', 'interface', 'nobody')
    expect(missing.code).to.equal(1)
    expect(missing.err).to.match(/no interface named nobody/)
    const matrix = controller.tagsteer('matrix', 'tcp/443')
    expect(matrix.out).to.match(/^FROM +i1 +i2 +i3\ni1 +\. +yes +yes\n/)
    expect(controller.tagsteer('tag', 'i1', 'extra', '--wait', 'applied').code).to.equal(0)
  })
})
