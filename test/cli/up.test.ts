/** `tagsteer up` in this process: what it leaves in its home is all that other commands need; and how it ends. */
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { freshHome, type Ran, tagsteer } from '../support/terminal.ts'

interface Up {
  grpc: string
  openflow: string
  /** Stops it as a first signal would. */
  stop(): Promise<Ran>
}

async function up(...words: string[]): Promise<Up> {
  const abort = new AbortController()
  let running: Promise<Ran> | undefined
  const [, grpc, openflow] = await new Promise<RegExpExecArray>((resolve, reject) => {
    running = tagsteer(
      [
        'up',
        '--listen',
        '127.0.0.1:0',
        '--openflow',
        '127.0.0.1:0',
        '--ovsdb',
        'none',
        '--log-level',
        'silent',
        ...words,
      ],
      {
        signal: abort.signal,
        printed(out) {
          const ready = /^tagsteer is ready: gRPC (\S+), OpenFlow (\S+)$/m.exec(out)
          if (ready !== null) resolve(ready)
        },
      },
    )
    void running.then(({ err, code }) => reject(new Error(`ended with ${code}: ${err}`)), reject)
  })
  return {
    grpc: grpc!,
    openflow: openflow!,
    stop() {
      abort.abort('SIGTERM')
      return running!
    },
  }
}

describe('tagsteer up', () => {
  let home: ReturnType<typeof freshHome>
  let started: Up | undefined
  beforeEach(() => {
    home = freshHome()
  })
  afterEach(async () => {
    await started?.stop()
    started = undefined
    home.end()
  })

  it('starts with nothing set up, serves other commands of its home over mutual TLS, and ends with code 0', async () => {
    started = await up()
    const status = await tagsteer(['status'])
    expect(status).to.deep.equal({
      code: 0,
      out: `controller  ${started.grpc}  serving\ngeneration  0, applied on 0 of 0 switches\n`,
      err: '',
    })
    const applied = await tagsteer(['apply', '-f', 'examples/three-tenants.yaml'])
    expect(applied.err).to.equal('')
    expect(applied.out).to.contain('interface/red-web created')
    expect((await tagsteer(['apply', '-f', 'examples/three-tenants.yaml', '--error-unchanged'])).code).to.equal(2)
    const yaml = await tagsteer(['get', 'policies', '-o', 'yaml'])
    expect(
      (await tagsteer(['diff', '-f', '-'], { input: yaml.out })).code,
      'what get prints is what apply reads',
    ).to.equal(0)
    expect((await tagsteer(['explain', 'green-web', 'red-db', 'tcp/5432', '--expect', 'deny'])).code).to.equal(0)
    expect((await tagsteer(['explain', 'green-web', 'red-db', 'tcp/5432', '--expect', 'allow'])).code).to.equal(2)
    const pasted = await tagsteer(['explain', '--packet', 'tcp 10.1.0.1:40000 -> 203.0.113.9:443'])
    expect(pasted.out).to.contain('203.0.113.9  tcp 10.1.0.1:40000 -> 203.0.113.9:443')
    expect((await tagsteer(['explain', '--event', '1'])).err).to.contain('Event 1 is about no packet')
    expect((await tagsteer(['explain', '--event', '99999'])).err).to.contain('There is no event 99999')
    for (const words of [
      ['--event', 'x'],
      ['--event', '1', '--packet', 'tcp'],
      ['a', '--event', '1'],
      ['a', 'b', 'tcp', '--packet', 'udp'],
    ])
      expect((await tagsteer(['explain', ...words])).code, words.join(' ')).to.equal(1)
    const { code, out, err } = await started.stop()
    expect({ code, err: err.replace(home.home, 'HOME') }).to.deep.equal({
      code: 0,
      err: '5 development certificates made or renewed in HOME/certs\n',
    })
    expect(out).to.contain(`set-controller BRIDGE tcp:${started.openflow}`).and.to.contain('fail_mode=secure')
    for (const name of readdirSync(join(home.home, 'certs')))
      expect(statSync(join(home.home, 'certs', name)).mode & 0o077, name).to.equal(0)
    expect((await tagsteer(['status'])).err).to.contain('no controller answers')
  })

  it('keeps records and certificates from one start to the next, and refuses a second start beside the first', async () => {
    started = await up()
    await tagsteer(['apply', '-f', 'examples/three-tenants.yaml'])
    const second = await up().then(
      () => expect.fail('a second controller on one store'),
      (error: Error) => error.message,
    )
    expect(second).to.contain('does not start').and.to.contain('choose another with --store')
    expect((await tagsteer(['status'])).code, 'the first is still found').to.equal(0)
    await started.stop()
    started = await up()
    expect((await tagsteer(['get', 'if', '-o', 'name'])).out.split('\n')).to.include('interface/red-web')
    const { err } = await started.stop()
    expect(err, 'nothing made anew').to.equal('')
  })

  it('serves plaintext on loopback where asked, without certificates', async () => {
    started = await up('--plaintext')
    expect((await tagsteer(['status'])).code).to.equal(0)
    expect(readdirSync(home.home)).not.to.include('certs')
  })

  it('lets the role in a certificate decide', async () => {
    started = await up()
    const certs = join(home.home, 'certs')
    const viewer = ['--cert', join(certs, 'viewer.crt'), '--key', join(certs, 'viewer.key')]
    expect((await tagsteer(['get', 'vnps', ...viewer])).code).to.equal(0)
    const refused = await tagsteer(['apply', '-f', 'examples/three-tenants.yaml', ...viewer])
    expect(refused.code).to.equal(1)
    expect(refused.err).to.contain('[FORBIDDEN]')
    const server = ['--cert', join(certs, 'switch.crt'), '--key', join(certs, 'switch.key')]
    expect((await tagsteer(['get', 'vnps', ...server])).err, 'a switch is no caller').to.contain('[UNAUTHENTICATED]')
  })

  it('is believed only under a host of its certificate', async () => {
    started = await up()
    const port = started.grpc.split(':')[1]
    expect((await tagsteer(['status', '--server', `localhost:${port}`])).code).to.equal(0)
    await started.stop()
    started = await up('--listen', '0.0.0.0:0')
    const other = started.grpc.split(':')[1]
    const { code, err } = await tagsteer(['status', '--server', `127.0.0.2:${other}`, '--timeout', '3s'])
    expect(code).not.to.equal(0)
    expect(err).to.match(/127\.0\.0\.2/)
    expect((await tagsteer(['status'])).code).to.equal(0)
  })

  it('uses a port that is taken for an error with advice, and leaves the store closed', async () => {
    started = await up()
    const second = freshHome()
    try {
      const failed = await tagsteer([
        'up',
        '--listen',
        started.grpc,
        '--openflow',
        '127.0.0.1:0',
        '--ovsdb',
        'none',
        '--log-level',
        'silent',
      ])
      expect(failed.code).to.equal(1)
      expect(failed.err).to.contain('another process listens there')
      const again = await up()
      expect((await again.stop()).code).to.equal(0)
    } finally {
      second.end()
      process.env['TAGSTEER_HOME'] = home.home
    }
  })

  it('says where a damaged context is', async () => {
    writeFileSync(join(home.home, 'client.json'), '{')
    expect((await tagsteer(['status'])).err).to.match(/client\.json is damaged/)
    expect((await tagsteer(['version'])).code).to.equal(0)
  })
})
