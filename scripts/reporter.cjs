// mocha's spec report, closed by one plain line with the counts that any CI can read. In a lane (lanes.ts) the counts and
// the text of failures go to descriptor 3 instead, and whoever runs the lanes prints them for all.
const { writeFileSync } = require('node:fs')
const { reporters, Runner } = require('mocha')

module.exports = class Closing extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    this.isInLane = process.env.LANE_OF_TESTS !== undefined
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats
      if (this.isInLane) writeFileSync(3, JSON.stringify({ passes, failures, pending, texts: this.texts() }))
      else console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`)
    })
  }

  epilogue() {
    if (!this.isInLane) super.epilogue()
  }

  /** What mocha says of each failure: a format, its number, and the rest. */
  texts() {
    const { Base } = reporters
    const { consoleLog } = Base
    const texts = []
    Base.consoleLog = (...line) => {
      if (line.length > 0) texts.push(line)
    }
    try {
      Base.list(this.failures)
    } finally {
      Base.consoleLog = consoleLog
    }
    return texts
  }
}
