/** Addresses asked for and given back by sixteen clients at once, the controller killed meanwhile; the long form is `npm run soak -- leases`. */
import { expect } from 'chai'
import { leaseStorm } from '../support/lease-storm.ts'

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

describe('leases that sixteen clients ask for while the controller is killed', function () {
  this.timeout(180_000)

  it(`are what a naive model says, seed ${SEED}`, async () => {
    const report = await leaseStorm({ seed: SEED, operations: 2400, kills: 3 })
    const text = JSON.stringify(report)
    expect(report.faults, text).to.deep.equal([])
    expect(report.kills, text).to.equal(3)
    expect(report.operations, text).to.be.at.least(2000)
    expect(report.given, text).to.be.greaterThan(500)
    expect(report.ended, text).to.be.greaterThan(300)
    expect(report.unanswered, text).to.be.greaterThan(0)
    expect(report.repeated, text).to.be.greaterThan(20)
  })
})
