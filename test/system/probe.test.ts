/**
 * Probes between three real Open vSwitch bridges in a line: which identity is written and which is read, for every carrier
 * of links, on which way; and what is said where a switch between strips a label, changes a tag, or policy forbids. Guests
 * see none of it.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { Lab } from '../../mininet/lab.ts'
import { RunningController, until } from '../support/running-controller.ts'

const OPEN = 7000
/** Hosts by the number of their switch. */
const PLACES = { web: 1, other: 1, db: 3 } as const
type Host = keyof typeof PLACES
const HOSTS = Object.keys(PLACES) as Host[]
const address = (host: Host): string => `10.0.0.${HOSTS.indexOf(host) + 1}`
const address6 = (host: Host): string => `fd00::${HOSTS.indexOf(host) + 1}`
const mac = (host: Host): string => `00:00:5e:00:53:e${HOSTS.indexOf(host) + 1}`

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
  const id = randomBytes(2).toString('hex')
  const nameOf = (host: Host): string => `h${id}${host}`
  const switchName = (number: number): string => `s${id}${number}`
  const datapathId = (number: number): string => `00000000${id}000${number}`
  let controller: RunningController
  let lab: Lab
  /** Ports of the middle switch: towards the first and the last. */
  let middle: [number, number]

  before(async () => {
    controller = await RunningController.start()
    const started = await Lab.start({
      switches: [1, 2, 3].map((number) => ({ name: switchName(number), dpid: datapathId(number) })),
      hosts: HOSTS.map((host) => ({
        ...{ name: nameOf(host), mac: mac(host), switch: switchName(PLACES[host]) },
        ...{ ip: `${address(host)}/24`, ip6: `${address6(host)}/64` },
      })),
      links: [
        [switchName(1), switchName(2)],
        [switchName(2), switchName(3)],
      ],
      controllers: [`tcp:${controller.openflow}`],
    })
    lab = started.lab
    const rule = {
      ...{ direction: 'DIRECTION_INGRESS', peer: { tags: { allOf: [{ text: 'web' }] } } },
      ...{ protocols: ['tcp', 'udp'], ports: [String(OPEN)], action: 'ACTION_ALLOW' },
    }
    const echo = { ...rule, protocols: ['icmp', 'icmpv6'], ports: [] }
    const reject = { ...rule, protocols: ['tcp'], ports: ['7002'], action: 'ACTION_REJECT', log: true }
    await controller.call('ApplyService.Apply', {
      records: [
        { vnp: { name: 'shop', selector: { anyOf: HOSTS.map((text) => ({ text })) } } },
        {
          policy: {
            ...{ name: 'db', vnp: 'shop', appliesTo: { allOf: [{ text: 'db' }] } },
            rules: [rule, echo, reject],
          },
        },
        ...HOSTS.map((host) => ({
          interface: {
            ...{ name: host, tags: [{ text: host }], mac: mac(host), addresses: [address(host), address6(host)] },
            attachment: { mac: {} },
          },
        })),
      ],
    })
    await until(
      'links',
      async () => {
        const { links } = await controller.call<{
          links: { fromDatapathId: string; fromPort: number; toDatapathId: string }[]
        }>('TopologyService.GetTopology')
        return links
      },
      (links) => {
        const own = links.filter((link) => link.fromDatapathId === datapathId(2))
        const to = (number: number): number =>
          own.find((link) => link.toDatapathId === datapathId(number))?.fromPort ?? 0
        middle = [to(1), to(3)]
        return links.length === 4
      },
    )
    for (const host of HOSTS) {
      await lab.run(nameOf(host), ['ping', '-c', '1', '-W', '1', '10.0.0.99'])
      await lab.received(nameOf(host))
    }
    for (const host of HOSTS)
      await until(
        `place of ${host}`,
        () => controller.call<{ status: { attached: boolean } }>('InterfaceService.GetInterface', { name: host }),
        (its) => its.status.attached,
      )
  })
  after(async () => {
    await lab?.stop()
    await controller?.remove()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-30).join('\n'))
  })

  const carry = async (...carriers: string[][]): Promise<void> => {
    await controller.call('ApplyService.Apply', {
      records: carriers.map((its, at) => ({
        switch: {
          ...{ name: `sw-${at + 1}`, datapathId: datapathId(at + 1) },
          carriers: its.map((word) => `LINK_CARRIER_${word}`),
        },
      })),
    })
    await controller.call('FlowService.WaitApplied', {})
  }

  const probe = (from: Host, to: Host, packet: string): Promise<Report> =>
    controller.call<Report>('ProbeService.Probe', { from, to, packet })

  const PACKETS = [`tcp/${OPEN}`, `udp/${OPEN}`, 'icmp', 'icmpv6/128']

  for (const [carrier, ...carriers] of [
    ['ADDRESS', [], [], []],
    ['MPLS', ['MPLS'], [], ['VLAN', 'MPLS']],
    ['VLAN', ['VLAN', 'MPLS'], [], ['VLAN']],
  ] as [string, ...string[][]][]) {
    it(`show the identity that is written and read: ${carrier}`, async () => {
      await carry(...carriers)
      for (const packet of PACKETS) {
        const report = await probe('web', 'db', packet)
        expect(report.summary).to.contain('arrived')
        expect(report).to.deep.include({ healthy: true, fault: null, permitted: true, sent: 1, arrived: 1 })
        expect(report).to.deep.include({ outcome: 'PROBE_OUTCOME_DELIVERED', carrier: `CARRIER_${carrier}` })
        const tag = carrier === 'ADDRESS' ? null : { carrier: `CARRIER_${carrier}`, identity: report.senderIdentity }
        expect(report).to.deep.include({ written: tag, carried: tag, read: report.senderIdentity })
        expect(report.hops.map((hop) => hop.datapathId)).to.deep.equal([1, 2, 3].map(datapathId))
        expect(report.hops[1]).to.deep.include({ inPort: middle[0], outPort: middle[1] })
        expect(report.milliseconds).to.be.within(0.01, 1000)
      }
    })
  }

  /** Packets that hosts got from probes: none, whatever else they get. */
  const received = async (): Promise<unknown[]> => {
    const rows = await Promise.all(HOSTS.map((host) => lab.received(nameOf(host), { reset: true })))
    return rows.flat().filter(({ source, protocol }) => source !== '' && [1, 6, 17].includes(Number(protocol)))
  }

  const dump = (number: number): string =>
    execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', 'dump-flows', switchName(number)], { encoding: 'utf8' })

  /** Rows that watch for probes. */
  const watching = (): number =>
    [1, 2, 3].reduce((sum, number) => sum + (dump(number).match(/0x7a67..12/g)?.length ?? 0), 0)

  const told = async (...types: string[]): Promise<number> => (await controller.events(types)).length

  it('reach no guest, and leave neither rows nor connections nor events', async () => {
    await carry(['MPLS'], [], ['MPLS'])
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
        (line) =>
          /sport=(49[2-9]|5|6)\d{3}/.test(line) &&
          line.includes(`src=${address('web')},dst=${address('db')}`) &&
          line.includes(`dport=${OPEN}`),
      )
    expect(own).to.deep.equal([])
    expect(await told(...alerts)).to.equal(before)
    expect(controller.tagsteer('verify', '--server', controller.api, '--insecure').code).to.equal(0)
  })

  it('are told as dropped by policy where it forbids them, and where', async () => {
    const report = await probe('other', 'db', `tcp/${OPEN}`)
    expect(report).to.deep.include({ healthy: true, permitted: false, outcome: 'PROBE_OUTCOME_DROPPED' })
    expect(report).to.deep.include({ lastDatapathId: datapathId(1), side: 'ingress', arrived: 0, sent: 1 })
    const rejected = await probe('web', 'db', 'tcp/7002')
    expect(rejected).to.deep.include({ healthy: true, permitted: false, outcome: 'PROBE_OUTCOME_DROPPED' })
    // The guest gets no reset for what it has not sent, and nobody is told of a connection.
    expect(await received()).to.deep.equal([])
    expect(await told('rule-matched')).to.equal(0)
  })

  /** A row of somebody else while `act` runs. */
  const withRow = async (number: number, row: string, act: () => Promise<void>): Promise<void> => {
    const run = (word: string, text: string): void =>
      void execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', word, switchName(number), text])
    run('add-flow', `cookie=0x1,${row}`)
    try {
      await act()
    } finally {
      run('del-flows', 'cookie=0x1/-1')
    }
    expect(dump(number)).not.to.contain('cookie=0x1,')
  }

  it('say where a label is stripped', async () => {
    await carry(['MPLS'], [], ['MPLS'])
    const [came, leaves] = middle
    const row = `priority=700,mpls,in_port=${came},actions=pop_mpls:0x0800,output:${leaves}`
    await withRow(2, row, async () => {
      const report = await probe('web', 'db', `tcp/${OPEN}`)
      expect(report).to.deep.include({ healthy: false, outcome: 'PROBE_OUTCOME_LOST', permitted: true, carried: null })
      expect(report.fault).to.deep.equal({
        kind: 'PROBE_FAULT_KIND_TAG_LOST',
        ...{ fromDatapathId: datapathId(2), toDatapathId: datapathId(3) },
      })
      expect(report.written).to.deep.equal({ carrier: 'CARRIER_MPLS', identity: report.senderIdentity })
      const { code, out } = controller.tagsteer(
        'probe',
        'web',
        'db',
        `tcp/${OPEN}`,
        '--server',
        controller.api,
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
    await carry(['VLAN'], [], ['VLAN'])
    const { senderIdentity } = await probe('other', 'web', 'icmp')
    const [came, leaves] = middle
    const row = `priority=700,in_port=${came},vlan_tci=0x1000/0x1000,actions=set_field:${0x1800 | senderIdentity}->vlan_vid,output:${leaves}`
    await withRow(2, row, async () => {
      const report = await probe('web', 'db', `tcp/${OPEN}`)
      expect(report.senderIdentity).not.to.equal(senderIdentity)
      expect(report).to.deep.include({ healthy: false, outcome: 'PROBE_OUTCOME_DROPPED', permitted: true })
      expect(report).to.deep.include({ read: senderIdentity, side: 'ingress', lastDatapathId: datapathId(3) })
      expect(report.carried).to.deep.equal({ carrier: 'CARRIER_VLAN', identity: senderIdentity })
      expect(report.fault).to.deep.equal({
        kind: 'PROBE_FAULT_KIND_TAG_CHANGED',
        ...{ fromDatapathId: datapathId(2), toDatapathId: datapathId(3) },
      })
    })
  })

  it('say that rows of policy are missing or too many', async () => {
    const tables = await controller.call<{ tables: { name: string; id: number }[] }>('FlowService.ListTables')
    const at = (name: string): number => tables.tables.find((its) => its.name === name)?.id ?? 0
    const drop = `priority=65533,table=${at('ingress_admin')},tcp,actions=drop`
    await withRow(3, drop, async () => {
      const report = await probe('web', 'db', `tcp/${OPEN}`)
      expect(report.fault?.kind).to.equal('PROBE_FAULT_KIND_REFUSED')
      expect(report).to.deep.include({ side: 'ingress', lastDatapathId: datapathId(3), sent: 3 })
    })
  })

  it('are refused where none can be sent', async () => {
    const refusal = async (from: string, to: string, packet: string): Promise<string> =>
      controller.call('ProbeService.Probe', { from, to, packet }).then(
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
