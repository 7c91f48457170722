/** A hundred thousand operations of sixteen clients on leases, the controller killed fifty times, against a naive model. */
import { expect } from 'chai'
import { leaseStorm } from '../support/lease-storm.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const OPERATIONS = Number(process.env['OPERATIONS'] ?? 100_000)

describe(`leases, ${OPERATIONS} operations, seed ${SEED}`, () => {
  it('are what a naive model says', async function () {
    this.timeout(0)
    const report = await leaseStorm({ seed: SEED, operations: OPERATIONS, kills: Math.ceil(OPERATIONS / 2000) })
    process.stdout.write(`${JSON.stringify(report)}\n`)
    expect(report.faults).to.deep.equal([])
    expect(report.happened, 'requests without an answer that had been done').to.be.greaterThan(0)
  })
})
