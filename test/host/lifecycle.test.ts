/** Shutdown: order, time bounds, failures, and what the first and the second signal do. */
import { EventEmitter } from 'node:events'
import { expect } from 'chai'
import { manualClock } from '../../host/clock.ts'
import { EXIT_CODE, exitCodeOf, Lifecycle, stopOnSignals } from '../../host/lifecycle.ts'
import { silentLog } from '../../host/log.ts'

const start = (boundMs?: number) => {
  const clock = manualClock()
  return { clock, life: new Lifecycle({ clock, log: silentLog, ...(boundMs === undefined ? {} : { boundMs }) }) }
}

describe('host/lifecycle', () => {
  it('stops parts one after the other in reverse order, once', async () => {
    const { life } = start()
    const trace: string[] = []
    for (const name of ['store', 'channel', 'api']) {
      life.onStop(name, async () => {
        trace.push(`${name} begins`)
        await Promise.resolve()
        trace.push(`${name} ended`)
      })
    }
    expect(life.signal.aborted).to.equal(false)
    const [one, other] = await Promise.all([life.stop('first'), life.stop('second')])
    expect(one).to.equal(other)
    expect(life.signal.reason).to.equal('first')
    expect(trace).to.deep.equal([
      'api begins',
      'api ended',
      'channel begins',
      'channel ended',
      'store begins',
      'store ended',
    ])
    expect(exitCodeOf(one)).to.equal(EXIT_CODE.stopped)
  })

  it('goes on past a part that fails, throws at once, or takes too long, and says so', async () => {
    const { clock, life } = start(1000)
    let stoppedLast = false
    let stuck: () => void = () => {}
    const reached = new Promise<void>((resolve) => {
      stuck = resolve
    })
    life.onStop('store', () => {
      stoppedLast = true
    })
    life.onStop('stuck', () => {
      stuck()
      return new Promise(() => {})
    })
    life.onStop('fails', async () => {
      throw new Error('no')
    })
    life.onStop('throws', () => {
      throw new Error('at once')
    })
    const stopping = life.stop('test')
    await reached
    clock.advance(999)
    await Promise.resolve()
    expect(stoppedLast, 'before the time is up').to.equal(false)
    clock.advance(1)
    const report = await stopping
    expect(report.map(({ name, outcome }) => `${name} ${outcome}`)).to.deep.equal([
      'throws failed',
      'fails failed',
      'stuck timed-out',
      'store stopped',
    ])
    expect(stoppedLast).to.equal(true)
    expect(report[2]!.took).to.equal(1000)
    expect(exitCodeOf(report)).to.equal(EXIT_CODE.failed)
    expect(clock.pending, 'timers left').to.equal(0)
  })

  it('stops a part that is registered while stopping', async () => {
    const { life } = start()
    let late = false
    life.onStop('early', () => {
      life.onStop('late', () => {
        late = true
      })
    })
    await life.stop('test')
    expect(late).to.equal(true)
  })

  it('takes the first signal as a wish and the second, of either kind, as an order', () => {
    for (const [first, second, code] of [
      ['SIGINT', 'SIGINT', 130],
      ['SIGTERM', 'SIGINT', 130],
      ['SIGINT', 'SIGTERM', 143],
    ] as const) {
      const codes: number[] = []
      const source = Object.assign(new EventEmitter(), { exit: (given: number) => void codes.push(given) })
      const { signal, release } = stopOnSignals(source)
      source.emit(first)
      expect(signal.aborted).to.equal(true)
      expect(signal.reason).to.equal(first)
      expect(codes).to.deep.equal([])
      source.emit(second)
      expect(codes).to.deep.equal([code])
      release()
      expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).to.equal(0)
    }
  })
})
