/**
 * From one layout of tables to another, at the same numbers or at others, held to one law: while packets may be half way
 * to a table, no row of another layout comes there, and none goes. Upgrades, rollbacks and changes of intent, one into
 * the other, with refusals and with a switch that is lost after any batch; and what is confirmed is there. The switch
 * is a map that does what it is told; a packet may be half way to every table that one got to since its datapath settled.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Action, Instruction } from 'node-openflow'
import { apply, diff, type Operation } from '../../controller/flows/diff.ts'
import { isAtHome } from '../../controller/flows/hops.ts'
import { copyProgram, type Effect, Ledger } from '../../controller/flows/ledger.ts'
import { tablesReached } from '../../controller/flows/reach.ts'
import { COOKIE_OURS, epochOf, PIPELINE_EPOCH } from '../../controller/policy/cookie.ts'
import { inRange, RANGES, rangeOf, tablesOf } from '../../controller/policy/pipeline.ts'
import { emptyProgram, type Flow, flowKey, type SwitchProgram, type Touched } from '../../controller/policy/program.ts'

const GUARD = '0/65535/'
const guard: Flow = { table: 0, priority: 65535, match: [], instructions: [], cookie: COOKIE_OURS, unit: 'guard' }
/** The second and the third have the tables of the first. */
const EPOCHS = [PIPELINE_EPOCH, PIPELINE_EPOCH + RANGES, PIPELINE_EPOCH + 2 * RANGES, PIPELINE_EPOCH + RANGES / 2]
const LAST_PLACE = 4

interface Row {
  place: number
  match: number
  onward: number
  /** Further places, or the second half of connection tracking. */
  tracks: boolean
}

const row: fc.Arbitrary<Row> = fc.record({
  place: fc.nat(LAST_PLACE),
  match: fc.nat(2),
  onward: fc.integer({ min: 1, max: LAST_PLACE }),
  tracks: fc.boolean(),
})

const rows = fc.array(row, { minLength: 3, maxLength: 12 })

function flowOf({ place, match, onward, tracks }: Row, epoch: number): Flow {
  const range = rangeOf(tablesOf(epoch).deliver) as number
  const to = inRange(Math.min(LAST_PLACE, place + onward), range)
  const output: Action = { type: 'output', port: match + 1, max_len: 0 }
  const second: Action = { type: 'nx_ct', flags: 0, zone: 1, recirc_table: to, alg: 'none', actions: [] }
  const instructions: Instruction[] =
    place === LAST_PLACE
      ? [{ type: 'apply_actions', actions: [output] }]
      : tracks
        ? [{ type: 'apply_actions', actions: [second] }]
        : [{ type: 'goto_table', table_id: to }]
  // A layout of its own: the same number is in another register.
  const its = [{ field: epoch === PIPELINE_EPOCH ? ('reg0' as const) : ('reg1' as const), value: match }]
  const cookie = COOKIE_OURS | (BigInt(epoch) << 40n) | 1n
  return { table: place === 0 ? 0 : inRange(place, range), priority: 5, match: its, instructions, cookie, unit: 'test' }
}

const keyOf = ({ table, priority, match }: Flow): string => flowKey(table, priority, match)

function programOf(its: readonly Row[], epoch: number): SwitchProgram {
  const program = emptyProgram()
  // Packets get at least to one table that has a row.
  const all = [...its, { place: 0, match: 0, onward: 1, tracks: true }, { place: 1, match: 0, onward: 1, tracks: true }]
  for (const one of all) program.flows.set(keyOf(flowOf(one, epoch)), flowOf(one, epoch))
  return program
}

type Sent = Extract<Effect, { effect: 'send' }>

/** A switch, and whoever has it now. */
class Bench {
  readonly switch = emptyProgram()
  /** By table that a packet may be half way to, the epochs of rows that it may expect there. */
  readonly #halfWay = new Map<number, Set<number>>()
  #ledger!: Ledger
  #bundles = true
  #epoch = 0
  #generation = 0
  /** What is wanted, whatever epoch the ledger's switch is at. */
  wanted = emptyProgram()
  #sent: Sent | undefined
  #refusals = 0
  #atOnce = false
  readonly seen = { between: 0, interrupted: 0, refused: 0, hops: 0, changed: 0 }

  get isBusy(): boolean {
    return this.#sent !== undefined
  }

  /** A controller of this epoch takes the switch over. */
  start(epoch: number, its: readonly Row[], bundles: boolean, perSlice: number): void {
    if (this.#sent !== undefined) this.seen.interrupted++
    if (this.#isBetween) this.seen.between++
    this.#sent = undefined
    this.#refusals = 0
    this.#epoch = epoch
    this.#bundles = bundles
    this.#ledger = new Ledger({ bundles, perSlice, guard: { key: GUARD, flow: guard }, retryMs: 1, retryMaxMs: 1 })
    this.wanted = programOf(its, epoch)
    this.#run(this.#ledger.want(++this.#generation, this.wanted))
    this.#run(this.#ledger.connect(bundles))
  }

  /** Intent changes by one row, which comes or goes. */
  change(its: Row): void {
    const flow = flowOf(its, this.#epoch)
    const key = keyOf(flow)
    if (this.wanted.flows.has(key)) this.wanted.flows.delete(key)
    else this.wanted.flows.set(key, flow)
    const touched: Touched = { flows: new Set([key]), groups: new Set(), meters: new Set(), ports: new Set() }
    if (this.isBusy) this.seen.changed++
    this.#run(this.#ledger.want(++this.#generation, this.wanted, touched))
  }

  /** The connection is lost, and comes back; what the switch was doing it has done, or some of it. */
  reconnect(doneOf: number): void {
    if (this.#sent !== undefined) {
      this.seen.interrupted++
      const { operations, atomic } = this.#sent.batch
      this.#carryOut(atomic ? operations : operations.slice(0, doneOf))
    }
    if (this.#isBetween) this.seen.between++
    this.#sent = undefined
    this.#ledger.disconnect()
    this.#run(this.#ledger.connect(this.#bundles))
  }

  /** The switch answers what it was sent last. */
  answer(isTaken: boolean): void {
    const { flight, batch } = this.#sent as Sent
    this.#sent = undefined
    if (isTaken) {
      this.#carryOut(batch.operations)
      if (batch.settles) this.#settle()
      this.#run(this.#ledger.confirmed(flight))
      return
    }
    this.#refusals++
    this.seen.refused++
    this.#run(this.#ledger.failed(flight, 'no'))
    this.#run(this.#ledger.retry())
  }

  finish(): void {
    for (let left = 1000; this.isBusy; left--) {
      expect(left, 'it does not come to an end').to.be.above(0)
      this.answer(true)
    }
    expect(this.#ledger.appliedGeneration).to.equal(this.#generation)
    expect(this.switch).to.deep.equal(this.wanted)
  }

  /** Packets get to tables that are not those of the epoch, by rows that are. */
  get #isBetween(): boolean {
    const reached = tablesReached(this.switch)
    const home = rangeOf(tablesOf(this.#epoch).deliver)
    return [...this.switch.flows.values()].some(
      ({ table, cookie }) =>
        epochOf(cookie) === this.#epoch &&
        table !== 0 &&
        rangeOf(table) !== home &&
        reached !== 'anywhere' &&
        reached.has(table),
    )
  }

  #run(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.effect === 'read') this.#run(this.#ledger.readBack(copyProgram(this.switch)))
      else if (effect.effect === 'send') this.#sent = effect
      else if (effect.effect === 'applied') {
        this.#refusals = 0
        if (effect.generation === this.#generation) expect(this.switch).to.deep.equal(this.wanted)
        expect(this.#isBetween, 'confirmed on the way').to.equal(false)
      }
    }
  }

  #carryOut(operations: readonly Operation[]): void {
    // Refused twice, all is changed at once, and what packets find then is not judged until that is over.
    if (this.#refusals > 1) this.#atOnce = true
    for (const operation of operations) this.#judge(operation)
    const was = this.#isBetween
    apply(operations, this.switch)
    if (!was && this.#isBetween) this.seen.hops++
    this.#reach()
  }

  #judge(operation: Operation): void {
    if (operation.what !== 'flow' || operation.flow.table === 0 || this.#atOnce) return
    const expected = this.#halfWay.get(operation.flow.table)
    if (expected === undefined) return
    const isOwn = [...expected].every((epoch) => epoch === this.#epoch)
    const home = rangeOf(tablesOf(this.#epoch).deliver)
    const isThere = isOwn && rangeOf(operation.flow.table) === home
    // After a refusal there may be no room beside the old rows: some find nothing, but none another meaning.
    const isAllowed = isThere || (this.#refusals > 0 && (operation.act === 'delete' || isOwn))
    expect(
      isAllowed,
      `${operation.act} ${operation.key} of ${this.#epoch} where ${[...expected]} is expected`,
    ).to.equal(true)
  }

  #reach(): void {
    // Behind the guard no packet goes anywhere.
    if (this.switch.flows.has(GUARD)) return
    const reached = tablesReached(this.switch)
    if (reached === 'anywhere') throw new Error('nobody knows where')
    for (const { table, cookie } of this.switch.flows.values()) {
      if (table === 0 || !reached.has(table)) continue
      const expected = this.#halfWay.get(table) ?? new Set()
      this.#halfWay.set(table, expected.add(epochOf(cookie)))
    }
  }

  #settle(): void {
    this.#atOnce = false
    this.#halfWay.clear()
    this.#reach()
  }
}

describe('the way from one layout of tables to another', () => {
  const start = fc.record({
    act: fc.constant('start' as const),
    epoch: fc.constantFrom(...EPOCHS),
    rows,
    bundles: fc.boolean(),
    perSlice: fc.integer({ min: 1, max: 6 }),
  })
  const step = fc.oneof(
    { weight: 3, arbitrary: start },
    { weight: 12, arbitrary: fc.record({ act: fc.constant('answer' as const), no: fc.nat(19) }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('change' as const), row }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('reconnect' as const), done: fc.nat(5) }) },
  )

  /** Runs networks until everything was met often. @param refuses Switches refuse something now and then. */
  const follows = (refuses: boolean, least: Record<string, number>): void => {
    const seen: Record<string, number> = {}
    for (let runs = 0; runs < 40 && Object.entries(least).some(([what, count]) => (seen[what] ?? 0) < count); runs++) {
      fc.assert(
        fc.property(start, fc.array(step, { minLength: 10, maxLength: 60 }), (first, steps) => {
          const bench = new Bench()
          for (const its of [first, ...steps]) {
            if (its.act === 'start') bench.start(its.epoch, its.rows, its.bundles, its.perSlice)
            else if (its.act === 'change') bench.change(its.row)
            else if (its.act === 'reconnect') bench.reconnect(its.done)
            else if (bench.isBusy) bench.answer(!refuses || its.no > 0)
          }
          bench.finish()
          for (const [what, count] of Object.entries(bench.seen)) seen[what] = (seen[what] ?? 0) + count
        }),
        { numRuns: 300 },
      )
    }
    for (const [what, count] of Object.entries(least)) expect(seen[what], what).to.be.at.least(count)
  }

  it('leaves alone what packets are half way to, wherever it is interrupted', function () {
    this.timeout(120_000)
    follows(false, { hops: 100, between: 20, interrupted: 100, changed: 50 })
  })

  it('gives no packet rows of another layout where a switch refused to have both', function () {
    this.timeout(120_000)
    follows(true, { hops: 100, between: 20, refused: 200 })
  })

  const [home, far] = EPOCHS as [number, number]
  const SOME: Row[] = [0, 1, 2, 3, 4].flatMap((place) =>
    [0, 1].map((match) => ({ place, match, onward: 1, tracks: place === 2 })),
  )

  /** What a switch that takes everything is sent. */
  const sentFrom = (installed: SwitchProgram, wanted: SwitchProgram): Sent[] => {
    const ledger = new Ledger({
      bundles: true,
      perSlice: 2000,
      guard: { key: GUARD, flow: guard },
      retryMs: 1,
      retryMaxMs: 1,
    })
    const list: Sent[] = []
    const run = (effects: readonly Effect[]): void => {
      for (const effect of effects) {
        if (effect.effect === 'read') run(ledger.readBack(copyProgram(installed)))
        if (effect.effect !== 'send') continue
        list.push(effect)
        run(ledger.confirmed(effect.flight))
      }
    }
    run([...ledger.want(1, wanted), ...ledger.connect(true)])
    return list
  }

  it('is two hops where the layouts have the same tables, and one where they have not, or are one', () => {
    const wanted = programOf(SOME, home)
    const settling = (installed: SwitchProgram): number =>
      sentFrom(installed, wanted).filter(({ batch }) => batch.settles && batch.operations.length > 0).length
    expect(settling(programOf(SOME, far))).to.equal(2)
    expect(settling(programOf(SOME, EPOCHS[3]!))).to.equal(1)
    expect(settling(programOf(SOME.slice(0, -1), home))).to.equal(1)
    // A row that somebody put there says nothing of the layout.
    const stray = copyProgram(wanted)
    const forged = { ...flowOf(SOME[3]!, far), match: [{ field: 'reg5' as const, value: 1 }] }
    stray.flows.set(keyOf(forged), forged)
    expect(sentFrom(stray, wanted)).to.have.lengthOf(1)
  })

  it('gives groups numbers of their own on the way, and tells which rows are at home', () => {
    const isHome = (program: SwitchProgram): boolean => {
      const work = isAtHome(program)
      for (;;) {
        const its = work.next()
        if (its.done === true) return its.value
      }
    }
    const withGroup = (epoch: number, port: number): SwitchProgram => {
      const program = programOf(SOME, epoch)
      const named: Flow = {
        ...flowOf({ place: 3, match: 2, onward: 1, tracks: false }, epoch),
        instructions: [{ type: 'apply_actions', actions: [{ type: 'group', group_id: 1 }] }],
      }
      program.flows.set(keyOf(named), named)
      const bucket = { weight: 0, watch_port: 0xffffffff, watch_group: 0xffffffff }
      const actions: Action[] = [{ type: 'output', port, max_len: 0 }]
      program.groups.set(1, { groupId: 1, groupType: 'all', buckets: [{ ...bucket, actions }], unit: '' })
      return program
    }
    const [installed, wanted] = [withGroup(far, 1), withGroup(home, 2)]
    expect([isHome(installed), isHome(wanted)]).to.deep.equal([false, true])
    const now = copyProgram(installed)
    const old = installed.groups.get(1)
    let away = 0
    for (const { batch } of sentFrom(installed, wanted)) {
      for (const its of batch.operations) if (its.what === 'group') expect(its.act).to.not.equal('modify')
      apply(batch.operations, now)
      if ([...now.flows.values()].some(({ cookie }) => epochOf(cookie) === far)) expect(now.groups.get(1)).to.equal(old)
      if (!isHome(now)) away++
    }
    expect(away).to.be.above(1)
    expect(diff(wanted, now)).to.deep.equal([])
  })
})
