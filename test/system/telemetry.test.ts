/**
 * What bridges export to collectors, real ones: sFlow and IPFIX as the controller sets them up through a database, read by
 * collectors that understand them; rows are made once, corrected, removed, and those of others left alone.
 */
import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { Daemons } from '../support/ovs-bridge.ts'
import { RunningController, until } from '../support/running-controller.ts'
import { TelemetryCollector } from '../support/telemetry-collector.ts'

const ID = '000000000000fe51'
const MAC = { from: '020000000001', to: '020000000002' }
/** A UDP datagram of IPv4 from 10.0.0.1 to 10.0.0.2 in a frame of Ethernet. */
const FRAME =
  `${MAC.to}${MAC.from}0800` +
  '4500002e000040004011' +
  '26bd' +
  '0a0000010a000002' +
  '1b581b59001a0000' +
  '000102030405060708090a0b0c0d0e0f1011'
const ELEMENTS = { packets: '2', from: '8', to: '12' }

describe('what bridges export', function () {
  this.timeout(120_000)
  let host: Daemons
  let controller: RunningController
  let collectors: TelemetryCollector[]

  beforeEach(async () => {
    collectors = await Promise.all([1, 2, 3].map(() => TelemetryCollector.start()))
    host = await Daemons.start()
    const settings = ['datapath_type=dummy', 'fail_mode=secure', 'protocols=OpenFlow13']
    const other = ['other-config:disable-in-band=true', `other-config:datapath-id=${ID}`]
    host.vsctl('add-br', 'br-int', '--', 'set', 'bridge', 'br-int', ...settings, ...other)
    for (const port of ['p1', 'p2'])
      host.vsctl('add-port', 'br-int', port, '--', 'set', 'interface', port, 'type=dummy')
  })
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(controller?.log.split('\n').slice(-30).join('\n'))
    await controller?.remove()
    host?.stop()
    for (const collector of collectors) collector.stop()
  })

  const start = async (environment: Record<string, string>, ...words: string[]): Promise<void> => {
    const database = `unix:${host.directory}/db.sock`
    controller = await RunningController.start({ words: ['--ovsdb', database, ...words], environment })
    host.vsctl('set-controller', 'br-int', `tcp:${controller.openflow}`)
    await controller.served()
  }
  const again = async (environment: Record<string, string>): Promise<void> => {
    await controller.run(undefined, environment)
    await controller.served()
  }
  const ask = (...words: string[]): string =>
    execFileSync('ovs-vsctl', [`--db=unix:${host.directory}/db.sock`, '--timeout=20', ...words], {
      encoding: 'utf8',
    }).trim()
  const run = (command: string): string =>
    execFileSync('sh', ['-c', command], { env: { ...process.env, OVS_RUNDIR: host.directory }, encoding: 'utf8' })
  const uuids = (table: 'sFlow' | 'IPFIX'): string[] =>
    ask('--bare', '--columns=_uuid', 'list', table).split('\n').filter(Boolean)
  const column = (table: 'sFlow' | 'IPFIX', name: string): string => ask('--bare', `--columns=${name}`, 'list', table)
  const soon = <T>(what: string, look: () => T, wanted: (seen: T) => boolean): Promise<T> =>
    until(what, async () => look(), wanted, 20_000)
  const inject = (count: number): void => {
    const words = ['netdev-dummy/receive', 'p1', ...Array.from({ length: count }, () => FRAME)]
    execFileSync('ovs-appctl', ['-t', `${host.directory}/switch.ctl`, ...words])
  }
  const told = (type: string): Promise<{ subject: string; sentence: string }[]> => controller.events([type])
  const targets = (...which: number[]): string => which.map((index) => collectors[index]!.target).join(',')
  const sflow = (...which: number[]): Record<string, string> => ({
    ...{ TAGSTEER_TELEMETRY_SFLOW_TARGETS: targets(...which), TAGSTEER_TELEMETRY_SFLOW_SAMPLING: '1' },
    // A dummy has no route that could say.
    ...{ TAGSTEER_TELEMETRY_SFLOW_AGENT: '127.0.0.1', TAGSTEER_TELEMETRY_SFLOW_POLLING: '1' },
  })
  const ipfix = (...which: number[]): Record<string, string> => ({
    ...{ TAGSTEER_TELEMETRY_IPFIX_TARGETS: targets(...which), TAGSTEER_TELEMETRY_IPFIX_SAMPLING: '1' },
    ...{ TAGSTEER_TELEMETRY_IPFIX_CACHE_ACTIVE_TIMEOUT: '1' },
  })
  const packets = (collector: TelemetryCollector): number =>
    collector.records.reduce((sum, record) => {
      if (record.get(ELEMENTS.from)?.toString('hex') !== '0a000001') return sum
      expect(record.get(ELEMENTS.to)?.toString('hex')).to.equal('0a000002')
      return sum + Number(record.get(ELEMENTS.packets)!.readBigUInt64BE())
    }, 0)

  it('reaches every collector, and follows what is wanted of it over restarts of everybody', async () => {
    await start({ ...sflow(0, 1), ...ipfix(0, 1) }, '--repair')
    await soon(
      'rows',
      () => [uuids('sFlow').length, uuids('IPFIX').length],
      ([one, other]) => one === 1 && other === 1,
    )
    const [first] = uuids('sFlow')
    expect(ask('get', 'bridge', 'br-int', 'sflow')).to.equal(first)
    // A row in a database is not yet an exporter.
    await soon(
      'counters',
      () => collectors.slice(0, 2).map((each) => each.sflow.filter(({ counters }) => counters > 0).length),
      (counts) => counts.every((count) => count > 0),
    )
    inject(50)
    for (const collector of collectors.slice(0, 2)) {
      const ours = await soon(
        'samples',
        () => collector.samples.filter(({ header }) => header?.toString('hex').startsWith(FRAME)),
        (samples) => samples.length >= 50,
      )
      expect(ours).to.have.length(50)
      for (const { samplingRate, records, frameLength } of ours) {
        expect(samplingRate).to.equal(1)
        expect(records).to.include('0:1')
        // With the checksum that Ethernet puts behind it.
        expect(frameLength).to.be.within(FRAME.length / 2, FRAME.length / 2 + 4)
      }
      expect(new Set(collector.sflow.map(({ agent }) => agent))).to.deep.equal(new Set(['127.0.0.1']))
      await soon(
        'flows',
        () => packets(collector),
        (count) => count >= 50,
      )
      expect(packets(collector)).to.equal(50)
      // Open vSwitch tells of itself, by options, in domain 0 (RFC 7011 section 3.1).
      const ofFlows = collector.ipfix.filter(({ records }) => records.some((record) => record.has(ELEMENTS.from)))
      expect(new Set(ofFlows.map(({ domain }) => domain))).to.deep.equal(new Set([0xfe51]))
      expect(collector.ipfix.flatMap(({ templates }) => templates)).not.to.deep.equal([])
      expect(collector.ipfix.reduce((sum, { unknown }) => sum + unknown, 0)).to.equal(0)
      expect(collector.errors).to.deep.equal([])
    }
    expect(collectors[2]!.sflow.length + collectors[2]!.ipfix.length).to.equal(0)

    // What somebody changes is set right, in place.
    host.vsctl('set', 'sFlow', first!, 'sampling=77', '--', 'clear', 'sFlow', first!, 'header')
    await soon(
      'sampling',
      () => `${column('sFlow', 'sampling')} ${column('sFlow', 'header')}`,
      (text) => text === '1 128',
    )
    host.vsctl('clear', 'bridge', 'br-int', 'ipfix')
    await soon(
      'IPFIX again',
      () => uuids('IPFIX').length,
      (count) => count === 1,
    )
    expect(uuids('sFlow')).to.deep.equal([first])

    // One that is killed and comes again makes nothing twice, nor does one whose database was away.
    const kept = uuids('IPFIX')
    await controller.kill()
    await again({ ...sflow(0, 1), ...ipfix(0, 1) })
    await host.restartDatabase()
    await until(
      'the database again',
      () => told('ovsdb-connected'),
      (events) => events.length === 2,
    )
    await controller.served()
    host.vsctl('set', 'IPFIX', kept[0]!, 'sampling=9')
    await soon(
      'sampling of IPFIX',
      () => column('IPFIX', 'sampling'),
      (text) => text === '1',
    )
    expect([uuids('sFlow'), uuids('IPFIX')]).to.deep.equal([[first], kept])
    expect((await told('telemetry-written')).map(({ sentence }) => sentence)).to.deep.equal([
      `The IPFIX of bridge br-int of switch ${ID} was corrected through OVSDB.`,
    ])

    // Another collector, and no IPFIX any more.
    await controller.end()
    await again(sflow(0, 2))
    await soon(
      'no IPFIX',
      () => uuids('IPFIX').length,
      (count) => count === 0,
    )
    expect(uuids('sFlow')).to.deep.equal([first])
    await soon(
      'counters at the third',
      () => collectors[2]!.sflow.length,
      (count) => count > 0,
    )
    for (const each of collectors) each.forget()
    inject(20)
    for (const index of [0, 2])
      await soon(
        'samples',
        () => collectors[index]!.samples.filter(({ header }) => header?.toString('hex').startsWith(FRAME)).length,
        (count) => count === 20,
      )
    expect(collectors[1]!.sflow).to.deep.equal([])
    expect(collectors.flatMap(({ ipfix: messages }) => messages)).to.deep.equal([])

    await controller.end()
    await again({})
    await soon(
      'no rows',
      () => uuids('sFlow').length,
      (count) => count === 0,
    )
    expect(ask('get', 'bridge', 'br-int', 'sflow')).to.equal('[]')
  })

  it('is left alone where it is not ours, and ours is made when that is gone', async () => {
    ask(
      ...['--', '--id=@his', 'create', 'sFlow', `targets="${collectors[1]!.target}"`, 'sampling=5'],
      ...['--', 'set', 'bridge', 'br-int', 'sflow=@his'],
    )
    const [his] = uuids('sFlow')
    await start({ ...sflow(0), ...ipfix(0) }, '--repair')
    await until(
      'it is told',
      () => told('telemetry-foreign'),
      (events) =>
        events.some(({ sentence }) => sentence.includes('sFlow') && sentence.includes('external_ids:tagsteer')),
    )
    // What else is wanted is made, and nothing is told twice.
    await soon(
      'IPFIX',
      () => uuids('IPFIX').length,
      (count) => count === 1,
    )
    host.vsctl('set', 'bridge', 'br-int', 'external_ids:some=thing')
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(await told('telemetry-foreign')).to.have.length(1)
    expect(uuids('sFlow')).to.deep.equal([his])
    expect(column('sFlow', 'sampling')).to.equal('5')
    host.vsctl('clear', 'bridge', 'br-int', 'sflow')
    const [ours] = await soon(
      'ours',
      () => uuids('sFlow'),
      (found) => found.length === 1 && found[0] !== his,
    )
    // One that two bridges have would be corrected for one and the other.
    host.vsctl('add-br', 'br-other', '--', 'set', 'bridge', 'br-other', 'datapath_type=dummy', `sflow=${ours}`)
    host.vsctl('set', 'sFlow', ours!, 'sampling=6')
    await until(
      'it is shared',
      () => told('telemetry-foreign'),
      (events) => events.some(({ sentence }) => sentence.includes('bridge br-other has the same')),
    )
    expect(column('sFlow', 'sampling')).to.equal('6')
    host.vsctl('del-br', 'br-other')
    await soon(
      'sampling',
      () => column('sFlow', 'sampling'),
      (text) => text === '1',
    )
  })

  it('is told and not changed where nothing may be written, with the commands that do it', async () => {
    const wanted = async (more: number): Promise<string> => {
      const events = await until(
        'commands',
        () => told('telemetry-wanted'),
        (seen) => seen.length >= more,
      )
      expect(events).to.have.length(more)
      return /Run: (.*)$/.exec(events[more - 1]!.sentence)![1]!
    }
    await start({ ...sflow(0, 1), ...ipfix(0) })
    const make = await wanted(1)
    expect([...uuids('sFlow'), ...uuids('IPFIX')]).to.deep.equal([])
    run(make)
    expect([uuids('sFlow').length, uuids('IPFIX').length]).to.deep.equal([1, 1])
    host.vsctl('set', 'sFlow', 'br-int', 'sampling=7', '--', 'set', 'IPFIX', 'br-int', 'obs_point_id=7')
    const correct = await wanted(2)
    expect([column('sFlow', 'sampling'), column('IPFIX', 'obs_point_id')]).to.deep.equal(['7', '7'])
    run(correct)
    expect([column('sFlow', 'sampling'), column('IPFIX', 'obs_point_id')]).to.deep.equal(['1', ''])
    await controller.end()
    await again({})
    run(await wanted(1))
    expect([...uuids('sFlow'), ...uuids('IPFIX')]).to.deep.equal([])
    expect(await told('telemetry-written')).to.deep.equal([])
    expect(await told('telemetry-foreign')).to.deep.equal([])
  })
})
