/**
 * Connections between two bridges that a change cuts, on a real Open vSwitch: both forget them, the sender's and the
 * receiver's. So they do where the controller is killed as soon as the change is durable, and where the bridges were away
 * then and it is permitted again: the next controller still owes the cut.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Lab } from '../../mininet/lab.ts'
import { RunningController, until } from '../support/running-controller.ts'

const SUFFIX = randomBytes(2).toString('hex')
/** Nobody else's on this machine: bridges of one Open vSwitch may share zones. */
const NET = randomBytes(1)[0]!
const address = (index: number): string => `10.78.${NET}.${index}`
const SWITCHES = [1, 2].map((index) => ({ name: `cr${SUFFIX}${index}`, dpid: `00000000cf${SUFFIX}0${index}` }))
const AT_ONCE = 6442
const KILLED = 6443
const AWAY = 6444
const DATAGRAMS = 6445
const STAYS = 6446
const TCP = [AT_ONCE, KILLED, AWAY, STAYS]

/** Echoes on all ports; counts what arrives, by port, into a file. */
const SERVER = `import json,os,socket,threading
seen={}
def tcp(port):
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
for p in ${JSON.stringify(TCP)}: threading.Thread(target=tcp, args=(p,), daemon=True).start()
u=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("", ${DATAGRAMS})); u.settimeout(.2)
while not os.path.exists("FILES/end"):
  try:
    d,a=u.recvfrom(100); seen[${DATAGRAMS}]=seen.get(${DATAGRAMS},0)+1; u.sendto(d,a)
  except OSError: pass
  open("FILES/server.new","w").write(json.dumps(seen)); os.replace("FILES/server.new","FILES/server")`

/** One connection to each port, which sends five times a second. */
const CLIENT = `import json,os,socket,time
got={}
def dial(port):
  for _ in range(100):
    try: return socket.create_connection(("${address(2)}", port), 2)
    except OSError: time.sleep(.1)
cs={p: dial(p) for p in ${JSON.stringify(TCP)}}
u=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.connect(("${address(2)}", ${DATAGRAMS})); cs[${DATAGRAMS}]=u
for c in cs.values(): c.setblocking(False)
while not os.path.exists("FILES/end"):
  for port,c in cs.items():
    try: c.send(b"x")
    except OSError: pass
    try: got[port]=got.get(port,0)+len(c.recv(1000))
    except OSError: pass
  open("FILES/client.new","w").write(json.dumps(got)); os.replace("FILES/client.new","FILES/client")
  time.sleep(.2)`

describe('connections between two bridges that a rule cuts', function () {
  this.timeout(240_000)
  const files = mkdtempSync(join(tmpdir(), 'tagsteer-cut-restart-'))
  let controller: RunningController
  let lab: Lab
  const ended: Promise<unknown>[] = []

  const set = async (ports: number[]): Promise<string> => {
    const rules = ports.map((port) => ({
      direction: 'DIRECTION_INGRESS',
      peer: { tags: { allOf: [{ text: 'web' }] } },
      protocols: [port === DATAGRAMS ? 'udp' : 'tcp'],
      ports: [String(port)],
      action: 'ACTION_ALLOW',
      established: 'ESTABLISHED_CUT',
    }))
    const policy = { name: 'db', vnp: 'shop', appliesTo: { allOf: [{ text: 'db' }] }, rules }
    const { generation } = await controller.call<{ generation: string }>('ApplyService.Apply', {
      records: [{ policy }],
    })
    return generation
  }
  const read = (name: 'client' | 'server'): Record<string, number> =>
    JSON.parse(readFileSync(join(files, name), 'utf8'))
  /** How many zones track an open connection to each port. */
  const tracked = (): Record<number, number> => {
    const dump = execFileSync('ovs-appctl', ['dpctl/dump-conntrack', 'netdev@ovs-netdev'], { encoding: 'utf8' })
    const zones = new Map<number, Set<string>>()
    for (const line of dump.split('\n')) {
      const found = /^[a-z]+,orig=\(src=([0-9.]+),dst=[0-9.]+,sport=\d+,dport=(\d+)\).*zone=(\d+)/.exec(line)
      if (found?.[1] !== address(1) || /state=(TIME_WAIT|CLOS)/.test(line)) continue
      const port = Number(found[2])
      zones.set(port, (zones.get(port) ?? new Set()).add(found[3]!))
    }
    return Object.fromEntries([...zones].map(([port, its]) => [port, its.size]))
  }
  const served = async (): Promise<void> => {
    await until(
      'two served switches',
      () => controller.call<{ switches: { state: string }[] }>('TopologyService.ListSwitches'),
      ({ switches }) => switches.filter(({ state }) => state === 'SWITCH_STATE_SERVED').length === 2,
    )
  }
  /** Nothing of what was sent to these ports arrives any more, and others go on. */
  const areCut = async (ports: number[]): Promise<void> => {
    await sleep(400)
    const before = read('server')
    await until(
      'others to go on',
      async () => read('server'),
      (server) => server[STAYS]! > before[STAYS]! + 8,
    )
    const server = read('server')
    for (const port of ports) expect(server[port], `what arrived at ${port}`).to.equal(before[port])
  }

  before(async () => {
    controller = await RunningController.start()
    const host = (index: number) => ({
      name: `ch${SUFFIX}${index}`,
      mac: `00:00:5e:00:53:c${index}`,
      ip: `${address(index)}/24`,
      switch: SWITCHES[index - 1]!.name,
    })
    const spec = {
      switches: SWITCHES,
      hosts: [host(1), host(2)],
      links: [[SWITCHES[0]!.name, SWITCHES[1]!.name]] as [string, string][],
      controllers: [`tcp:${controller.openflow}`],
    }
    lab = (await Lab.start(spec)).lab
    const record = (index: number, tag: string): object => ({
      interface: {
        name: `${tag}-${index}`,
        tags: [{ text: 'shop' }, { text: tag }],
        mac: `00:00:5e:00:53:c${index}`,
        addresses: [address(index)],
        attachment: { portName: { portName: `${SWITCHES[index - 1]!.name}-eth1` } },
      },
    })
    await controller.call('ApplyService.Apply', {
      records: [{ vnp: { name: 'shop', selector: { allOf: [{ text: 'shop' }] } } }, record(1, 'web'), record(2, 'db')],
    })
    await set([...TCP, DATAGRAMS])
    await served()
    await until(
      'a link',
      () => controller.call<{ links: unknown[] }>('TopologyService.GetTopology'),
      ({ links }) => links.length === 2,
    )
    await controller.call('FlowService.WaitApplied', {})
    for (const [index, script] of [SERVER, CLIENT].entries()) {
      const here = script.replaceAll('FILES', files)
      ended.push(lab.run(`ch${SUFFIX}${2 - index}`, ['/usr/bin/python3', '-c', here], 230).catch(() => undefined))
      await sleep(500)
    }
    await until(
      'echoes on every port',
      async () => {
        try {
          return read('client')
        } catch {
          return {}
        }
      },
      (echoes: Record<string, number>) => [...TCP, DATAGRAMS].every((port) => (echoes[port] ?? 0) > 0),
      30_000,
    )
  })
  after(async () => {
    writeFileSync(join(files, 'end'), '')
    await Promise.race([Promise.all(ended), sleep(5000, undefined, { ref: false })])
    await lab?.stop()
    await Promise.all(ended)
    await controller?.remove()
    rmSync(files, { recursive: true, force: true })
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-30).join('\n'))
  })

  it('are forgotten by both', async () => {
    const both = Object.fromEntries([...TCP, DATAGRAMS].map((port) => [port, 2]))
    expect(tracked(), 'each bridge tracks each').to.deep.equal(both)
    await controller.call('FlowService.WaitApplied', { generation: await set([KILLED, AWAY, DATAGRAMS, STAYS]) })
    const { [AT_ONCE]: _, ...rest } = both
    expect(tracked()).to.deep.equal(rest)
    await areCut([AT_ONCE])
  })

  it('are forgotten by both, TCP and UDP, where the controller is killed once the change is durable', async () => {
    await set([AWAY, STAYS])
    await controller.kill()
    await controller.run()
    await until(
      'forgotten',
      async () => tracked(),
      (zones) => !(KILLED in zones) && !(DATAGRAMS in zones),
    )
    expect(tracked()).to.deep.equal({ [AWAY]: 2, [STAYS]: 2 })
    await areCut([AT_ONCE, KILLED, DATAGRAMS])
  })

  it('are forgotten by both that were away then, and come back to another controller when it is permitted again', async () => {
    await lab.setControllers([])
    await until(
      'both away',
      () => controller.call<{ switches: { state: string }[] }>('TopologyService.ListSwitches'),
      ({ switches }) => switches.every(({ state }) => state === 'SWITCH_STATE_OFFLINE'),
    )
    await set([STAYS])
    // Written down for the switches by then, or found again from what changed: it is owed all the same.
    await set([AWAY, STAYS])
    await controller.kill()
    await controller.run()
    expect(tracked(), 'both keep enforcing what they have').to.deep.equal({ [AWAY]: 2, [STAYS]: 2 })
    await sleep(2000)
    await controller.kill()
    await controller.run()
    await lab.setControllers([`tcp:${controller.openflow}`])
    await until(
      'forgotten',
      async () => tracked(),
      (zones) => !(AWAY in zones),
    )
    await served()
    expect(tracked()).to.deep.equal({ [STAYS]: 2 })
    await areCut([AWAY])
    const events = await controller.events<{ subject: string }>(['connections-cut'])
    expect(new Set(events.map(({ subject }) => subject))).to.deep.equal(new Set(SWITCHES.map(({ dpid }) => dpid)))
  })
})
