/**
 * When a switch is told to forget connections: after it has the tables of the change and before that is confirmed, once,
 * whatever goes wrong between; and what a flush says.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode, type Message } from 'node-openflow'
import { type Flush, flushKey, flushMessage } from '../../controller/flows/flush.ts'
import { nothingTouched } from '../../controller/policy/program.ts'
import { formatAddress } from '../../model/address.ts'
import { FakeSwitch } from '../support/fake-switch.ts'
import { Bench, keyOf, programOf, towards } from '../support/southbound-bench.ts'

const ID = '00000000000000a7'
const WEB: Flush = { zone: 5, source: '10.0.0.1', destination: '10.0.0.2', protocol: 6, port: 80 }
const DNS: Flush = { ...WEB, protocol: 17, port: 53 }

describe('connections that a switch is to forget', () => {
  let bench: Bench
  let device: FakeSwitch

  beforeEach(async () => {
    bench = await Bench.start()
    device = new FakeSwitch(0xa7n)
  })

  afterEach(() => bench.close(device))

  const up = (): Promise<void> => bench.serve(device)
  /** Commits, flushes and barriers, in the order in which they came. */
  const steps = (): string[] =>
    device.received.flatMap((message) => {
      if (message.type === 'bundle_control') return message.bundle_type === 'commit_request' ? ['commit'] : []
      if (message.type === 'nx_ct_flush') return [`flush ${portOf(message)}`]
      return []
    })
  const portOf = (message: Message): number | undefined => {
    if (message.type !== 'nx_ct_flush') return undefined
    for (const property of message.properties)
      if (property.type === 'orig_tuple') for (const one of property.tuple) if (one.type === 'dst_port') return one.port
    return undefined
  }
  const applied = (): number => bench.southbound.switches.get(ID)?.appliedGeneration ?? 0
  /** Lets nothing be answered from the first flush on. */
  const holdFlushes = (): void => {
    let held = false
    device.intercept = (message) => {
      if (message.type === 'nx_ct_flush') held = true
      return held
    }
  }

  it('are named after the commit, and the generation is confirmed after the barrier behind them', async () => {
    await up()
    holdFlushes()
    bench.southbound.want(ID, 4, programOf([towards(1, 1)]), undefined, [WEB, DNS])
    await device.until(() => device.received.at(-1)?.type === 'barrier_request' && device.count('nx_ct_flush') === 2)
    expect(steps()).to.deep.equal(['commit', 'flush 80', 'flush 53'])
    expect(applied()).to.equal(0)
    const barrier = device.received.at(-1)!
    device.connection!.send({ type: 'barrier_reply', xid: barrier.xid })
    await bench.applied(ID, 4)
    expect((await bench.tells('connections-cut')).details).to.deep.equal({ generation: 4, count: 2 })
  })

  it('wait for the tables of their own change, where an earlier one is on its way', async () => {
    await up()
    let wanted = false
    device.intercept = (message) => {
      if (message.type === 'bundle_control' && message.bundle_type === 'commit_request' && !wanted) {
        wanted = true
        const later = programOf([towards(1, 1), towards(2, 1)])
        bench.southbound.want(ID, 2, later, undefined, [DNS])
      }
      return false
    }
    bench.southbound.want(ID, 1, programOf([towards(1, 1)]), undefined, [WEB])
    await bench.applied(ID, 2)
    expect(steps()).to.deep.equal(['commit', 'commit', 'flush 80', 'flush 53'])
  })

  it('are forgotten without a change of tables too, and once', async () => {
    await up()
    const program = programOf([towards(1, 1)])
    bench.southbound.want(ID, 1, program)
    await bench.applied(ID, 1)
    bench.southbound.want(ID, 2, program, nothingTouched(), [WEB])
    await bench.applied(ID, 2)
    const flow = towards(9, 1)
    program.flows.set(keyOf(flow), flow)
    const touched = nothingTouched()
    touched.flows.add(keyOf(flow))
    bench.southbound.want(ID, 3, program, touched)
    await bench.applied(ID, 3)
    expect(steps()).to.deep.equal(['commit', 'flush 80', 'commit'])
  })

  it('are remembered while the switch is away, and until it has answered', async () => {
    bench.southbound.want(ID, 1, programOf([towards(1, 1)]), undefined, [WEB])
    bench.southbound.want(ID, 2, programOf([towards(1, 1)]))
    holdFlushes()
    await up()
    await device.until(() => device.count('nx_ct_flush') === 1)
    expect(applied()).to.equal(0)
    await device.disconnect()
    device.intercept = () => false
    await up()
    await bench.applied(ID, 2)
    expect(steps()).to.deep.equal(['commit', 'flush 80', 'flush 80'])
    await device.disconnect()
    await up()
    await bench.until(() => bench.southbound.switches.get(ID)?.appliedGeneration === 2)
    expect(device.count('nx_ct_flush'), 'not a third time').to.equal(2)
  })

  it('are told where a switch refuses to, which holds nothing up', async () => {
    await up()
    device.intercept = (message) => {
      if (message.type !== 'nx_ct_flush') return false
      device.connection!.send({
        type: 'error',
        xid: message.xid,
        error_type: 'bad_request',
        code: 'bad_experimenter',
        data: new Uint8Array(),
      })
      return true
    }
    bench.southbound.want(ID, 1, programOf([towards(1, 1)]), undefined, [WEB, DNS])
    await bench.applied(ID, 1)
    const { subject, details } = await bench.tells('connections-not-cut')
    expect(subject).to.equal(`switch ${ID}`)
    expect(details['reason']).to.match(/refused 2 of 2 .*bad_experimenter/)
    expect(bench.southbound.switches.get(ID)?.state).to.equal('served')
    expect(device.count('nx_ct_flush')).to.equal(2)
  })

  it('are bounded in number, and whoever asks for more is told', async () => {
    const many = Array.from({ length: 5000 }, (_, at): Flush => ({ ...WEB, port: at + 1 }))
    bench.southbound.want(ID, 1, programOf([towards(1, 1)]), undefined, many)
    const { details } = await bench.tells('connections-not-cut')
    expect(details['reason']).to.match(/^1000 message/)
    await up()
    await bench.applied(ID, 1)
    expect(device.count('nx_ct_flush')).to.equal(4000)
    expect(bench.toldOf('connections-cut').map(({ details }) => details['count'])).to.deep.equal([4000])
  })

  it('are named by octets that are read back as they were, and never by a zone alone', () => {
    const family = fc.constantFrom<4 | 6>(4, 6)
    const flushes = fc.record({
      family,
      source: fc.bigInt({ min: 1n, max: 2n ** 128n - 1n }),
      port: fc.option(fc.nat(65535)),
    })
    fc.assert(
      fc.property(flushes, ({ family: its, source, port }) => {
        const address = { family: its, value: its === 4 ? source & 0xffff_ffffn : source }
        const flush: Flush = {
          zone: 7,
          source: formatAddress(address),
          ...(port === null ? {} : { protocol: 6, port }),
        }
        const message = flushMessage(flush, 9)
        expect(decode(encode(message))).to.deep.include(message)
        expect(flushKey(flush)).to.not.equal(flushKey({ ...flush, zone: 8 }))
      }),
    )
    expect(() => flushMessage({ zone: 7, protocol: 6 }, 1)).to.throw(RangeError)
  })
})
