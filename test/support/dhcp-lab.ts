/**
 * A controller as users run it, one real bridge, and guests in namespaces that get their addresses by Debian's DHCP clients
 * (udhcpc, dhclient). It knows no policy but that all may talk.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addBridge, removeBridge, vsctl } from './bridge.ts'
import { RunningController } from './running-controller.ts'

export interface DhcpGuest {
  name: string
  network: string
  mac: string
  netns: string
  port: string
}

/** What a client said that it was given: the variables of udhcpc's script, by name. */
export type Given = Readonly<Record<string, string>>

export class DhcpLab {
  readonly controller: RunningController
  readonly bridge: string
  readonly guests: readonly DhcpGuest[]
  readonly folder = mkdtempSync(join(tmpdir(), 'dhcp-lab-'))
  readonly #children = new Set<ChildProcess>()

  private constructor(controller: RunningController, bridge: string, guests: readonly DhcpGuest[]) {
    this.controller = controller
    this.bridge = bridge
    this.guests = guests
  }

  /** @param networks By name of the guest, its network. */
  static async start(networks: Readonly<Record<string, string>>, words: string[] = []): Promise<DhcpLab> {
    const id = randomBytes(3).toString('hex')
    const guests = Object.entries(networks).map(([name, network], index) => ({
      ...{ name, network, netns: `dh${id}n${index}`, port: `dh${id}p${index}` },
      mac: `00:00:5e:00:53:${(0x61 + index).toString(16)}`,
    }))
    const lab = new DhcpLab(await RunningController.start({ words }), `dh${id}`, guests)
    try {
      await lab.#build()
    } catch (error) {
      await lab.stop()
      throw error
    }
    return lab
  }

  async #build(): Promise<void> {
    addBridge(this.bridge, { ports: [], controller: `tcp:${this.controller.openflow}` })
    vsctl('set', 'bridge', this.bridge, 'fail_mode=secure')
    for (const { netns, port, mac } of this.guests) {
      ip('netns', 'add', netns)
      ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns)
      ip('link', 'set', port, 'up')
      ip('-n', netns, 'link', 'set', 'lo', 'up')
      ip('-n', netns, 'link', 'set', 'eth0', 'address', mac, 'up')
      // The userspace datapath does not complete checksums that a device was to compute.
      spawnSync('ip', ['netns', 'exec', netns, 'ethtool', '-K', 'eth0', 'tx', 'off', 'rx', 'off'])
      vsctl('add-port', this.bridge, port)
    }
    const script = join(this.folder, 'udhcpc.sh')
    writeFileSync(script, UDHCPC)
    chmodSync(script, 0o755)
  }

  guest(name: string): DhcpGuest {
    return this.guests.find((each) => each.name === name)!
  }

  /** Records of all guests, without addresses, that may send each other anything. */
  records(): object[] {
    const allow = { direction: 'DIRECTION_INGRESS', peer: { any: {} }, action: 'ACTION_ALLOW' }
    return [
      ...this.guests.map(({ name, mac, port, network }) => ({
        interface: { name, mac, network, tags: [{ text: 'all' }], attachment: { portName: { portName: port } } },
      })),
      { vnp: { name: 'all', selector: { allOf: [{ text: 'all' }] } } },
      { policy: { name: 'open', vnp: 'all', rules: [allow] } },
    ]
  }

  async apply(records: object[]): Promise<void> {
    await this.controller.call('ApplyService.Apply', { records })
    await this.controller.enforced()
  }

  /** Addresses that the record of a guest's interface has. */
  async addresses(name: string): Promise<string[]> {
    const { addresses } = await this.controller.call<{ addresses: string[] }>('InterfaceService.GetInterface', { name })
    return addresses
  }

  /** Runs a program in a guest, to its end. */
  run(name: string, words: string[], timeoutMs = 30_000): Promise<{ code: number | null; text: string }> {
    const child = spawn('ip', ['netns', 'exec', this.guest(name).netns, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.add(child)
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    return new Promise((resolve) =>
      child.once('close', (code) => {
        clearTimeout(timer)
        this.#children.delete(child)
        resolve({ code, text })
      }),
    )
  }

  /** Gets an address by udhcpc and configures it; rejects where there is none. */
  async udhcpc(name: string, ...words: string[]): Promise<Given> {
    const script = join(this.folder, 'udhcpc.sh')
    const out = join(this.folder, `${name}.given`)
    rmSync(out, { force: true })
    const options = [
      '-i',
      'eth0',
      '-f',
      '-q',
      '-n',
      '-t',
      '6',
      '-T',
      '1',
      '-O',
      'mtu',
      '-O',
      'staticroutes',
      '-s',
      script,
      ...words,
    ]
    const { code, text } = await this.run(name, ['env', `GIVEN=${out}`, 'busybox', 'udhcpc', ...options])
    if (code !== 0) throw new Error(`udhcpc of ${name} ended with ${code}: ${text}`)
    return readGiven(out)
  }

  /** Starts udhcpc in the foreground for as long as the lab runs; what it was given last is read by `given`. */
  follow(name: string): ChildProcess {
    const { netns } = this.guest(name)
    const script = join(this.folder, 'udhcpc.sh')
    const environment = ['env', `GIVEN=${join(this.folder, `${name}.given`)}`]
    const words = ['busybox', 'udhcpc', '-i', 'eth0', '-f', '-R', '-T', '1', '-s', script]
    const child = spawn('ip', ['netns', 'exec', netns, ...environment, ...words], { stdio: 'ignore' })
    this.#children.add(child)
    child.once('close', () => this.#children.delete(child))
    return child
  }

  given(name: string): Given {
    return readGiven(join(this.folder, `${name}.given`))
  }

  /** Runs dhclient once. @param words `-4` or `-6`, and what else. */
  async dhclient(name: string, ...words: string[]): Promise<string> {
    const file = (kind: string): string => join(this.folder, `${name}${words[0] ?? ''}.${kind}`)
    const script = join(this.folder, 'dhclient.sh')
    writeFileSync(script, DHCLIENT)
    chmodSync(script, 0o755)
    writeFileSync(file('conf'), 'timeout 20;\nretry 1;\ninitial-interval 1;\n')
    const files = ['-cf', file('conf'), '-lf', file('leases'), '-pf', file('pid'), '-sf', script]
    const { code, text } = await this.run(name, ['dhclient', ...words, '-1', '-v', ...files, 'eth0'])
    if (code !== 0) throw new Error(`dhclient of ${name} ended with ${code}: ${text}`)
    return text
  }

  async pings(from: string, address: string): Promise<boolean> {
    const { code } = await this.run(from, ['ping', '-c', '1', '-W', '2', address])
    return code === 0
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    removeBridge(this.bridge)
    for (const { netns } of this.guests) {
      const pids = spawnSync('ip', ['netns', 'pids', netns], { encoding: 'utf8' }).stdout.split('\n')
      for (const pid of pids) if (pid !== '') spawnSync('kill', ['-9', pid])
      spawnSync('ip', ['netns', 'delete', netns])
    }
    await this.controller.remove()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export function ip(...words: string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: 'pipe' })
}

/** Nothing where nothing was given. */
function readGiven(path: string): Given {
  if (!existsSync(path)) return {}
  const lines = readFileSync(path, 'utf8').split('\n')
  return Object.fromEntries(lines.flatMap((line) => (/^\w+=/.test(line) ? [splitOnce(line)] : [])))
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}

/** Configures what it was given, and writes it down. */
const UDHCPC = `#!/bin/sh
case "$1" in
bound|renew)
  ip address replace "$ip/$mask" broadcast + dev "$interface"
  [ -n "$mtu" ] && ip link set "$interface" mtu "$mtu"
  for each in $router; do ip route replace default via "$each" dev "$interface"; break; done
  { env; echo "event=$1"; } > "$GIVEN.new" && mv "$GIVEN.new" "$GIVEN" ;;
deconfig) ip -4 address flush dev "$interface" ;;
esac
exit 0
`

/** The least of what Debian's script does: it must not touch the machine's resolv.conf. */
const DHCLIENT = `#!/bin/sh
case "$reason" in
BOUND|RENEW|REBIND|REBOOT)
  ip address replace "$new_ip_address/$new_subnet_mask" dev "$interface"
  for each in $new_routers; do ip route replace default via "$each" dev "$interface"; break; done ;;
BOUND6|RENEW6|REBIND6)
  ip -6 address replace "$new_ip6_address/\${new_ip6_prefixlen:-128}" dev "$interface" nodad ;;
RELEASE|STOP|EXPIRE|FAIL) ip -4 address flush dev "$interface" ;;
RELEASE6|STOP6|EXPIRE6|DEPREF6) [ -n "$old_ip6_address" ] && ip -6 address del "$old_ip6_address/\${old_ip6_prefixlen:-128}" dev "$interface" ;;
esac
exit 0
`
