/**
 * The controller's side towards switches, put together: listens, has each switch's session (session.ts) and what they
 * share, and shows one surface to the rest: wanted programs in, status and events out. It refuses to know policy,
 * topology and records.
 *
 * Law: flows change only through want(). send() takes packet-outs and nothing else. Before the first want() for a
 * switch nothing that it enforces is touched.
 */
import {
  type Listener,
  listen,
  type Message,
  type MessageNamed,
  type OpenFlowConnection,
  PORT_MAX,
  type TlsOptions,
} from 'node-openflow'
import { type Observable, Subject } from 'rxjs'
import type { Tell } from '../events.ts'
import type { Flush } from '../flows/flush.ts'
import type { Flow, SwitchProgram, Touched } from '../policy/program.ts'
import type { RepairWish } from './bridges.ts'
import type { Compared } from './compare.ts'
import { dumpConnections } from './conntrack.ts'
import { Databases, type DatabasesOptions } from './databases.ts'
import { Guard } from './guard.ts'
import type { OvsdbListenOptions } from './ovsdb-listen.ts'
import { PacketIns } from './packet-in.ts'
import { countPackets, readFlows, readTableLimits } from './readback.ts'
import type { RpcTls } from './rpc.ts'
import { Session } from './session.ts'
import { settle } from './settle.ts'
import {
  type ChannelEvent,
  datapathText,
  type FlowStatsReply,
  type SessionTimes,
  type SwitchProgress,
  type SwitchStatus,
} from './types.ts'

export type { ChannelEvent, PacketIn, SwitchPort, SwitchState, SwitchStatus } from './types.ts'

export interface SouthboundOptions {
  listen: readonly { host: string; port: number; tls?: TlsOptions }[]
  /** `unix:/var/run/openvswitch/db.sock`, `tcp:host:port` or `ssl:host:port`. */
  ovsdb: readonly string[]
  /** For `ssl:` of those. */
  ovsdbTls?: RpcTls | undefined
  /** Where database servers connect. */
  ovsdbListen?: readonly OvsdbListenOptions[]
  /** What a database says of a bridge is another, and of which of its ports. */
  bridgeChanged?: (datapathId: string, ports: ReadonlySet<string>) => void
  /** A database is read, or says something else. */
  databaseChanged?: DatabasesOptions['databaseChanged']
  /** Write to OVSDB what bridges that connect lack: fail mode secure, no in-band control, and `wish`. */
  repair: boolean
  /** Do not serve a bridge whose in-band control is on; with `repair` it is turned off in any case. */
  refuseInBand?: boolean
  /** What repair writes beside the fail mode. */
  wish?: RepairWish
  /** Milliseconds without an octet from a switch until it is asked for a sign of life; after twice that it is gone. */
  probeIntervalMs?: number
  times?: Partial<SessionTimes>
  /** Why a switch may not connect under this certificate; undefined where it may. */
  admit?: (
    datapathId: string,
    certificate: { name: string; unit: string | undefined } | undefined,
  ) => string | undefined
  /** Connections at once, on each listener. */
  maxConnections?: number
  /** Packets to the controller that one port may have waiting. */
  packetInsPerPort?: number
}

const PROBE_MS = 5000
/** Of the flows of one switch: some 250 each. */
const MAX_READ_OCTETS = 512 * 2 ** 20
const TIMES: SessionTimes = { auditMs: 30_000, retryMs: 1000, retryMaxMs: 30_000, answerMs: 10_000, slowMs: 1000 }
/** A bridge's row may arrive after its connection. */
const GRACE_MS = 1000
const WISH: RepairWish = { maxBackoff: 1000 }
/** Databases that connect here, where nothing else is said. */
const MAX_DATABASES = 10_000
/** Refused connections told per second; a scan must not fill the log. */
const REFUSALS_TOLD = 10

export class Southbound {
  readonly #options: SouthboundOptions
  readonly #tell: Tell
  readonly #now: () => number
  readonly #sessions = new Map<string, Session>()
  /** Of those that are connected, all that may not have what is wanted of them. */
  readonly #unsteady = new Set<Session>()
  readonly #standing = { generation: 0 }
  /** Switches that could be asked when they last had to settle. */
  readonly #settled = new Set<string>()
  readonly #subject = new Subject<ChannelEvent>()
  readonly databases: Databases
  readonly #guard: Guard
  readonly #packetIns: PacketIns
  readonly #times: SessionTimes
  #listeners: Listener[] = []
  #refusals = { second: 0, told: 0 }
  #closed = false

  constructor(options: SouthboundOptions, tell: Tell, now: () => number) {
    this.#options = options
    this.#tell = tell
    this.#now = now
    this.#times = { ...TIMES, ...options.times }
    this.databases = new Databases({
      targets: options.ovsdb,
      tls: options.ovsdbTls,
      listen: options.ovsdbListen ?? [],
      maxConnections: options.maxConnections ?? MAX_DATABASES,
      tell,
      refused: (remote, reason) => this.#refuse(remote, reason),
      changed: (datapathId, ports) => {
        if (this.#closed) return
        this.#guard.look(datapathId)
        options.bridgeChanged?.(datapathId, ports)
      },
      databaseChanged: (database) => {
        if (!this.#closed) options.databaseChanged?.(database)
      },
    })
    this.#guard = new Guard({
      databases: this.databases,
      wish: options.repair ? { ...WISH, ...options.wish } : undefined,
      refuseInBand: options.refuseInBand ?? false,
      tell,
      changed: (datapathId) => {
        const session = this.#sessions.get(datapathId)
        if (session !== undefined) void this.#judge(session)
      },
    })
    this.#packetIns = new PacketIns((packet) => this.#subject.next(packet), tell, options.packetInsPerPort)
  }

  /** Begins to listen. @returns the addresses, as `host:port`. Rejects where one cannot be had. */
  async start(): Promise<string[]> {
    const echoMs = this.#options.probeIntervalMs ?? PROBE_MS
    const { maxConnections } = this.#options
    try {
      await this.databases.start()
      for (const where of this.#options.listen) {
        this.#listeners.push(
          await listen(
            {
              ...where,
              echoMs,
              deadMs: 2 * echoMs,
              maxMultipartOctets: MAX_READ_OCTETS,
              ...(maxConnections === undefined ? {} : { maxConnections }),
            },
            {
              connection: (connection) => this.#connected(connection),
              refused: (remote, reason) => this.#refuse(remote, reason),
            },
          ),
        )
      }
    } catch (error) {
      await this.close()
      throw error
    }
    return this.#listeners.map(({ address: { host, port } }) =>
      host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    )
  }

  /** Every switch that has connected or that something is wanted for, as it is now. */
  get switches(): ReadonlyMap<string, SwitchStatus> {
    return new Map([...this.#sessions].map(([datapathId, session]) => [datapathId, session.status]))
  }

  /** How far each switch is now. */
  progress(): Iterable<SwitchProgress> {
    return this.#sessions.values()
  }

  /**
   * The same of connected switches that may lack something; the others have what is wanted of them up to the generation
   * of the last stand(). It is asked several times for each change, so it costs what that touches.
   */
  *lagging(): IterableIterator<SwitchProgress> {
    for (const session of this.#unsteady) {
      if (session.isSteady || session.connection === undefined) this.#unsteady.delete(session)
      else yield session
    }
  }

  /** The generation that a connected switch has confirmed. */
  appliedOn(datapathId: string): number | undefined {
    const session = this.#sessions.get(datapathId)
    return session?.connection === undefined ? undefined : session.appliedGeneration
  }

  /** One switch as it is now. */
  status(datapathId: string): SwitchStatus | undefined {
    return this.#sessions.get(datapathId)?.status
  }

  get events(): Observable<ChannelEvent> {
    return this.#subject
  }

  /** What a switch should have from this generation on; remembered for one that has not connected yet. */
  want(
    datapathId: string,
    generation: number,
    program: SwitchProgram,
    touched?: Touched,
    flushes?: readonly Flush[],
  ): void {
    this.#session(datapathId).want(generation, program, touched, flushes)
  }

  /** Of each switch the same is wanted as before, or what want() has said already, up to this generation. */
  stand(generation: number): void {
    this.#standing.generation = generation
    for (const session of [...this.#unsteady]) session.stand()
  }

  /** Sends a packet-out. False where it was not sent, or the connection is full: try again later. */
  send(datapathId: string, message: Message): boolean {
    return this.#sessions.get(datapathId)?.send(message) ?? false
  }

  /** Reads everything that a switch has soon, and corrects what differs. */
  doubt(datapathId: string): void {
    this.#sessions.get(datapathId)?.doubt()
  }

  /** Forgets a switch that is away; false where it is connected. */
  forget(datapathId: string): boolean {
    const session = this.#sessions.get(datapathId)
    if (session?.connection !== undefined) return false
    session?.close()
    this.#sessions.delete(datapathId)
    this.#packetIns.dropped.delete(datapathId)
    this.#settled.delete(datapathId)
    if (session !== undefined) this.#unsteady.delete(session)
    return true
  }

  /** By datapath id, packets to the controller that were dropped since its start, as too many of their port waited. */
  get packetsDropped(): ReadonlyMap<string, number> {
    return this.#packetIns.dropped
  }

  /** Whether the datapath of a switch follows its tables by the time that it has confirmed them, as far as it can be asked. */
  settles(datapathId: string): boolean {
    return this.#settled.has(datapathId)
  }

  /** What a switch is known to have, of ours; undefined while that is unknown. Not to be changed. */
  installed(datapathId: string): SwitchProgram | undefined {
    return this.#sessions.get(datapathId)?.installed
  }

  /** Flows of ours on a switch with their counters. Rejects where it is not connected or does not answer. */
  async flowStats(datapathId: string, cookie?: bigint, table?: number): Promise<FlowStatsReply['body']> {
    return readFlows(this.#connectionOf(datapathId), cookie, table)
  }

  /** Packets that all flows with this cookie have counted. Rejects like flowStats(). */
  async packetsOf(datapathId: string, cookie: bigint): Promise<bigint> {
    return countPackets(this.#connectionOf(datapathId), cookie)
  }

  /** Reads everything that a switch has and compares it with what is wanted of it; says why where it cannot. */
  compare(datapathId: string): Promise<Compared> {
    return this.#session(datapathId).compare()
  }

  /** Everything in our tables of a switch, as it is now. Rejects where it is not served or does not answer. */
  async readTables(datapathId: string): Promise<{ program: SwitchProgram; foreign: Flow[] }> {
    const foreign: Flow[] = []
    const { program } = await this.#session(datapathId).readTables(foreign)
    return { program, foreign }
  }

  /** How many flows each table of a switch can hold. Rejects where it is not connected or does not answer. */
  async tableLimits(datapathId: string): Promise<Map<number, number>> {
    return readTableLimits(this.#connectionOf(datapathId))
  }

  /** Tracked connections of these zones, as Open vSwitch dumps them. Rejects where its daemon cannot be asked. */
  connections(datapathId: string, zones: readonly number[]): Promise<Map<number, string>> {
    const verdict = this.#guard.verdict(datapathId)
    if (verdict.safe === 'unknown') return Promise.reject(new Error('no configured OVSDB server has its bridge'))
    return dumpConnections(verdict.target, verdict.bridge.name, zones)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#guard.close()
    this.#packetIns.close()
    for (const session of this.#sessions.values()) session.close()
    await Promise.all([this.databases.close(), ...this.#listeners.map((listener) => listener.close())])
    this.#subject.complete()
  }

  #connectionOf(datapathId: string): OpenFlowConnection {
    const connection = this.#sessions.get(datapathId)?.connection
    if (connection === undefined) throw new Error(`switch ${datapathId} is not connected`)
    return connection
  }

  #session(datapathId: string): Session {
    const found = this.#sessions.get(datapathId)
    if (found !== undefined) return found
    const session: Session = new Session(datapathId, {
      times: this.#times,
      standing: this.#standing,
      stirred: () => this.#unsteady.add(session),
      tell: this.#tell,
      now: this.#now,
      emit: (event) => this.#emit(event),
      packetIn: (id, message) => this.#packetIn(id, message),
      settle: (id, prompt) => this.#settle(id, prompt),
    })
    this.#sessions.set(datapathId, session)
    return session
  }

  #connected(connection: OpenFlowConnection): void {
    const { features, peer, peerUnit, remote } = connection
    const datapathId = datapathText(features.datapath_id)
    const reason = this.#options.admit?.(datapathId, peer === undefined ? undefined : { name: peer, unit: peerUnit })
    if (this.#closed || reason !== undefined) {
      connection.close(reason ?? 'the controller stops')
      if (reason !== undefined) this.#refuse(remote, reason)
      return
    }
    const session = this.#session(datapathId)
    this.#unsteady.add(session)
    session.attach(connection)
    void this.#guard.settled(datapathId, GRACE_MS).then(() => {
      if (session.connection === connection && !this.#closed) return this.#judge(session)
    })
  }

  /** Applies the guard's verdict, after a repair where one is wished. */
  async #judge(session: Session): Promise<void> {
    const { datapathId } = session
    let failed = ''
    let repaired = false
    if (session.connection !== undefined && this.#options.repair) {
      try {
        repaired = await this.#guard.repair(datapathId)
      } catch (error) {
        failed = `; repair failed: ${(error as Error).message}`
      }
      if (this.#closed) return
    }
    const verdict = this.#guard.verdict(datapathId)
    // What was written comes back as a change of the database, and that as another call.
    if (verdict.safe === false && repaired) return
    this.#unsteady.add(session)
    session.judge(verdict.safe === false ? { ...verdict, reason: `${verdict.reason}${failed}` } : verdict)
  }

  async #settle(datapathId: string, prompt: () => Promise<unknown>): Promise<boolean> {
    const verdict = this.#guard.verdict(datapathId)
    const known = verdict.safe !== 'unknown' && (await settle(verdict.target, prompt))
    if (known) this.#settled.add(datapathId)
    else this.#settled.delete(datapathId)
    return known
  }

  #emit(event: ChannelEvent): void {
    if (event.kind === 'down') this.#packetIns.forget(event.datapathId)
    // What went comes back where it is still wanted.
    const session = event.kind === 'expired' ? this.#sessions.get(event.datapathId) : undefined
    if (session !== undefined) this.#unsteady.add(session)
    if (!this.#subject.closed) this.#subject.next(event)
  }

  #packetIn(datapathId: string, message: MessageNamed<'packet_in'>): void {
    const { reason, table_id, cookie, data, match } = message
    const inPort = match.find(({ field }) => field === 'in_port')?.value
    if (typeof inPort !== 'number') return
    const known = inPort > PORT_MAX || this.#sessions.get(datapathId)?.hasPort(inPort) === true
    const fields = match.filter(({ field }) => field !== 'in_port')
    this.#packetIns.push(
      { kind: 'packetIn', datapathId, inPort, reason, tableId: table_id, cookie, data, fields },
      known,
    )
  }

  #refuse(remote: string, reason: string): void {
    const second = Math.floor(this.#now() / 1000)
    if (second !== this.#refusals.second) this.#refusals = { second, told: 0 }
    if (this.#refusals.told++ < REFUSALS_TOLD) this.#tell('connection-refused', remote, { reason })
  }
}
