/**
 * Verification: nothing is found where nothing is wrong, whatever is compiled meanwhile; a program that is not what
 * compiling anew gives is found, told and named; switches that cannot be asked are not verified.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Comparison } from '../../controller/channel/compare.ts'
import { Drift } from '../../controller/channel/drift.ts'
import type { CompileLoop } from '../../controller/compile-loop.ts'
import type { EntryChangeSet } from '../../controller/policy/entries.ts'
import { Intent } from '../../controller/policy/intent.ts'
import type { Flow } from '../../controller/policy/program.ts'
import type { DatapathView, Place } from '../../controller/policy/state.ts'
import { isVerified, type SwitchFindings, Verifier, type VerifyStep } from '../../controller/verify.ts'
import { arbitraryWalk, changesBetween, observedBetween, type Step } from '../support/compile-states.ts'
import { loopOf } from '../support/controller-parts.ts'

const EQUAL: Comparison = { flows: 1, drift: new Drift(), foreign: 0, foreignFlows: [], changing: 0 }

/** A controller's inside at one state of a walk, and its verifier. */
class Inside {
  readonly intent = new Intent()
  readonly observed = { datapaths: new Map<string, DatapathView>(), places: new Map<string, Place>() }
  readonly told: string[] = []
  readonly loop: CompileLoop
  readonly verifier: Verifier
  #step: Step | undefined
  #revision = 0

  constructor() {
    const { intent, observed } = this
    this.loop = loopOf({ intent, observed, clock: () => 0 })
    this.verifier = new Verifier({
      entries: () => ({ revision: this.#revision, entries: entriesOf(this.#step?.snapshot) }),
      observed,
      backend: 'fabric',
      loop: this.loop,
      compare: async () => EQUAL,
      tell: (type, subject) => this.told.push(`${type} ${subject}`),
      // Time that passes: every slice is followed by a turn.
      clock: () => performance.now() * 1000,
    })
  }

  /** The next state, told but not compiled before the event loop turns. */
  go(step: Step): void {
    const before = this.#step
    const delta = this.intent.apply(changesBetween(before?.snapshot, step.snapshot, ++this.#revision))
    const { datapaths, places } = this.observed
    for (const [into, from] of [
      [datapaths, step.observed.datapaths],
      [places, step.observed.places],
    ] as [Map<string, unknown>, ReadonlyMap<string, unknown>][]) {
      into.clear()
      for (const [key, value] of from) into.set(key, value)
    }
    for (const datapathId of [...this.loop.programs.keys()]) {
      if (!datapaths.has(datapathId)) this.loop.forget(datapathId)
    }
    this.#step = step
    this.loop.intentChanged(delta)
    if (before !== undefined) this.loop.observedChanged(observedBetween(before.observed, step.observed))
  }

  async verify(): Promise<SwitchFindings[]> {
    const steps: VerifyStep[] = []
    await this.verifier.run([...this.loop.programs.keys()], (step) => steps.push(step), new AbortController().signal)
    return steps.flatMap((step) => (step.kind === 'switch' ? [step.switch] : []))
  }
}

function entriesOf(snapshot: EntryChangeSet | undefined) {
  return (snapshot?.changes ?? []).flatMap(({ after }) => (after === undefined ? [] : [after]))
}

describe('verification', function () {
  this.timeout(60_000)

  it('finds nothing where nothing is wrong, whatever is compiled meanwhile', async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(arbitraryWalk, fc.array(fc.nat(6), { maxLength: 4 }), async (walk, waits) => {
        const inside = new Inside()
        inside.go(walk[0]!)
        inside.loop.open()
        await turn()
        let running = true
        const verified = inside.verify().finally(() => {
          running = false
        })
        for (const [index, step] of walk.slice(1).entries()) {
          for (let wait = waits[index] ?? 0; wait > 0 && running; wait--) await turn()
          inside.go(step)
          // Each is compiled by itself.
          await turn()
        }
        for (const findings of await verified) {
          if (!('drift' in findings.program)) continue
          compared += findings.program.flows - findings.program.changing
          expect(findings.program.drift.flows).to.equal('')
        }
        expect(inside.told).to.deep.equal([])
        // At rest, everything is compared.
        await inside.loop.rested()
        const found = await inside.verify()
        expect(found.map(({ datapathId }) => datapathId).sort()).to.deep.equal(
          [...inside.observed.datapaths.keys()].sort(),
        )
        for (const findings of found) {
          const { program } = findings
          expect('reason' in program ? program.reason : program.drift.flows).to.equal('')
          expect(isVerified(findings)).to.equal(true)
        }
      }),
      { numRuns: 60 },
    )
    expect(compared).to.be.greaterThan(100)
  })

  it('finds every flow that is not what compiling anew gives, and tells', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryWalk,
        fc.nat(),
        fc.constantFrom('missing', 'changed', 'stale'),
        async (walk, at, kind) => {
          const inside = new Inside()
          inside.go(walk[0]!)
          inside.loop.open()
          // Each is compiled by itself.
          await turn()
          const [datapathId, program] = [...inside.loop.programs][0] ?? []
          if (datapathId === undefined || program === undefined) return
          const [key, flow] = [...program.flows][at % program.flows.size] as [string, Flow]
          if (kind === 'missing') program.flows.delete(key)
          else if (kind === 'changed') program.flows.set(key, { ...flow, cookie: flow.cookie ^ 1n })
          else program.flows.set('254/1/', { ...flow, table: 254, priority: 1, match: [] })
          const findings = (await inside.verify()).find((one) => one.datapathId === datapathId)
          expect(findings !== undefined && isVerified(findings)).to.equal(false)
          expect(findings?.program).to.have.nested.property(`drift.${kind}`, 1)
          expect(findings?.program).to.have.nested.property('drift.count', 1)
          expect(inside.told).to.deep.equal([`program-differs ${datapathId}`])
        },
      ),
      { numRuns: 40 },
    )
  })

  it('says of switches why they cannot be compared, runs one after the other, and ends when it is told to', async () => {
    const inside = new Inside()
    const order: string[] = []
    const run = (name: string, signal = new AbortController().signal): Promise<void> =>
      inside.verifier.run(['00000000000000aa'], (step) => order.push(`${name} ${step.kind}`), signal)
    await Promise.all([run('first'), run('second')])
    expect(order).to.deep.equal(['first progress', 'first switch', 'second progress', 'second switch'])
    let found: SwitchFindings | undefined
    const note = (step: VerifyStep): void => {
      if (step.kind === 'switch') found = step.switch
    }
    await inside.verifier.run(['00000000000000aa'], note, new AbortController().signal)
    expect(found?.program).to.deep.equal({ reason: 'nothing has been compiled yet' })
    expect(found !== undefined && isVerified(found)).to.equal(false)
    const stopped = await run('third', AbortSignal.abort()).then(
      () => 'ended',
      () => 'stopped',
    )
    expect(stopped).to.equal('stopped')
  })
})
