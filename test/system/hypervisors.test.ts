/**
 * The lab of several hypervisors by itself, with flows that are set by hand: tags travel in Geneve options over either
 * spine, traffic goes on when one is cut, VMs move, switches restart; labs do not disturb each other; and nothing is left
 * of one that was stopped, or that was killed.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { Cloud, type CloudSpec } from '../../mininet/hypervisors.ts'
import { framesOf } from '../support/captured.ts'
import { Station } from '../support/lab-hosts.ts'
import { until } from '../support/running-controller.ts'
import { genevePacket, identityOf, OPTIONS, predictionOf, setStaticOverlay, VNI } from '../support/static-overlay.ts'

const REMOVE = fileURLToPath(new URL('../../mininet/lab_state.py', import.meta.url))

const specification = (hypervisors: number): CloudSpec => ({
  hypervisors: Array.from({ length: hypervisors }, (_, index) => ({ name: `hv${index + 1}` })),
  vms: Array.from({ length: hypervisors }, (_, index) => ({
    name: `vm${index + 1}`,
    hypervisor: `hv${index + 1}`,
    mac: `00:00:5e:00:53:0${index + 1}`,
    ip: `10.0.0.${index + 1}/24`,
    ip6: `fd00::${index + 1}/64`,
  })),
  tunnel: true,
})

interface Made {
  namespaces: string[]
  processes: { pid: number }[]
}

function madeBy(directory: string): Made {
  return JSON.parse(readFileSync(join(directory, 'made.json'), 'utf8')) as Made
}

/** What is still there of it. */
function left({ namespaces, processes }: Made): string[] {
  const there = new Set(existsSync('/run/netns') ? readdirSync('/run/netns') : [])
  const running = processes.filter(({ pid }) => existsSync(`/proc/${pid}/exe`))
  return [...namespaces.filter((name) => there.has(name)), ...running.map(({ pid }) => `process ${pid}`)]
}

interface Counted {
  got: Record<string, [packets: number, different: number, gapMs: number]>
  lost: number
}

/**
 * A stream of numbered packets between two VMs while something is done, which is given what waits until so many more have
 * arrived.
 */
async function streamed(
  cloud: Cloud,
  rate: number,
  during: (more: (packets: number) => Promise<void>) => Promise<void>,
): Promise<{ sent: number; got: number; gapMs: number }> {
  const from = new Station((await cloud.vm('vm1')).namespace, 'eth0')
  const to = new Station((await cloud.vm('vm2')).namespace, 'eth0')
  const arrived = async (): Promise<number> => (await to.ask<Counted>('count')).got['1']?.[1] ?? 0
  const more = async (packets: number): Promise<void> => {
    const before = await arrived()
    await until(`${packets} more packets`, arrived, (count) => count >= before + packets)
  }
  try {
    await to.ask('reset')
    await from.ask('start', { streams: [{ id: 1, to: '10.0.0.2', port: 7000, rate }] })
    await more(1)
    await during(more)
    const { sent } = await from.ask<{ sent: Record<string, number> }>('stop')
    const { got, lost } = await to.ask<Counted>('count')
    expect(lost).to.equal(0)
    return { sent: sent['1']!, got: got['1']![1], gapMs: got['1']![2] }
  } finally {
    from.end()
    to.end()
  }
}

describe('a cloud in a box', function () {
  this.timeout(120_000)
  let cloud: Cloud
  const files = mkdtempSync(join(tmpdir(), 'hypervisors-'))

  before(async () => {
    cloud = await Cloud.start(specification(3))
    await setStaticOverlay(cloud)
  })
  after(async () => {
    await cloud?.stop()
    rmSync(files, { recursive: true, force: true })
  })

  it('brings packets of both families from hypervisor to hypervisor', async () => {
    expect(await cloud.ping('vm1', '10.0.0.2', { count: 3 })).to.equal(true)
    expect(await cloud.ping('vm2', 'fd00::3', { count: 3 })).to.equal(true)
    await cloud.listen('vm3', [5432])
    expect(await cloud.probe('vm1', [{ to: '10.0.0.3', kind: 'tcp', port: 5432 }])).to.deep.equal(['open'])
  })

  it('spreads new connections over both spines, with both options in every packet', async () => {
    const captures = [
      await cloud.capture('spine1', 'hv2', join(files, '1.pcap'), ['udp', 'port', '6081']),
      await cloud.capture('spine2', 'hv2', join(files, '2.pcap'), ['udp', 'port', '6081']),
    ]
    await cloud.received('vm2', { reset: true })
    // New source ports choose anew: with 40 connections, one spine is left out once in 2^39 times.
    for (let i = 0; i < 40; i++)
      await cloud.send('vm1', { kind: 'udp', to: '10.0.0.2', port: 7000, rate: 1000, count: 1 })
    const arrived = (await cloud.received('vm2')).find(({ port }) => port === 7000)
    expect(arrived?.packets).to.equal(40)
    const seen = []
    for (const { file, stop } of captures) {
      expect(await stop()).to.be.greaterThan(0)
      const packets = framesOf(readFileSync(file)).map((frame) => genevePacket(frame)!)
      const ours = packets.filter(({ to, inner }) => to === '198.18.2.1' && inner.includes('tagsteer'))
      for (const { from, to, vni, options } of ours) {
        expect({ from, to, vni, options }).to.deep.equal({
          from: '198.18.1.1',
          to: '198.18.2.1',
          vni: VNI,
          options: { [OPTIONS.identity]: identityOf(1), [OPTIONS.prediction]: predictionOf(1) },
        })
      }
      seen.push(ours.length)
    }
    expect(seen[0]! + seen[1]!).to.equal(40)
    expect(Math.min(...seen)).to.be.greaterThan(0)
  })

  it('does not take a packet whose identity is that of nobody', async () => {
    const vm = await cloud.vm('vm1')
    const forged = `set_field:${identityOf(9)}->tun_metadata0,set_field:${VNI}->tun_id,set_field:198.18.2.1->tun_dst,output:tsgnv0`
    await cloud.ofctl('hv1', 'add-flow', 'brint', `priority=30,in_port=${vm.port},udp,tp_dst=7001,actions=${forged}`)
    await cloud.received('vm2', { reset: true })
    await cloud.send('vm1', { kind: 'udp', to: '10.0.0.2', port: 7001, rate: 200, count: 20 })
    await cloud.send('vm1', { kind: 'udp', to: '10.0.0.2', port: 7002, rate: 200, count: 1 })
    await until(
      'the one that is not forged',
      async () => (await cloud.received('vm2')).map(({ port }) => port),
      (ports) => ports.includes(7002),
    )
    expect((await cloud.received('vm2')).filter(({ port }) => port === 7001)).to.deep.equal([])
  })

  for (const kind of ['select', 'failover'] as const) {
    it(`goes on over the other spine when one is cut (${kind})`, async () => {
      await cloud.uplinks(kind)
      // New connections choose anew between uplinks; with 20 packets each, this is ten of them.
      const { sent, got, gapMs } = await streamed(cloud, 500, async (more) => {
        for (const spine of ['spine1', 'spine2'] as const) {
          await more(200)
          await cloud.cutSpine(spine)
          await more(200)
          await cloud.joinSpine(spine)
        }
        await more(200)
      })
      console.log(
        `        ${kind}: ${sent - got} of ${sent} packets missing, longest time without one ${gapMs.toFixed()} ms`,
      )
    })
  }

  it('goes around an uplink that is cut at the other end of the way', async () => {
    await cloud.uplinks('failover')
    const crossed = async (): Promise<number> =>
      Number((await cloud.run('spine1', ['cat', '/sys/class/net/peer/statistics/tx_packets'])).stdout)
    const before = await crossed()
    await streamed(cloud, 200, async (more) => {
      // hv1 still sends to spine1, which has to ask the other.
      await cloud.cutUplink('hv2', 'spine1')
      await more(100)
    })
    await cloud.joinUplink('hv2', 'spine1')
    expect((await crossed()) - before).to.be.at.least(100)
  })

  it('a spine that is cut silently keeps its carrier, and traffic stops until it is joined again', async () => {
    await cloud.uplinks('failover')
    await cloud.cutSpine('spine1', { silent: true })
    expect((await cloud.run('hv1', ['cat', '/sys/class/net/up1/carrier'])).stdout.trim()).to.equal('1')
    expect(await cloud.ping('vm1', '10.0.0.2', { count: 3 })).to.equal(false)
    await cloud.joinSpine('spine1')
    expect(await cloud.ping('vm1', '10.0.0.2', { count: 3 })).to.equal(true)
    await cloud.uplinks('select')
  })

  it('moves a VM to another hypervisor', async () => {
    const port = await cloud.move('vm2', 'hv3')
    expect((await cloud.ports())['hv3']).to.include({ vm2: port })
    expect((await cloud.ports())['hv2']).not.to.have.property('vm2')
    expect(await cloud.vsctl('hv3', 'get', 'Interface', 'vm2', 'external_ids:iface-id')).to.equal('vm2\n')
    await setStaticOverlay(cloud)
    expect(await cloud.ping('vm1', '10.0.0.2', { count: 3 })).to.equal(true)
    expect(await cloud.ping('vm2', '10.0.0.3', { count: 3 })).to.equal(true)
    await cloud.move('vm2', 'hv2')
    await setStaticOverlay(cloud)
    expect(await cloud.ping('vm1', '10.0.0.2', { count: 3 })).to.equal(true)
  })

  it('restarts the switch of a hypervisor, which then has forgotten its flows', async () => {
    await cloud.halt('hv2')
    expect((await cloud.hypervisor('hv2')).running).to.deep.equal({ 'ovsdb-server': true, 'ovs-vswitchd': false })
    expect(await cloud.ping('vm1', '10.0.0.2')).to.equal(false)
    await cloud.resume('hv2')
    expect(await cloud.ofctl('hv2', 'dump-flows', 'brint')).not.to.contain('actions')
    expect(await cloud.ping('hv1', '198.18.2.1', { count: 3 })).to.equal(true)
    await setStaticOverlay(cloud)
    expect(await cloud.ping('vm1', '10.0.0.2', { count: 3 })).to.equal(true)
    await cloud.restart('hv2', 'ovsdb-server')
    expect(await cloud.vsctl('hv2', 'get', 'Open_vSwitch', '.', 'external_ids:tagsteer-encap-ip')).to.equal(
      '"198.18.2.1"\n',
    )
    expect(await cloud.ping('vm1', '10.0.0.2', { count: 3 })).to.equal(true)
  })

  it('leads every brint to a controller outside, and cuts one off', async () => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      // A hello of OpenFlow 1.3 for theirs.
      socket.write(Buffer.from('0400000800000001', 'hex'))
      socket.on('error', () => undefined)
      socket.resume()
      socket.on('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await cloud.controllers([`127.0.0.1:${(server.address() as { port: number }).port}`])
      const connected = async (hypervisor: string): Promise<boolean> =>
        (await cloud.vsctl(hypervisor, '--bare', '--columns=is_connected', 'list', 'Controller')).trim() === 'true'
      for (const name of ['hv1', 'hv2', 'hv3'])
        await until(
          `${name} connected`,
          () => connected(name),
          (is) => is,
        )
      expect(sockets.size).to.equal(3)
      await cloud.cutControl('hv2')
      await until(
        'hv2 gone',
        async () => sockets.size,
        (size) => size === 2,
      )
      await cloud.joinControl('hv2')
      await until(
        'hv2 back',
        () => connected('hv2'),
        (is) => is,
      )
      await cloud.controllers([])
      await until(
        'all gone',
        async () => sockets.size,
        (size) => size === 0,
      )
    } finally {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  })

  it('is not disturbed by another lab with the same names and addresses', async () => {
    const other = await Cloud.start(specification(2))
    const { directory } = await other.status()
    const made = madeBy(directory)
    try {
      await setStaticOverlay(other)
      await setStaticOverlay(cloud)
      expect(await other.ping('vm1', '10.0.0.2', { count: 3 })).to.equal(true)
      expect(await other.ping('vm1', '10.0.0.3')).to.equal(false)
      expect(await cloud.ping('vm1', '10.0.0.3', { count: 3 })).to.equal(true)
    } finally {
      await other.stop()
    }
    expect(left(made)).to.deep.equal([])
    expect(existsSync(directory)).to.equal(false)
    expect(await cloud.ping('vm1', '10.0.0.3', { count: 3 })).to.equal(true)
  })

  it('leaves no process when it is killed, and lab_state.py removes the rest', async () => {
    const killed = await Cloud.start(specification(2))
    const { directory, pid } = await killed.status()
    const made = madeBy(directory)
    // Two spines, two hypervisors, two VMs; the lab and two daemons each.
    expect(left(made)).to.have.length(6 + 5)
    process.kill(pid, 'SIGKILL')
    await killed.stop()
    await until(
      'daemons gone',
      async () => left(made),
      (rest) => rest.every((name) => !name.startsWith('process')),
    )
    expect(left(made)).to.have.length(6)
    const told = JSON.parse(execFileSync('/usr/bin/python3', [REMOVE, directory], { encoding: 'utf8' })) as unknown
    expect(told).to.deep.equal({ processes: 0, namespaces: 6 })
    expect(left(made)).to.deep.equal([])
    expect(existsSync(directory)).to.equal(false)
  })

  it('refuses what it cannot make, and leaves nothing', async () => {
    const there = readdirSync('/run/netns').filter((name) => name.startsWith('tsl-'))
    const faulty = {
      ...specification(1),
      vms: [{ name: 'hv1', hypervisor: 'hv1', mac: '00:00:5e:00:53:01', ip: '10.0.0.1/24' }],
    }
    const refusal = await Cloud.start(faulty).catch((error: Error) => error)
    expect(refusal).to.be.instanceOf(Error)
    expect((refusal as Error).message).to.contain('different from each other')
    const looped = { ...specification(1), links: [['hv1', 'hv1']] as [string, string][] }
    expect(((await Cloud.start(looped).catch((error: Error) => error)) as Error).message).to.contain('a link joins two')
    const broken = { ...specification(1), vms: [{ name: 'vm1', hypervisor: 'hv1', mac: 'no', ip: '10.0.0.1/24' }] }
    expect(((await Cloud.start(broken).catch((error: Error) => error)) as Error).message).to.contain('"no" is invalid')
    expect(readdirSync('/run/netns').filter((name) => name.startsWith('tsl-'))).to.deep.equal(there)
  })
})
