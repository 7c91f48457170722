/**
 * Bridges that hypervisors' databases want and lack are made, so that they fail secure and are served at once; those of
 * hosts that want none are not; and what Open vSwitch finds wrong with a tunnel's port is told.
 */
import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { Daemons } from '../support/ovs-bridge.ts'
import { freePort, RunningController, until } from '../support/running-controller.ts'

describe('the bridge that a hypervisor wants', function () {
  this.timeout(90_000)
  const hosts: Daemons[] = []
  let controller: RunningController

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(controller?.log.split('\n').slice(-30).join('\n'))
    await controller?.remove()
    for (const host of hosts.splice(0)) host.stop()
  })

  const hypervisor = async (...ids: string[]): Promise<Daemons> => {
    const host = await Daemons.start(undefined, 'beside')
    hosts.push(host)
    // Without the kernel there is no other datapath.
    const set = ['tagsteer-bridge-datapath-type=dummy', ...ids].map((id) => `external_ids:${id}`)
    host.vsctl('set', 'Open_vSwitch', '.', ...set)
    return host
  }
  const start = async (...words: string[]): Promise<void> => {
    const databases = hosts.map(({ directory }) => `unix:${directory}/db.sock`).join(',')
    const openflow = await freePort()
    const listen = `127.0.0.1:${openflow}`
    controller = await RunningController.start({
      words: ['--ovsdb', databases, '--openflow', `127.0.0.1:0,${listen}`, ...words],
      environment: { TAGSTEER_BRIDGE_CONTROLLERS: `tcp:${listen}` },
    })
  }
  const ask = (host: Daemons, ...words: string[]): string =>
    execFileSync('ovs-vsctl', [`--db=unix:${host.directory}/db.sock`, '--timeout=20', ...words], {
      encoding: 'utf8',
    }).trim()
  const bridges = (host: Daemons): string => ask(host, 'list-br')
  const told = (type: string): Promise<{ subject: string; sentence: string }[]> => controller.events([type])
  const soon = <T>(what: string, look: () => T, wanted: (seen: T) => boolean): Promise<T> =>
    until(what, async () => look(), wanted, 20_000)
  const isSafe = (host: Daemons, name: string): void => {
    expect(ask(host, 'get', 'bridge', name, 'fail_mode', 'protocols', 'other_config:disable-in-band')).to.equal(
      'secure\n[OpenFlow13]\n"true"',
    )
    expect(ask(host, 'get', 'bridge', name, 'external_ids')).to.equal('{tagsteer=bridge}')
    expect(ask(host, 'get-fail-mode', name)).to.equal('secure')
  }

  it('is made and served: by its name, or br-int where there is an end of tunnels; and no other', async () => {
    const named = await hypervisor('tagsteer-bridge=br-tags')
    const usual = await hypervisor('tagsteer-encap-ip=198.18.0.2')
    const other = await hypervisor()
    const only = await hypervisor('tagsteer-encap-ip=198.18.0.4')
    only.vsctl('add-br', 'br-his', '--', 'set', 'bridge', 'br-his', 'datapath_type=dummy')
    await start('--repair')
    await controller.served(2)
    isSafe(named, 'br-tags')
    isSafe(usual, 'br-int')
    const events = await told('bridge-made')
    expect(events).to.have.length(2)
    expect([bridges(named), bridges(usual), bridges(other), bridges(only)]).to.deep.equal([
      ...['br-tags', 'br-int', '', 'br-his'],
    ])
    // Its tunnel comes with it.
    await soon(
      'the port of its tunnel',
      () => ask(usual, 'list-ports', 'br-int'),
      (ports) => ports === 'tsgnv0',
    )
    // Who begins to want one has it, though it has several.
    other.vsctl('add-br', 'br-a', '--', 'set', 'bridge', 'br-a', 'datapath_type=dummy')
    other.vsctl('add-br', 'br-b', '--', 'set', 'bridge', 'br-b', 'datapath_type=dummy')
    other.vsctl('set', 'Open_vSwitch', '.', 'external_ids:tagsteer-encap-ip=198.18.0.3')
    await controller.served(3)
    expect(bridges(other).split('\n')).to.deep.equal(['br-a', 'br-b', 'br-int'])
    // One that is deleted is wanted still.
    named.vsctl('del-br', 'br-tags')
    await soon(
      'it is made again',
      () => bridges(named),
      (text) => text === 'br-tags',
    )
    await controller.kill()
    await controller.run(undefined, {})
    await until(
      'databases are read',
      () => told('ovsdb-connected'),
      (seen) => seen.length === 4,
    )
    expect(await told('bridge-made')).to.deep.equal([])
    expect(await told('bridge-failed')).to.deep.equal([])
  })

  it('is told where nothing may be written, with the command that makes it, or where it cannot be', async () => {
    const host = await hypervisor('tagsteer-bridge=br-tags')
    const wrong = await hypervisor('tagsteer-bridge=\'"br tags; reboot"\'')
    await start()
    const [event] = await until(
      'the command',
      () => told('bridge-wanted'),
      (events) => events.length > 0,
    )
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(bridges(host)).to.equal('')
    expect(await told('bridge-wanted')).to.have.length(1)
    const [failed] = await told('bridge-failed')
    expect(failed?.sentence).to.match(/no network device can have that name/)
    const command = /there: (.*)$/.exec(event!.sentence)![1]!
    execFileSync('sh', ['-c', command], { env: { ...process.env, OVS_RUNDIR: host.directory } })
    await controller.served()
    isSafe(host, 'br-tags')
    expect(bridges(wrong)).to.equal('')
  })

  it('tells what Open vSwitch finds wrong with the port of its tunnel, once, and when it is right goes on', async () => {
    const host = await hypervisor('tagsteer-bridge=br-int')
    host.vsctl('add-br', 'br-his', '--', 'set', 'bridge', 'br-his', 'datapath_type=dummy')
    for (const last of [1, 9]) {
      const his = ['type=geneve', 'options:remote_ip=flow', 'options:key=flow', `options:local_ip=198.18.0.${last}`]
      host.vsctl('add-port', 'br-his', `his${last}`, '--', 'set', 'interface', `his${last}`, ...his)
    }
    await start('--repair')
    await controller.served()
    // Two ports of the same addresses: Open vSwitch could not tell whose a packet is.
    host.vsctl('set', 'Open_vSwitch', '.', 'external_ids:tagsteer-encap-ip=198.18.0.1')
    const error = await soon(
      'the error of Open vSwitch',
      () => ask(host, '--if-exists', '--bare', '--columns=error', 'list', 'interface', 'tsgnv0'),
      (text) => text !== '',
    )
    const events = await until(
      'the event',
      () => told('tunnel-port-failed'),
      (seen) => seen.length > 0,
    )
    expect(events[0]!.sentence).to.equal(
      `Port tsgnv0 of bridge br-int of switch ${events[0]!.subject} is no tunnel port that works: ${error}.`,
    )
    host.vsctl('set', 'bridge', 'br-int', 'external_ids:some=thing')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(await told('tunnel-port-failed')).to.have.length(1)
    host.vsctl('del-port', 'his1')
    // It looks at ports again when something changes.
    host.vsctl('set', 'bridge', 'br-int', 'external_ids:other=thing')
    await soon(
      'no error',
      () => ask(host, '--bare', '--columns=error', 'list', 'interface', 'tsgnv0'),
      (text) => text === '',
    )
    host.vsctl('remove', 'Open_vSwitch', '.', 'external_ids', 'tagsteer-encap-ip')
    await soon(
      'no port',
      () => ask(host, 'list-ports', 'br-int'),
      (ports) => ports === '',
    )
    host.vsctl('set', 'Open_vSwitch', '.', 'external_ids:tagsteer-encap-ip=198.18.0.9')
    await until(
      'the event again',
      () => told('tunnel-port-failed'),
      (seen) => seen.length > 1,
    )
  })
})
