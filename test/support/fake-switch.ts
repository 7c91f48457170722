/**
 * A switch for tests of the channel: speaks OpenFlow over a real socket, keeps flows, groups, meters and port settings
 * in maps, has bundles, and does what a test makes it do: refuse messages, stop answering, go away. It forwards
 * nothing. Flow counters count how often a flow was written, so that a test sees a flow that was left alone.
 */
import {
  connect,
  type ErrorKind,
  type Message,
  type MessageNamed,
  NO_BUFFER,
  OFPMPF_MORE,
  type OpenFlowConnection,
  type Oxm,
  type Port,
} from 'node-openflow'
import { type Flow, flowKey } from '../../controller/policy/program.ts'

type FlowMod = MessageNamed<'flow_mod'>
type Modification = MessageNamed<'flow_mod' | 'group_mod' | 'meter_mod' | 'port_mod'>

export interface HeldFlow extends Flow {
  writes: number
}

const FLOWS_PER_PART = 20

export function portOf(number: number, name = `p${number}`): Port {
  const speeds = { curr: 0, advertised: 0, supported: 0, peer: 0, curr_speed: 0, max_speed: 0 }
  return { port_no: number, hw_addr: 0x020000000000 + number, name, config: 0, state: 4, ...speeds }
}

export class FakeSwitch {
  readonly datapathId: bigint
  readonly ports: Port[]
  readonly flows = new Map<string, HeldFlow>()
  readonly groups = new Map<number, MessageNamed<'group_mod'>>()
  readonly meters = new Map<number, MessageNamed<'meter_mod'>>()
  /** Everything received, in order. */
  readonly received: Message[] = []
  /** Messages of bundles that were committed. */
  committed = 0
  auxiliaryId = 0
  bundles = true
  /** A refusal of a message: when it is added to a bundle, or done outside one. */
  refuse: (message: Modification) => ErrorKind | undefined = () => undefined
  /** A refusal when a bundle is committed. */
  refuseCommit: (message: Modification) => ErrorKind | undefined = () => undefined
  /** Looks at a message before it is handled; true means that the test has dealt with it. */
  intercept: (message: Message) => boolean = () => false
  connection: OpenFlowConnection | undefined
  #bundle: Modification[] = []
  #wakers: (() => void)[] = []

  constructor(datapathId: bigint, ports: Port[] = [portOf(1), portOf(2)]) {
    this.datapathId = datapathId
    this.ports = ports
  }

  async connect(address: string): Promise<void> {
    const at = address.lastIndexOf(':')
    const connection = await connect({
      host: address.slice(0, at),
      port: Number(address.slice(at + 1)),
      side: 'switch',
      answers: {
        features: () => ({
          datapath_id: this.datapathId,
          n_buffers: 0,
          n_tables: 254,
          auxiliary_id: this.auxiliaryId,
          capabilities: 0,
          reserved: 0,
        }),
        ports: () => this.ports,
      },
    })
    this.connection = connection
    this.#bundle = []
    connection.onMessage = (message) => {
      this.received.push(structuredClone(message))
      if (!this.intercept(message)) this.#handle(connection, message)
      for (const wake of this.#wakers.splice(0)) wake()
    }
  }

  /** Ends the connection and resolves when it has ended. */
  async disconnect(): Promise<void> {
    const { connection } = this
    if (connection === undefined || connection.closed) return
    await new Promise<void>((resolve) => {
      connection.onClose = () => resolve()
      connection.close('test')
    })
  }

  /** Resolves when the condition holds; it is looked at after each message received. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#wakers.push(resolve))
  }

  count(type: Message['type']): number {
    return this.received.filter((message) => message.type === type).length
  }

  /** A flow that somebody else put there. */
  put(flow: Flow): void {
    this.flows.set(flowKey(flow.table, flow.priority, flow.match), { ...flow, writes: 0 })
  }

  packetIn(inPort: number, data: Uint8Array, cookie = 0n): void {
    this.connection?.send({
      type: 'packet_in',
      xid: 0,
      buffer_id: NO_BUFFER,
      total_len: data.length,
      reason: 'action',
      table_id: 3,
      cookie,
      match: [
        { field: 'in_port', value: inPort },
        { field: 'reg1', value: 7 },
      ] as Oxm[],
      data,
    })
  }

  portStatus(reason: 'add' | 'delete' | 'modify', desc: Port): void {
    const at = this.ports.findIndex(({ port_no }) => port_no === desc.port_no)
    if (at >= 0) this.ports.splice(at, 1)
    if (reason !== 'delete') this.ports.push(desc)
    this.connection?.send({ type: 'port_status', xid: 0, reason, desc })
  }

  #handle(connection: OpenFlowConnection, message: Message): void {
    const { xid } = message
    switch (message.type) {
      case 'barrier_request':
        connection.send({ type: 'barrier_reply', xid })
        return
      case 'flow_mod':
      case 'group_mod':
      case 'meter_mod':
      case 'port_mod': {
        const refusal = this.refuse(message)
        if (refusal === undefined) this.#do(message)
        else this.#error(connection, xid, refusal)
        return
      }
      case 'bundle_control':
        this.#control(connection, message)
        return
      case 'bundle_add_message': {
        const inner = message.message as Modification
        const refusal = this.refuse(inner)
        if (refusal === undefined) this.#bundle.push(inner)
        else this.#error(connection, xid, refusal)
        return
      }
      case 'multipart_request':
        this.#multipart(connection, message)
        return
      default:
    }
  }

  #control(connection: OpenFlowConnection, message: MessageNamed<'bundle_control'>): void {
    if (!this.bundles) {
      this.#error(connection, message.xid, { error_type: 'bad_request', code: 'bad_experimenter' })
      return
    }
    const reply = {
      open_request: 'open_reply',
      commit_request: 'commit_reply',
      discard_request: 'discard_reply',
    } as const
    if (message.bundle_type === 'commit_request') {
      for (const inner of this.#bundle) {
        const refusal = this.refuseCommit(inner)
        if (refusal === undefined) continue
        this.#error(connection, inner.xid, refusal)
        this.#error(connection, message.xid, { error_type: 'bundle_failed', code: 'msg_failed' })
        this.#bundle = []
        return
      }
      for (const inner of this.#bundle) this.#do(inner)
      this.committed += this.#bundle.length
    }
    this.#bundle = []
    connection.send({ ...message, bundle_type: reply[message.bundle_type as keyof typeof reply] })
  }

  #do(message: Modification): void {
    switch (message.type) {
      case 'flow_mod':
        this.#flow(message)
        return
      case 'group_mod':
        if (message.command === 'delete') this.groups.delete(message.group_id)
        else this.groups.set(message.group_id, message)
        return
      case 'meter_mod':
        if (message.command === 'delete') this.meters.delete(message.meter_id)
        else this.meters.set(message.meter_id, message)
        return
      case 'port_mod': {
        const port = this.ports.find(({ port_no }) => port_no === message.port_no)
        if (port !== undefined) port.config = ((port.config & ~message.mask) | (message.config & message.mask)) >>> 0
      }
    }
  }

  #flow(message: FlowMod): void {
    const key = flowKey(message.table_id, message.priority, message.match)
    const held = this.flows.get(key)
    const matches = held !== undefined && (held.cookie & message.cookie_mask) === (message.cookie & message.cookie_mask)
    if (message.command === 'delete_strict' && matches) this.flows.delete(key)
    if (message.command === 'modify_strict' && matches) {
      this.flows.set(key, { ...held, instructions: message.instructions, writes: held.writes + 1 })
    }
    if (message.command !== 'add') return
    this.flows.set(key, {
      table: message.table_id,
      priority: message.priority,
      match: message.match,
      instructions: message.instructions,
      cookie: message.cookie,
      unit: '',
      writes: (held?.writes ?? 0) + 1,
    })
  }

  #multipart(connection: OpenFlowConnection, message: MessageNamed<'multipart_request'>): void {
    const { xid } = message
    if (message.mp_type === 'flow') {
      const { cookie, cookie_mask } = message.body
      const all = [...this.flows.values()].filter((flow) => (flow.cookie & cookie_mask) === (cookie & cookie_mask))
      let at = 0
      do {
        const body = all.slice(at, at + FLOWS_PER_PART).map((flow) => ({
          table_id: flow.table,
          duration_sec: 0,
          duration_nsec: 0,
          priority: flow.priority,
          idle_timeout: 0,
          hard_timeout: 0,
          flags: 0,
          cookie: flow.cookie,
          packet_count: BigInt(flow.writes),
          byte_count: 0n,
          match: [...flow.match],
          instructions: [...flow.instructions],
        }))
        at += FLOWS_PER_PART
        const flags = at < all.length ? OFPMPF_MORE : 0
        connection.send({ type: 'multipart_reply', xid, flags, mp_type: 'flow', body })
      } while (at < all.length)
    } else if (message.mp_type === 'group_desc') {
      const body = [...this.groups.values()].map(({ group_id, group_type, buckets }) => ({
        group_id,
        group_type,
        buckets,
      }))
      connection.send({ type: 'multipart_reply', xid, flags: 0, mp_type: 'group_desc', body })
    } else if (message.mp_type === 'meter_config') {
      const body = [...this.meters.values()].map(({ meter_id, flags, bands }) => ({ meter_id, flags, bands }))
      connection.send({ type: 'multipart_reply', xid, flags: 0, mp_type: 'meter_config', body })
    } else this.#error(connection, xid, { error_type: 'bad_request', code: 'bad_multipart' })
  }

  #error(connection: OpenFlowConnection, xid: number, kind: ErrorKind): void {
    connection.send({ type: 'error', xid, ...kind, data: new Uint8Array(64) })
  }
}
