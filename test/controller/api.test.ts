/** The northbound API over real gRPC on loopback: every verb, every refusal, nothing half applied. */
import { randomUUID } from 'node:crypto'
import { connect } from 'node:http2'
import { credentials, Metadata, makeClientConstructor } from '@grpc/grpc-js'
import { expect } from 'chai'
import { METHOD_ROLES } from '../../controller/api/auth.ts'
import { methodPaths } from '../../controller/api/server.ts'
import { RECORD_KINDS } from '../../model/records.ts'
import { loadServices } from '../../proto/index.ts'
import { type Call, failureOf, type TestApi, testApi } from '../support/api-server.ts'

const web = (index: number, more: object = {}): object => ({
  name: `web-${index}`,
  tags: [{ text: 'web' }],
  mac: `00:00:5e:00:53:${index.toString(16).padStart(2, '0')}`,
  addresses: [`10.0.0.${index}`],
  ...more,
})

const httpRule = {
  direction: 'DIRECTION_INGRESS',
  peer: { any: {} },
  protocols: ['tcp'],
  ports: ['80'],
  action: 'ACTION_ALLOW',
}
/** Members with the tag `web`, who may be asked on port 80; and further rules. */
const shop = (more: object[] = []): object[] => [
  { vnp: { name: 'shop', selector: { allOf: [{ text: 'web' }] } } },
  { policy: { name: 'p', vnp: 'shop', rules: [httpRule, ...more] } },
]

describe('the API', () => {
  let api: TestApi
  let call: Call

  beforeEach(async () => {
    api = await testApi()
    call = api.client.call
  })
  afterEach(async () => {
    await api.close()
  })

  it('has a role for every method and no role for others', () => {
    expect(methodPaths().sort()).to.deep.equal(Object.keys(METHOD_ROLES).sort())
  })

  it('creates, reads, lists, updates and deletes interface records', async () => {
    const made = await call('InterfaceService.CreateInterface', { interface: web(1) })
    expect(made).to.include({ name: 'web-1', network: 'default', mac: '00:00:5e:00:53:01', portSecurity: true })
    const read = await call('InterfaceService.GetInterface', { name: 'web-1' })
    expect(read).to.deep.equal(made)
    const updated = await call('InterfaceService.UpdateInterface', {
      interface: { name: 'web-1', addresses: ['10.0.0.77'], etag: made['etag'] },
      updateMask: { paths: ['addresses'] },
    })
    expect(updated['addresses']).to.deep.equal(['10.0.0.77'])
    expect(updated['tags']).to.deep.equal(made['tags'])
    const stale = await failureOf(
      call('InterfaceService.UpdateInterface', { interface: { ...web(1), etag: made['etag'] } }),
    )
    expect(stale.details.reason).to.equal('ETAG_MISMATCH')
    await call('InterfaceService.DeleteInterface', { name: 'web-1', etag: updated['etag'] })
    const gone = await failureOf(call('InterfaceService.GetInterface', { name: 'web-1' }))
    expect([gone.status, gone.details.reason]).to.deep.equal([5, 'NOT_FOUND'])
  })

  it('lists in pages that together are the whole, and refuses a token of another query', async () => {
    const requests = Array.from({ length: 25 }, (_, index) => ({ interface: web(index + 1), allowMissing: true }))
    await call('InterfaceService.BatchUpdateInterfaces', { requests })
    const names: string[] = []
    let pageToken = ''
    do {
      const page = await call<{ interfaces: { name: string }[]; nextPageToken: string }>(
        'InterfaceService.ListInterfaces',
        { pageSize: 7, pageToken },
      )
      names.push(...page.interfaces.map(({ name }) => name))
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    expect(names).to.have.length(25)
    expect(names).to.deep.equal([...new Set(names)].sort())
    const first = await call<{ nextPageToken: string }>('InterfaceService.ListInterfaces', { pageSize: 7 })
    const failure = await failureOf(
      call('InterfaceService.ListInterfaces', {
        pageToken: first.nextPageToken,
        selector: { allOf: [{ text: 'web' }] },
      }),
    )
    expect(failure.details.violations[0]?.field).to.equal('page_token')
  })

  it('names every invalid field at once and changes nothing', async () => {
    const failure = await failureOf(
      call('InterfaceService.CreateInterface', {
        interface: { name: 'Bad Name', mac: 'ff:ff:ff:ff:ff:ff', addresses: ['10.0.0.1/24'], tags: [{ json: '{' }] },
      }),
    )
    expect(failure.status).to.equal(3)
    expect(failure.details.violations.map(({ field }) => field)).to.have.members([
      'interface.name',
      'interface.tags[0].json',
      'interface.mac',
      'interface.addresses[0]',
    ])
    expect(api.store.revision()).to.equal(0)
  })

  it('refuses duplicates with the record that has it already', async () => {
    await call('InterfaceService.CreateInterface', { interface: web(1) })
    const revision = api.store.revision()
    const cases: [object, string][] = [
      [web(1), 'ALREADY_EXISTS'],
      [web(2, { mac: '00:00:5e:00:53:01' }), 'DUPLICATE_MAC'],
      [web(2, { addresses: ['10.0.0.1'] }), 'DUPLICATE_ADDRESS'],
    ]
    for (const [record, reason] of cases) {
      const failure = await failureOf(call('InterfaceService.CreateInterface', { interface: record }))
      expect(failure.details.reason).to.equal(reason)
    }
    expect(api.store.revision()).to.equal(revision)
  })

  it('refuses too many tags', async () => {
    const tags = Array.from({ length: 10_000 }, (_, index) => ({ text: `tag-${index}` }))
    const failure = await failureOf(call('InterfaceService.CreateInterface', { interface: web(1, { tags }) }))
    expect(failure.details.violations[0]?.field).to.equal('interface.tags')
    expect(api.store.revision()).to.equal(0)
  })

  it('refuses an invalid CIDR, a port without protocol and a rule that contradicts itself', async () => {
    await call('VnpService.CreateVnp', { vnp: { name: 'shop' } })
    const rule = (more: object): object => ({
      direction: 'DIRECTION_INGRESS',
      peer: { any: {} },
      action: 'ACTION_ALLOW',
      ...more,
    })
    const cases: [object, string][] = [
      [rule({ peer: { cidr: '10.0.0.0/33' } }), 'policy.rules[0].peer.cidr'],
      [rule({ ports: ['80'] }), 'policy.rules[0].ports'],
      [rule({ protocols: ['icmp'], ports: ['80'] }), 'policy.rules[0].ports'],
      [rule({ protocols: ['tcp'], ports: ['90-80'] }), 'policy.rules[0].ports[0]'],
      [rule({ rateLimit: { kilobitsPerSecond: 10 } }), 'policy.rules[0].rate_limit'],
    ]
    const revision = api.store.revision()
    for (const [bad, field] of cases) {
      const failure = await failureOf(
        call('PolicyService.CreatePolicy', { policy: { name: 'p', vnp: 'shop', rules: [bad] } }),
      )
      expect(failure.details.violations.map((each) => each.field)).to.include(field)
    }
    expect(api.store.revision()).to.equal(revision)
  })

  it('serves a repeated request id once, and refuses it for another request', async () => {
    const requestId = randomUUID()
    const request = { interface: web(1), requestId }
    const [one, two] = await Promise.all([
      call('InterfaceService.CreateInterface', request),
      call('InterfaceService.CreateInterface', request),
    ])
    expect(two).to.deep.equal(one)
    expect(await call('InterfaceService.CreateInterface', request)).to.deep.equal(one)
    const failure = await failureOf(call('InterfaceService.CreateInterface', { interface: web(2), requestId }))
    expect(failure.details.reason).to.equal('REQUEST_ID_REUSED')
    const malformed = await failureOf(call('InterfaceService.CreateInterface', { interface: web(2), requestId: 'x' }))
    expect(malformed.details.violations[0]?.field).to.equal('request_id')
  })

  it('validates without changing anything', async () => {
    const answer = await call('InterfaceService.CreateInterface', { interface: web(1), validateOnly: true })
    expect(answer['name']).to.equal('web-1')
    expect(api.store.revision()).to.equal(0)
  })

  it('sets tags in one step whatever other tags there are', async () => {
    await call('InterfaceService.CreateInterface', { interface: web(1) })
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((text) => call('InterfaceService.SetTags', { name: 'web-1', add: [{ text }] })),
    )
    expect(answers).to.have.length(4)
    const { tags } = await call<{ tags: { text: string }[] }>('InterfaceService.SetTags', {
      name: 'web-1',
      remove: [{ text: 'a' }],
    })
    expect(tags.map(({ text }) => text)).to.have.members(['web', 'b', 'c', 'd'])
  })

  it('writes a batch whole or not at all', async () => {
    await call('InterfaceService.CreateInterface', { interface: web(1) })
    const revision = api.store.revision()
    const failure = await failureOf(
      call('InterfaceService.BatchUpdateInterfaces', {
        requests: [
          { interface: web(2), allowMissing: true },
          { interface: web(3, { mac: '00:00:5e:00:53:01' }), allowMissing: true },
        ],
      }),
    )
    expect(failure.details.reason).to.equal('DUPLICATE_MAC')
    expect(api.store.revision()).to.equal(revision)
    expect((await failureOf(call('InterfaceService.GetInterface', { name: 'web-2' }))).details.reason).to.equal(
      'NOT_FOUND',
    )
  })

  it('applies records that refer to each other in any order, prunes by owner, and reports outcomes', async () => {
    const policy = { name: 'p', vnp: 'shop', rules: [] }
    const first = await call<{ results: { outcome: string }[]; generation: string }>('ApplyService.Apply', {
      records: [{ policy }, { vnp: { name: 'shop' } }, { interface: web(1) }],
      owner: 'team',
    })
    expect(first.results.map(({ outcome }) => outcome)).to.deep.equal(Array(3).fill('OUTCOME_CREATED'))
    const again = await call<typeof first>('ApplyService.Apply', {
      records: [{ policy }, { vnp: { name: 'shop' } }],
      owner: 'team',
      prune: true,
    })
    expect(again.results.map(({ outcome }) => outcome)).to.deep.equal([
      'OUTCOME_UNCHANGED',
      'OUTCOME_UNCHANGED',
      'OUTCOME_DELETED',
    ])
    const idle = await call<typeof first>('ApplyService.Apply', { records: [{ vnp: { name: 'shop' } }], owner: 'team' })
    expect(idle.generation).to.equal(again.generation)
    const inUse = await failureOf(call('VnpService.DeleteVnp', { name: 'shop' }))
    expect(inUse.details.reason).to.equal('IN_USE')
  })

  it('prunes records of every kind, and none of another owner', async () => {
    const range = (first: string): object => ({ ranges: [{ first, last: first }], maxVolume: 1 })
    const records = (of: string, octet: number): object[] => [
      { vnp: { name: `vnp-${of}` } },
      { policy: { name: `policy-${of}`, vnp: `vnp-${of}`, rules: [] } },
      { network: { name: `net-${of}` } },
      { nap: { name: `nap-${of}`, network: `net-${of}`, ...range(`10.0.0.${octet}`) } },
      { profile: { name: `profile-${of}` } },
      { stagePolicy: { name: of === 'red' ? 'idle' : 'active' } },
      { switch: { name: `switch-${of}`, datapathId: `000000000000000${octet}` } },
      { interface: { ...web(octet), network: `net-${of}` } },
    ]
    await call('ApplyService.Apply', { records: records('red', 1), owner: 'red' })
    await call('ApplyService.Apply', { records: records('blue', 2), owner: 'blue' })
    const gone = await call<{ results: { kind: string; name: string; outcome: string }[] }>('ApplyService.Apply', {
      owner: 'red',
      prune: true,
    })
    expect(new Set(gone.results.map(({ outcome }) => outcome))).to.deep.equal(new Set(['OUTCOME_DELETED']))
    expect(gone.results.map(({ kind }) => kind)).to.have.members([...RECORD_KINDS])
    expect(gone.results.some(({ name }) => name.includes('blue') || name === 'active')).to.equal(false)
  })

  it('refuses fields that this version does not know', async () => {
    const { definition } = loadServices()
    const row = (definition['tagsteer.v1.InterfaceService'] as Record<string, { path: string }>)['GetInterface']!
    const Raw = makeClientConstructor(
      {
        Get: {
          path: row.path,
          requestStream: false,
          responseStream: false,
          requestSerialize: (octets: Buffer) => octets,
          requestDeserialize: (octets: Buffer) => octets,
          responseSerialize: (octets: Buffer) => octets,
          responseDeserialize: (octets: Buffer) => octets,
        },
      },
      'Raw',
    )
    const client = new Raw(api.server.address, credentials.createInsecure())
    try {
      // name = "web-1" and an unknown field 99 with the value 1.
      const octets = Buffer.from([0x0a, 5, ...Buffer.from('web-1'), 0x98, 0x06, 1])
      const message = await new Promise<string>((resolve) => {
        client['Get']!(octets, new Metadata(), (error: { details: string } | null) => resolve(error?.details ?? 'none'))
      })
      expect(message).to.match(/Unknown field #99/)
    } finally {
      client.close()
    }
  })

  it('refuses an oversized message and goes on serving', async () => {
    const tags = [{ text: 'x'.repeat(9 * 1024 * 1024) }]
    const failure = await failureOf(call('InterfaceService.CreateInterface', { interface: web(1, { tags }) }))
    expect(failure.status).to.equal(8)
    expect(await call('InterfaceService.ListInterfaces')).to.deep.include({ interfaces: [] })
  })

  it('survives garbage on its port', async () => {
    const session = connect(`http://${api.server.address}`)
    session.on('error', () => {})
    const stream = session.request({
      ':method': 'POST',
      ':path': '/tagsteer.v1.InterfaceService/GetInterface',
      'content-type': 'application/grpc',
    })
    stream.on('error', () => {})
    await new Promise<void>((resolve) => {
      stream.on('close', () => resolve())
      stream.end(Buffer.from([0, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff]))
      stream.resume()
    })
    session.close()
    expect(await call('InterfaceService.ListInterfaces')).to.deep.include({ interfaces: [] })
  })

  it('waits until every connected switch has confirmed, and names the laggards', async () => {
    await call('InterfaceService.CreateInterface', { interface: web(1) })
    api.switches.push({ datapathId: '0000000000000001', appliedGeneration: 0, connected: true, degradedReason: '' })
    api.switches.push({ datapathId: '0000000000000002', appliedGeneration: 0, connected: false, degradedReason: '' })
    api.deps.applied.compiledUpTo(1)
    const late = await failureOf(call('FlowService.WaitApplied', { generation: '1', timeoutMs: 30 }))
    expect(late.details.reason).to.equal('NOT_APPLIED')
    expect(late.details.metadata['switches']).to.equal('0000000000000001')
    const waiting = call<{ generation: string }>('FlowService.WaitApplied', { generation: '1' })
    api.switches[0]!.appliedGeneration = 1
    api.deps.applied.changed()
    expect((await waiting).generation).to.equal('1')
    type Answer = { generation: string; switches: { datapathId: string }[] }
    const whole = await call<Answer>('FlowService.WaitApplied', { generation: '1' })
    expect(whole.switches.map(({ datapathId }) => datapathId)).to.deep.equal(['0000000000000001', '0000000000000002'])
    const brief = await call<Answer>('FlowService.WaitApplied', { generation: '1', withoutSwitches: true })
    expect([brief.generation, brief.switches]).to.deep.equal(['1', []])
    const ahead = await failureOf(call('FlowService.WaitApplied', { generation: '9' }))
    expect(ahead.details.violations[0]?.field).to.equal('generation')
  })

  it('answers many questions about traffic as policy says, and names the one that is no question', async () => {
    await call('ApplyService.Apply', {
      records: [
        ...shop([{ ...httpRule, protocols: ['icmp'], ports: [], action: 'ACTION_REJECT' }]),
        { interface: web(1) },
        { interface: web(2) },
        { interface: web(3, { tags: [] }) },
      ],
    })
    const ask = (from: string, to: string, packet: string): object => ({ from, to, packet })
    const { answers } = await call<{ answers: { allow: boolean; rejected: boolean; decidedBy: string }[] }>(
      'PolicyService.CheckTraffic',
      {
        questions: [
          ask('web-1', 'web-2', 'tcp/80'),
          ask('web-1', 'web-2', 'tcp/81'),
          ask('web-1', 'web-2', 'icmp'),
          ask('web-1', 'web-3', 'tcp/80'),
          ask('web-1', 'nobody', 'tcp/80'),
        ],
      },
    )
    expect(answers).to.deep.equal([
      { allow: true, rejected: false, decidedBy: 'RULE' },
      { allow: false, rejected: false, decidedBy: 'DEFAULT_DENY' },
      { allow: false, rejected: true, decidedBy: 'RULE' },
      { allow: false, rejected: false, decidedBy: 'NO_SHARED_VNP' },
      { allow: false, rejected: false, decidedBy: 'UNKNOWN_INTERFACE' },
    ])
    const failure = await failureOf(
      call('PolicyService.CheckTraffic', { questions: [ask('a', 'b', 'tcp/80'), ask('a', 'b', 'tcp/99999')] }),
    )
    expect(failure.details.violations[0]?.field).to.equal('questions[1].packet')
  })

  it('explains with the rules that were passed over, and what to do', async () => {
    await call('ApplyService.Apply', {
      records: [...shop(), { interface: web(1) }, { interface: web(2) }],
    })
    interface Answer {
      verdict: string
      decidedBy: string
      smallestChange: string
      steps: { table: string; finding: string; decides: boolean }[]
    }
    const answer = await call<Answer>('FlowService.Explain', { from: '10.0.0.1', to: 'web-2', packet: 'tcp/443' })
    expect(answer).to.include({ verdict: 'VERDICT_DENY', decidedBy: 'DEFAULT_DENY' })
    const last = answer.steps.find(({ decides }) => decides)
    expect(last?.table).to.equal('ingress_default')
    expect(last?.finding).to.match(/p#0 another port/)
    expect(answer.smallestChange).to.match(/tcp.*443|443/)
    const same = await call<Answer>('FlowService.Explain', { from: 'web-1', to: 'web-2', packet: 'tcp,tp_dst=443' })
    expect(same.decidedBy).to.equal('DEFAULT_DENY')
    const odd = await failureOf(call('FlowService.Explain', { from: 'web-1', to: 'web-2', packet: 'tcp,tp_dts=443' }))
    expect(odd.details.violations[0]?.description).to.match(/tp_dst/)
    const nowhere = await call<Answer>('FlowService.Explain', { from: 'web-1', to: 'web-2', packet: 'tcp/80' })
    expect(nowhere).to.include({ verdict: 'VERDICT_DENY', decidedBy: 'NO_PATH' })
    const failure = await failureOf(call('FlowService.Explain', { from: 'web-1', to: '', packet: '' }))
    expect(failure.details.violations[0]?.field).to.equal('to')
  })

  it('explains the packet of an event, and says what has changed since', async () => {
    await call('ApplyService.Apply', { records: [...shop(), { interface: web(1) }, { interface: web(2) }] })
    interface Answer {
      verdict: string
      from: string
      to: string
      packet: string
      generation: string
      decidedBy: string
      smallestChange: string
      steps: { decides: boolean }[]
      logged: { sequence: string; rule: string; switch: string; generation: string; verdict: string } | null
    }
    const { tell } = api.deps.events
    const packet = 'tcp 10.0.0.1:40000 -> 10.0.0.2:443'
    const { generation } = api.deps.intent
    const told = { from: 'web-1', fromKind: 'interface', to: 'web-2', toKind: 'interface', packet, generation }
    tell('rule-matched', 'p#0', { ...told, verdict: 'allow', switch: '0000000000000001' })
    const event = String(api.deps.events.next - 1)
    const answer = await call<Answer>('FlowService.Explain', { event })
    expect(answer).to.include({ from: 'web-1', to: 'web-2', packet, decidedBy: 'DEFAULT_DENY' })
    expect(answer.smallestChange).to.match(/443/)
    expect(answer.steps.some(({ decides }) => decides)).to.equal(true)
    expect(answer.logged).to.include({ sequence: event, rule: 'p#0', switch: '0000000000000001' })
    expect(answer.logged).to.include({ generation: String(generation), verdict: 'VERDICT_ALLOW' })
    expect(answer.verdict).to.equal('VERDICT_DENY')
    await call('InterfaceService.DeleteInterface', { name: 'web-2' })
    const later = await call<Answer>('FlowService.Explain', { event })
    expect(Number(later.generation)).to.be.greaterThan(Number(later.logged?.generation))
    expect(later, 'its record is gone: the address is the world').to.include({ from: 'web-1', to: '10.0.0.2' })
    for (const packet of ['tcp 10.0.0.1:40000 -> 10.0.0.9:443', 'tcp,nw_src=10.0.0.1,nw_dst=10.0.0.9,tp_dst=443']) {
      const pasted = await call<Answer>('FlowService.Explain', { packet })
      expect(pasted, packet).to.include({ from: 'web-1', to: '10.0.0.9' })
      expect(pasted.logged).to.equal(null)
    }
  })

  it('refuses events that it cannot explain, each with its own word', async () => {
    const { tell } = api.deps.events
    tell('controller-stopping', 'controller')
    const plain = String(api.deps.events.next - 1)
    expect((await failureOf(call('FlowService.Explain', { event: plain }))).details.reason).to.equal(
      'EVENT_WITHOUT_PACKET',
    )
    const future = String(api.deps.events.next)
    expect((await failureOf(call('FlowService.Explain', { event: future }))).details.reason).to.equal('NO_SUCH_EVENT')
    for (let i = 0; i < 10_000; i++) tell('controller-stopping', 'controller')
    const gone = await failureOf(call('FlowService.Explain', { event: plain }))
    expect(gone.details.reason).to.equal('EVENT_FORGOTTEN')
    expect(gone.message).to.contain(`the oldest is ${api.deps.events.next - 10_000}`)
    const both = await failureOf(call('FlowService.Explain', { event: '1', from: 'web-1' }))
    expect(both.details.violations[0]?.field).to.equal('from')
    await call('ApplyService.Apply', { records: [...shop(), { interface: web(1) }, { interface: web(2) }] })
    const other = await failureOf(
      call('FlowService.Explain', { from: 'web-2', to: 'web-1', packet: 'tcp 10.0.0.1:40000 -> 10.0.0.2:443' }),
    )
    expect(other.details.violations[0]).to.include({
      field: 'from',
      description: 'web-2: does not hold 10.0.0.1, which the packet names',
    })
  })
})
