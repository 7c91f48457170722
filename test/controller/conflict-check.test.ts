/** What a write is told about conflicts: the same as a look at everything would say, and refused where a partition asks. */
import { expect } from 'chai'
import fc from 'fast-check'
import { ConflictCheck } from '../../controller/policy/conflict-check.ts'
import { lintNow } from '../../controller/policy/conflicts/lint.ts'
import { Population } from '../../controller/policy/conflicts/population.ts'
import { RuleIndex } from '../../controller/policy/conflicts/rules.ts'
import { Analysis, type Finding } from '../../controller/policy/conflicts.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import { propose, type Write } from '../../controller/policy/propose.ts'
import type { AnyRecord } from '../../model/records.ts'
import { type Call, failureOf, type TestApi, testApi } from '../support/api-server.ts'
import { arbitraryRules, EVERYBODY } from '../support/conflict-oracle.ts'
import { draftOf, PolicyStore } from '../support/policy-store.ts'

const warnings = (intent: Intent): Finding[] => {
  const index = new RuleIndex()
  index.update(intent.vnps, intent.policies)
  const analysis = new Analysis(index, () => new Population(intent, index.tags))
  return lintNow(index, analysis, { all: false, limit: 1000 }).findings
}
const brief = ({ kind, rule }: Finding): string => `${kind} ${rule.policy}/${rule.ruleIndex}`
const shadowed = (found: readonly Finding[]): string[] =>
  found
    .filter(({ kind }) => kind === 'shadowed')
    .map(brief)
    .sort()

describe('conflicts on writing', () => {
  it('are what a look at everything finds, after any writes, and a check leaves no trace', () => {
    fc.assert(
      fc.property(fc.array(arbitraryRules, { minLength: 2, maxLength: 4 }), fc.boolean(), (batches, refused) => {
        const store = new PolicyStore()
        store.must(...EVERYBODY.map((record): Write => ({ op: 'create', record: draftOf(record) })))
        const check = new ConflictCheck(store.intent)
        for (const records of batches) {
          const put = (record: AnyRecord): Write => ({ op: 'update', record: draftOf(record), allowMissing: true })
          const writes = records.map(put)
          const before = new Set(shadowed(warnings(store.intent)))
          const proposal = propose(store.intent, writes, store.context)
          if (!proposal.ok) throw new Error(JSON.stringify(proposal.failure))
          const { outcomes, transaction } = proposal.value
          const first = check.check(outcomes)
          expect(check.check(outcomes)).to.deep.equal(first)
          if (refused && first.warnings.length > 0) continue
          if (transaction !== undefined) store.commit(transaction)
          check.changed({
            changes: outcomes.map(({ kind, name }) => ({ key: `${kind}/${name}` })),
          })
          const now = shadowed(warnings(store.intent))
          const told = shadowed(first.warnings)
          const changed = new Set(outcomes.filter(({ outcome }) => outcome !== 'unchanged').map(({ name }) => name))
          // All of the changed policies' rules, and others' that were not shadowed before.
          for (const one of told) expect(now).to.include(one)
          for (const one of now) if (!before.has(one) && changed.size > 0) expect(told).to.include(one)
        }
      }),
      { numRuns: 60 },
    )
  }).timeout(60_000)

  describe('over the API', () => {
    let api: TestApi
    let call: Call
    beforeEach(async () => {
      api = await testApi()
      call = api.client.call
    })
    afterEach(async () => {
      await api.close()
    })
    const rule = (action: string, ports: string[], priority = 0): object => ({
      direction: 'DIRECTION_INGRESS',
      peer: { any: {} },
      protocols: ['tcp'],
      ports,
      action: `ACTION_${action}`,
      priority,
    })
    const vnp = (conflicts: string): object => ({
      name: 'shop',
      selector: { allOf: [{ text: 'web' }] },
      conflicts: `CONFLICTS_${conflicts}`,
    })
    const allow = { name: 'a', vnp: 'shop', rules: [rule('ALLOW', ['443'])] }
    const deny = { name: 'd', vnp: 'shop', rules: [rule('DENY', ['1-1023'], 5)] }
    interface Told {
      warnings: { kind: string; rule: { policy: string; index: number }; other: { policy: string } }[]
    }

    it('are named in the answer of each write, whichever of the two rules it brings', async () => {
      await call('VnpService.CreateVnp', { vnp: vnp('WARN') })
      const first = await call<Told>('PolicyService.CreatePolicy', { policy: allow })
      expect(first.warnings).to.deep.equal([])
      const second = await call<Told>('PolicyService.CreatePolicy', { policy: deny })
      expect(second.warnings).to.have.lengthOf(1)
      expect(second.warnings[0]).to.deep.include({ kind: 'FINDING_KIND_SHADOWED' })
      expect(second.warnings[0]!.rule).to.deep.equal({ vnp: 'shop', policy: 'a', index: 0 })
      expect(second.warnings[0]!.other.policy).to.equal('d')
      const again = await call<Told>('PolicyService.UpdatePolicy', { policy: { ...allow, priority: 1 } })
      expect(again.warnings).to.have.lengthOf(1)
      const read = await call<Told>('PolicyService.GetPolicy', { name: 'a' })
      expect(read.warnings).to.deep.equal([])
      const lint = await call<{ findings: Told['warnings']; rules: number }>('LintService.Lint', {})
      expect(lint.findings).to.deep.equal(again.warnings)
      expect(lint.rules).to.equal(2)
      await call('VnpService.UpdateVnp', { vnp: vnp('ALLOW') })
      const quiet = await call<Told>('PolicyService.UpdatePolicy', { policy: allow })
      expect(quiet.warnings).to.deep.equal([])
    })

    it('make a write fail where the partition refuses them, with both rules and a packet, and nothing is written', async () => {
      await call('VnpService.CreateVnp', { vnp: vnp('REFUSE') })
      await call('PolicyService.CreatePolicy', { policy: allow })
      const revision = api.store.revision()
      for (const [method, request] of [
        ['PolicyService.CreatePolicy', { policy: deny }],
        ['PolicyService.UpdatePolicy', { policy: deny, allowMissing: true }],
        ['ApplyService.Apply', { records: [{ policy: deny }] }],
        ['ApplyService.Apply', { records: [{ policy: deny }], validateOnly: true }],
      ] as const) {
        const failure = await failureOf(call(method, request))
        expect(failure.details.reason).to.equal('CONFLICTING_RULE')
        expect(failure.details.metadata).to.deep.include({
          rule: 'rule 0 of policy a',
          other: 'rule 0 of policy d',
          kind: 'shadowed',
          vnp: 'shop',
        })
        expect(failure.details.metadata['witness']).to.match(/^tcp\/443 from .* to an interface with tag web$/)
      }
      expect(api.store.revision()).to.equal(revision)
      const equal = { name: 'e', vnp: 'shop', rules: [rule('REJECT', ['443-500'])] }
      await call('PolicyService.UpdatePolicy', { policy: { ...allow, rules: [rule('ALLOW', ['400-443'])] } })
      expect(
        (await failureOf(call('PolicyService.CreatePolicy', { policy: equal }))).details.metadata['kind'],
      ).to.equal('contradictory')
      // What is there already does not stand in the way of another change.
      await call('VnpService.UpdateVnp', { vnp: vnp('WARN') })
      await call('PolicyService.CreatePolicy', { policy: deny })
      await call('VnpService.UpdateVnp', { vnp: vnp('REFUSE') })
      const more = { ...allow, rules: [rule('ALLOW', ['8080']), rule('ALLOW', ['400-443'])] }
      const told = await call<Told>('PolicyService.UpdatePolicy', { policy: more })
      expect(told.warnings.map(({ rule: { index } }) => index)).to.deep.equal([1])
    })

    it('are looked for as if manifests were applied, and a record that is wrong is refused as ever', async () => {
      await call('VnpService.CreateVnp', { vnp: vnp('REFUSE') })
      await call('PolicyService.CreatePolicy', { policy: allow })
      const revision = api.store.revision()
      const lint = await call<{ findings: Told['warnings'] }>('LintService.Lint', { records: [{ policy: deny }] })
      expect(lint.findings.map(({ kind }) => kind)).to.deep.equal(['FINDING_KIND_SHADOWED'])
      const gone = await call<{ findings: Told['warnings'] }>('LintService.Lint', {
        records: [{ policy: deny }],
        deletions: [{ kind: 'policy', name: 'a' }],
      })
      expect(gone.findings).to.deep.equal([])
      const lost = { ...deny, vnp: 'nowhere' }
      expect((await failureOf(call('LintService.Lint', { records: [{ policy: lost }] }))).details.reason).to.equal(
        'NOT_FOUND',
      )
      expect(api.store.revision()).to.equal(revision)
    })
  })
})
