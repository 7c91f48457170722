/** The clock by hand must fire timers as the real one does: by due time, ties in order of setting, never when cancelled. */
import { expect } from 'chai'
import fc from 'fast-check'
import { manualClock, systemClock } from '../../host/clock.ts'

describe('host/clock', () => {
  it('fires timers in order of due time, ties in order of setting', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 20 }), fc.array(fc.nat(30), { maxLength: 6 }), (delays, steps) => {
        const clock = manualClock()
        const fired: number[] = []
        for (const [index, delay] of delays.entries()) {
          clock.after(delay, () => {
            expect(clock.monotonic()).to.equal(delay)
            fired.push(index)
          })
        }
        let end = 0
        for (const step of steps) {
          clock.advance(step)
          end += step
        }
        const due = delays
          .map((delay, index) => ({ delay, index }))
          .filter(({ delay }) => steps.length > 0 && delay <= end)
          .sort((a, b) => a.delay - b.delay || a.index - b.index)
        expect(fired).to.deep.equal(due.map(({ index }) => index))
        expect(clock.pending).to.equal(delays.length - due.length)
      }),
    )
  })

  it('repeats until cancelled, and a cancelled timer never fires', () => {
    const clock = manualClock()
    let beats = 0
    const beat = clock.every(10, () => beats++)
    const never = clock.after(5, () => expect.fail('cancelled'))
    never.cancel()
    clock.advance(35)
    expect(beats).to.equal(3)
    beat.cancel()
    clock.advance(100)
    expect(beats).to.equal(3)
  })

  it('keeps timers apart from jumps of the wall clock', () => {
    const clock = manualClock(1_000_000)
    let fired = false
    clock.after(100, () => {
      fired = true
    })
    clock.jump(9_000_000)
    expect(clock.now()).to.equal(9_000_000)
    expect(fired).to.equal(false)
    clock.advance(99)
    expect(fired).to.equal(false)
    clock.advance(1)
    expect(fired).to.equal(true)
    expect(clock.now()).to.equal(9_000_100)
  })

  it('runs on real time', async () => {
    const began = systemClock.monotonic()
    await new Promise<void>((resolve) => systemClock.after(20, resolve))
    expect(systemClock.monotonic() - began).to.be.at.least(19)
    expect(Math.abs(systemClock.now() - Date.now())).to.be.below(1000)
  })
})
