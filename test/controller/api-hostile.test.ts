/**
 * The API against clients that mean harm or are merely broken: readers that do not read, more streams than there may be,
 * octets that are no message, calls cancelled or out of time, questions without end; and the end of the server under
 * all of them. Memory stays bounded, every refusal is typed, and who behaves is served meanwhile.
 */
import { randomUUID } from 'node:crypto'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { credentials, makeClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { expect } from 'chai'
import { API_LIMITS } from '../../controller/api/server.ts'
import { EVENTS } from '../../controller/events.ts'
import { loadServices } from '../../proto/index.ts'
import { type Caller, caller, failureOf, type TestApi, testApi } from '../support/api-server.ts'
import { until } from '../support/running-controller.ts'

const STATUS = {
  OK: 0,
  CANCELLED: 1,
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  OUT_OF_RANGE: 11,
  INTERNAL: 13,
  UNAVAILABLE: 14,
}
const DEEP = 10_000

const mac = (index: number): string =>
  `02:00:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`
const records = (count: number, tag: string): object[] =>
  Array.from({ length: count }, (_, index) => ({
    interface: {
      name: `if-${index}`,
      mac: mac(index),
      tags: [{ text: tag }],
      addresses: [`10.0.${index >> 8}.${index & 255}`],
    },
  }))

/** A gRPC request over bare HTTP/2, so that nothing on the client's side is polite. */
function raw(session: ClientHttp2Session, path: string, message: Uint8Array | undefined): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.on('error', () => {})
  if (message !== undefined) stream.end(framed(message))
  return stream
}

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

function statusOf(stream: ClientHttp2Stream): Promise<number> {
  return new Promise((resolve) => {
    let status = -1
    const read = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] !== undefined) status = Number(headers['grpc-status'])
    }
    stream.on('response', read)
    stream.on('trailers', read)
    stream.on('close', () => resolve(status))
    stream.resume()
  })
}

describe('the API among hostile clients', () => {
  let api: TestApi
  let client: Caller
  let session: ClientHttp2Session
  beforeEach(async () => {
    api = await testApi()
    client = api.client
    session = connect(`http://${api.server.address}`)
    session.on('error', () => {})
  })
  afterEach(async () => {
    session.destroy()
    await api.close()
  })

  const endOf = async (stream: AsyncIterable<object>): Promise<{ seen: object[]; error: ServiceError | undefined }> => {
    const seen: object[] = []
    try {
      for await (const each of stream) seen.push(each)
    } catch (error) {
      return { seen, error: error as ServiceError }
    }
    return { seen, error: undefined }
  }

  describe('readers that do not read', () => {
    it('replays more changes than fit into any buffer to a reader that reads', async function () {
      this.timeout(20_000)
      for (let round = 0; round < 4; round++)
        await client.call('ApplyService.Apply', { records: records(2500, `t${round}`) })
      let seen = 0
      let last = ''
      for await (const change of client.stream('EventService.WatchRecords', { fromRevision: '1' })) {
        seen++
        last = (change as { revision: string }).revision
        if (seen === 10_000) break
      }
      expect([seen, last]).to.deep.equal([10_000, '4'])
    })

    it('holds next to nothing for watchers that stall, and tells each what it missed', async function () {
      this.timeout(20_000)
      await client.call('ApplyService.Apply', { records: records(1, 'first') })
      const stalled = Array.from({ length: 90 }, (_, index) => {
        const path = index % 2 === 0 ? 'WatchRecords' : 'WatchEvents'
        // Field 1, the first revision or sequence number: 1.
        return raw(session, `/tagsteer.v1.EventService/${path}`, Buffer.from([8, 1]))
      })
      await Promise.all(stalled.map((stream) => new Promise((resolve) => stream.once('response', resolve))).slice(0, 1))
      const heap = (): number => {
        global.gc?.()
        return process.memoryUsage().heapUsed
      }
      const before = heap()
      for (let round = 0; round < 5; round++) {
        await client.call('ApplyService.Apply', { records: records(1000, `t${round}`) })
        for (let each = 0; each < 4000; each++)
          api.deps.events.tell('link-up', `link ${round} ${each} ${'x'.repeat(100)}`)
      }
      // 90 readers times 5,000 changes or 20,000 events of some 300 octets would be 300 MB.
      expect(heap() - before).to.be.below(150e6)
      const slow = caller(api.server.address)
      const iterator = slow.stream('EventService.WatchEvents', { fromSequence: '1' })[Symbol.asyncIterator]()
      const first = (await iterator.next()).value as { sequence: string; lost: string }
      expect([first.sequence, first.lost]).to.deep.equal(['10001', '10000'])
      slow.close()
    })

    it('ends a watcher that fell behind what is kept with COMPACTED', async () => {
      await client.call('ApplyService.Apply', { records: records(2000, 'a') })
      const iterator = client.stream('EventService.WatchRecords', { fromRevision: '1' })[Symbol.asyncIterator]()
      await iterator.next()
      for (const tag of ['b', 'c', 'd']) await client.call('ApplyService.Apply', { records: records(2000, tag) })
      await api.store.compact(4)
      const { error } = await endOf({ [Symbol.asyncIterator]: () => iterator as AsyncIterator<object> })
      expect(error?.code).to.equal(STATUS.OUT_OF_RANGE)
      expect(error?.details).to.match(/Revision 1 is no longer kept; the oldest is 3/)
    })

    it('refuses streams beyond the limit, and takes new ones when some have ended', async function () {
      this.timeout(20_000)
      const sessions: ClientHttp2Session[] = []
      const perSession = API_LIMITS.streamsPerConnection
      for (let opened = 0; opened < API_LIMITS.streams; opened += perSession) {
        const one = connect(`http://${api.server.address}`)
        one.on('error', () => {})
        await new Promise((resolve) => one.once('connect', resolve))
        sessions.push(one)
        const kinds = [
          '/tagsteer.v1.EventService/WatchEvents',
          '/grpc.health.v1.Health/Watch',
          '/tagsteer.v1.EventService/WatchRecords',
        ]
        for (let each = 0; each < perSession; each++) raw(one, kinds[each % 3]!, Buffer.alloc(0))
        await new Promise<void>((resolve, reject) => one.ping((error) => (error ? reject(error) : resolve())))
      }
      const path = '/tagsteer.v1.EventService/WatchEvents'
      // Field 4, no_follow: true.
      const noFollow = Buffer.from([0x20, 1])
      const refused = await statusOf(raw(session, path, Buffer.alloc(0)))
      expect(refused).to.equal(STATUS.RESOURCE_EXHAUSTED)
      expect(await statusOf(raw(session, '/grpc.health.v1.Health/Watch', Buffer.alloc(0)))).to.equal(
        STATUS.RESOURCE_EXHAUSTED,
      )
      // Who asks for one thing is served all the same.
      expect(await client.call('InterfaceService.ListInterfaces')).to.include({ nextPageToken: '' })
      for (const one of sessions) one.destroy()
      await until(
        'streams are free',
        () => statusOf(raw(session, path, noFollow)),
        (status) => status === STATUS.OK,
      )
    })
  })

  describe('octets that are no message', () => {
    const cases: Record<string, Uint8Array> = {
      'a truncated field': Buffer.from([0x0a, 0x7f, 1]),
      'a length beyond the end': Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
      'a group': Buffer.from([0x0b]),
      'wire type 7': Buffer.from([0x0f, 0]),
      'field number 0': Buffer.from([0, 0]),
      'a varint of eleven octets': Buffer.alloc(11, 0xff),
      'text that is not UTF-8': Buffer.from([0x0a, 2, 0xc3, 0x28]),
      noise: Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 197 + 31) & 255)),
    }
    for (const [what, octets] of Object.entries(cases)) {
      it(`refuses ${what} in every method and goes on`, async () => {
        const { grpc, definition } = loadServices()
        expect(grpc).to.be.an('object')
        for (const name of ['InterfaceService', 'ApplyService', 'EventService', 'FlowService']) {
          for (const { path } of Object.values(definition[`tagsteer.v1.${name}`]!) as { path: string }[]) {
            if (path.endsWith('WaitApplied')) continue
            const stream = raw(session, path, octets)
            const status = await Promise.race([
              statusOf(stream),
              new Promise<number>((resolve) => stream.once('response', () => setTimeout(resolve, 300, -2))),
            ])
            stream.close()
            expect(status, `${path}: ${status}`).to.be.oneOf([-2, 0, 3, 5, 8, 13])
            if (what !== 'text that is not UTF-8') expect(status, path).to.be.oneOf([3, 13])
          }
        }
        expect(await client.call('VnpService.ListVnps')).to.include({ nextPageToken: '' })
      })
    }

    it('refuses selectors and JSON tags nested without end', async () => {
      const json = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`
      const failure = await failureOf(
        client.call('InterfaceService.CreateInterface', {
          interface: { name: 'deep', mac: mac(1), tags: [{ json }] },
        }),
      )
      expect(failure.details.reason).to.equal('INVALID_FIELD')
      // Message within message within message: any field of length type, over and over.
      let nested: Buffer = Buffer.alloc(0)
      for (let level = 0; level < 2000; level++) {
        const length = nested.length
        const size = length < 128 ? [length] : [(length & 127) | 128, length >> 7]
        nested = Buffer.concat([Buffer.from([0x0a, ...size]), nested])
      }
      const status = await statusOf(raw(session, '/tagsteer.v1.ApplyService/Apply', nested))
      expect(status).to.be.oneOf([3, 13])
    })

    it('refuses page tokens that are huge, foreign or forged', async () => {
      const tokens = [
        'x'.repeat(1_000_000),
        'AAAA',
        Buffer.from('v1\nzz\n\n\n').toString('base64url'),
        '\n',
        '../../..',
      ]
      for (const method of ['InterfaceService.ListInterfaces', 'VnpService.ListVnps', 'PolicyService.ListPolicies']) {
        for (const pageToken of tokens) {
          const failure = await failureOf(client.call(method, { pageToken }))
          expect(failure.details.reason, `${method} ${pageToken.slice(0, 20)}`).to.equal('INVALID_FIELD')
          expect(failure.message.length).to.be.below(2000)
        }
        expect(await client.call(method, { pageSize: 2_147_483_647 })).to.include({ nextPageToken: '' })
        expect((await failureOf(client.call(method, { pageSize: -1 }))).details.reason).to.equal('INVALID_FIELD')
      }
    })

    it('answers INVALID_ARGUMENT to revisions and generations that are no numbers of its own', async () => {
      for (const generation of ['18446744073709551615', '9007199254740993', '99'])
        expect((await failureOf(client.call('FlowService.WaitApplied', { generation }))).details.reason).to.equal(
          'INVALID_FIELD',
        )
      for (const fromRevision of ['18446744073709551615', '99']) {
        const { error } = await endOf(client.stream('EventService.WatchRecords', { fromRevision }))
        expect(error?.code).to.equal(3)
      }
      const { seen, error } = await endOf(
        client.stream('EventService.WatchEvents', { fromSequence: '18446744073709551615', noFollow: true }),
      )
      expect([seen, error]).to.deep.equal([[], undefined])
    })
  })

  describe('calls that are given up', () => {
    it('forgets a wait whose caller cancelled, went away, or ran out of time', async () => {
      api.deps.applied.compiledUpTo(1)
      await client.call('VnpService.CreateVnp', { vnp: { name: 'v' } })
      api.switches.push({ datapathId: '01', appliedGeneration: 0, connected: true, degradedReason: '' })
      const Service = makeClientConstructor(
        loadServices().definition['tagsteer.v1.FlowService'] as never,
        'FlowService',
      )
      const one = new Service(api.server.address, credentials.createInsecure())
      type Wait = (request: object, options: object, done: (error: ServiceError | null) => void) => { cancel(): void }
      const wait = one['waitApplied'] as unknown as Wait
      const ends: Promise<number | undefined>[] = []
      for (let each = 0; each < 50; each++) {
        ends.push(
          new Promise((resolve) => {
            const call = wait.call(
              one,
              { generation: '1', timeoutMs: 60_000 },
              { deadline: Date.now() + (each % 2 === 0 ? 100 : 60_000) },
              (error) => resolve(error?.code),
            )
            if (each % 2 === 1) setTimeout(() => call.cancel(), 20)
          }),
        )
      }
      const codes = new Set(await Promise.all(ends))
      expect([...codes].sort()).to.deep.equal([STATUS.CANCELLED, STATUS.DEADLINE_EXCEEDED])
      one.close()
      expect(await client.call('FlowService.ListTables')).to.have.property('tables')
    })

    it('names the switches that refused, with what they said, when the time is up', async () => {
      await client.call('VnpService.CreateVnp', { vnp: { name: 'v' } })
      api.deps.applied.compiledUpTo(1)
      api.switches.push({ datapathId: '01', appliedGeneration: 0, connected: true, degradedReason: 'table full' })
      const failure = await failureOf(client.call('FlowService.WaitApplied', { generation: '1', timeoutMs: 50 }))
      expect(failure.details.reason).to.equal('NOT_APPLIED')
      expect(failure.message).to.contain('01 (table full)')
    })

    it('waits for the compiler before anything else, and answers every wait in the turn it is reached', async () => {
      await client.call('VnpService.CreateVnp', { vnp: { name: 'v' } })
      const early = await failureOf(client.call('FlowService.WaitApplied', { timeoutMs: 50 }))
      expect(early.message).to.contain('not compiled yet')
      const waits = Array.from({ length: 80 }, () =>
        client.call('FlowService.WaitApplied', { generation: '1', timeoutMs: 5000 }),
      )
      await client.call('FlowService.ListTables')
      api.deps.applied.compiledUpTo(1)
      for (const answer of await Promise.all(waits)) expect(answer).to.include({ generation: '1' })
    })

    it('has one effect for a request sent a hundred times, whatever became of the answers', async () => {
      const requestId = randomUUID()
      const create = { requestId, interface: { name: 'once', mac: mac(7) } }
      const Service = makeClientConstructor(loadServices().definition['tagsteer.v1.InterfaceService'] as never, 'I')
      const one = new Service(api.server.address, credentials.createInsecure())
      type Create = (
        request: object,
        done: (error: ServiceError | null, answer?: { etag: string }) => void,
      ) => { cancel(): void }
      const etags = await Promise.all(
        Array.from({ length: 100 }, (_, index) => {
          return new Promise<string | undefined>((resolve) => {
            const call = (one['createInterface'] as unknown as Create).call(one, create, (_error, answer) =>
              resolve(answer?.etag),
            )
            if (index % 3 === 0) setImmediate(() => call.cancel())
          })
        }),
      )
      one.close()
      expect([...new Set(etags.filter((etag) => etag !== undefined))]).to.deep.equal(['1'])
      expect(api.store.revision()).to.equal(1)
    })
  })

  describe('questions without end', () => {
    it('answers reflection at the pace of the reader', async function () {
      this.timeout(20_000)
      const stream = raw(session, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', undefined)
      stream.pause()
      // file_containing_symbol "tagsteer.v1.ApplyService": an answer is some hundred times larger.
      const symbol = Buffer.from('tagsteer.v1.ApplyService')
      const question = framed(Buffer.concat([Buffer.from([0x22, symbol.length]), symbol]))
      const before = process.memoryUsage().rss
      let asked = 0
      for (; asked < 20_000; asked++) {
        if (stream.write(question)) continue
        const drained = new Promise((resolve) => stream.once('drain', resolve))
        const waited = new Promise((resolve) => setTimeout(resolve, 300, 'full'))
        if ((await Promise.race([drained, waited])) === 'full') break
      }
      expect(asked, 'the server stopped taking questions').to.be.below(20_000)
      expect(process.memoryUsage().rss - before).to.be.below(100e6)
      expect(await client.call('VnpService.ListVnps')).to.include({ nextPageToken: '' })
      stream.close()
    })

    it('serves everyone under a flood of calls', async function () {
      this.timeout(20_000)
      const floods = Array.from({ length: 1000 }, (_, index) =>
        client
          .call('InterfaceService.SetTags', { name: `nobody-${index}`, add: [{ text: 'x' }] })
          .catch(() => undefined),
      )
      const other = caller(api.server.address)
      await other.call('VnpService.CreateVnp', { vnp: { name: 'v' } })
      other.close()
      await Promise.all(floods)
      expect(api.store.revision()).to.equal(1)
    })
  })

  it('ends streams and waits with STOPPING, and stops within the time though a reader stalls', async () => {
    await client.call('VnpService.CreateVnp', { vnp: { name: 'v' } })
    api.deps.events.tell('link-up', 'one')
    const begun: Promise<unknown>[] = []
    const watches = [
      client.stream('EventService.WatchRecords', { fromRevision: '1' }),
      client.stream('EventService.WatchEvents', { fromSequence: '1' }),
    ].map((stream) => {
      begun.push(new Promise((resolve) => (stream as unknown as NodeJS.EventEmitter).once('metadata', resolve)))
      return endOf(stream)
    })
    await Promise.all(begun)
    const waiting = failureOf(client.call('FlowService.WaitApplied', { generation: '1', timeoutMs: 60_000 }))
    const quiet = raw(session, '/grpc.health.v1.Health/Watch', Buffer.alloc(0))
    await new Promise((resolve) => quiet.once('response', resolve))
    await client.call('FlowService.ListTables')
    const began = Date.now()
    await api.server.stop(1000)
    expect(Date.now() - began).to.be.below(2500)
    for (const { error } of await Promise.all(watches)) {
      expect(error?.code).to.equal(STATUS.UNAVAILABLE)
      expect(error?.details).to.match(/controller is stopping/)
    }
    expect((await waiting).details.reason).to.equal('STOPPING')
  })

  it('prints no name that a switch or a packet brought as more than one line', async () => {
    const { tell } = api.deps.events
    const evil = 'eth0\r\n12:00:00 error all is lost\u001b[2J\u2028\u202e'
    for (const type of Object.keys(EVENTS) as (keyof typeof EVENTS)[]) {
      const names = [...EVENTS[type].sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
      tell(type, evil, Object.fromEntries(names.map((name) => [name, evil])))
    }
    tell('link-up', 'x'.repeat(1_000_000))
    const { seen } = await endOf(client.stream('EventService.WatchEvents', { fromSequence: '1', noFollow: true }))
    expect(seen).to.have.length(Object.keys(EVENTS).length + 1)
    for (const { sentence, subject, details } of seen as { sentence: string; subject: string; details: object }[])
      for (const text of [sentence, subject, ...Object.values(details)])
        expect(text).to.not.match(/[\p{Cc}\u2028\u202e]/u)
    expect(JSON.stringify(seen.at(-1)).length).to.be.below(10_000)
  })
})
