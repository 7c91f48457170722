/** Every way, by every expander, to every named state, on both back ends, compiled step by step and several at a time. */
import { NAMED_STATES } from '../support/named-states.ts'
import { BACKENDS, checkWays, PAIRS } from '../support/ways-check.ts'

/** The seed of the first round; the next has the next. */
const SEED = Number(process.env['SEED'] ?? 1)

describe(`every way to a state, seed ${SEED}`, () => {
  for (const state of NAMED_STATES) {
    it(state.name, function () {
      this.timeout(0)
      const passages = PAIRS.flatMap(([way, expansion]) =>
        BACKENDS.flatMap((backend) => [1, 3].map((turn) => ({ way, expansion, backend, turn }))),
      )
      checkWays(state, passages, SEED)
    })
  }
})
