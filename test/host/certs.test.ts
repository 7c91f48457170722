/** Development certificates: real mutual TLS with them, roles as the API reads them, and what is never overwritten. */
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { callerOf } from '../../controller/api/auth.ts'
import { CertsError, type CertsOptions, ensureCerts, type Holder } from '../../host/certs.ts'
import { ROLES } from '../../model/roles.ts'

const DAY = 86_400_000
const HOLDERS: Holder[] = [
  { kind: 'server', hosts: ['controller.example.org', '192.0.2.7', '2001:db8::7'] },
  { kind: 'client', name: 'admin', role: 'admin' },
  { kind: 'switch', name: 'switch' },
]

describe('host/certs', () => {
  let directory = ''
  const now = Date.now()
  const make = (options: Partial<CertsOptions> = {}) => ensureCerts({ directory, holders: HOLDERS, now, ...options })
  const actions = async (options: Partial<CertsOptions> = {}) => (await make(options)).map(({ action }) => action)
  const pem = (file: string) => readFileSync(join(directory, file), 'utf8')
  const cert = (name: string) => new X509Certificate(pem(`${name}.crt`))
  const everything = () => Object.fromEntries(readdirSync(directory).map((file) => [file, pem(file)]))

  async function refused(options: Partial<CertsOptions> = {}): Promise<string> {
    const before = everything()
    try {
      await make(options)
    } catch (error) {
      expect(error).to.be.instanceOf(CertsError)
      expect(everything(), 'a refusal changes nothing').to.deep.equal(before)
      return (error as Error).message
    }
    expect.fail('accepted')
  }

  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'tagsteer-certs-')), 'certs')
  })
  afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }))

  /** Connects with a client's certificate; resolves to what the server sees, or rejects. */
  async function handshake(client: string, host: string): Promise<TLSSocket> {
    const server = createServer({
      cert: pem('server.crt'),
      key: pem('server.key'),
      ca: pem('ca.crt'),
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      return await new Promise<TLSSocket>((resolve, reject) => {
        server.once('secureConnection', resolve)
        server.once('tlsClientError', reject)
        const socket = connect({
          host: '127.0.0.1',
          port: (server.address() as AddressInfo).port,
          servername: host,
          checkServerIdentity: (_name, peer) =>
            new X509Certificate(peer.raw).checkHost(host) === undefined &&
            new X509Certificate(peer.raw).checkIP(host) === undefined
              ? new Error(`not for ${host}`)
              : undefined,
          ca: pem('ca.crt'),
          cert: pem(`${client}.crt`),
          key: pem(`${client}.key`),
        })
        socket.once('error', reject)
      })
    } finally {
      server.close()
    }
  }

  it('gives every role a certificate that the API reads as that role, by a real handshake', async () => {
    await make({
      holders: [...HOLDERS.slice(0, 1), ...ROLES.map((role): Holder => ({ kind: 'client', name: `my-${role}`, role }))],
    })
    for (const role of ROLES) {
      const socket = await handshake(`my-${role}`, 'localhost')
      const context = { transportSecurityType: 'ssl', sslPeerCertificate: socket.getPeerCertificate() }
      socket.destroy()
      expect(callerOf(context)).to.deep.equal({ name: `my-${role}`, role })
    }
  })

  it('names no caller by the certificates of server and switches, and servers refuse a server as a client', async () => {
    await make()
    const socket = await handshake('switch', 'localhost')
    const subject = socket.getPeerCertificate()
    socket.destroy()
    expect(subject.subject.CN).to.equal('switch')
    expect(callerOf({ transportSecurityType: 'ssl', sslPeerCertificate: subject })).to.equal(undefined)
    let accepted = true
    await handshake('server', 'localhost').catch(() => {
      accepted = false
    })
    expect(accepted).to.equal(false)
  })

  it('makes chains that OpenSSL finds strictly right, for the hosts given and this machine', async () => {
    await make()
    for (const [name, purpose] of [
      ['server', 'sslserver'],
      ['admin', 'sslclient'],
      ['switch', 'sslclient'],
    ] as const) {
      const file = join(directory, `${name}.crt`)
      const out = execFileSync('openssl', [
        ...['verify', '-x509_strict', '-purpose', purpose, '-CAfile', join(directory, 'ca.crt'), file],
      ])
      expect(out.toString()).to.equal(`${file}: OK\n`)
    }
    for (const host of ['localhost', 'controller.example.org'])
      expect(cert('server').checkHost(host), host).to.equal(host)
    for (const host of ['127.0.0.1', '::1', '192.0.2.7', '2001:db8::7'])
      expect(cert('server').checkIP(host), host).not.to.equal(undefined)
    expect(cert('server').checkHost('example.org')).to.equal(undefined)
    expect(cert('ca').publicKey.asymmetricKeyDetails).to.deep.include({ namedCurve: 'prime256v1' })
  })

  it('keeps every file to its owner and leaves nothing else behind', async () => {
    await make()
    const files = ['ca', 'server', 'admin', 'switch'].flatMap((name) => [`${name}.crt`, `${name}.key`])
    expect(readdirSync(directory).sort()).to.deep.equal(files.sort())
    for (const file of files) expect(statSync(join(directory, file)).mode & 0o777, file).to.equal(0o600)
    expect(statSync(directory).mode & 0o777).to.equal(0o700)
  })

  it('changes nothing the second time, and adds what is new with the same authority', async () => {
    expect(await actions()).to.deep.equal(['made', 'made', 'made', 'made'])
    const before = everything()
    expect(await actions()).to.deep.equal(['kept', 'kept', 'kept', 'kept'])
    expect(everything()).to.deep.equal(before)
    const more: Holder = { kind: 'client', name: 'dashboard', role: 'viewer' }
    expect(await actions({ holders: [...HOLDERS, more] })).to.deep.equal(['kept', 'kept', 'kept', 'kept', 'made'])
    expect(everything()).to.deep.include(before)
    expect(cert('dashboard').verify(cert('ca').publicKey)).to.equal(true)
  })

  it('renews what expires soon, with the same keys; the authority last of all', async () => {
    await make()
    const keys = Object.entries(everything()).filter(([file]) => file.endsWith('.key'))
    expect(await actions({ now: now + 330 * DAY })).to.deep.equal(['kept', 'kept', 'kept', 'kept'])
    expect(await actions({ now: now + 340 * DAY })).to.deep.equal(['kept', 'renewed', 'renewed', 'renewed'])
    expect(await actions({ now: now + 400 * DAY })).to.deep.equal(['kept', 'kept', 'kept', 'kept'])
    const later = now + 4000 * DAY
    expect(await actions({ now: later })).to.deep.equal(['renewed', 'renewed', 'renewed', 'renewed'])
    for (const name of ['server', 'admin', 'switch']) {
      expect(cert(name).checkIssued(cert('ca')) && cert(name).verify(cert('ca').publicKey), name).to.equal(true)
      expect(Date.parse(cert(name).validTo)).to.be.greaterThan(later)
    }
    for (const [file, text] of keys) expect(pem(file), file).to.equal(text)
  })

  it('does not renew a short-lived certificate again and again', async () => {
    await make({ days: 3 })
    expect(await actions({ days: 3, now: now + DAY })).to.deep.equal(['kept', 'kept', 'kept', 'kept'])
    expect(await actions({ days: 3, now: now + 2.5 * DAY })).to.deep.equal(['kept', 'renewed', 'renewed', 'renewed'])
  })

  it('renews the server for a further host and keeps those it had', async () => {
    await make()
    const holders: Holder[] = [{ kind: 'server', hosts: ['other.example.org', '2001:db8:0:0::9'] }]
    expect(await actions({ holders })).to.deep.equal(['kept', 'renewed'])
    expect(await actions({ holders })).to.deep.equal(['kept', 'kept'])
    for (const host of ['other.example.org', 'controller.example.org', 'localhost'])
      expect(cert('server').checkHost(host), host).to.equal(host)
    for (const host of ['2001:db8::9', '192.0.2.7', '2001:db8::7'])
      expect(cert('server').checkIP(host), host).not.to.equal(undefined)
  })

  it('refuses what it did not make and says which file', async () => {
    await make()
    const admin = pem('admin.crt')
    const key = pem('admin.key')
    writeFileSync(join(directory, 'admin.crt'), 'no certificate')
    expect(await refused()).to.match(/admin\.crt cannot be read as a certificate/)
    writeFileSync(join(directory, 'admin.crt'), admin)
    writeFileSync(join(directory, 'admin.key'), pem('switch.key'))
    expect(await refused()).to.match(/admin\.key is not the key of .*admin\.crt/)
    rmSync(join(directory, 'admin.key'))
    expect(await refused()).to.match(/admin\.key is missing/)
    writeFileSync(join(directory, 'admin.key'), key)
    expect(await refused({ holders: [{ kind: 'client', name: 'admin', role: 'viewer' }] })).to.match(
      /admin\.crt is for admin as admin; move it away/,
    )
    expect(await refused({ holders: [{ kind: 'switch', name: 'admin' }] })).to.match(/admin as admin/)
    for (const name of ['ca', 'server', '../x', '', 'a/b', 'x'.repeat(64), 'a\nb'])
      await refused({ holders: [{ kind: 'switch', name }] })
    await refused({ holders: [HOLDERS[1]!, { kind: 'switch', name: 'admin' }] })
    expect(await actions()).to.deep.equal(['kept', 'kept', 'kept', 'kept'])
  })

  it('refuses certificates of another authority, and to sign without its key', async () => {
    await make()
    const own = everything()
    const foreign = join(directory, '..', 'foreign')
    await ensureCerts({ directory: foreign, holders: HOLDERS, now })
    for (const file of ['admin.crt', 'admin.key'])
      writeFileSync(join(directory, file), readFileSync(join(foreign, file)))
    expect(await refused()).to.match(/admin\.crt was not made by the authority/)
    for (const file of ['admin.crt', 'admin.key']) writeFileSync(join(directory, file), own[file]!)
    rmSync(join(directory, 'ca.key'))
    expect(await actions(), 'what is there is still of use').to.deep.equal(['kept', 'kept', 'kept', 'kept'])
    expect(await refused({ holders: [{ kind: 'client', name: 'new', role: 'admin' }] })).to.match(/ca\.key is not here/)
    expect(await refused({ now: now + 4000 * DAY })).to.match(/its key .*ca\.key is not here/)
  })
})
