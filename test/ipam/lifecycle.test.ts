/**
 * The machine of stages and the account of silence: random causes against models that are slow and obvious. No clock: 72
 * hours are a number.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { bornStage, dueMove, isLegal, MOVES, movedTo, type Seen, targetsOf } from '../../ipam/lifecycle.ts'
import { follow, quietMs, type Reading, type Track } from '../../ipam/silence.ts'
import { KEPT_STAGES, STAGE_CAUSES, STAGES, type Stage, type StageMove, type StageState } from '../../model/records.ts'

const HOUR = 3_600_000
const stage = fc.constantFrom(...STAGES)
const cause = fc.constantFrom(...STAGE_CAUSES)
const quiet: Seen = { traffic: false, quietMs: 0, addressed: true, wasAddressed: true, escalation: undefined }

describe('the machine of stages', () => {
  it('has each move once, none to where it is already, and every stage can be reached and left', () => {
    const keys = MOVES.map(({ from, to, cause: by }) => `${from} ${to} ${by}`)
    expect(new Set(keys).size).to.equal(keys.length)
    for (const { from, to } of MOVES) expect(from).to.not.equal(to)
    for (const each of STAGES) {
      expect(
        MOVES.some(({ to }) => to === each),
        each,
      ).to.equal(true)
      expect(
        MOVES.some(({ from }) => from === each),
        each,
      ).to.equal(true)
    }
  })

  it('makes no move that the table has not, whatever is asked, and remembers each that it makes', () => {
    let [made, refused] = [0, 0]
    while (made < 1000 || refused < 1000) {
      fc.assert(
        fc.property(fc.array(fc.tuple(stage, cause, fc.nat(1000)), { maxLength: 60 }), (asked) => {
          let state = bornStage(0)
          const model: StageMove[] = [{ stage: 'provisioned', cause: 'api', since: 0, note: '' }]
          let now = 0
          for (const [to, by, ms] of asked) {
            now += ms
            const moved = movedTo(state, { stage: to, cause: by, since: now, note: 'n' })
            const legal = MOVES.some((row) => row.from === state.stage && row.to === to && row.cause === by)
            expect(moved.ok).to.equal(legal)
            if (!moved.ok) {
              refused++
              expect(moved.failure.code).to.equal('STAGE_MOVE_ILLEGAL')
              continue
            }
            made++
            state = moved.value
            model.unshift({ stage: to, cause: by, since: now, note: 'n' })
            expect(state.generation).to.equal(model.length - 1)
            const { generation: _, earlier, ...current } = state
            expect([current, ...earlier]).to.deep.equal(model.slice(0, KEPT_STAGES + 1))
          }
        }),
      )
    }
  })

  it('lets nothing but a person out of restricted, and reclaims nothing but what is revocable', () => {
    const automatic = STAGE_CAUSES.filter((by) => by !== 'api')
    for (const by of automatic) expect(targetsOf('restricted', by), by).to.deep.equal([])
    expect(MOVES.filter(({ cause: by }) => by === 'reclaim').map(({ from, to }) => [from, to])).to.deep.equal([
      ['revocable', 'retired'],
    ])
  })

  it('finds a move that is legal and that has its reason, of whatever is seen', () => {
    const seen = fc.record<Seen>({
      traffic: fc.boolean(),
      quietMs: fc.nat(100 * HOUR),
      addressed: fc.boolean(),
      wasAddressed: fc.boolean(),
      escalation: fc.option(fc.constant('too much'), { nil: undefined }),
    })
    const found = new Set<string>()
    fc.assert(
      fc.property(stage, seen, stage, fc.nat(100 * HOUR), (at, its, to, ms) => {
        const due = dueMove(at, its, { silence: { ms, to } })
        if (due === undefined) return
        found.add(due.cause)
        expect(isLegal(at, due.stage, due.cause)).to.equal(true)
        if (due.cause === 'silence') expect(its.quietMs).to.be.at.least(ms)
        if (due.cause === 'traffic') expect(its.traffic).to.equal(true)
        if (due.cause === 'lease-ended') expect(its.addressed).to.equal(false)
        expect(['reclaim', 'api']).to.not.include(due.cause)
      }),
      { numRuns: 5000 },
    )
    expect([...found].sort()).to.deep.equal(['allocation', 'escalation', 'lease-ended', 'silence', 'traffic'])
  })

  it('goes from the first packet through 72 hours of silence to revocable, and back with a packet', () => {
    const rules: Partial<Record<Stage, { ms: number; to: Stage }>> = {
      active: { ms: HOUR, to: 'idle' },
      idle: { ms: 72 * HOUR, to: 'revocable' },
    }
    let state: StageState = bornStage(0)
    let track: Track | undefined
    let packets = 0n
    const story: string[] = []
    for (let at = 0; at <= 80 * HOUR; at += HOUR / 2) {
      if (at === HOUR || at === 79 * HOUR) packets++
      track = follow(track, { at, place: 's1 p1', packets, octets: packets * 100n, begun: 0 })
      const silence = rules[state.stage]
      const traffic = track.trafficAt !== undefined && track.trafficAt > state.since
      const due = dueMove(
        state.stage,
        { ...quiet, traffic, quietMs: quietMs(track) },
        silence === undefined ? {} : { silence },
      )
      if (due === undefined) continue
      const moved = movedTo(state, { ...due, since: at })
      if (!moved.ok) throw new Error('an illegal move was due')
      state = moved.value
      story.push(`${at / HOUR} ${state.stage} by ${state.cause}`)
    }
    expect(story).to.deep.equal([
      '1 active by traffic',
      '2 idle by silence',
      '73 revocable by silence',
      '79 active by traffic',
      '80 idle by silence',
    ])
  })
})

describe('the account of silence', () => {
  it('claims no silence in which a packet came, whatever becomes of switches and counters', () => {
    interface Step {
      ms: number
      sends: boolean
      reads: boolean
      restarts: boolean
      moves: boolean
    }
    const step = fc.record<Step>({
      ms: fc.integer({ min: 1, max: 100_000 }),
      sends: fc.boolean(),
      reads: fc.boolean(),
      restarts: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
      moves: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
    })
    let proven = 0
    while (proven < 1000) {
      fc.assert(
        fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
          let [now, begun, place] = [1_000_000, 1_000_000, 1]
          let packets = 0n
          let lastSent: number | undefined
          let track: Track | undefined
          for (const each of steps) {
            now += each.ms
            if (each.restarts || each.moves) {
              packets = 0n
              begun = now
              if (each.moves) place++
            }
            if (each.sends) {
              packets++
              lastSent = now
            }
            if (!each.reads) continue
            const reading: Reading = { at: now, place: String(place), packets, octets: packets * 60n, begun }
            track = follow(track, reading)
            const silence = quietMs(track)
            if (silence === 0) continue
            proven++
            expect(lastSent === undefined || lastSent <= now - silence, 'a packet in proven silence').to.equal(true)
          }
        }),
      )
    }
  })

  it('needs two readings; a restart and another port begin anew', () => {
    const at = (ms: number, packets: bigint, more: Partial<Reading> = {}): Reading => {
      return { at: ms, place: 'a', packets, octets: packets * 100n, begun: 0, ...more }
    }
    const one = follow(undefined, at(1000, 5n))
    expect(quietMs(one)).to.equal(0)
    expect(one.trafficAt).to.equal(0)
    const two = follow(one, at(61_000, 5n))
    expect(quietMs(two)).to.equal(60_000)
    expect(quietMs(follow(two, at(90_000, 5n, { begun: 80_000 })))).to.equal(0)
    expect(quietMs(follow(two, at(90_000, 5n, { place: 'b' })))).to.equal(0)
    const three = follow(two, at(62_000, 10n))
    expect(three.rate).to.equal(4000)
    expect(three.trafficAt).to.equal(62_000)
  })
})
