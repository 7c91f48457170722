/** `tagsteer lab` as its user meets it: built, looked at, used, built twice, crashed, and gone without a trace. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CloudState } from '../../mininet/hypervisors.ts'
import { TAGSTEER, until } from '../support/running-controller.ts'
import { freshHome } from '../support/terminal.ts'

interface Ran {
  code: number | null
  out: string
  err: string
}

function tagsteer(...words: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [TAGSTEER, ...words], {
    encoding: 'utf8',
    timeout: 180_000,
  })
  return { code: status, out: stdout, err: stderr }
}

const processesOf = (directory: string): number[] =>
  (JSON.parse(readFileSync(join(directory, 'made.json'), 'utf8')) as { processes: { pid: number }[] }).processes.map(
    ({ pid }) => pid,
  )
const running = (pids: number[]): number[] => pids.filter((pid) => existsSync(`/proc/${pid}/exe`))
const namespacesOf = ({ hypervisors, vms, spines }: CloudState): string[] =>
  [...hypervisors, ...vms, ...spines].map(({ namespace }) => namespace)
const there = (namespaces: string[]): string[] => {
  const all = new Set(readdirSync('/run/netns'))
  return namespaces.filter((name) => all.has(name))
}

describe('tagsteer lab', function () {
  this.timeout(400_000)
  let home: ReturnType<typeof freshHome>
  let built: Ran
  let state: CloudState

  const up = (): void => {
    built = tagsteer('lab', 'up', '--hypervisors', '2', '--vms', '4', '--networks', '2', '-o', 'json')
    expect(built.code, built.err).to.equal(0)
    state = JSON.parse(built.out) as CloudState
  }
  before(() => {
    home = freshHome()
    up()
  })
  after(() => {
    tagsteer('lab', 'down')
    home.end()
  })

  it('builds what was asked for, and says what to try', () => {
    expect(state.hypervisors.map(({ name }) => name)).to.deep.equal(['hv1', 'hv2'])
    expect(state.vms).to.have.length(8)
    expect(new Set(state.vms.map(({ ip }) => ip)).size).to.equal(4)
    expect(state.started).to.deep.equal({ controller: true })
    expect(built.err).to.contain('tagsteer lab exec vm1 -- ping -c 3 10.0.0.2')
  })

  it('has a controller that serves every hypervisor and holds the records, found by other commands', () => {
    const status = tagsteer('status', '-o', 'json')
    expect(status.code, status.err).to.equal(0)
    const { switches } = JSON.parse(status.out) as { switches: { name: string; state: string }[] }
    expect(switches.map(({ name, state: at }) => [name, at])).to.have.deep.members([
      ['hv1', 'SWITCH_STATE_SERVED'],
      ['hv2', 'SWITCH_STATE_SERVED'],
    ])
    const interfaces = JSON.parse(tagsteer('get', 'interfaces', '-o', 'json').out) as unknown[]
    expect(interfaces).to.have.length(8)
  })

  it('enforces policy between VMs of one hypervisor and of two, and keeps networks apart', () => {
    // hv1 has vm1, vm5 (net1: 10.0.0.1, .3) and vm3, vm7 (net2: 10.0.0.1, .3).
    const ping = (from: string, to: string): number | null =>
      tagsteer('lab', 'exec', from, '--', 'ping', '-n', '-c', '3', '-i', '0.2', '-W', '1', to).code
    const byNumber = ['vm1', 'vm3', 'vm5', 'vm7'].map((name) => state.vms.find((vm) => vm.name === name)!)
    expect(byNumber.map(({ hypervisor, ip }) => `${hypervisor} ${ip}`)).to.deep.equal([
      'hv1 10.0.0.1/24',
      'hv1 10.0.0.1/24',
      'hv1 10.0.0.3/24',
      'hv1 10.0.0.3/24',
    ])
    expect(ping('vm1', '10.0.0.3')).to.equal(0)
    const other = state.vms.find(({ hypervisor, ip }) => hypervisor === 'hv2' && ip === '10.0.0.2/24')
    expect(other?.name).to.equal('vm2')
    expect(ping('vm1', '10.0.0.2'), 'to another hypervisor').to.equal(0)
    expect(tagsteer('tag', 'vm7', 'lab-', '--wait', 'applied').code).to.equal(0)
    expect(ping('vm3', '10.0.0.3')).to.equal(1)
    expect(ping('vm1', '10.0.0.3')).to.equal(0)
  })

  it('gives the exit code of what was run, and says who there is', () => {
    expect(tagsteer('lab', 'exec', 'vm1', '--', 'sh', '-c', 'exit 7').code).to.equal(7)
    expect(tagsteer('lab', 'exec', 'hv2', '--', 'ovs-vsctl', 'br-exists', 'brint').code).to.equal(0)
    const nobody = tagsteer('lab', 'exec', 'vm99', '--', 'true')
    expect(nobody.code).to.equal(1)
    expect(nobody.err).to.contain('there is no vm99').and.to.contain('vm8, hv1, hv2, spine1, spine2')
  })

  it('says that it is up when asked to be built again', () => {
    const again = tagsteer('lab', 'up', '-o', 'json')
    expect(again.code).to.equal(0)
    expect(again.err).to.contain('up already')
    expect((JSON.parse(again.out) as CloudState).directory).to.equal(state.directory)
  })

  it('says that something does not run', () => {
    expect(tagsteer('lab', 'status').code).to.equal(0)
    const daemon = readFileSync(join(state.hypervisors[1]!.directory, 'ovs-vswitchd.pid'), 'utf8')
    process.kill(Number(daemon), 'SIGKILL')
    const { code, out } = tagsteer('lab', 'status')
    expect(code).to.equal(2)
    expect(out).to.match(/^hv2 +stopped/m)
  })

  it('leaves nothing behind', () => {
    const pids = processesOf(state.directory)
    expect(running(pids).length).to.be.greaterThan(4)
    expect(there(namespacesOf(state))).to.have.length(12)
    const down = tagsteer('lab', 'down')
    expect([down.code, down.out]).to.deep.equal([0, 'the lab is gone\n'])
    expect(running(pids)).to.deep.equal([])
    expect(there(namespacesOf(state))).to.deep.equal([])
    expect(existsSync(state.directory)).to.equal(false)
    expect(readdirSync(home.home)).not.to.include('lab.json')
    expect(tagsteer('lab', 'down').out).to.equal('no lab is up\n')
    expect(tagsteer('lab', 'status').err).to.contain('no lab is up')
  })

  it('leaves nothing behind when it has crashed', async () => {
    up()
    const pids = processesOf(state.directory)
    process.kill(state.pid, 'SIGKILL')
    await until(
      'daemons and controller end',
      async () => running(pids),
      (left) => left.length === 0,
    )
    expect(tagsteer('lab', 'up').err).to.contain('crashed').and.to.contain('tagsteer lab down')
    expect(there(namespacesOf(state))).to.have.length(12)
    expect(tagsteer('lab', 'down').code).to.equal(0)
    expect(there(namespacesOf(state))).to.deep.equal([])
    expect(existsSync(state.directory)).to.equal(false)
  })
})
