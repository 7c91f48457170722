/**
 * What a controller makes of two hypervisors' databases, real ones: interfaces are where their ids are, and move with
 * them; ports of tunnels are made, corrected and removed, and those of others left alone.
 */
import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { Daemons } from '../support/ovs-bridge.ts'
import { freePort, RunningController, until } from '../support/running-controller.ts'

const ID = ['00000000000000e1', '00000000000000e2'] as const

describe('ports of hypervisors', function () {
  this.timeout(90_000)
  const hosts: Daemons[] = []
  let controller: RunningController

  const start = async (...words: string[]): Promise<void> => {
    const listen = `127.0.0.1:${await freePort()}`
    controller = await RunningController.start({ words: ['--ovsdb', 'none', '--ovsdb-listen', listen, ...words] })
    for (const id of ID) {
      const host = await Daemons.start()
      hosts.push(host)
      const settings = ['datapath_type=dummy', 'fail_mode=secure', 'protocols=OpenFlow13']
      const secure = ['other-config:disable-in-band=true', `other-config:datapath-id=${id}`]
      host.vsctl('add-br', 'br-int', '--', 'set', 'bridge', 'br-int', ...settings, ...secure)
      host.vsctl('set-manager', `tcp:${listen}`, '--', 'set-controller', 'br-int', `tcp:${controller.openflow}`)
    }
    await controller.served(2)
  }
  afterEach(async () => {
    await controller?.remove()
    for (const host of hosts.splice(0)) host.stop()
  })

  const ask = (host: number, ...words: string[]): string =>
    execFileSync('ovs-vsctl', [`--db=unix:${hosts[host]!.directory}/db.sock`, '--timeout=20', ...words], {
      encoding: 'utf8',
    }).trim()
  const ports = (host: number): string[] => ask(host, 'list-ports', 'br-int').split('\n')
  const options = (host: number, port: string): string => ask(host, 'get', 'interface', port, 'type', 'options')
  const flows = (host: number): string =>
    execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', 'dump-flows', `unix:${hosts[host]!.directory}/br-int.mgmt`], {
      encoding: 'utf8',
    })
  const soon = <T>(what: string, look: () => T, wanted: (seen: T) => boolean): Promise<T> =>
    until(what, async () => look(), wanted, 20_000)
  const told = async (type: string): Promise<{ subject: string; sentence: string }[]> => controller.events([type])
  const tellsOf = (type: string, wanted: (text: string) => boolean): Promise<unknown> =>
    until(
      type,
      () => told(type),
      (events) => events.some(({ sentence }) => wanted(sentence)),
    )
  const place = async (): Promise<string> => {
    const { status } = await controller.call<{ status: { attached: boolean; datapathId: string; portName: string } }>(
      'InterfaceService.GetInterface',
      { name: 'vm' },
    )
    return status.attached ? `${status.datapathId} ${status.portName}` : 'nowhere'
  }
  const isAt = (wanted: string): Promise<string> => until(`vm is at ${wanted}`, place, (seen) => seen === wanted)
  const tap = (host: number, id: string): void => {
    const set = ['--', 'set', 'interface', 'tap1', 'type=dummy', `external_ids:iface-id=${id}`]
    hosts[host]!.vsctl('add-port', 'br-int', 'tap1', ...set)
  }

  it('are those of interfaces that say their ids, and flows follow them', async () => {
    await start()
    const attachment = { ifaceId: { ifaceId: 'eni-7' } }
    const record = { name: 'vm', mac: '02:00:00:00:00:07', addresses: ['10.0.0.7'], attachment }
    await controller.call('InterfaceService.CreateInterface', { interface: record })
    expect(await place()).to.equal('nowhere')
    tap(0, 'eni-7')
    await isAt(`${ID[0]} tap1`)
    const bound = /in_port=.*dl_src=02:00:00:00:00:07/
    await soon(
      'rows on the first',
      () => flows(0),
      (text) => bound.test(text),
    )
    expect(flows(1)).not.to.match(bound)
    // A live migration: both say it for a while, and the first keeps it.
    tap(1, 'eni-7')
    await tellsOf('iface-id-contested', (text) => text.includes(ID[1]))
    expect(await place()).to.equal(`${ID[0]} tap1`)
    hosts[0]!.vsctl('remove', 'interface', 'tap1', 'external_ids', 'iface-id')
    await isAt(`${ID[1]} tap1`)
    await soon(
      'rows on the second',
      () => flows(1),
      (text) => bound.test(text),
    )
    await soon(
      'no rows on the first',
      () => flows(0),
      (text) => !bound.test(text),
    )
    expect(await told('interface-unplaced')).to.deep.equal([])
    hosts[1]!.vsctl('set', 'interface', 'tap1', 'external_ids:iface-status=inactive')
    await isAt('nowhere')
    hosts[1]!.vsctl('remove', 'interface', 'tap1', 'external_ids', 'iface-status')
    await isAt(`${ID[1]} tap1`)
  })

  it('of tunnels are made, corrected and removed', async () => {
    await start('--repair')
    const encap = (host: number, kind: string): void =>
      hosts[host]!.vsctl(
        ...['set', 'Open_vSwitch', '.', `external_ids:tagsteer-encap-type=${kind}`],
        `external_ids:tagsteer-encap-ip=198.18.0.${host + 1}`,
      )
    encap(0, 'geneve')
    encap(1, 'vxlan')
    await soon(
      'the port of the first',
      () => ports(0),
      (seen) => seen.includes('tsgnv0'),
    )
    expect(options(0, 'tsgnv0')).to.equal('geneve\n{key=flow, local_ip="198.18.0.1", remote_ip=flow}')
    await soon(
      'the port of the second',
      () => ports(1),
      (seen) => seen.includes('tsvxl0'),
    )
    expect(options(1, 'tsvxl0')).to.equal('vxlan\n{exts=gbp, key=flow, local_ip="198.18.0.2", remote_ip=flow}')
    // What somebody breaks is set right, and what is his to say stays.
    hosts[0]!.vsctl(
      'set',
      'interface',
      'tsgnv0',
      'options:remote_ip=198.18.0.9',
      'options:csum=true',
      'options:dst_port=9',
    )
    const right = 'geneve\n{csum="true", key=flow, local_ip="198.18.0.1", remote_ip=flow}'
    await soon(
      'the options of the first',
      () => options(0, 'tsgnv0'),
      (seen) => seen === right,
    )
    hosts[0]!.vsctl('del-port', 'tsgnv0')
    await soon(
      'the port of the first again',
      () => ports(0),
      (seen) => seen.includes('tsgnv0'),
    )
    // The record's word counts more than the database's.
    const record = { name: 'hv1', datapathId: ID[0], tunnel: { kind: 'TUNNEL_KIND_VXLAN', address: '198.18.0.5' } }
    await controller.call('TopologyService.CreateSwitch', { switch: record }).catch(async () => {
      await controller.call('ApplyService.Apply', { records: [{ switch: record }] })
    })
    await soon(
      'the other port',
      () => ports(0).join(),
      (seen) => seen === 'tsvxl0',
    )
    expect(options(0, 'tsvxl0')).to.match(/local_ip="198.18.0.5"/)
    hosts[1]!.vsctl('remove', 'Open_vSwitch', '.', 'external_ids', 'tagsteer-encap-ip')
    await soon(
      'no port',
      () => ports(1).join(),
      (seen) => seen === '',
    )
    const written = (await told('tunnel-port-written')).map(({ sentence }) => sentence)
    for (const what of ['made', 'corrected', 'removed'])
      expect(written.some((text) => text.includes(what))).to.equal(true)
  })

  it('of tunnels that are not ours are left alone, and without leave nothing is written', async () => {
    await start('--repair')
    hosts[0]!.vsctl('add-port', 'br-int', 'tsgnv0', '--', 'set', 'interface', 'tsgnv0', 'type=dummy')
    hosts[0]!.vsctl('set', 'Open_vSwitch', '.', 'external_ids:tagsteer-encap-ip=198.18.0.1')
    await tellsOf('tunnel-port-foreign', (text) => text.includes('tagsteer=tunnel'))
    expect(ask(0, 'get', 'interface', 'tsgnv0', 'type')).to.equal('dummy')
    await controller.remove()
    for (const host of hosts.splice(0)) host.stop()
    await start()
    hosts[0]!.vsctl('set', 'Open_vSwitch', '.', 'external_ids:tagsteer-encap-ip=198.18.0.1')
    await until(
      'the command',
      () => told('tunnel-port-wanted'),
      (events) => events.length > 0,
    )
    expect(ports(0)).not.to.include('tsgnv0')
    const [wanted] = await told('tunnel-port-wanted')
    const command = /Run: (.*)$/.exec(wanted?.sentence ?? '')?.[1] as string
    execFileSync('sh', ['-c', command], { env: { ...process.env, OVS_RUNDIR: hosts[0]!.directory } })
    expect(options(0, 'tsgnv0')).to.equal('geneve\n{key=flow, local_ip="198.18.0.1", remote_ip=flow}')
  })
})
