/**
 * `tagsteer verify` against a controller and an Open vSwitch of the test's own: exit codes, what it prints, JSON, and
 * what it says of a switch that cannot be asked.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Daemons } from '../support/ovs-bridge.ts'
import { RunningController, TAGSTEER, until } from '../support/running-controller.ts'

const BRIDGE = 'verified'

describe('tagsteer verify with a real bridge', function () {
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'tagsteer-verify-'))
  let daemons: Daemons
  let controller: RunningController

  function tagsteer(...words: string[]): Promise<{ code: number; out: string; err: string }> {
    const child = spawn(process.execPath, [TAGSTEER, ...words], {
      env: { ...process.env, TAGSTEER_HOME: controller.home },
    })
    const said = { out: '', err: '' }
    child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()))
    return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? -1, ...said })))
  }
  const ofctl = (...words: string[]): string =>
    execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', ...words], {
      encoding: 'utf8',
      env: { ...process.env, OVS_RUNDIR: daemons.directory },
    })

  before(async () => {
    daemons = await Daemons.start()
    controller = await RunningController.start({ words: ['--ovsdb', `unix:${daemons.directory}/db.sock`] })
    daemons.vsctl(
      'add-br',
      BRIDGE,
      '--',
      'set',
      'bridge',
      BRIDGE,
      'datapath_type=dummy',
      'fail_mode=secure',
      'protocols=OpenFlow13',
      'other-config:disable-in-band=true',
    )
    for (const n of [1, 2])
      daemons.vsctl('add-port', BRIDGE, `v${n}`, '--', 'set', 'interface', `v${n}`, 'type=dummy', `ofport_request=${n}`)
    daemons.vsctl('set-controller', BRIDGE, `tcp:${controller.openflow}`)
    const manifest = [1, 2].map(
      (n) => `---
kind: Interface
name: i${n}
tags: [shop]
mac: 00:00:5e:00:53:3${n}
addresses: [10.0.0.${n}]
attachment: { portName: v${n} }
`,
    )
    writeFileSync(
      join(folder, 'records.yaml'),
      `kind: Vnp\nname: shop\nselector: { allOf: [shop] }\n${manifest.join('')}`,
    )
    expect((await tagsteer('apply', '-f', join(folder, 'records.yaml'))).code).to.equal(0)
    await until(
      'flows',
      async () => ofctl('dump-flows', BRIDGE),
      (flows) => flows.includes('10.0.0.2'),
    )
  })
  after(async () => {
    await controller?.remove()
    daemons?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('exits with 0 where everything is equal', async () => {
    const { code, out } = await until(
      'verified',
      () => tagsteer('verify'),
      (seen) => seen.code === 0,
    )
    expect(code).to.equal(0)
    expect(out).to.match(/^SWITCH +VERIFIED +FLOWS +ON THE SWITCH +COMPILED ANEW\nverified +yes +\d+ +equal +equal\n$/)
    expect(await tagsteer('wait')).to.include({ code: 0 })
  })

  it('exits with 2 and says which flows of others there are, also as JSON and for one switch', async () => {
    ofctl('add-flow', BRIDGE, 'table=0,priority=60000,cookie=0x99,ip,actions=NORMAL')
    const { code, out } = await tagsteer('verify', BRIDGE)
    expect(code).to.equal(2)
    expect(out).to.match(/\nverified +no +\d+ +1 foreign +equal\n/)
    expect(out).to.include('verified on the switch: foreign table=0,priority=60000,cookie=0x99,ip,actions=NORMAL\n')
    const json = await tagsteer('verify', '-o', 'json')
    expect(json.code).to.equal(2)
    const [found] = JSON.parse(json.out)
    expect(found).to.include({ name: BRIDGE, verified: false })
    expect(found.installed).to.include({ reason: '', missing: 0, changed: 0, stale: 0, foreign: 1 })
    expect(found.program).to.include({ reason: '', missing: 0, changed: 0, stale: 0 })
    expect((await tagsteer('events', '--severity', 'alert')).out).to.match(/foreign-flows.*priority=60000/)
    ofctl('del-flows', BRIDGE, 'cookie=0x99/-1')
    expect((await tagsteer('verify')).code).to.equal(0)
  })

  it('does not vouch for a switch that is away, and names the nearest step for one that it does not know', async () => {
    expect((await tagsteer('verify', 'nowhere')).err).to.match(/no switch named nowhere/)
    daemons.vsctl('set-controller', BRIDGE, 'tcp:127.0.0.1:1')
    const { code, out } = await until(
      'gone',
      () => tagsteer('verify'),
      (seen) => seen.out.includes('not compared'),
    )
    expect(code).to.equal(2)
    expect(out).to.match(/\nverified +no +0 +not compared: .* +equal\n/)
  })
})
