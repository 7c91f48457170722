/**
 * Stages over real gRPC on loopback, with a clock of their own: moves and what they must not do, the records that stage
 * policies come to, and that these never permit what is forbidden without them.
 */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { permits } from '../../controller/policy/permits.ts'
import { derivedRecords } from '../../controller/policy/stages.ts'
import { STAGES, type Stage, type StagePolicy } from '../../model/records.ts'
import { stagedTags } from '../../model/stage.ts'
import { validateStagePolicy } from '../../model/validate.ts'
import { type Call, failureOf, type TestApi, testApi } from '../support/api-server.ts'
import { PolicyStore } from '../support/policy-store.ts'
import { iface, policy, rule, vnp } from '../support/records.ts'

interface StageAnswer {
  interface: string
  stage: string
  cause: string
  generation: string
  note: string
  revision: string
  earlier: { stage: string }[]
}

describe('stages over gRPC', () => {
  let api: TestApi
  let call: Call
  let time: number

  beforeEach(async () => {
    time = Date.now()
    api = await testApi({ now: () => time })
    call = api.client.call
    await call('InterfaceService.CreateInterface', {
      interface: { name: 'vm-1', mac: '00:00:5e:00:53:01', tags: [{ text: 'web' }] },
    })
  })
  afterEach(async () => {
    await api.close()
  })

  const move = (stage: Stage, more: object = {}) =>
    call<StageAnswer>('LifecycleService.MoveStage', { name: 'vm-1', stage: `STAGE_${stage.toUpperCase()}`, ...more })
  const get = () => call<StageAnswer>('LifecycleService.GetStage', { name: 'vm-1' })
  const reasonOf = async (asked: Promise<object>) => (await failureOf(asked)).details.reason
  const record = () => api.deps.intent.interfaces.get('vm-1')!
  const put = (stagePolicy: object) =>
    call('LifecycleService.UpdateStagePolicy', { stagePolicy, allowMissing: true, requestId: randomUUID() })

  it('begin as provisioned, move by verbs, and remember how they came about', async () => {
    expect(await get()).to.include({ stage: 'STAGE_PROVISIONED', generation: '0' })
    time += 5000
    const moved = await move('active', { note: 'by hand' })
    expect(moved).to.include({ stage: 'STAGE_ACTIVE', cause: 'STAGE_CAUSE_API', generation: '1', note: 'by hand' })
    expect(moved.earlier.map(({ stage }) => stage)).to.deep.equal(['STAGE_PROVISIONED'])
    expect(await get()).to.deep.equal(moved)
    expect(await move('active'), 'where it is already').to.deep.equal(moved)
    expect(await reasonOf(move('provisioned'))).to.equal('STAGE_MOVE_ILLEGAL')
    expect(await reasonOf(move('idle', { generation: '0' }))).to.equal('STAGE_SUPERSEDED')
    expect(await reasonOf(move('idle', { name: 'nobody' }))).to.equal('NOT_FOUND')
    expect(await get()).to.deep.equal(moved)
    expect((await move('idle', { generation: '1', validateOnly: true })).stage).to.equal('STAGE_IDLE')
    expect(await get()).to.deep.equal(moved)
    const requestId = randomUUID()
    const once = await move('idle', { generation: '1', requestId })
    expect(await move('idle', { generation: '1', requestId }), 'repeated').to.deep.equal(once)
    const { stages } = await call<{ stages: StageAnswer[] }>('LifecycleService.ListStages', { stage: 'STAGE_IDLE' })
    expect(stages).to.deep.equal([once])
  })

  it('are nothing that a writer of the record says or loses', async () => {
    await move('restricted')
    const shown = await call<{ tags: object[]; stage: string }>('InterfaceService.GetInterface', { name: 'vm-1' })
    expect([shown.tags, shown.stage]).to.deep.equal([[{ value: 'text', text: 'web' }], 'restricted'])
    const base = { name: 'vm-1', mac: '00:00:5e:00:53:01' }
    await call('InterfaceService.UpdateInterface', { interface: { ...base, tags: [{ text: 'db' }] } })
    expect(record().tags).to.deep.equal(['"db"', '"stage:restricted"'])
    await call('InterfaceService.SetTags', { name: 'vm-1', add: [{ text: 'x' }], remove: [{ text: 'db' }] })
    expect(record().tags).to.deep.equal(['"stage:restricted"', '"x"'])
    for (const change of [{ add: [{ text: 'stage:active' }] }, { remove: [{ text: 'stage:restricted' }] }])
      expect(await reasonOf(call('InterfaceService.SetTags', { name: 'vm-1', ...change }))).to.equal('INVALID_FIELD')
    const sly = { ...base, tags: [{ text: 'stage:active' }] }
    expect(await reasonOf(call('InterfaceService.UpdateInterface', { interface: sly }))).to.equal('INVALID_FIELD')
    expect(record().stage?.stage).to.equal('restricted')
  })

  it('retire with the leases of the interface, in one generation', async () => {
    const ranges = [{ first: '10.0.0.1', last: '10.0.0.4' }]
    await call('NapService.CreateNap', { nap: { name: 'p', ranges, coolSeconds: 60 } })
    await call('LeaseService.Allocate', { interface: 'vm-1' })
    await call('LeaseService.Allocate', { interface: 'vm-1', address: '10.0.0.3' })
    expect(record().addresses).to.deep.equal(['10.0.0.1', '10.0.0.3'])
    const retired = await move('retired')
    const lease = await call<{ state: string; revision: string }>('LeaseService.GetLease', { address: '10.0.0.3' })
    expect([lease.state, lease.revision]).to.deep.equal(['LEASE_STATE_COOLING', retired.revision])
    expect(record().addresses).to.deep.equal([])
    expect((await call<{ naps: object[] }>('NapService.GetUtilisation', { nap: 'p' })).naps[0]).to.include({
      ...{ free: '2', held: '0', cooling: '2' },
    })
  })

  it('leave a trace: who had an address when', async () => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, 10))
    const ranges = [{ first: '10.0.0.1', last: '10.0.0.1' }]
    await call('NapService.CreateNap', { nap: { name: 'p', ranges, coolSeconds: 0 } })
    await call('InterfaceService.CreateInterface', { interface: { name: 'vm-2', mac: '00:00:5e:00:53:02' } })
    const times = [Date.now()]
    for (const name of ['vm-1', 'vm-2']) {
      await pause()
      await call('LeaseService.Allocate', { interface: name })
      times.push(Date.now())
      await pause()
      await call('LifecycleService.MoveStage', { name, stage: 'STAGE_RETIRED' })
    }
    interface Holding {
      lease: { interface: string; state: string } | null
      from: object | null
      until: object | null
    }
    const ask = async (more: object = {}) => {
      const asked = { address: '10.0.0.1', ...more }
      const answer = await call<{ holdings: Holding[]; complete: boolean }>('LeaseService.GetLeaseHistory', asked)
      expect(answer.complete).to.equal(true)
      return answer.holdings.map(({ lease }) => (lease ? `${lease.interface} ${lease.state.slice(12)}` : 'nobody'))
    }
    const at = (ms: number) => ({ time: { seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 } })
    expect(await ask()).to.deep.equal(['vm-2 COOLING', 'vm-2 HELD', 'vm-1 COOLING', 'vm-1 HELD'])
    expect(await ask(at(times[0]!))).to.deep.equal(['nobody'])
    expect(await ask(at(times[1]!))).to.deep.equal(['vm-1 HELD'])
    expect(await ask(at(times[2]!))).to.deep.equal(['vm-2 HELD'])
    expect(await ask(at(Date.now()))).to.deep.equal(['vm-2 COOLING'])
  })

  it('have policies, whose derived records are there with them, are marked, and are not written by hand', async () => {
    await put({ name: 'idle', rateLimit: { kilobitsPerSecond: 500 }, restrictions: ['RESTRICTION_NO_WORLD'] })
    const { intent } = api.deps
    expect([...intent.policies.keys()]).to.have.members(['stage:idle', 'stage:idle.rate'])
    const shown = await call<Record<string, unknown>>('PolicyService.GetPolicy', { name: 'stage:idle' })
    expect(shown).to.include({ owner: 'stage-policies', tier: 'TIER_ADMIN', vnp: 'stage:limits' })
    expect(await reasonOf(call('PolicyService.DeletePolicy', { name: 'stage:idle' }))).to.equal('DERIVED_RECORD')
    expect(await reasonOf(call('VnpService.DeleteVnp', { name: 'stage:limits' }))).to.equal('DERIVED_RECORD')
    await put({ name: 'idle', silence: { seconds: 60, to: 'STAGE_REVOCABLE' } })
    expect([intent.policies.size, intent.vnps.size]).to.deep.equal([0, 0])
    expect(await reasonOf(put({ name: 'idle', silence: { seconds: 60, to: 'STAGE_ACTIVE' } }))).to.equal(
      'INVALID_FIELD',
    )
    await put({ name: 'restricted', restrictions: ['RESTRICTION_NO_EGRESS', 'RESTRICTION_NO_INGRESS'] })
    expect([...intent.policies.keys()]).to.deep.equal(['stage:restricted'])
    await call('LifecycleService.DeleteStagePolicy', { name: 'restricted' })
    expect([intent.policies.size, intent.vnps.size, intent.stagePolicies.size]).to.deep.equal([0, 0, 1])
  })

  it('decide what passes as soon as they move', async () => {
    const { intent } = api.deps
    await call('VnpService.CreateVnp', { vnp: { name: 'all', ingressDefault: 'DEFAULT_VERDICT_ALLOW' } })
    await call('InterfaceService.CreateInterface', { interface: { name: 'vm-2', mac: '00:00:5e:00:53:02' } })
    await put({ name: 'restricted', applications: [{ protocols: ['udp'], ports: ['53'] }] })
    const asked = (port: number, protocol = 17) => permits(intent, { from: 'vm-1', to: 'vm-2', protocol, port }).allow
    expect([asked(53), asked(54), asked(53, 6)]).to.deep.equal([true, true, true])
    await move('restricted')
    expect([asked(53), asked(54), asked(53, 6)]).to.deep.equal([true, false, false])
    await move('active')
    expect([asked(53), asked(54), asked(53, 6)]).to.deep.equal([true, true, true])
  })
})

describe('derived policies', () => {
  const meta = { number: 1, createTime: 0, updateTime: 0, updatedBy: 'test' }
  const port = fc.integer({ min: 0, max: 12 })
  const ports = fc.array(fc.tuple(port, port), { maxLength: 3 })
  const application = fc.oneof(
    fc.record({
      protocols: fc.subarray(['tcp', 'udp'], { minLength: 1 }),
      ports: ports.map((all) => all.map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)),
    }),
    fc.constant({ protocols: ['icmp'], ports: [] as string[] }),
    fc.constant({ protocols: ['47'], ports: [] as string[] }),
  )
  const stagePolicy = fc
    .record({
      name: fc.constantFrom(...STAGES),
      applications: fc.array(application, { maxLength: 3 }),
      restrictions: fc.subarray(['no-ingress', 'no-egress', 'no-world']),
      rateLimit: fc.option(fc.constant({ kilobitsPerSecond: 100 }), { nil: undefined }),
    })
    .map((message) => {
      const draft = validateStagePolicy(message)
      if (!draft.ok) throw new Error(JSON.stringify(draft.failure))
      return { ...draft.value, ...meta } satisfies StagePolicy
    })

  /** What a stage policy says in plain words. */
  function allows(
    its: StagePolicy | undefined,
    side: 'egress' | 'ingress',
    world: boolean,
    protocol: number,
    at: number,
  ) {
    if (its === undefined) return true
    if (its.restrictions.includes(`no-${side}`) || (world && its.restrictions.includes('no-world'))) return false
    if (its.applications.length === 0) return true
    return its.applications.some(
      (each) =>
        each.protocols.includes(protocol) &&
        (each.ports.length === 0 || each.ports.some(({ first, last }) => first <= at && at <= last)),
    )
  }

  it('forbid exactly what the stage policies do not permit, and permit nothing', () => {
    const decided = new Set<string>()
    const world = '203.0.113.9'
    while (decided.size < 4) {
      fc.assert(
        fc.property(
          fc.uniqueArray(stagePolicy, { selector: ({ name }) => name, maxLength: 4 }),
          fc.tuple(fc.constantFrom(...STAGES), fc.constantFrom(...STAGES)),
          fc.constantFrom('allow', 'deny', 'pass'),
          fc.array(
            fc.tuple(fc.constantFrom('a b', 'b a', `a ${world}`, `${world} a`), port, fc.constantFrom(6, 17, 47)),
            {
              minLength: 5,
              maxLength: 20,
            },
          ),
          (policies, [one, other], action, packets) => {
            const base = [
              vnp('all', { ingressDefault: 'allow' }),
              policy(
                'operator',
                'all',
                [rule('ingress', { kind: 'any' }, action, { protocols: [6], ports: [{ first: 2, last: 9 }] })],
                {
                  tier: 'admin',
                },
              ),
              policy('tenant', 'all', [
                rule('egress', { kind: 'cidr', cidr: '203.0.113.0/24' }, 'allow'),
                rule('ingress', { kind: 'cidr', cidr: '203.0.113.0/24' }, 'allow', { protocols: [17] }),
              ]),
            ]
            const staged = (name: string, index: number, stage: Stage) => {
              const its = iface(name, index, [])
              return { ...its, tags: stagedTags(its.tags, stage) }
            }
            const ends = [staged('a', 1, one), staged('b', 2, other)]
            const [without, having] = [new PolicyStore(), new PolicyStore()]
            for (const store of [without, having])
              store.must(...[...base, ...ends].map((record) => ({ op: 'create', record }) as const))
            if (policies.length > 0) having.must(...policies.map((record) => ({ op: 'create', record }) as const))
            expect(derivedRecords(policies).every(({ owner }) => owner === 'stage-policies')).to.equal(true)
            const of = (name: string) => policies.find((each) => each.name === (name === 'a' ? one : other))
            for (const [ways, at, protocol] of packets) {
              const [from, to] = ways.split(' ') as [string, string]
              const packet = { from, to, protocol, ...(protocol === 47 ? {} : { port: at }) }
              const before = permits(without.intent, packet).allow
              const isWorld = from === world || to === world
              const wanted =
                before &&
                (from === world || allows(of(from), 'egress', isWorld, protocol, at)) &&
                (to === world || allows(of(to), 'ingress', isWorld, protocol, at))
              expect(permits(having.intent, packet).allow, JSON.stringify(packet)).to.equal(wanted)
              decided.add(`${before} ${wanted}`)
              if (wanted && policies.some(({ rateKbps }) => rateKbps !== undefined)) decided.add('with a rate')
            }
          },
        ),
        { numRuns: 100 },
      )
    }
  })
})
