/**
 * `tagsteer prove` on a real Open vSwitch: what the controller installed is proved as read back; a row that somebody puts
 * into our tables is found, and ofproto/trace confirms the packet that the proof shows.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { TABLES } from '../../controller/policy/pipeline.ts'
import { addBridge, removeBridge } from '../support/bridge.ts'
import { RunningController, TAGSTEER, until } from '../support/running-controller.ts'

interface Proof {
  proved: boolean
  flows: number
  counterexamples: { kind: string; from: string; flow: string; arrivals: string[]; rows: { cookie: string }[] }[]
  open: object[]
  assumptions: string[]
  generation: string
}

describe('the proof on Open vSwitch', function () {
  this.timeout(120_000)
  const bridge = `prv${randomBytes(3).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), 'tagsteer-prove-'))
  let controller: RunningController

  const run = (program: string, ...words: string[]): string => execFileSync(program, words, { encoding: 'utf8' })
  function prove(...words: string[]): { code: number; proof: Proof } {
    const { code, out, err } = controller.tagsteer('prove', '-o', 'json', ...words)
    expect(out, err).to.not.equal('')
    return { code, proof: JSON.parse(out) as Proof }
  }

  before(async () => {
    controller = await RunningController.start()
    addBridge(bridge, { ports: [1, 2, 3, 4, 5], controller: `tcp:${controller.openflow}`, failMode: 'secure' })
    const interfaces = [1, 2, 3].map(
      (index) => `---
kind: Interface
name: i${index}
tags: [${index === 3 ? 'other' : 'shop'}]
mac: 00:00:5e:00:53:3${index}
addresses: [10.0.0.${index}, "fd00::${index}"]
attachment: { portName: ${bridge}p${index} }
`,
    )
    const manifest = join(folder, 'records.yaml')
    writeFileSync(
      manifest,
      `kind: Vnp
name: shop
selector: { allOf: [shop] }
ingressDefault: allow
---
kind: Policy
name: ssh
vnp: shop
rules:
  - { direction: ingress, protocols: [tcp], ports: [22], action: deny }
${interfaces.join('')}`,
    )
    await controller.served()
    const applied = controller.tagsteer('apply', '-f', manifest, '--wait', 'applied')
    expect(applied.code, applied.err).to.equal(0)
  })
  after(async () => {
    removeBridge(bridge)
    await controller?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  it('proves what is installed, and what is compiled', () => {
    const { code, proof } = prove()
    expect([code, proof.counterexamples, proof.open]).to.deep.equal([0, [], []])
    expect(proof.flows).to.be.greaterThan(50)
    expect(prove('--desired').code).to.equal(0)
    expect(proof.assumptions.join()).to.match(/marks are not looked into/)
    expect(controller.tagsteer('prove').out).to.match(
      /^proved: 1 switches, \d+ flows, in \d+ ms, generation \d+\n(assumed: .+\n)+$/,
    )
  })

  it('finds a row of somebody else, with a packet that ofproto/trace confirms', () => {
    const match = `table=${TABLES.destination},priority=65000,tcp,tp_dst=4444`
    run('ovs-ofctl', '-O', 'OpenFlow13', 'add-flow', bridge, `cookie=0x66,${match},actions=output:3`)
    const { code, proof } = prove()
    expect(code).to.equal(1)
    const [found] = proof.counterexamples
    expect(found?.arrivals, JSON.stringify(proof)).to.deep.equal([`${bridge}:3`])
    expect(found?.rows.at(-1)?.cookie).to.equal('0x0000000000000066')
    const trace = run('ovs-appctl', 'ofproto/trace', bridge, found?.flow ?? '')
    expect(trace).to.match(/priority 65000, cookie 0x66\n\s+output:3/)
    run('ovs-ofctl', '-O', 'OpenFlow13', 'del-flows', bridge, match.replace(',priority=65000', ''))
  })

  it('proves what a router leads, and finds a row that keeps it back, with a packet that ofproto/trace confirms', () => {
    const networks = ['front', 'back'].map(
      (name, index) => `kind: Network
name: ${name}
router: shop
subnets: [{ cidr: 10.1.${index}.0/24, gateway: 10.1.${index}.1 }]
---
kind: Interface
name: ${name}-1
tags: [shop]
network: ${name}
mac: 00:00:5e:00:53:4${index}
addresses: [10.1.${index}.11]
attachment: { portName: ${bridge}p${4 + index} }
`,
    )
    const manifest = join(folder, 'routed.yaml')
    writeFileSync(manifest, networks.join('---\n'))
    const applied = controller.tagsteer('apply', '-f', manifest, '--wait', 'applied')
    expect(applied.code, applied.err).to.equal(0)
    const { code, proof } = prove()
    expect([code, proof.counterexamples, proof.open]).to.deep.equal([0, [], []])
    const match = `table=${TABLES.route},priority=65000,ip,nw_dst=10.1.1.11`
    run('ovs-ofctl', '-O', 'OpenFlow13', 'add-flow', bridge, `cookie=0x67,${match},actions=drop`)
    const [found] = prove().proof.counterexamples
    expect(found?.kind).to.equal('COUNTEREXAMPLE_KIND_LOSS')
    expect(found?.flow).to.contain('dl_dst=02:74:67:00:00:01')
    const trace = run('ovs-appctl', 'ofproto/trace', bridge, found?.flow ?? '')
    expect(trace).to.match(/priority 65000, cookie 0x67\n\s+drop/)
    run('ovs-ofctl', '-O', 'OpenFlow13', 'del-flows', bridge, match.replace(',priority=65000', ''))
    expect(prove().code).to.equal(0)
  })

  it('goes on with --watch: after each generation, and when somebody else changed the tables', async () => {
    const watch = spawn(process.execPath, [TAGSTEER, 'prove', '--watch', '--every', '1', '-o', 'json'], {
      env: { ...process.env, TAGSTEER_HOME: controller.home },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const proofs: Proof[] = []
    createInterface(watch.stdout).on('line', (line) => proofs.push(JSON.parse(line) as Proof))
    const next = (what: string, fits: (proof: Proof) => boolean): Promise<Proof> => {
      const from = proofs.length
      return until(
        what,
        async () => proofs.slice(from).find(fits) as Proof,
        (found) => found !== undefined,
      )
    }
    try {
      const first = await next('the first proof', () => true)
      expect(first.proved, JSON.stringify(first)).to.equal(true)
      expect(controller.tagsteer('tag', 'i2', 'other', '--wait', 'applied').code).to.equal(0)
      const later = await next('a later generation', ({ generation }) => Number(generation) > Number(first.generation))
      expect(later.proved, JSON.stringify(later)).to.equal(true)
      const match = `table=${TABLES.destination},priority=65000,tcp,tp_dst=4444`
      run('ovs-ofctl', '-O', 'OpenFlow13', 'add-flow', bridge, `cookie=0x66,${match},actions=output:3`)
      const failed = await next('a proof that fails', ({ proved }) => !proved)
      expect(failed.counterexamples[0]?.rows.at(-1)?.cookie).to.equal('0x0000000000000066')
      run('ovs-ofctl', '-O', 'OpenFlow13', 'del-flows', bridge, match.replace(',priority=65000', ''))
      await next('a proof again', ({ proved }) => proved)
    } finally {
      watch.kill('SIGKILL')
    }
  })
})
