/**
 * OVN of Debian's packages as a peer: databases, ovn-northd, ovn-controller and an Open vSwitch of its own on sockets in a
 * temporary directory; a logical switch with as many ports as wanted, of which a few are bound here. A change is one
 * transaction on the northbound database. It is timed until the first of its rows is told by the flow monitor of br-int
 * (ovn-controller sends all of them in one bundle), or until OVN confirms that the chassis has it (what
 * `ovn-nbctl --wait=hv` waits for). It refuses to know what it is compared with: tagchange.ts does.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connect, type FlowUpdate, type OpenFlowConnection, type Oxm } from 'node-openflow'
import { monitorRequest } from '../../controller/channel/monitor.ts'
import { RpcConnection } from '../../controller/channel/rpc.ts'
import { parseAddress } from '../../model/address.ts'
import { Daemons } from '../../test/support/ovs-bridge.ts'

/** Where `bash scripts/bootstrap.sh peers` unpacks the packages. */
const UNPACKED = fileURLToPath(new URL('../../.cache/peers', import.meta.url))
const PROGRAMS = ['ovn-northd', 'ovn-controller', 'ovn-nbctl'] as const
const NORTHBOUND = 'OVN_Northbound'
const BRIDGE = 'br-int'
const LOGICAL_SWITCH = 'ls'
/** Of everybody; of those that rules name as senders; the same as addresses that are kept by hand. */
const [TENANTS, GROUP, LISTED] = ['tenants', 'senders', 'listed'] as const
/** Logical ports in one transaction while the network is made. */
const PER_TRANSACTION = 2000
const LIMIT_MS = 120_000
const PRIORITY = 1001

export interface OvnInstalled {
  /** Paths of programs. */
  readonly programs: Readonly<Record<(typeof PROGRAMS)[number], string>>
  /** The directory with the schemas. */
  readonly schemas: string
  readonly version: string
}

export interface LogicalPort {
  name: string
  mac: string
  address: string
}

/** From PATH, or as unpacked by bootstrap.sh. @returns undefined where OVN is not there, or does not run. */
export function findOvn(): OvnInstalled | undefined {
  const roots = [
    { folders: (process.env['PATH'] ?? '').split(delimiter), schemas: '/usr/share/ovn' },
    { folders: [join(UNPACKED, 'usr/bin')], schemas: join(UNPACKED, 'usr/share/ovn') },
  ]
  for (const { folders, schemas } of roots) {
    const found = PROGRAMS.map((name) => folders.map((folder) => join(folder, name)).find((path) => existsSync(path)))
    const [northd, controller, nbctl] = found
    if (northd === undefined || controller === undefined || nbctl === undefined) continue
    if (!existsSync(join(schemas, 'ovn-nb.ovsschema'))) continue
    try {
      const said = execFileSync(controller, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      const version = said.split('\n')[0]!.replace('ovn-controller ', 'OVN ')
      return { programs: { 'ovn-northd': northd, 'ovn-controller': controller, 'ovn-nbctl': nbctl }, schemas, version }
    } catch {
      // Not for this machine, or a library is missing.
    }
  }
  return undefined
}

type Operation = Record<string, unknown>
/** Until its rows are told by the switch; until OVN confirms it. */
export type Until = 'in table' | 'confirmed'

/** What becomes of rows about an address, or about an address and a port. */
interface Watched {
  event: 'added' | 'removed'
  address: number
  port?: number
}

const ofName = (name: string): unknown[] => [['name', '==', name]]
const uuids = (values: readonly string[]): unknown => ['set', values.map((value) => ['uuid', value])]

const EVENT = { insert: 'added', delete: 'removed' } as const

const ipv4 = (address: string): number => Number(parseAddress(address)!.value)

function isAbout(update: FlowUpdate, { event, address, port }: Watched): boolean {
  if (update.event !== event) return false
  const has = (field: string, value: number): boolean =>
    update.match.some((one) => one.field === field && one.value === value)
  return has('ipv4_src', address) && (port === undefined || has('tcp_dst', port))
}

/** An access rule: senders of a set may reach all tenants on a port. */
function aclRow(set: string, port: number): Record<string, unknown> {
  const match = `outport == @${TENANTS} && ip4.src == $${set} && tcp.dst == ${port}`
  return { direction: 'to-lport', priority: PRIORITY, match, action: 'allow-related' }
}

export class Ovn {
  readonly #installed: OvnInstalled
  readonly #daemons: Daemons
  readonly #processes: ChildProcess[] = []
  #northbound!: RpcConnection
  /** To br-int, which tells of rows about addresses that are watched. */
  #switch!: OpenFlowConnection
  #monitors = 0
  #update: (update: FlowUpdate) => void = () => {}
  #confirmed = 0
  #heard: () => void = () => {}
  /** A program ended before it was told to. */
  #failed: Error | undefined
  /** Row identifiers of logical ports by name, and of the access rule that comes and goes. */
  readonly #ports = new Map<string, string>()
  #acl = ''

  private constructor(installed: OvnInstalled, daemons: Daemons) {
    this.#installed = installed
    this.#daemons = daemons
  }

  /** A network of these ports, of which the first `local` are on this chassis, all in the group, and its access rules. */
  static async start(
    installed: OvnInstalled,
    ports: readonly LogicalPort[],
    local: number,
    rules: readonly number[],
  ): Promise<Ovn> {
    const ovn = new Ovn(installed, await Daemons.start())
    try {
      await ovn.#central()
      await ovn.#build(ports, rules)
      // No chassis is there: what confirms is that ovn-northd has begun to tell it.
      await ovn.#synced()
      ovn.#chassis(ports.slice(0, local))
      const last = ports.at(-1)!
      for (const begun = performance.now(); ovn.flows(`ip,nw_src=${last.address}`) === 0; await sleep(200)) {
        if (ovn.#failed !== undefined) throw ovn.#failed
        if (performance.now() - begun > LIMIT_MS) throw new Error('OVN: no rows on the switch')
      }
      await ovn.#synced()
      return ovn
    } catch (error) {
      ovn.stop()
      throw error
    }
  }

  #spawn(program: string, name: string, words: readonly string[]): void {
    const { directory } = this.#daemons
    const log = ['-vconsole:off', '-vsyslog:off', '-vfile:info', `--log-file=${directory}/${name}.log`]
    const env = { ...process.env, OVS_RUNDIR: directory, OVN_RUNDIR: directory }
    const child = spawn(program, [...words, ...log], { env, stdio: 'ignore' })
    child.on('exit', (code, signal) => {
      this.#failed ??= new Error(`OVN: ${name} ended (${code ?? signal})`)
      this.#heard()
    })
    this.#processes.push(child)
  }

  async #appears(name: string): Promise<void> {
    for (let waited = 0; !existsSync(join(this.#daemons.directory, name)); waited += 10) {
      if (this.#failed !== undefined) throw this.#failed
      if (waited > 10_000) throw new Error(`OVN: no ${name} within 10 s`)
      await sleep(10)
    }
  }

  /** Databases and ovn-northd. */
  async #central(): Promise<void> {
    const { programs, schemas } = this.#installed
    const { directory } = this.#daemons
    for (const side of ['nb', 'sb']) {
      execFileSync('ovsdb-tool', ['create', `${directory}/${side}.db`, join(schemas, `ovn-${side}.ovsschema`)])
      const sockets = [`--remote=punix:${directory}/${side}.sock`, `--unixctl=${directory}/${side}.ctl`]
      this.#spawn('ovsdb-server', side, [`${directory}/${side}.db`, ...sockets])
      await this.#appears(`${side}.sock`)
    }
    this.#nbctl('init')
    const nb = `unix:${directory}/nb.sock`
    const databases = [`--ovnnb-db=${nb}`, `--ovnsb-db=unix:${directory}/sb.sock`]
    this.#spawn(programs['ovn-northd'], 'northd', [...databases, `--unixctl=${directory}/northd.ctl`])
    this.#northbound = await RpcConnection.open(nb, {
      notified: (method, params) => {
        if (method === 'update') this.#updated(params)
      },
    })
    const initial = await this.#northbound.request('monitor', [
      NORTHBOUND,
      null,
      { NB_Global: { columns: ['hv_cfg'] } },
    ])
    this.#updated([null, initial])
  }

  /** Ports of this chassis, and ovn-controller: told of everything at once, as a chassis that starts. */
  #chassis(ports: readonly LogicalPort[]): void {
    const { directory } = this.#daemons
    const vsctl = (...words: string[]): void => this.#daemons.vsctl(...words)
    const bridge = ['datapath_type=dummy', 'fail_mode=secure', 'other-config:disable-in-band=true']
    vsctl('add-br', BRIDGE, '--', 'set', 'bridge', BRIDGE, ...bridge)
    for (const { name } of ports) {
      const row = ['type=dummy', `external-ids:iface-id=${name}`]
      vsctl('add-port', BRIDGE, name, '--', 'set', 'interface', name, ...row)
    }
    const settings = [
      'system-id=bench',
      `ovn-remote="unix:${directory}/sb.sock"`,
      'ovn-encap-type=geneve',
      'ovn-encap-ip=127.0.0.1',
      // Nobody is given up for being slow.
      'ovn-remote-probe-interval=0',
      'ovn-openflow-probe-interval=0',
    ]
    vsctl('set', 'open_vswitch', '.', ...settings.map((one) => `external-ids:${one}`))
    this.#spawn(this.#installed.programs['ovn-controller'], 'controller', [`unix:${directory}/db.sock`])
  }

  #nbctl(...words: string[]): void {
    const { directory } = this.#daemons
    const program = this.#installed.programs['ovn-nbctl']
    execFileSync(program, [`--db=unix:${directory}/nb.sock`, '--timeout=60', ...words], { stdio: 'pipe' })
  }

  /** A monitor's update (RFC 7047 section 4.1.6). */
  #updated(params: unknown): void {
    const [, tables] = params as [unknown, Record<string, Record<string, { new?: { hv_cfg?: number } }>>]
    for (const row of Object.values(tables['NB_Global'] ?? {})) this.#confirmed = row.new?.hv_cfg ?? this.#confirmed
    this.#heard()
  }

  async #transact(...operations: Operation[]): Promise<Record<string, unknown>[]> {
    const answer = await this.#northbound.request('transact', [NORTHBOUND, ...operations], LIMIT_MS)
    const results = answer as ({ error?: string; details?: string } | null)[]
    const failed = results.find((result) => result?.error !== undefined)
    if (failed?.error !== undefined) throw new Error(`OVN: ${failed.error}: ${failed.details ?? ''}`)
    return results as Record<string, unknown>[]
  }

  /** Carries operations out. @returns their results, once the chassis has confirmed. */
  async #synced(...operations: Operation[]): Promise<Record<string, unknown>[]> {
    const results = await this.#transact(
      ...operations,
      { op: 'mutate', table: 'NB_Global', where: [], mutations: [['nb_cfg', '+=', 1]] },
      { op: 'select', table: 'NB_Global', where: [], columns: ['nb_cfg'] },
    )
    const { rows } = results.at(-1) as { rows: { nb_cfg: number }[] }
    const wanted = rows[0]!.nb_cfg
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`OVN: no confirmation of ${wanted} within ${LIMIT_MS} ms`)), LIMIT_MS)
      this.#heard = () => {
        if (this.#failed !== undefined) reject(this.#failed)
        else if (this.#confirmed >= wanted) resolve()
      }
      this.#heard()
    }).finally(() => clearTimeout(timer))
    this.#heard = () => {}
    return results
  }

  async #build(ports: readonly LogicalPort[], rules: readonly number[]): Promise<void> {
    await this.#transact({ op: 'insert', table: 'Logical_Switch', row: { name: LOGICAL_SWITCH } })
    for (let from = 0; from < ports.length; from += PER_TRANSACTION) {
      const some = ports.slice(from, from + PER_TRANSACTION)
      const results = await this.#transact(
        ...some.map(({ name, mac, address }, at) => ({
          op: 'insert',
          table: 'Logical_Switch_Port',
          'uuid-name': `p${at}`,
          row: { name, addresses: `${mac} ${address}`, port_security: `${mac} ${address}` },
        })),
        {
          op: 'mutate',
          table: 'Logical_Switch',
          where: ofName(LOGICAL_SWITCH),
          mutations: [['ports', 'insert', ['set', some.map((_, at) => ['named-uuid', `p${at}`])]]],
        },
      )
      for (const [at, { name }] of some.entries()) this.#ports.set(name, (results[at]!['uuid'] as [string, string])[1])
    }
    const all = uuids([...this.#ports.values()])
    const drop = { direction: 'to-lport', priority: 1000, match: `outport == @${TENANTS} && ip4`, action: 'drop' }
    const rows = [drop, ...rules.map((port) => aclRow(`${GROUP}_ip4`, port))]
    await this.#transact(
      ...rows.map((row, at) => ({ op: 'insert', table: 'ACL', 'uuid-name': `a${at}`, row })),
      {
        op: 'insert',
        table: 'Port_Group',
        row: { name: TENANTS, ports: all, acls: ['set', rows.map((_, at) => ['named-uuid', `a${at}`])] },
      },
      { op: 'insert', table: 'Port_Group', row: { name: GROUP, ports: all } },
      {
        op: 'insert',
        table: 'Address_Set',
        row: { name: LISTED, addresses: ['set', ports.map(({ address }) => address)] },
      },
    )
  }

  /** From now on rules name the addresses that are kept by hand, no longer those of the group's ports. */
  async useListed(rules: readonly number[]): Promise<void> {
    await this.#synced(
      ...rules.map((port) => ({
        op: 'update',
        table: 'ACL',
        where: [['match', '==', aclRow(`${GROUP}_ip4`, port)['match']]],
        row: { match: aclRow(LISTED, port)['match'] },
      })),
    )
  }

  /** The switch tells of rows about these addresses from now on. */
  async watch(addresses: readonly string[]): Promise<void> {
    const path = `${this.#daemons.directory}/${BRIDGE}.mgmt`
    this.#switch = await connect({ path, side: 'controller', versions: [4] })
    this.#switch.onMessage = (message) => {
      if (message.type === 'multipart_reply' && message.mp_type === 'flow_monitor') message.body.forEach(this.#update)
    }
    for (const address of addresses) {
      const match: Oxm[] = [
        { field: 'eth_type', value: 0x0800 },
        { field: 'ipv4_src', value: ipv4(address) },
      ]
      const request = monitorRequest(++this.#monitors)
      await this.#switch.request({ ...request, body: request.body.map((one) => ({ ...one, match })) })
    }
  }

  /** Carries operations out. @returns their results, and ms until then. */
  async #timed(
    until: Until,
    watched: Watched,
    ...operations: Operation[]
  ): Promise<{ ms: number; results: Record<string, unknown>[] }> {
    const begun = performance.now()
    if (until === 'confirmed') {
      const results = await this.#synced(...operations)
      return { ms: performance.now() - begun, results }
    }
    let timer: NodeJS.Timeout | undefined
    const told = new Promise<number>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`OVN: no row ${watched.event} within ${LIMIT_MS} ms`)), LIMIT_MS)
      this.#heard = () => {
        if (this.#failed !== undefined) reject(this.#failed)
      }
      this.#update = (update) => {
        if (isAbout(update, watched)) resolve(performance.now() - begun)
      }
    }).finally(() => clearTimeout(timer))
    const [results, ms] = await Promise.all([this.#transact(...operations), told])
    this.#update = () => {}
    return { ms, results }
  }

  /** A port joins or leaves the group, whose addresses OVN keeps. @returns ms. */
  async member(act: 'insert' | 'delete', { name, address }: LogicalPort, until: Until): Promise<number> {
    const mutations = [['ports', act, uuids([this.#ports.get(name)!])]]
    const change = { op: 'mutate', table: 'Port_Group', where: ofName(GROUP), mutations }
    return (await this.#timed(until, { event: EVENT[act], address: ipv4(address) }, change)).ms
  }

  /** An address joins or leaves the set that is kept by hand. @returns ms. */
  async address(act: 'insert' | 'delete', { address }: LogicalPort, until: Until): Promise<number> {
    const mutations = [['addresses', act, ['set', [address]]]]
    const change = { op: 'mutate', table: 'Address_Set', where: ofName(LISTED), mutations }
    return (await this.#timed(until, { event: EVENT[act], address: ipv4(address) }, change)).ms
  }

  /** One more access rule about the set that is kept by hand, or one less. @param one A watched member. @returns ms. */
  async rule(act: 'insert' | 'delete', one: LogicalPort, port: number, until: Until): Promise<number> {
    const on = { op: 'mutate', table: 'Port_Group', where: ofName(TENANTS) }
    const watched = { event: EVENT[act], address: ipv4(one.address), port }
    if (act === 'delete') {
      return (await this.#timed(until, watched, { ...on, mutations: [['acls', 'delete', uuids([this.#acl])]] })).ms
    }
    const insert = { op: 'insert', table: 'ACL', 'uuid-name': 'a', row: aclRow(LISTED, port) }
    const join = { ...on, mutations: [['acls', 'insert', ['named-uuid', 'a']]] }
    const { ms, results } = await this.#timed(until, watched, insert, join)
    this.#acl = (results[0]!['uuid'] as [string, string])[1]
    return ms
  }

  /** Rows of br-int that match something, as ovs-ofctl(8) reads it. */
  flows(match: string): number {
    const words = ['-O', 'OpenFlow15', 'dump-aggregate', `unix:${this.#daemons.directory}/${BRIDGE}.mgmt`, match]
    return Number(/flow_count=(\d+)/.exec(execFileSync('ovs-ofctl', words, { encoding: 'utf8' }))?.[1])
  }

  stop(): void {
    this.#northbound?.close()
    this.#switch?.close()
    for (const child of this.#processes.reverse()) child.kill('SIGKILL')
    this.#daemons.stop()
  }
}
