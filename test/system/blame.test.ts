/**
 * The time machine on a running controller with a real bridge: a line of `ovs-ofctl dump-flows` leads to the change that
 * made the flow what it is, also after the controller was killed and started again; history and diff tell the rest.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { addBridge, removeBridge } from '../support/bridge.ts'
import { RunningController } from '../support/running-controller.ts'

describe('blame with a real bridge', function () {
  this.timeout(180_000)
  const bridge = `bl${randomBytes(3).toString('hex')}`
  let controller: RunningController

  const dump = (): string[] =>
    execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', 'dump-flows', bridge], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes('cookie=0x7a67'))
  const apply = (...ports: number[]): string => {
    const file = join(controller.home, 'net.yaml')
    const interfaces = [1, 2].map(
      (index) => `---
kind: Interface
name: i${index}
tags: [shop]
mac: 00:00:5e:00:53:4${index}
addresses: [10.0.0.${index}]
attachment: { portName: ${bridge}p${index} }
`,
    )
    writeFileSync(
      file,
      `kind: Vnp
name: shop
selector: { allOf: [shop] }
---
kind: Policy
name: web
vnp: shop
rules:
  - { direction: ingress, protocols: [tcp], ports: [${ports.join(', ')}], action: allow }
${interfaces.join('')}`,
    )
    const { code, out, err } = controller.tagsteer('apply', '-f', file, '--wait', 'applied', '-o', 'json')
    expect(`${code} ${err}`).to.match(/^0 /)
    return (JSON.parse(out) as { generation: string }).generation
  }

  before(async () => {
    controller = await RunningController.start()
    addBridge(bridge, { ports: [1, 2], controller: `tcp:${controller.openflow}`, failMode: 'secure' })
    await controller.served()
  })
  after(async () => {
    removeBridge(bridge)
    await controller?.remove()
  })

  it('leads from a line of ovs-ofctl to the change, its caller and its call, over a kill', async () => {
    const first = apply(80)
    const second = apply(80, 443)
    const tagged = controller.tagsteer('tag', 'i1', 'blue', '--wait', 'applied')
    expect(tagged.code, tagged.err).to.equal(0)
    const find = (pattern: RegExp): string => dump().find((line) => pattern.test(line)) ?? ''
    const check = (): void => {
      const rule = controller.tagsteer('blame', find(/tp_dst=443|0x1bb\b/))
      expect(rule.err).to.equal('')
      expect(rule.out).to.match(/^Cause: {4}policy\/web rule 0$/m)
      expect(rule.out).to.match(
        new RegExp(`^Since: {4}generation ${second}, .*, by loopback, ApplyService.Apply$`, 'm'),
      )
      expect(rule.out).to.match(/^Change: {3}policy\/web: rules\[0\]$/m)
      expect(rule.out).to.match(/^\+ +- "443"$/m)
      const port = controller.tagsteer(
        'blame',
        '--switch',
        bridge,
        find(/in_port=\S*1,.*nw_src=10\.0\.0\.1/),
        '-o',
        'yaml',
      )
      expect(port.err).to.equal('')
      expect(port.out).to.contain(`cause: interface/i1\ngeneration: "${first}"\n`)
      const cookie = /cookie=(0x[0-9a-f]+)/.exec(find(/in_port=\S*1,.*nw_src=10\.0\.0\.1/))?.[1] ?? ''
      const all = controller.tagsteer('blame', cookie)
      expect(all.out.split('\n')[0]).to.match(/^SINCE +TIME +BY +CHANGE +CAUSE +SWITCHES +TABLE/)
      expect(all.out.split('\n').length).to.be.above(3)
      const line = controller.tagsteer('flows', bridge, '--policy', 'web').out.split('\n')[1] ?? ''
      const pasted = controller.tagsteer('blame', line)
      expect(pasted.err, line).to.equal('')
      expect(pasted.out, line).to.contain('policy/web')
    }
    check()
    await controller.kill()
    await controller.run()
    await controller.served()
    check()
    const { code, out } = controller.tagsteer('diff', first, second, '-o', 'name')
    expect(`${code} ${out}`).to.equal('2 policy/web\n')
    const rows = controller.tagsteer('history', '--since', '1h', '--kind', 'policy', '-o', 'name').out
    expect(rows).to.equal(`${second}\n${first}\n`)
    expect(controller.tagsteer('history', '--all').out).to.contain('topology')
  })
})
