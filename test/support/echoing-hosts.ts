/**
 * Connections between two hosts of a Mininet lab that stay: a server that echoes on TCP ports and one UDP port, a client
 * with one connection to each, what arrived at either so far, and what Open vSwitch tracks of them. It knows no policy.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from '../../mininet/lab.ts'
import { until } from './running-controller.ts'

export interface EchoingHosts {
  /** Names of the hosts, and their IPv4 addresses. */
  client: { name: string; address: string }
  server: { name: string; address: string }
  tcp: readonly number[]
  udp: number
  /** Of the TCP ports one that is silent after its first echo, until wake(). */
  idle?: number
}

/** Echoes on all ports; counts octets and datagrams that arrive, by port, into a file. */
const server = ({ tcp, udp }: EchoingHosts): string => `import json,os,socket,threading
seen={}
def listen(port):
  s=socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", port)); s.listen()
  while True:
    c,_=s.accept(); threading.Thread(target=echo, args=(c, port), daemon=True).start()
def echo(c, port):
  try:
    while True:
      d=c.recv(100)
      if not d: return
      seen[port]=seen.get(port,0)+len(d); c.sendall(d)
  except OSError: pass
for p in ${JSON.stringify(tcp)}: threading.Thread(target=listen, args=(p,), daemon=True).start()
u=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("", ${udp})); u.settimeout(.2)
while not os.path.exists("FILES/end"):
  try:
    d,a=u.recvfrom(100); seen[${udp}]=seen.get(${udp},0)+1; u.sendto(d,a)
  except OSError: pass
  open("FILES/server.new","w").write(json.dumps(seen)); os.replace("FILES/server.new","FILES/server")`

/** One connection to each port: all but the idle one ask for an echo five times a second; the idle one once it is told to. */
const client = ({ tcp, udp, idle, server: { address } }: EchoingHosts): string => `import json,os,socket,time
got={}
idle=${idle ?? 'None'}
def dial(port):
  for _ in range(100):
    try: return socket.create_connection(("${address}", port), 2)
    except OSError: time.sleep(.1)
cs={p: dial(p) for p in ${JSON.stringify(tcp)}}
if idle: cs[idle].sendall(b"x"); cs[idle].recv(1); got[idle]=1
u=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.connect(("${address}", ${udp})); cs[${udp}]=u
for c in cs.values(): c.setblocking(False)
woken=False
while not os.path.exists("FILES/end"):
  for port,c in cs.items():
    try:
      if port==idle:
        if os.path.exists("FILES/wake") and not woken: c.send(b"x"); woken=True
      else: c.send(b"x")
    except OSError: pass
    try: got[port]=got.get(port,0)+len(c.recv(1000))
    except OSError: pass
  open("FILES/client.new","w").write(json.dumps(got)); os.replace("FILES/client.new","FILES/client")
  time.sleep(.2)`

export class Echoes {
  readonly #hosts: EchoingHosts
  readonly #files = mkdtempSync(join(tmpdir(), 'tagsteer-echoes-'))
  readonly #ended: Promise<unknown>[] = []

  constructor(hosts: EchoingHosts) {
    this.#hosts = hosts
  }

  /** Ends when each port has echoed. @param seconds After which both end by themselves. */
  async start(lab: Lab, seconds: number): Promise<void> {
    for (const [name, script] of [
      [this.#hosts.server.name, server(this.#hosts)],
      [this.#hosts.client.name, client(this.#hosts)],
    ] as const) {
      const here = script.replaceAll('FILES', this.#files)
      this.#ended.push(lab.run(name, ['/usr/bin/python3', '-c', here], seconds).catch(() => undefined))
      await sleep(500)
    }
    await until(
      'echoes on every port',
      async () => {
        try {
          return this.read('client')
        } catch {
          return {}
        }
      },
      (echoes: Record<string, number>) =>
        [...this.#hosts.tcp, this.#hosts.udp].every((port) => (echoes[port] ?? 0) > 0),
      30_000,
    )
  }

  /** By port: octets of TCP, and at the server datagrams of UDP, that have arrived. */
  read(name: 'client' | 'server'): Record<string, number> {
    return JSON.parse(readFileSync(join(this.#files, name), 'utf8'))
  }

  /** By port: how many zones track an open connection that the client opened. */
  tracked(): Record<number, number> {
    const dump = execFileSync('ovs-appctl', ['dpctl/dump-conntrack', 'netdev@ovs-netdev'], { encoding: 'utf8' })
    const zones = new Map<number, Set<string>>()
    for (const line of dump.split('\n')) {
      const found = /^[a-z]+,orig=\(src=([0-9.]+),dst=[0-9.]+,sport=\d+,dport=(\d+)\).*zone=(\d+)/.exec(line)
      if (found?.[1] !== this.#hosts.client.address || /state=(TIME_WAIT|CLOS)/.test(line)) continue
      const port = Number(found[2])
      zones.set(port, (zones.get(port) ?? new Set()).add(found[3] as string))
    }
    return Object.fromEntries([...zones].map(([port, its]) => [port, its.size]))
  }

  /** The idle connection sends once. */
  wake(): void {
    writeFileSync(join(this.#files, 'wake'), '')
  }

  /** Ends both, and the lab. */
  async stop(lab: Lab | undefined): Promise<void> {
    writeFileSync(join(this.#files, 'end'), '')
    await Promise.race([Promise.all(this.#ended), sleep(5000, undefined, { ref: false })])
    await lab?.stop()
    await Promise.all(this.#ended)
    rmSync(this.#files, { recursive: true, force: true })
  }
}
