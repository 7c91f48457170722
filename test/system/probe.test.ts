/**
 * Probes between three real Open vSwitch bridges in a line: which identity is written and which is read, for every carrier
 * of links, on which way; and what is said where a switch between strips a label, changes a tag, or policy forbids. Guests
 * see none of it.
 */
import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { addressOf, HOSTS, type Host, LineOfBridges, OPEN, RULE } from '../support/line-of-bridges.ts'
import { until } from '../support/running-controller.ts'

interface Tag {
  carrier: string
  identity: number
}

interface Report {
  healthy: boolean
  summary: string
  outcome: string
  permitted: boolean
  senderIdentity: number
  carrier: string
  written: Tag | null
  carried: Tag | null
  read?: number
  hops: { datapathId: string; inPort: number; outPort: number; inPortName: string; stages: string[] }[]
  fault: { kind: string; fromDatapathId: string; toDatapathId: string } | null
  lastDatapathId: string
  side: string
  sent: number
  arrived: number
  milliseconds: number
}

describe('probes between Open vSwitch bridges', function () {
  this.timeout(240_000)
  let line: LineOfBridges

  before(async () => {
    const echo = { ...RULE, protocols: ['icmp', 'icmpv6'], ports: [] }
    const reject = { ...RULE, protocols: ['tcp'], ports: ['7002'], action: 'ACTION_REJECT', log: true }
    line = await LineOfBridges.start([echo, reject])
  })
  after(() => line?.stop())
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(line.controller.log.split('\n').slice(-30).join('\n'))
  })

  const probe = (from: Host, to: Host, packet: string): Promise<Report> =>
    line.controller.call<Report>('ProbeService.Probe', { from, to, packet })

  const PACKETS = [`tcp/${OPEN}`, `udp/${OPEN}`, 'icmp', 'icmpv6/128']

  for (const [carrier, ...carriers] of [
    ['ADDRESS', [], [], []],
    ['MPLS', ['MPLS'], [], ['VLAN', 'MPLS']],
    ['VLAN', ['VLAN', 'MPLS'], [], ['VLAN']],
  ] as [string, ...string[][]][]) {
    it(`show the identity that is written and read: ${carrier}`, async () => {
      await line.carry(...carriers)
      for (const packet of PACKETS) {
        const report = await probe('web', 'db', packet)
        expect(report.summary).to.contain('arrived')
        expect(report).to.deep.include({ healthy: true, fault: null, permitted: true, sent: 1, arrived: 1 })
        expect(report).to.deep.include({ outcome: 'PROBE_OUTCOME_DELIVERED', carrier: `CARRIER_${carrier}` })
        const tag = carrier === 'ADDRESS' ? null : { carrier: `CARRIER_${carrier}`, identity: report.senderIdentity }
        expect(report).to.deep.include({ written: tag, carried: tag, read: report.senderIdentity })
        expect(report.hops.map((hop) => hop.datapathId)).to.deep.equal(
          [1, 2, 3].map((number) => line.datapathId(number)),
        )
        expect(report.hops[1]).to.deep.include({ inPort: line.middle[0], outPort: line.middle[1] })
        expect(report.milliseconds).to.be.within(0.01, 1000)
      }
    })
  }

  /** Packets that hosts got from probes: none, whatever else they get. */
  const received = async (): Promise<unknown[]> => {
    const rows = await Promise.all(HOSTS.map((host) => line.lab.received(line.nameOf(host), { reset: true })))
    return rows.flat().filter(({ source, protocol }) => source !== '' && [1, 6, 17].includes(Number(protocol)))
  }

  const dump = (number: number): string =>
    execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', 'dump-flows', line.switchName(number)], { encoding: 'utf8' })

  /** Rows that watch for probes. */
  const watching = (): number =>
    [1, 2, 3].reduce((sum, number) => sum + (dump(number).match(/0x7a67..12/g)?.length ?? 0), 0)

  const told = async (...types: string[]): Promise<number> => (await line.controller.events(types)).length

  it('reach no guest, and leave neither rows nor connections nor events', async () => {
    await line.carry(['MPLS'], [], ['MPLS'])
    await received()
    const alerts = ['switch-drifted', 'program-differs', 'connections-cut', 'rule-matched', 'switch-degraded']
    const before = await told(...alerts)
    const reports = await Promise.all(
      Array.from({ length: 12 }, (_, at) => probe('web', 'db', PACKETS[at % PACKETS.length]!)),
    )
    expect(reports.filter(({ healthy }) => !healthy)).to.deep.equal([])
    expect(await received()).to.deep.equal([])
    await until(
      'rows gone',
      async () => watching(),
      (count) => count === 0,
    )
    const connections = execFileSync('ovs-appctl', ['dpctl/dump-conntrack'], { encoding: 'utf8' })
    const own = connections
      .split('\n')
      .filter(
        (row) =>
          /sport=(49[2-9]|5|6)\d{3}/.test(row) &&
          row.includes(`src=${addressOf('web')},dst=${addressOf('db')}`) &&
          row.includes(`dport=${OPEN}`),
      )
    expect(own).to.deep.equal([])
    expect(await told(...alerts)).to.equal(before)
    expect(line.controller.tagsteer('verify', '--server', line.controller.api, '--insecure').code).to.equal(0)
  })

  it('are told as dropped by policy where it forbids them, and where', async () => {
    const report = await probe('other', 'db', `tcp/${OPEN}`)
    expect(report).to.deep.include({ healthy: true, permitted: false, outcome: 'PROBE_OUTCOME_DROPPED' })
    expect(report).to.deep.include({ lastDatapathId: line.datapathId(1), side: 'ingress', arrived: 0, sent: 1 })
    const rejected = await probe('web', 'db', 'tcp/7002')
    expect(rejected).to.deep.include({ healthy: true, permitted: false, outcome: 'PROBE_OUTCOME_DROPPED' })
    // The guest gets no reset for what it has not sent, and nobody is told of a connection.
    expect(await received()).to.deep.equal([])
    expect(await told('rule-matched')).to.equal(0)
  })

  /** A row of somebody else while `act` runs. */
  const withRow = async (number: number, row: string, act: () => Promise<void>): Promise<void> => {
    const run = (word: string, text: string): void =>
      void execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', word, line.switchName(number), text])
    run('add-flow', `cookie=0x1,${row}`)
    try {
      await act()
    } finally {
      run('del-flows', 'cookie=0x1/-1')
    }
    expect(dump(number)).not.to.contain('cookie=0x1,')
  }

  it('say where a label is stripped', async () => {
    await line.carry(['MPLS'], [], ['MPLS'])
    const [came, leaves] = line.middle
    const row = `priority=700,mpls,in_port=${came},actions=pop_mpls:0x0800,output:${leaves}`
    await withRow(2, row, async () => {
      const report = await probe('web', 'db', `tcp/${OPEN}`)
      expect(report).to.deep.include({ healthy: false, outcome: 'PROBE_OUTCOME_LOST', permitted: true, carried: null })
      expect(report.fault).to.deep.equal({
        kind: 'PROBE_FAULT_KIND_TAG_LOST',
        ...{ fromDatapathId: line.datapathId(2), toDatapathId: line.datapathId(3) },
      })
      expect(report.written).to.deep.equal({ carrier: 'CARRIER_MPLS', identity: report.senderIdentity })
      const { code, out } = line.controller.tagsteer(
        'probe',
        'web',
        'db',
        `tcp/${OPEN}`,
        '--server',
        line.controller.api,
        '--insecure',
      )
      expect([code, out.split('\n')[0]]).to.deep.equal([
        2,
        `Identity ${report.senderIdentity}, carried by mpls, is lost between switches sw-2 and sw-3.`,
      ])
    })
    expect((await probe('web', 'db', `tcp/${OPEN}`)).healthy).to.equal(true)
  })

  it('say where a tag becomes another', async () => {
    await line.carry(['VLAN'], [], ['VLAN'])
    const { senderIdentity } = await probe('other', 'web', 'icmp')
    const [came, leaves] = line.middle
    const row = `priority=700,in_port=${came},vlan_tci=0x1000/0x1000,actions=set_field:${0x1800 | senderIdentity}->vlan_vid,output:${leaves}`
    await withRow(2, row, async () => {
      const report = await probe('web', 'db', `tcp/${OPEN}`)
      expect(report.senderIdentity).not.to.equal(senderIdentity)
      expect(report).to.deep.include({ healthy: false, outcome: 'PROBE_OUTCOME_DROPPED', permitted: true })
      expect(report).to.deep.include({ read: senderIdentity, side: 'ingress', lastDatapathId: line.datapathId(3) })
      expect(report.carried).to.deep.equal({ carrier: 'CARRIER_VLAN', identity: senderIdentity })
      expect(report.fault).to.deep.equal({
        kind: 'PROBE_FAULT_KIND_TAG_CHANGED',
        ...{ fromDatapathId: line.datapathId(2), toDatapathId: line.datapathId(3) },
      })
    })
  })

  it('say that rows of policy are missing or too many', async () => {
    const tables = await line.controller.call<{ tables: { name: string; id: number }[] }>('FlowService.ListTables')
    const at = (name: string): number => tables.tables.find((its) => its.name === name)?.id ?? 0
    const drop = `priority=65533,table=${at('ingress_admin')},tcp,actions=drop`
    await withRow(3, drop, async () => {
      const report = await probe('web', 'db', `tcp/${OPEN}`)
      expect(report.fault?.kind).to.equal('PROBE_FAULT_KIND_REFUSED')
      expect(report).to.deep.include({ side: 'ingress', lastDatapathId: line.datapathId(3), sent: 3 })
    })
  })

  it('are refused where none can be sent', async () => {
    const refusal = async (from: string, to: string, packet: string): Promise<string> =>
      line.controller.call('ProbeService.Probe', { from, to, packet }).then(
        () => 'sent',
        (error: Error) => error.message,
      )
    expect(await refusal('web', 'web', 'icmp')).to.contain('an interface sends nothing to itself')
    expect(await refusal('web', 'nobody', 'icmp')).to.contain('There is no interface named nobody')
    expect(await refusal('web', 'db', 'tcp')).to.contain('packet')
    expect(await refusal('web', 'db', 'icmp/3/4')).to.contain('packet')
    const many = await Promise.all(Array.from({ length: 40 }, () => refusal('web', 'db', 'icmp')))
    expect(many.filter((its) => its.includes('Too many probes'))).not.to.deep.equal([])
    expect(many.filter((its) => its === 'sent').length).to.be.greaterThan(15)
  })
})
