/**
 * What others change on an Open vSwitch is seen at once and corrected at once, where it is ours; where it is theirs it
 * is told and left alone; what we change ourselves is none of it; and a switch that is changed without end costs bounded
 * work. With an ovs-vswitchd of the test's own.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { cookieOf, PIPELINE_EPOCH } from '../../controller/policy/cookie.ts'
import { TABLES, tablesOf } from '../../controller/policy/pipeline.ts'
import type { Flow } from '../../controller/policy/program.ts'
import { Daemons } from '../support/ovs-bridge.ts'
import { Bench, programOf, type Told, towards } from '../support/southbound-bench.ts'

const ID = '00000000000d01f7'
const BRIDGE = 'drift'
/** Far more than it takes on a machine that does nothing else; bench/drift.ts has the figures. */
const SEEN_MS = 1000
const REPAIRED_MS = 5000
const HELD_UP_MS = 1000

describe('drift on Open vSwitch', function () {
  this.timeout(60_000)
  let daemons: Daemons
  let bench: Bench

  const ofctl = async (...words: string[]): Promise<string> => {
    const env = { ...process.env, OVS_RUNDIR: daemons.directory }
    return (await promisify(execFile)('ovs-ofctl', ['-O', 'OpenFlow13', ...words], { env, maxBuffer: 1e8 })).stdout
  }
  const dump = async (...words: string[]): Promise<string[]> => {
    const lines = (await ofctl('--no-stats', 'dump-flows', BRIDGE, ...words)).split('\n')
    return lines.map((line) => line.trim()).filter((line) => line.includes('actions='))
  }
  const many = (count: number): Flow[] =>
    Array.from({ length: count }, (_, i) => towards(0x0a000000 + i, 1 + (i % 7), table(i)))
  /** The first five tables in turn. */
  const table = (n: number): number => Object.values(TABLES)[n % 5] ?? 0
  /** The flow towards 10.0.0.N of many(). */
  const rule = (n: number): string => `table=${table(n)},priority=100,ip,nw_dst=10.0.0.${n}`
  const cookie = (n: number): string => `0x${cookieOf('destination', 0x0a000000 + n).toString(16)}`

  beforeEach(async () => {
    daemons = await Daemons.start()
    bench = await Bench.start({ ovsdb: [`unix:${daemons.directory}/db.sock`] })
  })
  afterEach(async () => {
    await bench.close()
    daemons.stop()
  })

  /** A bridge with 200 flows, all known to be there. */
  const serve = async (count = 200): Promise<void> => {
    const settings = ['datapath_type=dummy', 'fail_mode=secure', 'protocols=OpenFlow13']
    const id = `other-config:datapath-id=${ID}`
    daemons.vsctl('add-br', BRIDGE, '--', 'set', 'bridge', BRIDGE, ...settings, id)
    daemons.vsctl('set-controller', BRIDGE, `tcp:${bench.address}`)
    bench.southbound.want(ID, 1, programOf(many(count)))
    await bench.applied(ID, 1)
  }

  /** What a disturbance comes to: told, and the flows as they were; how long both took since it began. */
  const disturb = async (...words: string[]): Promise<Told> => {
    const before = await dump(`cookie=0x7a67000000000000/0xffff000000000000`)
    const drifts = bench.toldOf('switch-drifted').length
    const recoveries = bench.toldOf('switch-recovered').length
    const begun = performance.now()
    const [drifted, recovered] = [
      bench.tells('switch-drifted', drifts + 1).then((told) => ({ told, ms: performance.now() - begun })),
      bench.tells('switch-recovered', recoveries + 1).then(() => performance.now() - begun),
    ]
    await ofctl(...words)
    const done = performance.now() - begun
    const seen = await drifted
    const repaired = await recovered
    const [told, back] = [seen.ms, repaired].map((ms) => ms.toFixed(1))
    console.log(`      ovs-ofctl ended after ${done.toFixed(1)} ms, seen after ${told} ms, repaired after ${back} ms`)
    expect(seen.ms).to.be.lessThan(SEEN_MS)
    expect(repaired).to.be.lessThan(REPAIRED_MS)
    expect(await dump(`cookie=0x7a67000000000000/0xffff000000000000`)).to.have.members(before)
    expect(bench.toldOf('foreign-flows')).to.deep.equal([])
    return seen.told
  }

  it('takes away a flow with our cookie that nobody gave', async () => {
    await serve()
    const { details } = await disturb(
      'add-flow',
      BRIDGE,
      `table=${table(3)},priority=900,cookie=${cookie(1)},ip,actions=output:9`,
    )
    expect(details).to.include({ missing: 0, changed: 0, stale: 1 })
    expect(details['flows']).to.equal(`stale table=${table(3)},priority=900,cookie=${cookie(1)},ip,actions=output:9`)
  })

  it('puts back flows that were deleted', async () => {
    await serve()
    const { details } = await disturb('del-flows', BRIDGE, 'ip,nw_dst=10.0.0.8/30')
    expect(details).to.include({ missing: 4, changed: 0, stale: 0 })
    expect(details['flows']).to.include(`missing ${rule(9).replace(',ip', `,cookie=${cookie(9)},ip`)},actions=output:3`)
  })

  it('puts flows right that were modified, or given a timeout', async () => {
    await serve()
    const { details } = await disturb('mod-flows', BRIDGE, `${rule(7).replace(',priority=100', '')},actions=output:9`)
    expect(details).to.include({ missing: 0, changed: 1, stale: 0 })
    expect(details['flows']).to.match(
      new RegExp(`^changed table=${table(2)},.*nw_dst=10\\.0\\.0\\.7,actions=output:9$`),
    )
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const mortal = `${rule(5)},cookie=${cookie(5)},hard_timeout=100,actions=output:6`
    expect((await disturb('add-flow', BRIDGE, mortal)).details).to.include({ changed: 1 })
  })

  it('tells of flows of others above ours and leaves them alone, whether they come while it looks or came before', async () => {
    await serve()
    await ofctl('add-flow', BRIDGE, `table=${table(2)},priority=50000,cookie=0x99,ip,nw_dst=10.0.0.7,actions=output:9`)
    const { details } = await bench.tells('foreign-flows')
    expect(details).to.deep.equal({
      count: 1,
      flows: `table=${table(2)},priority=50000,cookie=0x99,ip,nw_dst=10.0.0.7,actions=output:9`,
    })
    // One in the place of ours is another's, and ours is gone: what is wanted stands there again.
    await ofctl('add-flow', BRIDGE, `${rule(3)},cookie=0x98,actions=drop`)
    const drifted = await bench.tells('switch-drifted')
    expect(drifted.details).to.include({ missing: 1, changed: 0, stale: 0 })
    await bench.tells('switch-recovered')
    expect(await dump('cookie=0x98/-1')).to.deep.equal([])
    // In tables that are not of the pipeline they are nobody's concern.
    await ofctl('add-flow', BRIDGE, 'table=253,priority=5,cookie=0x97,actions=drop')
    const second = await Bench.start({ ovsdb: [`unix:${daemons.directory}/db.sock`] })
    try {
      second.southbound.want(ID, 1, programOf(many(200)))
      daemons.vsctl('set-controller', BRIDGE, `tcp:${second.address}`)
      await second.applied(ID, 1)
      expect((await second.tells('foreign-flows')).details).to.deep.equal(details)
      expect(await dump('cookie=0x99/-1')).to.have.lengthOf(1)
      expect(await dump('cookie=0x97/-1')).to.have.lengthOf(1)
      expect(second.toldOf('switch-drifted')).to.deep.equal([])
    } finally {
      await second.close()
    }
  })

  it('takes none of its own changes for drift, however many they are and whatever else happens meanwhile', async () => {
    await serve(5000)
    const moved = (by: number): Flow[] =>
      many(5000).map((flow, i) => (i % 2 ? flow : towards(0x0a000000 + i, by, table(i))))
    for (let generation = 2; generation < 8; generation++) {
      const flows = generation % 3 === 0 ? moved(generation).slice(0, 1000) : moved(generation)
      bench.southbound.want(ID, generation, programOf(flows))
      if (generation % 2 === 0) await bench.applied(ID, generation)
    }
    await bench.applied(ID, 7)
    // Everything that the switch had to say about it has been said before it answers this.
    expect(await bench.southbound.flowStats(ID)).to.have.lengthOf(5000)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(bench.toldOf('switch-drifted')).to.deep.equal([])
    expect(bench.toldOf('switch-recovered')).to.deep.equal([])
  })

  it('finds what others do while it changes thousands of flows itself', async () => {
    await serve(5000)
    const rogues = async (): Promise<void> => {
      for (let n = 0; n < 8; n++) {
        await ofctl('add-flow', BRIDGE, `table=${table(4)},priority=${900 + n},cookie=${cookie(1)},actions=drop`)
        await ofctl('--strict', 'del-flows', BRIDGE, rule(10 + n))
      }
    }
    const busy = rogues()
    let generation = 1
    let ended = false
    void busy.then(() => {
      ended = true
    })
    let flows = many(5000)
    while (!ended) {
      const by = ++generation % 7
      flows = many(5000).map((flow, i) => (i % 3 ? flow : towards(0x0a000000 + i, 1 + by, table(i))))
      bench.southbound.want(ID, generation, programOf(flows))
      await bench.applied(ID, generation)
    }
    await busy
    const deadline = performance.now() + REPAIRED_MS
    const right = async (): Promise<boolean> =>
      (await dump('cookie=0x7a67000000000000/0xffff000000000000')).length === 5000 &&
      (await dump(`table=${table(4)}`)).every((line) => line.includes('priority=100'))
    while (!(await right())) expect(performance.now()).to.be.lessThan(deadline)
    const stale = bench.toldOf('switch-drifted').reduce((sum, { details }) => sum + Number(details['stale']), 0)
    expect(stale).to.be.at.least(1)
  })

  it('sees after a new connection what was done before it and what is done after it', async () => {
    await serve()
    daemons.vsctl('set-controller', BRIDGE, 'tcp:127.0.0.1:1')
    await bench.tells('switch-disconnected')
    await ofctl('del-flows', BRIDGE, 'ip,nw_dst=10.0.0.16/28')
    daemons.vsctl('set-controller', BRIDGE, `tcp:${bench.address}`)
    await bench.until(() => bench.kinds().filter((kind) => kind === 'applied').length === 2)
    expect(await dump()).to.have.lengthOf(200)
    expect(bench.toldOf('switch-drifted')).to.deep.equal([])
    expect((await disturb('--strict', 'del-flows', BRIDGE, rule(4))).details).to.include({ missing: 1 })
  })

  it('compares everything when it is asked to: flows, groups and meters, ours and others’', async () => {
    const bucket = { weight: 0, watch_port: 0xffffffff, watch_group: 0xffffffff }
    const group = { groupId: 7, groupType: 'all' as const, buckets: [{ ...bucket, actions: [] }], unit: 'g' }
    await serve()
    const wanted = programOf(many(3000), { groups: new Map([[7, group]]) })
    bench.southbound.want(ID, 2, wanted)
    // While it is on its way: what is compared is what is wanted in the end.
    const busy = await bench.southbound.compare(ID)
    expect(busy).to.include({ flows: 3000, foreign: 0 })
    expect(busy).to.have.nested.property('drift.count', 0)
    await ofctl('add-flow', BRIDGE, `table=${table(2)},priority=50000,cookie=0x99,actions=output:9`)
    await ofctl(
      'add-flow',
      BRIDGE,
      `table=${tablesOf(PIPELINE_EPOCH + 1).advertise},priority=5,cookie=0x97,actions=drop`,
    )
    await ofctl('mod-group', BRIDGE, 'group_id=7,type=all,bucket=output:3')
    const found = await bench.southbound.compare(ID)
    expect(found).to.include({ flows: 3000, foreign: 1, changing: 0 })
    expect(found).to.have.nested.property('drift.flows', 'changed group 7')
    expect('foreignFlows' in found && found.foreignFlows).to.deep.equal([
      `table=${table(2)},priority=50000,cookie=0x99,actions=output:9`,
    ])
    // What it found is corrected, too.
    await bench.tells('switch-recovered')
    expect(await bench.southbound.compare(ID)).to.have.nested.property('drift.count', 0)
    daemons.vsctl('set-controller', BRIDGE, 'tcp:127.0.0.1:1')
    await bench.tells('switch-disconnected')
    expect(await bench.southbound.compare(ID)).to.have.property('reason')
  })

  it('corrects a flood, tells of it seldom, and stays there for others meanwhile', async () => {
    await serve(2000)
    const flows = (from: number): string =>
      Array.from(
        { length: 20_000 },
        (_, i) =>
          `table=${TABLES.advertise},priority=7,cookie=0x99,ip,nw_dst=20.0.${(i >> 8) & 255}.${i & 255},tp_dst=${from},udp,actions=drop`,
      ).join('\n')
    writeFileSync(`${daemons.directory}/flood`, flows(1))
    const begun = performance.now()
    let heldUp = 0
    let last = begun
    const ticks = setInterval(() => {
      heldUp = Math.max(heldUp, performance.now() - last)
      last = performance.now()
    }, 5)
    for (let round = 0; round < 4; round++) {
      await ofctl('--bundle', 'add-flows', BRIDGE, `${daemons.directory}/flood`)
      await ofctl('del-flows', BRIDGE, 'cookie=0x99/-1')
      await ofctl('del-flows', BRIDGE, 'cookie=0x7a67000000000000/0xffff000000000000')
    }
    const ms = performance.now() - begun
    const deadline = performance.now() + 40_000
    while ((await dump('cookie=0x7a67000000000000/0xffff000000000000')).length < 2000) {
      expect(performance.now()).to.be.lessThan(deadline)
    }
    clearInterval(ticks)
    expect(heldUp, 'milliseconds that the event loop was held up').to.be.lessThan(HELD_UP_MS)
    expect(bench.toldOf('switch-flooded').length).to.be.at.least(1)
    // The first at once, then after 1 s, 2 s, 4 s ...
    const seldom = 2 + Math.log2(1 + ms / 1000)
    for (const type of ['switch-drifted', 'foreign-flows'] as const) {
      expect(bench.toldOf(type).length, type).to.be.at.most(seldom + 3)
    }
  })
})
