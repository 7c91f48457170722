/**
 * A switch that is slow: told with a reason before its time is up, degraded after it, and nobody else waits for it. The
 * others are real connections beside it.
 */
import type { Socket } from 'node:net'
import { expect } from 'chai'
import type { Message } from 'node-openflow'
import { Applied } from '../../controller/applied.ts'
import { FakeSwitch } from '../support/fake-switch.ts'
import { Relay } from '../support/relay.ts'
import { Bench, programOf, towards } from '../support/southbound-bench.ts'

const STUCK = '00000000000000a1'
const GOOD = ['00000000000000a2', '00000000000000a3']
/** Far above what a switch that is well takes here, however busy the machine. */
const SLOW_MS = 800
const flows = (count: number) => programOf(Array.from({ length: count }, (_, i) => towards(0x0a000000 + i, 1, i % 3)))
const isCommit = (message: Message): boolean =>
  message.type === 'bundle_control' && message.bundle_type === 'commit_request'

describe('a slow switch', () => {
  let bench: Bench
  let devices: FakeSwitch[]
  let relay: SlowRelay

  const start = async (answerMs: number, probeIntervalMs?: number, slowMs = SLOW_MS): Promise<void> => {
    bench = await Bench.start({
      times: { answerMs, slowMs },
      ...(probeIntervalMs === undefined ? {} : { probeIntervalMs }),
    })
    devices = [STUCK, ...GOOD].map((datapathId) => new FakeSwitch(BigInt(`0x${datapathId}`)))
    relay = await SlowRelay.start(bench.address)
    for (const [index, device] of devices.entries()) await device.connect(index === 0 ? relay.address : bench.address)
    await bench.until(
      () => [...bench.southbound.switches.values()].filter(({ state }) => state === 'served').length === 3,
    )
  }
  afterEach(async () => {
    await bench.close(...devices)
    await relay.cut()
  })

  const applied = (): Applied => {
    const found = new Applied(() =>
      [...bench.southbound.switches.values()].map(({ datapathId, appliedGeneration, state, reason }) => ({
        datapathId,
        appliedGeneration,
        connected: state !== 'disconnected',
        degradedReason: reason ?? '',
      })),
    )
    found.compiledUpTo(100)
    return found
  }

  it('is named with what it has not confirmed, while the others confirm one generation after the other', async () => {
    await start(20_000)
    const held: Message[] = []
    devices[0]!.intercept = (message) => isCommit(message) && held.push(structuredClone(message)) > 0
    for (const datapathId of [STUCK, ...GOOD]) bench.southbound.want(datapathId, 1, flows(10))
    for (const datapathId of GOOD) await bench.applied(datapathId, 1)
    const slow = await bench.tells('switch-slow')
    expect(slow).to.deep.equal({
      type: 'switch-slow',
      subject: STUCK,
      details: { reason: `slow: generation 1 is not confirmed after ${SLOW_MS + 2} ms` },
    })
    expect(bench.southbound.status(STUCK)).to.include({ state: 'degraded', reason: slow.details['reason'] })
    for (let generation = 2; generation <= 30; generation++) {
      for (const datapathId of [STUCK, ...GOOD]) bench.southbound.want(datapathId, generation, flows(10 + generation))
      for (const datapathId of GOOD) await bench.applied(datapathId, generation)
    }
    expect(held, 'the stuck one is at its first change').to.have.lengthOf(1)
    expect(bench.southbound.status(STUCK)?.appliedGeneration).to.equal(0)
    expect(bench.toldOf('switch-slow').map(({ subject }) => subject)).to.deep.equal([STUCK])
    expect(bench.toldOf('switch-degraded')).to.deep.equal([])
    expect(applied().laggards(30)).to.deep.equal([`${STUCK} (${slow.details['reason']})`])
    expect(await applied().wait(30, 1, new AbortController().signal)).to.equal(false)

    devices[0]!.intercept = () => false
    const [commit] = held
    if (commit?.type === 'bundle_control') devices[0]!.connection?.send({ ...commit, bundle_type: 'commit_reply' })
    await bench.applied(STUCK, 30)
    await bench.tells('switch-prompt')
    expect(bench.southbound.status(STUCK)).to.include({ state: 'served', reason: undefined })
    expect(applied().laggards(30)).to.deep.equal([])
  })

  it('is degraded when its time is up, told once however often it is tried, and recovers', async () => {
    await start(1000, undefined, 100)
    devices[0]!.intercept = isCommit
    for (const datapathId of [STUCK, ...GOOD]) bench.southbound.want(datapathId, 1, flows(10))
    for (const datapathId of GOOD) await bench.applied(datapathId, 1)
    const { details } = await bench.tells('switch-degraded')
    expect(details['error']).to.match(/no answer to bundle_control/)
    await devices[0]!.until(() => devices[0]!.received.filter(isCommit).length >= 4)
    expect(bench.southbound.status(STUCK)).to.include({ state: 'degraded', appliedGeneration: 0 })
    expect(
      bench.told.filter(({ type, subject }) => /slow|degraded|prompt/.test(type) && subject === STUCK),
    ).to.have.lengthOf(2)
    expect(applied().laggards(1).join()).to.match(new RegExp(`^${STUCK} \\(no answer to bundle_control`))
    devices[0]!.intercept = () => false
    await bench.applied(STUCK, 1)
    await bench.tells('switch-recovered')
    expect(bench.southbound.status(STUCK)?.state).to.equal('served')
  })

  it('is told where it answers echo late, and when it does in time again', async () => {
    await start(20_000, 200, 60)
    relay.delayMs = 120
    const { subject, details } = await bench.tells('switch-slow')
    expect(subject).to.equal(STUCK)
    expect(Number(/after (\d+) ms/.exec(String(details['reason']))?.[1])).to.be.within(60, 400)
    expect(bench.southbound.status(STUCK)?.state).to.equal('degraded')
    relay.delayMs = 0
    await bench.tells('switch-prompt')
    expect(bench.southbound.status(STUCK)?.state).to.equal('served')
    expect(bench.toldOf('switch-degraded')).to.deep.equal([])
  })

  for (const bundles of [true, false]) {
    it(`is degraded where it is heard but does not read, ${bundles ? 'with' : 'without'} bundles`, async () => {
      await start(1000)
      if (!bundles) {
        devices[0]!.bundles = false
        await devices[0]!.disconnect()
        await devices[0]!.connect(relay.address)
        await bench.tells('switch-served', 4)
      }
      relay.read(false)
      const talking = setInterval(() => devices[0]!.packetIn(1, new Uint8Array(64)), 20)
      try {
        const outputs = Array.from({ length: 160 }, (_, i) => ({ type: 'output', port: i + 1, max_len: 0 }) as const)
        const large = Array.from({ length: 6000 }, (_, i) => ({
          ...towards(0x0a000000 + i, 1),
          instructions: [{ type: 'apply_actions', actions: outputs } as const],
        }))
        bench.southbound.want(STUCK, 1, programOf(large))
        for (const datapathId of GOOD) bench.southbound.want(datapathId, 1, flows(10))
        for (const datapathId of GOOD) await bench.applied(datapathId, 1)
        expect(bench.toldOf('switch-degraded')).to.deep.equal([])
        const { details } = await bench.tells('switch-degraded')
        const expected = bundles ? /^no answer to bundle_control/ : /^it does not read: \d+ octets wait after \d+ ms$/
        expect(details['error']).to.match(expected)
        expect(bench.southbound.status(STUCK)).to.include({ state: 'degraded', appliedGeneration: 0 })
      } finally {
        clearInterval(talking)
        relay.read(true)
      }
      bench.southbound.want(STUCK, 2, flows(10))
      await bench.applied(STUCK, 2)
      expect(devices[0]!.flows.size).to.equal(10)
    })
  }
})

/** Between the stuck switch and the controller: delays what the switch says, or does not read what it is told. */
class SlowRelay extends Relay {
  delayMs = 0
  address = ''
  #toController: Socket | undefined

  private constructor(controller: string) {
    super(controller, {
      carry: (device, outward) => {
        this.#toController = outward
        outward.on('data', (chunk: Buffer) => device.write(chunk))
        let last = Promise.resolve()
        device.on('data', (chunk: Buffer) => {
          const { delayMs } = this
          const due = delayMs === 0 ? Promise.resolve() : new Promise<void>((resolve) => setTimeout(resolve, delayMs))
          last = Promise.all([last, due]).then(() => {
            outward.write(chunk)
          })
        })
      },
    })
  }

  static async start(controller: string): Promise<SlowRelay> {
    const relay = new SlowRelay(controller)
    relay.address = await relay.listen()
    return relay
  }

  /** Whether it takes what the controller says. */
  read(on: boolean): void {
    if (on) this.#toController?.resume()
    else this.#toController?.pause()
  }
}
