/**
 * The controller as a process in trouble: it does not start and says why in one line, its disk fills up, it is stopped under load, a defect shows up, nothing happens at all. Needs root, loop devices, Open vSwitch
 * and a built dist/.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceError } from '@grpc/grpc-js'
import { expect } from 'chai'
import { CallFailure, caller } from '../support/api-server.ts'
import { LoopDisk } from '../support/loop-disk.ts'
import { freePort, RunningController, TAGSTEER, until } from '../support/running-controller.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' })

interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Runs a program to its end. */
function end(words: string[], home: string, program = [TAGSTEER]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...program, ...words], {
      env: { ...process.env, TAGSTEER_HOME: home },
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
      killSignal: 'SIGKILL',
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}

describe('the controller process', function () {
  this.timeout(60_000)
  const homes: string[] = []
  const controllers: RunningController[] = []
  const makeHome = (): string => {
    const home = mkdtempSync(join(tmpdir(), 'tagsteer-process-'))
    homes.push(home)
    return home
  }
  const begin = async (words: string[] = []): Promise<RunningController> => {
    const controller = await RunningController.start({ words: ['--log-level', 'warn', ...words] })
    controllers.push(controller)
    return controller
  }
  const locks = (home: string): string[] => readdirSync(join(home, 'store')).filter((name) => name.startsWith('lock'))
  const create = (index: number): { requestId: string; interface: object } => ({
    requestId: randomUUID(),
    interface: {
      name: `if-${index}`,
      mac: `02:00:00:00:${Math.floor(index / 256)
        .toString(16)
        .padStart(2, '0')}:${(index % 256).toString(16).padStart(2, '0')}`,
    },
  })
  afterEach(async () => {
    await Promise.all(controllers.splice(0).map((controller) => controller.remove()))
    for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true })
  })

  it('says in one line why it does not start and what to do, with exit code 1, and leaves nothing behind', async () => {
    const running = await begin()
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const busy = `127.0.0.1:${(taken.address() as { port: number }).port}`
    const [grpc, openflow] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
    const home = makeHome()
    const store = join(home, 'store')
    const up = (words: string[], at = home): Promise<Ended> =>
      end(['up', '--plaintext', '--listen', grpc, '--openflow', openflow, '--log-level', 'warn', ...words], at)
    const expectRefusal = ({ code, stdout, stderr }: Ended, reason: RegExp): void => {
      expect([code, stdout], stderr).to.deep.equal([1, ''])
      expect(stderr).to.match(reason)
      const own = stderr.split('\n').filter((line) => line !== '' && !/ (info|warn) /.test(line))
      expect(own, stderr).to.have.lengthOf.at.most(2)
      expect(stderr).to.not.match(/\n\s+at /)
    }
    expectRefusal(await up(['--listen', busy]), /address already in use|EADDRINUSE/)
    expectRefusal(await up(['--openflow', busy]), /EADDRINUSE/)
    expect(locks(home)).to.deep.equal([])
    expectRefusal(await up([], running.home), /is open in process \d+/)
    const good = readFileSync(join(store, 'store.log'))
    appendFileSync(join(store, 'store.log'), '')
    writeFileSync(
      join(store, 'store.log'),
      good.map((octet, at) => (at === 20 ? octet ^ 1 : octet)),
    )
    expectRefusal(await up([]), /is damaged.*restore/s)
    expect(locks(home)).to.deep.equal([])
    writeFileSync(join(store, 'store.log'), good)
    // The other listener of a controller that did not start is free again.
    for (const name of ['cert', 'key', 'ca']) writeFileSync(join(home, name), 'no certificate')
    const tls = [
      'controller',
      '--store',
      store,
      '--listen',
      grpc,
      '--openflow',
      openflow,
      '--tls-cert',
      join(home, 'cert'),
      '--tls-key',
      join(home, 'key'),
      '--tls-ca',
      join(home, 'ca'),
    ]
    expectRefusal(await end(tls, home), /cert cannot be used as a certificate .*; make one with tagsteer certs/)
    const nowhere = join(home, 'file')
    writeFileSync(nowhere, '')
    expectRefusal(await up([], join(nowhere, 'home')), /ENOTDIR|not a directory/i)
    expect(locks(home)).to.deep.equal([])
    await new Promise((resolve) => taken.close(resolve))
  })

  it('refuses writes while its disk is full, goes on reading, and recovers by itself', async () => {
    const disk = new LoopDisk(16)
    const { TMPDIR } = process.env
    try {
      // The home of a controller is made in the temporary directory.
      process.env['TMPDIR'] = disk.path
      const controller = await begin()
      const tags = Array.from({ length: 60 }, (_, each) => ({ text: `${'x'.repeat(100)}${each}` }))
      const write = (index: number): Promise<object> => {
        const { requestId, interface: made } = create(index)
        return controller.call('InterfaceService.CreateInterface', { requestId, interface: { ...made, tags } })
      }
      await write(1)
      // More than fits: it takes all there is.
      const filling = (): void => writeFileSync(join(disk.path, 'filler'), Buffer.alloc(20 * 1024 * 1024))
      expect(filling).to.throw(/ENOSPC/)
      let full: CallFailure | undefined
      let written = 1
      while (full === undefined) {
        try {
          await write(written + 1)
          written++
        } catch (error) {
          full = error as CallFailure
        }
      }
      expect([full.status, full.details.reason]).to.deep.equal([14, 'STORE_FAILED'])
      expect(full.message).to.match(/disk is full/)
      const listed = async (): Promise<number> => {
        const { interfaces } = await controller.call<{ interfaces: object[] }>('InterfaceService.ListInterfaces', {
          pageSize: 1000,
        })
        return interfaces.length
      }
      expect(await listed()).to.equal(written)
      rmSync(join(disk.path, 'filler'))
      await write(written + 1)
      expect(await listed()).to.equal(written + 1)
      await controller.kill()
      await controller.run()
      expect(await listed()).to.equal(written + 1)
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = TMPDIR
      for (const controller of controllers.splice(0)) await controller.remove()
      disk.remove()
    }
  })

  it('stops in order under load, and at once at the second signal', async () => {
    for (const signals of [['SIGTERM'], ['SIGINT', 'SIGINT']] as const) {
      const home = makeHome()
      const [grpc, openflow] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
      const child = spawn(
        process.execPath,
        [TAGSTEER, 'up', '--plaintext', '--listen', grpc, '--openflow', openflow, '--log-level', 'warn'],
        {
          env: { ...process.env, TAGSTEER_HOME: home },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      )
      let stderr = ''
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
      const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
        child.on('exit', (...how) => resolve(how)),
      )
      await new Promise<void>((resolve) =>
        child.stdout.on('data', (chunk: Buffer) => chunk.includes('ready') && resolve()),
      )
      const client = caller(grpc)
      const failures: CallFailure[] = []
      let acknowledged = 0
      const loops = Array.from({ length: 8 }, async (_, writer) => {
        for (let index = writer; ; index += 8) {
          try {
            await client.call('InterfaceService.CreateInterface', create(index))
            acknowledged = Math.max(acknowledged, 1)
          } catch (error) {
            failures.push(error as CallFailure)
            return
          }
        }
      })
      const watch = (async () => {
        try {
          for await (const _ of client.stream('EventService.WatchRecords', { fromRevision: '1' }));
          return undefined
        } catch (error) {
          return new CallFailure(error as ServiceError)
        }
      })()
      await until(
        'writes',
        async () => acknowledged,
        (seen) => seen > 0,
      )
      const began = Date.now()
      for (const signal of signals) {
        child.kill(signal)
        await new Promise((resolve) => setImmediate(resolve))
      }
      const [code] = await ended
      await Promise.all(loops)
      const watched = await watch
      expect(watched).to.not.equal(undefined)
      client.close()
      // Where the process ends at once the client makes the failures itself, and calls a connection that broke while it wrote INTERNAL. What the controller answers carries a reason.
      const abrupt = code === 130
      const unclear = [...failures.filter(({ status }) => status !== 1), watched!]
        .filter(({ status, details }) => status !== 14 && !(abrupt && details.reason === ''))
        .map(({ status, message, details }) => `${status} ${message} ${details.reason}`)
      expect(unclear, signals.join()).to.deep.equal([])
      if (signals.length === 1) {
        expect([code, stderr]).to.deep.equal([0, ''])
        expect(Date.now() - began).to.be.below(5000)
        expect(locks(home)).to.deep.equal([])
      } else {
        // Two signals sent together may reach it as one.
        expect(code).to.be.oneOf([0, 130])
        expect(Date.now() - began).to.be.below(5000)
      }
    }
  })

  it('ends with a clear line and exit code 1 when a defect shows up, in a subscriber or a promise', async () => {
    for (const defect of ['subscriber', 'promise']) {
      const ports = [await freePort(), await freePort()].map(String)
      const program = ['--import', 'tsx', '--conditions=source', join(ROOT, 'test/support/defective-controller.ts')]
      const home = makeHome()
      const { code, stderr } = await end([...ports, join(home, 'store'), defect], home, program)
      expect(code, stderr).to.equal(1)
      expect(stderr).to.match(/fatal .*a defect ends the controller; switches keep enforcing/)
      expect(stderr).to.match(/seeded defect/)
    }
  })

  it('writes nothing while nothing happens, and little while a port flaps', async () => {
    const names = [0, 1].map(() => `cp${randomBytes(4).toString('hex')}`)
    const [one, two] = names as [string, string]
    const controller = await begin(['--probe-ms', '200'])
    const revision = async (): Promise<number> => {
      const { generation } = await controller.call<{ generation: string }>('InterfaceService.ListInterfaces')
      return Number(generation)
    }
    try {
      for (const [index, name] of names.entries()) {
        run(
          'ovs-vsctl',
          'add-br',
          name,
          '--',
          'set',
          'bridge',
          name,
          'datapath_type=netdev',
          'fail_mode=secure',
          'protocols=OpenFlow13',
          'other-config:disable-in-band=true',
          `other-config:datapath-id=${randomBytes(8).toString('hex')}`,
        )
        run(
          'ovs-vsctl',
          'add-port',
          name,
          `${name}p`,
          '--',
          'set',
          'interface',
          `${name}p`,
          'type=patch',
          `options:peer=${names[1 - index]}p`,
        )
        run('ovs-vsctl', 'set-controller', name, `tcp:${controller.openflow}`)
      }
      run('ovs-vsctl', 'add-port', one, `${one}q`, '--', 'set', 'interface', `${one}q`, 'type=internal')
      await controller.call('InterfaceService.CreateInterface', {
        interface: { name: 'flapper', mac: '02:00:00:00:00:01', attachment: { portName: { portName: `${one}q` } } },
      })
      await until(
        'both links',
        () => controller.call<{ links: object[] }>('TopologyService.GetTopology'),
        ({ links }) => links.length === 2,
      )
      let settled = await revision()
      await until(
        'hints written',
        async () => {
          const before = settled
          await new Promise((resolve) => setTimeout(resolve, 1000))
          settled = await revision()
          return settled - before
        },
        (grown) => grown === 0,
      )
      await new Promise((resolve) => setTimeout(resolve, 2000))
      expect(await revision(), 'idle for ten rounds of probes').to.equal(settled)
      const began = Date.now()
      let flaps = 0
      for (; Date.now() - began < 2000; flaps++) {
        run('ovs-vsctl', 'del-port', one, `${one}q`)
        run('ovs-vsctl', 'add-port', one, `${one}q`, '--', 'set', 'interface', `${one}q`, 'type=internal')
      }
      await new Promise((resolve) => setTimeout(resolve, 600))
      expect(flaps).to.be.above(3)
      // A write gathers half a second.
      expect((await revision()) - settled).to.be.at.most(Math.ceil((Date.now() - began) / 500))
      await controller.end()
      expect(existsSync(join(controller.home, 'store', 'store.log.new'))).to.equal(false)
    } finally {
      for (const name of [one, two]) run('ovs-vsctl', '--if-exists', 'del-br', name)
    }
  })
})
