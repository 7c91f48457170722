/**
 * Whom the channel serves: what a database says of a bridge's fail mode decides, at once when it changes, and nothing
 * is sent to a bridge that would let everything through without us.
 */
import { expect } from 'chai'
import type { SouthboundOptions } from '../../controller/channel/southbound.ts'
import { FakeOvsdb } from '../support/fake-ovsdb.ts'
import { FakeSwitch } from '../support/fake-switch.ts'
import { Bench, programOf, towards } from '../support/southbound-bench.ts'

const ID = '00000000000000b2'

describe('the guard', () => {
  let ovsdb: FakeOvsdb
  let bench: Bench
  let device: FakeSwitch

  const start = async (options: Partial<SouthboundOptions> = {}): Promise<void> => {
    bench = await Bench.start({ ovsdb: [ovsdb.target], ...options })
    bench.southbound.want(ID, 1, programOf([towards(1, 1)]))
    await device.connect(bench.address)
  }

  beforeEach(async () => {
    ovsdb = await FakeOvsdb.start()
    device = new FakeSwitch(0xb2n)
  })

  afterEach(async () => {
    await bench.close(device)
    await ovsdb.close()
  })

  const state = () => bench.southbound.switches.get(ID)?.state
  const asked = () => device.received.filter(({ type }) => type !== 'features_request' && type !== 'hello')

  it('serves a bridge that is secure, under its name', async () => {
    ovsdb.bridge('br0', ID, 'secure')
    await start()
    await bench.applied(ID, 1)
    expect(bench.southbound.switches.get(ID)).to.include({ state: 'served', name: 'br0' })
    expect(bench.toldOf('ovsdb-connected').map(({ details }) => details['bridges'])).to.deep.equal([1])
    expect(bench.toldOf('switch-unverified')).to.deep.equal([])
    expect(ovsdb.transactions).to.deep.equal([])
  })

  for (const mode of ['standalone', undefined] as const) {
    it(`sends nothing to a bridge whose fail mode is ${mode ?? 'not set'}, and serves it as soon as it is secure`, async () => {
      ovsdb.bridge('br0', ID, mode)
      await start()
      const refused = await bench.tells('switch-refused')
      expect(refused.details['reason']).to.match(/br0 is not secure/)
      expect(state()).to.equal('refused')
      expect(asked()).to.deep.equal([])
      expect(bench.kinds()).to.deep.equal([])
      expect(device.connection?.closed).to.equal(false)
      ovsdb.bridge('br0', ID, 'secure')
      await bench.applied(ID, 1)
      expect(state()).to.equal('served')
      expect(bench.toldOf('switch-refused')).to.have.lengthOf(1)
    })
  }

  it('stops serving a bridge that becomes standalone, leaving what it has', async () => {
    ovsdb.bridge('br0', ID, 'secure')
    await start()
    await bench.applied(ID, 1)
    ovsdb.bridge('br0', ID, 'standalone')
    await bench.tells('switch-refused')
    const before = device.received.length
    bench.southbound.want(ID, 2, programOf([towards(1, 1), towards(2, 1)]))
    expect(
      bench.southbound.send(ID, {
        type: 'packet_out',
        xid: 0,
        buffer_id: 0xffffffff,
        in_port: 1,
        actions: [],
        data: new Uint8Array(0),
      }),
    ).to.equal(false)
    ovsdb.bridge('br0', ID, 'secure')
    await bench.applied(ID, 2)
    expect(device.received.slice(before)[0]?.type).to.equal('set_config')
    expect([...device.flows.values()].map(({ writes }) => writes)).to.deep.equal([1, 1])
    expect(bench.kinds()).to.deep.equal(['up', 'applied', 'down', 'up', 'applied'])
  })

  it('does not commit what was on its way to a bridge that becomes standalone', async () => {
    ovsdb.bridge('br0', ID, 'secure')
    await start()
    await bench.applied(ID, 1)
    const commits = () =>
      device.received.filter((m) => m.type === 'bundle_control' && m.bundle_type === 'commit_request')
    let barrier = 0
    device.intercept = (message) => {
      if (message.type !== 'barrier_request') return false
      barrier = message.xid
      return true
    }
    bench.southbound.want(ID, 2, programOf([towards(2, 1)]))
    await device.until(() => barrier !== 0)
    ovsdb.bridge('br0', ID, 'standalone')
    await bench.tells('switch-refused')
    device.intercept = () => false
    device.connection?.send({ type: 'barrier_reply', xid: barrier })
    await device.until(() =>
      device.received.some(
        (m) => m.type === 'bundle_control' && m.bundle_type === 'discard_request' && m.xid > barrier,
      ),
    )
    expect(commits()).to.have.lengthOf(1)
    ovsdb.bridge('br0', ID, 'secure')
    await bench.applied(ID, 2)
    expect([...device.flows.values()].map(({ unit, match }) => `${unit}${match[1]?.value}`)).to.deep.equal(['2'])
  })

  it('waits a moment for the row of a bridge that connects before it arrives', async () => {
    await start()
    await bench.tells('switch-connected')
    ovsdb.bridge('br0', ID, 'standalone')
    await bench.tells('switch-refused')
    expect(asked()).to.deep.equal([])
    expect(bench.toldOf('switch-unverified')).to.deep.equal([])
  })

  it('serves a bridge that no database has, and says that it is unverified', async () => {
    ovsdb.bridge('other', '00000000000000ff', 'standalone')
    await start()
    await bench.tells('switch-unverified')
    await bench.applied(ID, 1)
    expect(bench.southbound.switches.get(ID)?.name).to.equal(undefined)
  })

  it('makes a bridge secure where it may, and only then serves it', async () => {
    ovsdb.bridge('br0', ID, 'standalone')
    await start({ repair: true })
    await bench.applied(ID, 1)
    expect(bench.toldOf('switch-refused')).to.deep.equal([])
    expect((await bench.tells('switch-repaired')).details).to.deep.equal({ bridge: 'br0', columns: 'fail_mode' })
    expect(ovsdb.tables['Bridge']?.get('br0')?.['fail_mode']).to.equal('secure')
  })

  it('turns in-band control off and writes the wish where it may', async () => {
    ovsdb.bridge('br0', ID, 'secure')
    ovsdb.controller('br0', { target: 'tcp:127.0.0.1:6653' })
    await start({ repair: true, refuseInBand: true, wish: { rateLimit: 500 } })
    await bench.applied(ID, 1)
    const { details } = await bench.tells('switch-repaired')
    expect(details['columns']).to.equal('disable-in-band, max_backoff, controller_rate_limit')
    expect(ovsdb.tables['Bridge']?.get('br0')?.['other_config']).to.deep.equal(['map', [['disable-in-band', 'true']]])
    expect(ovsdb.tables['Controller']?.get('br0-c')?.['controller_rate_limit']).to.equal(500)
    expect(bench.toldOf('switch-refused')).to.deep.equal([])
  })

  it('refuses a bridge with in-band control where that is asked for, and no other', async () => {
    ovsdb.bridge('br0', ID, 'secure')
    ovsdb.controller('br0', { target: 'tcp:127.0.0.1:6653', connection_mode: ['set', []] })
    await start({ refuseInBand: true })
    expect((await bench.tells('switch-refused')).details['reason']).to.match(/in-band control/)
    expect(asked()).to.deep.equal([])
    ovsdb.controller('br0', { connection_mode: 'out-of-band' })
    await bench.applied(ID, 1)
  })

  it('refuses a bridge that it could not make secure, and says why', async () => {
    ovsdb.bridge('br0', ID, 'standalone')
    ovsdb.refusal = 'not allowed'
    await start({ repair: true })
    const { details } = await bench.tells('switch-refused')
    expect(details['reason']).to.match(/not secure; repair failed: not allowed: test/)
    expect(asked()).to.deep.equal([])
  })

  it('lets what was last read stand while a database is away', async () => {
    ovsdb.bridge('br0', ID, 'secure')
    await start()
    await bench.applied(ID, 1)
    ovsdb.cut()
    await bench.tells('ovsdb-lost')
    bench.southbound.want(ID, 2, programOf([]))
    await bench.applied(ID, 2)
    await bench.tells('ovsdb-connected', 2)
    expect(state()).to.equal('served')
  })

  it('serves, unverified, when no database answers', async () => {
    const target = ovsdb.target
    await ovsdb.close()
    await start({ ovsdb: [target] })
    await bench.applied(ID, 1)
    expect(bench.told.map(({ type }) => type)).to.include.members(['ovsdb-lost', 'switch-unverified'])
    ovsdb = await FakeOvsdb.start()
  })
})
