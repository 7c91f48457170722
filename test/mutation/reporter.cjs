// What mutation runs need of a mocha run, as JSON on standard output: how many tests ran, and the failures with their causes.
module.exports = class {
  constructor(runner) {
    const report = { ran: 0, failures: [] }
    runner.on('test end', () => report.ran++)
    runner.on('fail', (test, error) => {
      const chain = []
      for (let at = error; at !== undefined && at !== null && chain.length < 5; at = at.cause) {
        chain.push({ name: String(at.name), message: String(at.message).slice(0, 300) })
      }
      report.failures.push({ test: test.fullTitle(), chain })
    })
    runner.on('end', () => process.stdout.write(`\n@@${JSON.stringify(report)}\n`))
  }
}
