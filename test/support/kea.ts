/** Kea's DHCPv4 server and control agent as Debian has them, on loopback, in a folder of their own, without a DHCP socket. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Kea {
  url: string
  user: string
  password: string
  /** Asks the control agent; the first answer. */
  command(command: string, args?: object): Promise<{ result: number; text?: string; arguments?: unknown }>
  stop(): Promise<void>
}

/** Where Debian puts hooks, whatever the machine is. */
function hooksFolder(): string {
  const found = readdirSync('/usr/lib').find((name) => {
    try {
      return readdirSync(`/usr/lib/${name}/kea/hooks`).includes('libdhcp_lease_cmds.so')
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error('Kea has no lease_cmds hook here: bash scripts/bootstrap.sh system')
  return `/usr/lib/${found}/kea/hooks`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** @param subnets `subnet4` of its configuration. */
export async function startKea(subnets: readonly object[]): Promise<Kea> {
  const folder = mkdtempSync(join(tmpdir(), 'tagsteer-kea-'))
  const socket = { 'socket-type': 'unix', 'socket-name': join(folder, 'dhcp4.sock') }
  const loggers = (name: string): object[] => [
    { name, output_options: [{ output: join(folder, `${name}.log`) }], severity: 'INFO' },
  ]
  const port = await freePort()
  const [user, password] = ['tagsteer', 'a-secret-of-kea']
  const hook = `${hooksFolder()}/libdhcp_lease_cmds.so`
  writeFileSync(
    join(folder, 'dhcp4.json'),
    JSON.stringify({
      Dhcp4: {
        ...{ 'interfaces-config': { interfaces: [] }, 'control-socket': socket, subnet4: subnets },
        'lease-database': { type: 'memfile', persist: true, name: join(folder, 'leases.csv') },
        ...{ 'hooks-libraries': [{ library: hook }], loggers: loggers('kea-dhcp4') },
      },
    }),
  )
  writeFileSync(
    join(folder, 'agent.json'),
    JSON.stringify({
      'Control-agent': {
        ...{ 'http-host': '127.0.0.1', 'http-port': port, 'control-sockets': { dhcp4: socket } },
        authentication: { type: 'basic', realm: 'kea', clients: [{ user, password }] },
        loggers: loggers('kea-ctrl-agent'),
      },
    }),
  )
  const env = { ...process.env, KEA_PIDFILE_DIR: folder, KEA_LOCKFILE_DIR: folder }
  let said = ''
  const children = [
    ['kea-dhcp4', 'dhcp4.json'],
    ['kea-ctrl-agent', 'agent.json'],
  ].map(([program, file]): ChildProcess => {
    const child = spawn(`/usr/sbin/${program}`, ['-c', join(folder, file!)], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (octets: Buffer) => {
        said += octets
      })
    child.on('error', (error) => {
      said += error.message
    })
    return child
  })
  let isStopped = false
  const stop = async (): Promise<void> => {
    if (isStopped) return
    isStopped = true
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue
      child.kill('SIGTERM')
      await Promise.race([once(child, 'exit'), sleep(3000).then(() => child.kill('SIGKILL'))])
    }
    rmSync(folder, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}/`
  const command: Kea['command'] = async (name, args) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      },
      body: JSON.stringify({ command: name, service: ['dhcp4'], ...(args === undefined ? {} : { arguments: args }) }),
    })
    const [answer] = (await response.json()) as { result: number }[]
    return answer!
  }
  for (let tries = 0; ; tries++) {
    const answer = await command('status-get').catch(() => undefined)
    if (answer?.result === 0) break
    if (tries === 100 || children.some(({ exitCode }) => exitCode !== null)) {
      await stop()
      throw new Error(`Kea does not start: ${said}`)
    }
    await sleep(100)
  }
  return { url, user, password, command, stop }
}
