/**
 * The sampler of tags on real Open vSwitch: it proves every pair of four hypervisors over Geneve, and of three bridges in a
 * line over labels and VLAN tags; a row of somebody else that writes another identity or takes it away, and an underlay that
 * drops, are told as alerts that say where, once, and the end of each. Guests get all of their packets and none of the
 * sampler's.
 */
import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { LineOfBridges } from '../support/line-of-bridges.ts'
import { HYPERVISORS, OPEN, OverlayCloud, type Vm, vmOf } from '../support/overlay-cloud.ts'
import { type RunningController, until } from '../support/running-controller.ts'

interface Pair {
  fromSwitch: string
  toSwitch: string
  state: string
  carrier: string
  written: { identity: number } | null
  read?: number
  path: string[]
  milliseconds: number
  summary: string
}

interface Answer {
  pairs: Pair[]
  proven: number
  faulty: number
  notProven: number
  switchPairs: number
  roundSeconds: number
}

interface Told {
  type: string
  subject: string
  sentence: string
  details: Record<string, string>
}

const SAMPLES = ['--probe-samples', '120']
const PROVEN = 'PROPAGATION_STATE_PROVEN'
const NEWS = ['tag-lost', 'tag-changed', 'tag-recovered']
/** Three samples that fail, of three packets each, two seconds apart, a round, and a machine that others use. */
const BOUND_MS = 60_000

const propagation = (controller: RunningController, request: object = {}): Promise<Answer> =>
  controller.call<Answer>('ProbeService.ListPropagation', request)

const news = (controller: RunningController): Promise<Told[]> => controller.events(NEWS) as Promise<Told[]>

/** News about these pairs of switches, from the one with this number on, as soon as there are so many. */
const toldOf = async (controller: RunningController, from: number, count: number): Promise<Told[]> =>
  (
    await until(
      `${count} news`,
      async () => (await news(controller)).slice(from),
      ({ length }) => length >= count,
      BOUND_MS,
    )
  ).slice(0, count)

const allProven = (controller: RunningController, pairs: number): Promise<Answer> =>
  until(
    `${pairs} pairs proven`,
    () => propagation(controller),
    ({ proven }) => proven === pairs,
    BOUND_MS,
  )

describe('the sampler of tags between hypervisors', function () {
  this.timeout(300_000)
  let overlay: OverlayCloud
  const PAIRS = HYPERVISORS * (HYPERVISORS - 1)

  before(async () => {
    overlay = await OverlayCloud.start('geneve', SAMPLES)
  })
  after(() => overlay?.stop())
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(overlay?.controller.log.split('\n').slice(-40).join('\n'))
  })

  it('proves every pair, and says how', async () => {
    const { controller } = overlay
    const answer = await allProven(controller, PAIRS)
    expect(answer).to.deep.include({ faulty: 0, notProven: 0, switchPairs: PAIRS, roundSeconds: 1.5 })
    const seen = new Set<string>()
    for (const { fromSwitch, toSwitch, state, carrier, written, read, path, milliseconds } of answer.pairs) {
      seen.add(`${fromSwitch} ${toSwitch}`)
      expect([state, carrier]).to.deep.equal([PROVEN, 'CARRIER_GENEVE'])
      expect(written?.identity).to.equal(read)
      expect(path).to.have.length(2)
      expect(milliseconds).to.be.within(0, 1000)
    }
    expect(seen.size).to.equal(PAIRS)
    const words = ['--server', controller.api, '--insecure']
    const { code, out, err } = controller.tagsteer('propagation', ...words)
    expect([code, out.trim().split('\n').length]).to.deep.equal([0, PAIRS + 1])
    expect(err).to.contain(`${PAIRS} pair(s) proven, 0 faulty, 0 neither; every pair of 4 switches has its turn in 2s`)
    const one = controller.tagsteer('propagation', 'hv1', 'hv3', '-o', 'json', ...words)
    expect(JSON.parse(one.out)).to.have.length(1)
    expect(JSON.parse(one.out)[0]).to.deep.include({ fromSwitch: 'hv1', toSwitch: 'hv3', state: PROVEN })
  })

  it('disturbs no guest and is in nobody’s way', async () => {
    const { controller, cloud } = overlay
    await overlay.reset()
    const [web, db] = [vmOf('web', 1), vmOf('db', 3)]
    const count = 400
    await cloud.send(web.name, { kind: 'udp', to: db.address, port: OPEN, rate: 100, count })
    const words = ['--server', controller.api, '--insecure']
    expect(controller.tagsteer('verify', ...words).code).to.equal(0)
    expect(
      await overlay.unexpected((to: Vm, from: string) => to.name === db.name && from === web.address),
    ).to.deep.equal([])
    const got = (await cloud.received(db.name)).filter(
      ({ source, protocol }) => source === web.address && protocol === 17,
    )
    expect(got.reduce((sum, { packets }) => sum + packets, 0)).to.equal(count)
    expect(await news(controller)).to.deep.equal([])
    expect(await controller.events(['switch-drifted', 'program-differs', 'packets-lost'])).to.deep.equal([])
  })
  /** A row of somebody else on a hypervisor. */
  const withRow = async (hypervisor: string, row: string, act: () => Promise<void>): Promise<void> => {
    await overlay.cloud.ofctl(hypervisor, 'add-flow', 'brint', `cookie=0x1,${row}`)
    try {
      await act()
    } finally {
      await overlay.cloud.ofctl(hypervisor, 'del-flows', 'brint', 'cookie=0x1/-1')
    }
  }

  /** One alert of each pair into hv3, none twice however long it goes on; then the end of each. */
  const toldOnce = async (type: string, during: (act: () => Promise<void>) => Promise<void>): Promise<Told[]> => {
    const { controller } = overlay
    const before = (await news(controller)).length
    let alerts: Told[] = []
    const subjects = ['hv1 -> hv3', 'hv2 -> hv3', 'hv4 -> hv3']
    await during(async () => {
      alerts = await toldOf(controller, before, subjects.length)
      expect(alerts.map(({ subject }) => subject).sort()).to.deep.equal(subjects)
      expect(new Set(alerts.map((its) => its.type))).to.deep.equal(new Set([type]))
      expect((await propagation(controller)).faulty).to.equal(subjects.length)
      const { code } = controller.tagsteer('propagation', '--server', controller.api, '--insecure')
      expect(code).to.equal(2)
      await new Promise((resolve) => setTimeout(resolve, 12_000))
      expect((await news(controller)).length).to.equal(before + subjects.length)
    })
    const all = await toldOf(controller, before, 2 * subjects.length)
    const over = all.slice(subjects.length)
    expect(over.map((its) => `${its.type} ${its.subject}`).sort()).to.deep.equal(
      subjects.map((subject) => `tag-recovered ${subject}`),
    )
    await allProven(controller, PAIRS)
    expect((await news(controller)).length).to.equal(before + 2 * subjects.length)
    return alerts
  }

  it('tells of an identity that becomes another, with both names, and that it is over', async () => {
    const [right, wrong] = [overlay.identities.get('web1')!, overlay.identities.get('db1')!]
    const blue = overlay.identities.get('blue1')!
    const rewrite = (from: number): string =>
      `priority=65535,in_port=1000,tun_metadata0=${from},actions=set_field:${wrong}->tun_metadata0,resubmit(,0)`
    const alerts = await toldOnce('tag-changed', (act) =>
      withRow('hv3', rewrite(right), () => withRow('hv3', rewrite(blue), act)),
    )
    for (const { subject, sentence, details } of alerts) {
      const tag = details['sender']!.startsWith('web') ? `identity ${right} (web)` : `identity ${blue} (blue)`
      expect(details).to.deep.include({ written: tag, read: `identity ${wrong} (db)`, carrier: 'geneve' })
      expect(details).to.deep.include({ where: `between switches ${subject.replace(' -> ', ' and ')}` })
      expect(sentence).to.contain(`${tag} was written into geneve, and identity ${wrong} (db) was read`)
    }
  })

  it('tells of an identity that is taken away', async () => {
    const row = (from: string): string => {
      const identity = overlay.identities.get(from)!
      return `priority=65535,in_port=1000,tun_metadata0=${identity},actions=set_field:0->tun_metadata0,resubmit(,0)`
    }
    const alerts = await toldOnce('tag-lost', (act) =>
      withRow('hv3', row('web1'), () => withRow('hv3', row('blue1'), act)),
    )
    for (const { subject, details } of alerts) {
      expect(details).to.deep.include({ where: `between switches ${subject.replace(' -> ', ' and ')}` })
      // Where every identity fits nobody is known by address.
      expect(details['read']).to.equal('nothing')
    }
  })

  it('tells of an underlay that drops, and where packets were seen last', async () => {
    const spines = ['spine1', 'spine2']
    const blackhole = async (word: string): Promise<void> => {
      for (const spine of spines) {
        const { code, stderr } = await overlay.cloud.run(spine, ['ip', 'route', word, 'blackhole', '198.18.3.1/32'])
        expect(code, stderr).to.equal(0)
      }
    }
    const alerts = await toldOnce('tag-lost', async (act) => {
      await blackhole('add')
      try {
        await act()
      } finally {
        await blackhole('del')
      }
    })
    for (const { subject, details } of alerts) {
      expect(details).to.deep.include({ where: `between switches ${subject.replace(' -> ', ' and ')}` })
      expect(details['read']).to.equal('nothing, for the packet did not arrive')
    }
  })

  it('tells of nothing while VMs move, tags change, and a hypervisor’s daemon and the controller come again', async () => {
    const { controller, cloud } = overlay
    const before = (await news(controller)).length
    const db = vmOf('db', 2)
    await cloud.move(db.name, 'hv3')
    for (let round = 0; round < 20; round++) {
      const tags = [{ text: 'web' }, { text: round % 2 === 0 ? 'db' : 'new' }]
      await controller.call('InterfaceService.SetTags', { name: 'web1', tags })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await controller.call('InterfaceService.SetTags', { name: 'web1', tags: [{ text: 'web' }] })
    await cloud.move(db.name, 'hv2')
    await cloud.cutSpine('spine1')
    await new Promise((resolve) => setTimeout(resolve, 3000))
    await cloud.joinSpine('spine1')
    await cloud.restart('hv4')
    await controller.served(HYPERVISORS)
    await until(
      'all pairs proven since',
      () => propagation(controller),
      ({ proven, switchPairs, faulty }) => proven === PAIRS && switchPairs === PAIRS && faulty === 0,
      BOUND_MS,
    )
    expect((await news(controller)).slice(before)).to.deep.equal([])
  })
})

describe('the sampler of tags on links', function () {
  this.timeout(240_000)
  let line: LineOfBridges

  before(async () => {
    line = await LineOfBridges.start([], SAMPLES)
  })
  after(() => line?.stop())
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(line?.controller.log.split('\n').slice(-30).join('\n'))
  })

  const withRow = async (row: string, act: () => Promise<void>): Promise<void> => {
    const run = (word: string, text: string): void =>
      void execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', word, line.switchName(2), text])
    run('add-flow', `cookie=0x1,${row}`)
    try {
      await act()
    } finally {
      run('del-flows', 'cookie=0x1/-1')
    }
  }

  for (const [carrier, type] of [
    ['MPLS', 'tag-lost'],
    ['VLAN', 'tag-changed'],
  ] as const) {
    it(`proves a pair, and tells where a switch between is wrong about a tag (${carrier})`, async () => {
      const { controller } = line
      await line.carry([carrier], [], [carrier])
      const answer = await until(
        'the pair proven',
        () => propagation(controller),
        ({ pairs }) => pairs.some(({ carrier: its, state }) => its === `CARRIER_${carrier}` && state === PROVEN),
        BOUND_MS,
      )
      // Nobody may talk the other way.
      expect(answer.pairs.map(({ fromSwitch, toSwitch, path }) => [fromSwitch, toSwitch, path.length])).to.deep.equal([
        ['sw-1', 'sw-3', 3],
      ])
      const before = (await news(controller)).length
      const [came, leaves] = line.middle
      const other = 0x1800 | line.identities.get('other')!
      const row =
        carrier === 'MPLS'
          ? `priority=700,mpls,in_port=${came},actions=pop_mpls:0x0800,output:${leaves}`
          : `priority=700,in_port=${came},vlan_tci=0x1000/0x1000,actions=set_field:${other}->vlan_vid,output:${leaves}`
      await withRow(row, async () => {
        const [alert] = await toldOf(controller, before, 1)
        expect(alert).to.deep.include({ type, subject: 'sw-1 -> sw-3' })
        const where = 'between switches sw-2 and sw-3'
        expect(alert!.details).to.deep.include({ where, carrier: carrier.toLowerCase(), path: 'sw-1, sw-2, sw-3' })
        if (carrier === 'VLAN') expect(alert!.details['read']).to.equal(`identity ${other & 0x7ff} (other)`)
      })
      const [, over] = await toldOf(controller, before, 2)
      expect(over).to.deep.include({ type: 'tag-recovered', subject: 'sw-1 -> sw-3' })
    })
  }
})
