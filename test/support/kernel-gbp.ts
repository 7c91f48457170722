/**
 * Two hosts whose kernels carry identities as group policy ids: each with VMs on a bridge, joined by a VXLAN device with
 * `gbp`. The mark of a packet (skb->mark) is the identity: set where it comes in from a VM, put into the VXLAN header by
 * the device of the sender, read from it by that of the receiver, and asked for by the receiver's nftables. All of it is
 * in network namespaces. Who may send what is the caller's; it knows no records.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROBE = fileURLToPath(new URL('../../mininet/probe.py', import.meta.url))
export const VNI = 0x123456
/** The port between the hosts, in each. */
export const UNDERLAY = 'up0'
const VXLAN_OCTETS = 50

export interface GbpVm {
  /** Its port of the bridge has this name; its own end is eth0. */
  name: string
  host: 'a' | 'b'
  mac: string
  address: string
  address6: string
  identity: number
}

/** What a VM lets in: who, by identity, which protocol, to which port. */
export interface Accepted {
  to: string
  identity: number
  protocol: 'tcp' | 'udp'
  port: number
}

export class GbpHosts {
  readonly #id = randomBytes(3).toString('hex')
  readonly #vms: readonly GbpVm[]
  readonly #listeners: ReturnType<typeof spawn>[] = []
  readonly #namespaces: string[] = []

  private constructor(vms: readonly GbpVm[]) {
    this.#vms = vms
  }

  static start(vms: readonly GbpVm[], accepted: readonly Accepted[]): GbpHosts {
    const hosts = new GbpHosts(vms)
    try {
      hosts.#build(accepted)
      return hosts
    } catch (error) {
      hosts.stop()
      throw error
    }
  }

  /** Of a host or a VM. */
  netns(name: string): string {
    return `tsk-${this.#id}-${name}`
  }

  #ip(name: string, lines: readonly string[]): void {
    execFileSync('ip', ['-n', this.netns(name), '-batch', '-'], { input: `${lines.join('\n')}\n`, stdio: 'pipe' })
  }

  #exec(name: string, command: readonly string[], input = ''): void {
    execFileSync('ip', ['netns', 'exec', this.netns(name), ...command], { input, stdio: 'pipe' })
  }

  #add(name: string): void {
    execFileSync('ip', ['netns', 'add', this.netns(name)])
    this.#namespaces.push(this.netns(name))
    this.#ip(name, ['link set lo up'])
  }

  #build(accepted: readonly Accepted[]): void {
    const hosts = ['a', 'b'] as const
    const underlay = (host: 'a' | 'b'): string => `198.18.0.${host === 'a' ? 1 : 2}`
    for (const host of hosts) {
      this.#add(host)
      // Bridged packets pass the hooks of IP, where connections are tracked; kernels of switches say nothing by themselves.
      const settings = ['bridge-nf-call-iptables', 'bridge-nf-call-ip6tables'].map((name) => `net.bridge.${name}=1`)
      this.#exec(host, ['sysctl', '-qw', ...settings, 'net.ipv6.conf.default.disable_ipv6=1'])
    }
    this.#ip('a', [`link add ${UNDERLAY} type veth peer name ${UNDERLAY} netns ${this.netns('b')}`])
    for (const host of hosts) {
      const far = underlay(host === 'a' ? 'b' : 'a')
      const device = `link add vx0 type vxlan id ${VNI} local ${underlay(host)} remote ${far} dstport 4789 gbp`
      this.#ip(host, [
        `address add ${underlay(host)}/30 dev ${UNDERLAY}`,
        `link set ${UNDERLAY} mtu ${1500 + VXLAN_OCTETS} up`,
        `${device}`,
        'link add br0 type bridge forward_delay 0 mcast_snooping 0',
        'link set vx0 mtu 1500 master br0 up',
        'link set br0 up',
      ])
    }
    for (const { name, host, mac, address, address6 } of this.#vms) {
      this.#add(name)
      this.#ip(name, [
        `link add eth0 address ${mac} type veth peer name ${name} netns ${this.netns(host)}`,
        'link set eth0 up',
        `address add ${address}/24 dev eth0`,
        `address add ${address6}/64 dev eth0 nodad`,
      ])
      this.#ip(host, [`link set ${name} master br0 up`])
      // A checksum that nobody has made yet would go into the tunnel as it is.
      this.#exec(name, ['ethtool', '-K', 'eth0', 'tx', 'off'])
    }
    for (const host of hosts) this.#exec(host, ['nft', '-f', '-'], this.#rules(host, accepted))
  }

  /** nftables of a host: marks of what its VMs send, and what they let in. */
  #rules(host: 'a' | 'b', accepted: readonly Accepted[]): string {
    const own = this.#vms.filter((vm) => vm.host === host)
    const marks = own.map(
      ({ name, identity }) =>
        `  chain ${name} { type filter hook ingress device "${name}" priority 0; meta mark set ${identity}; }`,
    )
    const doors = own.flatMap(({ name, address, address6 }) => {
      const its = accepted.filter(({ to }) => to === name)
      const elements = its.map(({ identity, protocol, port }) => `${identity} . ${protocol} . ${port}`)
      const from = elements.length === 0 ? '' : `meta mark . meta l4proto . th dport { ${elements.join(', ')} } accept`
      return from === '' ? [] : [`    ip daddr ${address} ${from}`, `    ip6 daddr ${address6} ${from}`]
    })
    return [
      'table netdev identities {',
      ...marks,
      '}',
      'table inet doors {',
      '  chain forward {',
      '    type filter hook forward priority 0; policy drop;',
      '    ct state established,related accept',
      '    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
      // What is for other hosts is theirs to let in.
      `    ip daddr != { ${own.map(({ address }) => address).join(', ')} } accept`,
      `    ip6 daddr != { ${own.map(({ address6 }) => address6).join(', ')} } accept`,
      ...doors,
      '    counter drop',
      '  }',
      '}',
      '',
    ].join('\n')
  }

  /** Lets a VM answer connections. */
  async listen(vm: string, ports: readonly number[]): Promise<void> {
    const words = ['netns', 'exec', this.netns(vm), '/usr/bin/python3', PROBE, 'listen', ...ports.map(String)]
    const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#listeners.push(child)
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`no listener in ${vm}: ${code}`)))
      createInterface({ input: child.stdout! }).once('line', () => resolve())
    })
  }

  /** What comes of connections from a VM, asked all at once (mininet/probe.py). */
  async probe(vm: string, probes: readonly { to: string; port: number }[]): Promise<string[]> {
    const asked = JSON.stringify(probes.map((one) => ({ ...one, kind: 'tcp', timeout: 2 })))
    return JSON.parse(await this.run(vm, ['/usr/bin/python3', PROBE, asked])) as string[]
  }

  /** Runs a command in a VM to its end. @returns what it printed. */
  run(vm: string, command: readonly string[]): Promise<string> {
    const child = spawn('ip', ['netns', 'exec', this.netns(vm), ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
    let [out, said] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    return new Promise((resolve, reject) => {
      child.once('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${command.join(' ')}: ${said}`))))
    })
  }

  stop(): void {
    for (const child of this.#listeners) child.kill('SIGKILL')
    for (const name of this.#namespaces) execFileSync('ip', ['netns', 'delete', name])
  }
}
