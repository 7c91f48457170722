/** Wishes are written once at a time, told once for as long as they are not met, and tried again ever more rarely. */
import { expect } from 'chai'
import { type Repair, type RepairKind, Repairs } from '../../controller/repairs.ts'

const KIND: RepairKind = {
  name: 'telemetry',
  written: 'telemetry-written',
  wanted: 'telemetry-wanted',
  failed: 'telemetry-failed',
}
const ABOUT = { key: 'k', subject: 's' }
const NOTHING: Repair = { operations: [], steps: [], command: '', troubles: [] }
const WORK: Repair = { ...NOTHING, operations: [{ op: 'comment' }], steps: [{ what: 'made' }], command: 'do it' }
const TROUBLE: Repair = { ...NOTHING, troubles: [{ type: 'telemetry-foreign', details: { reason: 'his' } }] }

interface Asked {
  resolve: () => void
  reject: (error: Error) => void
}

class Bench {
  readonly told: string[] = []
  readonly asked: Asked[] = []
  readonly repairs: Repairs
  looks = 0
  repair = NOTHING

  constructor(repair: boolean) {
    this.repairs = new Repairs({
      repair,
      tell: (type, subject, details) => void this.told.push(`${type} ${subject} ${JSON.stringify(details)}`),
    })
  }

  readonly look = (): void => {
    this.looks++
    const transact = (): Promise<void> => new Promise((resolve, reject) => void this.asked.push({ resolve, reject }))
    this.repairs.look(
      KIND,
      ABOUT,
      () => ({ repair: this.repair, database: { transact }, common: { bridge: 'b' } }),
      this.look,
    )
  }

  /** Wishes one thing and looks. */
  see(repair: Repair): string[] {
    this.repair = repair
    this.look()
    return this.told.splice(0)
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

describe('repairs', () => {
  const benches: Bench[] = []
  const begin = (repair = true): Bench => {
    const bench = new Bench(repair)
    benches.push(bench)
    return bench
  }
  afterEach(() => {
    for (const { repairs } of benches.splice(0)) repairs.close()
  })

  it('are written once, and looked at again when they are', async () => {
    const bench = begin()
    expect(bench.see(WORK)).to.deep.equal([])
    bench.look()
    bench.look()
    expect(bench.asked).to.have.length(1)
    const looks = bench.looks
    bench.repair = NOTHING
    bench.asked[0]!.resolve()
    await settled()
    expect(bench.told).to.deep.equal(['telemetry-written s {"bridge":"b","what":"made"}'])
    expect(bench.looks).to.equal(looks + 1)
    expect(bench.asked).to.have.length(1)
  })

  it('tell what is wrong once, and again when it was right meanwhile', () => {
    const bench = begin(false)
    const foreign = ['telemetry-foreign s {"bridge":"b","reason":"his"}']
    const wanted = ['telemetry-wanted s {"bridge":"b","command":"do it"}']
    expect([bench.see(TROUBLE), bench.see(TROUBLE)]).to.deep.equal([foreign, []])
    expect([bench.see(NOTHING), bench.see(TROUBLE)]).to.deep.equal([[], foreign])
    expect([bench.see(WORK), bench.see(WORK)]).to.deep.equal([wanted, []])
    expect(bench.see({ ...WORK, command: 'other' })).to.have.length(1)
    expect([bench.see(NOTHING), bench.see(WORK)]).to.deep.equal([[], wanted])
    expect(bench.asked).to.deep.equal([])
  })

  it('are tried again where they fail, and that is told once; that somebody else was first is not', async () => {
    const bench = begin()
    bench.see(WORK)
    bench.asked[0]!.reject(new Error('timed out: '))
    await settled()
    expect(bench.told).to.deep.equal([])
    bench.look()
    bench.asked[1]!.reject(new Error('constraint violation'))
    await settled()
    const failed = 'telemetry-failed s {"bridge":"b","what":"made","reason":"constraint violation"}'
    expect(bench.told.splice(0)).to.deep.equal([failed])
    bench.look()
    bench.asked[2]!.reject(new Error('constraint violation'))
    await settled()
    expect(bench.told).to.deep.equal([])
    // By itself, after a while.
    const looks = bench.looks
    await new Promise((resolve) => setTimeout(resolve, 4300))
    expect(bench.looks).to.equal(looks + 1)
    expect(bench.asked).to.have.length(4)
  }).timeout(10_000)

  it('of somebody else are looked at again, and of nobody any more when it is closed', async () => {
    const bench = begin()
    bench.see({ ...TROUBLE, again: true })
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(bench.looks).to.equal(2)
    bench.repairs.close()
    await new Promise((resolve) => setTimeout(resolve, 2200))
    expect(bench.looks).to.equal(2)
    bench.see(WORK)
    expect(bench.asked).to.deep.equal([])
  }).timeout(10_000)
})
