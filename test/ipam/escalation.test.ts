/** Triggers of stage policies against a model that looks at all samples anew. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Escalations, type Sample } from '../../ipam/escalation.ts'
import type { StageEscalation } from '../../model/records.ts'

describe('escalations', () => {
  it('fire once for each time that too much goes on for long enough', () => {
    const step = fc.record({
      ms: fc.integer({ min: 100, max: 3000 }),
      kbps: fc.nat(20),
      refused: fc.constantFrom(0, 0, 1, 5, 20),
    })
    const trigger = fc.record<StageEscalation>({
      trigger: fc.constantFrom('refused-packets', 'bandwidth'),
      above: fc.integer({ min: 1, max: 15 }),
      seconds: fc.integer({ min: 1, max: 8 }),
      restrict: fc.constant(false),
    })
    const fired = { 'refused-packets': 0, bandwidth: 0 }
    while (fired.bandwidth < 50 || fired['refused-packets'] < 50) {
      fc.assert(
        fc.property(trigger, fc.array(step, { minLength: 5, maxLength: 60 }), (its, steps) => {
          const escalations = new Escalations()
          const samples: Sample[] = []
          let [at, refused] = [0, 0]
          let was = false
          for (const { ms, kbps, refused: more } of steps) {
            at += ms
            refused += more
            samples.push({ at, rate: kbps * 1000, refused })
            const last = samples.findLast((sample) => sample.at <= at - its.seconds * 1000)
            const during = last === undefined ? [] : samples.filter((sample) => sample.at > last.at)
            const is =
              its.trigger === 'bandwidth'
                ? during.length > 0 && during.every(({ rate }) => rate > its.above * 1000)
                : refused - (last ?? samples[0]!).refused > its.above
            const found = escalations.take(samples.at(-1)!, [its])
            expect(found.length).to.equal(is && !was ? 1 : 0)
            if (is && !was) fired[its.trigger]++
            was = is
          }
        }),
      )
    }
  })
})
