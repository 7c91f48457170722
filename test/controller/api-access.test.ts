/** Who may do what over mutual TLS, and what watchers see. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { type ChannelCredentials, credentials, type ServiceError } from '@grpc/grpc-js'
import { expect } from 'chai'
import { rpcDetails } from '../../cli/failure.ts'
import { METHOD_ROLES } from '../../controller/api/auth.ts'
import { startApi } from '../../controller/api/server.ts'
import { ensureCerts } from '../../host/certs.ts'
import { ROLES, type Role } from '../../model/roles.ts'
import { type Caller, CallFailure, caller, failureOf, type TestApi, testApi } from '../support/api-server.ts'

describe('access to the API', function () {
  this.timeout(30_000)
  let folder: string
  let api: TestApi
  const file = (name: string): string => join(folder, name)
  const pem = (name: string): Buffer => readFileSync(file(name))
  const as = (role: Role): ChannelCredentials =>
    credentials.createSsl(pem('ca.crt'), pem(`${role}.key`), pem(`${role}.crt`))

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tagsteer-access-'))
    await ensureCerts({
      directory: folder,
      now: Date.now(),
      holders: [
        { kind: 'server', hosts: ['127.0.0.1'] },
        ...ROLES.map((role) => ({ kind: 'client' as const, name: role, role })),
      ],
    })
    api = await testApi({ tls: { cert: file('server.crt'), key: file('server.key'), ca: file('ca.crt') } })
  })
  after(async () => {
    await api?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('lets each role call what the table says, and nothing else', async () => {
    for (const role of ROLES) {
      const client = caller(api.server.address, as(role))
      try {
        for (const [path, roles] of Object.entries(METHOD_ROLES)) {
          const [service, method] = path.replace('/tagsteer.v1.', '').split('/') as [string, string]
          // They have no end, and nothing that they refuse.
          if (service === 'EventService' || path.endsWith('ProbeService/Watch')) continue
          const call = async (): Promise<unknown> => {
            if (path.endsWith('StreamAllocate')) {
              const both = client.duplex<{ requests: object[] }, object>(`${service}.${method}`)
              both.end()
              for await (const _ of both);
              return undefined
            }
            const isWatch = path.endsWith('ProveService/Watch')
            if (service !== 'VerifyService' && !isWatch) return client.call(`${service}.${method}`)
            // Watching has no end: asked for too much, it is refused after the role was looked at.
            for await (const _ of client.stream(`${service}.${method}`, isWatch ? { limit: 1_000_000 } : {}));
            return undefined
          }
          const outcome = await call().then(
            () => 'OK',
            (error: CallFailure | ServiceError) =>
              error instanceof CallFailure ? error.details.reason : rpcDetails(error).reason,
          )
          if (roles.includes(role)) expect(outcome, `${role} ${method}`).to.not.equal('FORBIDDEN')
          else expect(outcome, `${role} ${method}`).to.equal('FORBIDDEN')
        }
      } finally {
        client.close()
      }
    }
  })

  it('lets a provisioner apply interfaces but no partitions', async () => {
    const client = caller(api.server.address, as('provisioner'))
    try {
      const failure = await failureOf(client.call('ApplyService.Apply', { records: [{ vnp: { name: 'a' } }] }))
      expect(failure.details.reason).to.equal('FORBIDDEN')
      const record = { name: 'i', mac: '00:00:5e:00:53:01', addresses: ['10.0.0.1'] }
      const { results } = await client.call<{ results: { after: { interface: { meta: { updatedBy: string } } } }[] }>(
        'ApplyService.Apply',
        { records: [{ interface: record }] },
      )
      expect(results[0]?.after.interface.meta.updatedBy).to.equal('provisioner')
    } finally {
      client.close()
    }
  })

  it('refuses callers without a certificate, with one of another authority, and TLS below 1.3', async () => {
    const other = mkdtempSync(join(tmpdir(), 'tagsteer-other-'))
    try {
      await ensureCerts({
        directory: other,
        now: Date.now(),
        holders: [{ kind: 'client', name: 'admin', role: 'admin' }],
      })
      const strange = credentials.createSsl(
        pem('ca.crt'),
        readFileSync(join(other, 'admin.key')),
        readFileSync(join(other, 'admin.crt')),
      )
      for (const channel of [credentials.createSsl(pem('ca.crt')), strange, credentials.createInsecure()]) {
        const client = caller(api.server.address, channel)
        try {
          const failure = await failureOf(client.call('InterfaceService.ListInterfaces'))
          expect(failure.status).to.equal(14)
        } finally {
          client.close()
        }
      }
      const [host, port] = api.server.address.split(':') as [string, string]
      const old = connectTls({
        host,
        port: Number(port),
        ca: pem('ca.crt'),
        key: pem('admin.key'),
        cert: pem('admin.crt'),
        maxVersion: 'TLSv1.2',
      })
      const outcome = await new Promise<string>((resolve) => {
        old.once('secureConnect', () => resolve('connected'))
        old.once('error', () => resolve('refused'))
      })
      old.destroy()
      expect(outcome).to.equal('refused')
    } finally {
      rmSync(other, { recursive: true, force: true })
    }
  })

  it('serves plaintext on loopback only', async () => {
    const rules = { log: () => {}, now: Date.now, maxUnaryMs: 1000, maxStreams: 10 }
    const options = { listen: '0.0.0.0:0', rules, serving: () => true, servingChanged: () => () => {} }
    const refused = await startApi(api.deps, options).then(
      () => 'started',
      (error: Error) => error.message,
    )
    expect(refused).to.match(/loopback only/)
  })
})

describe('watching', () => {
  let api: TestApi
  let client: Caller
  beforeEach(async () => {
    api = await testApi()
    client = api.client
  })
  afterEach(async () => {
    await api.close()
  })

  interface Change {
    revision: string
    kind: string
    name: string
    deleted: boolean
  }

  it('shows every change of records once, in order, from any kept revision', async () => {
    const create = (name: string): Promise<unknown> => client.call('VnpService.CreateVnp', { vnp: { name } })
    await create('a')
    await create('b')
    const seen: Change[] = []
    const stream = client.stream('EventService.WatchRecords', { fromRevision: '2', kinds: ['vnp'] })
    const watching = (async () => {
      for await (const change of stream) {
        seen.push(change as Change)
        if (seen.length === 3) break
      }
    })()
    await create('c')
    await client.call('VnpService.DeleteVnp', { name: 'a' })
    await watching
    expect(seen.map(({ revision, name, deleted }) => [revision, name, deleted])).to.deep.equal([
      ['2', 'b', false],
      ['3', 'c', false],
      ['4', 'a', true],
    ])
  })

  it('says that a revision is no longer kept, or not there yet', async () => {
    for (const name of ['a', 'b', 'c']) await client.call('VnpService.CreateVnp', { vnp: { name } })
    await api.store.compact(3)
    const reasonOf = async (fromRevision: string): Promise<string> => {
      try {
        for await (const _ of client.stream('EventService.WatchRecords', { fromRevision })) return 'a change'
        return 'an end'
      } catch (error) {
        return (error as { details: string }).details
      }
    }
    expect(await reasonOf('1')).to.match(/no longer kept/)
    expect(await reasonOf('9')).to.match(/ahead of the newest/)
  })

  it('tells kept events of the wanted types and severity, and ends where following was not asked for', async () => {
    const { tell } = api.deps.events
    tell('link-up', 'one')
    tell('link-down', 'two', { reason: 'cut' })
    tell('switch-refused', 'three', { reason: 'fail mode' })
    const read = async (request: object): Promise<[string, string][]> => {
      const rows: [string, string][] = []
      for await (const event of client.stream('EventService.WatchEvents', {
        fromSequence: '1',
        noFollow: true,
        ...request,
      }))
        rows.push([(event as { subject: string }).subject, (event as { sentence: string }).sentence])
      return rows
    }
    expect((await read({})).map(([subject]) => subject)).to.deep.equal(['one', 'two', 'three'])
    expect(await read({ types: ['link-down'] })).to.deep.equal([['two', 'Link two is down (cut).']])
    expect((await read({ minSeverity: 'SEVERITY_ALERT' })).map(([subject]) => subject)).to.deep.equal(['three'])
  })
})
