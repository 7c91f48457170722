/**
 * The tables of all switches in reference switches (openflow/reference), wired as the links say: the exact answer to
 * what becomes of one packet. Only rows that packets can meet are installed, each once, so that a packet through 100,000
 * rows costs what it meets. It refuses to judge.
 */
import {
  GROUP_ANY,
  type Message,
  NO_BUFFER,
  PORT_ANY,
  ReferenceSwitch,
  type TunnelHeader,
  type UnderlayAddress,
} from 'node-openflow'
import { GATEWAY_MAC, parseAddress } from '../../model/address.ts'
import type { TunnelKind } from '../../model/records.ts'
import { onLinksOf } from '../policy/carriers.ts'
import { readCookie } from '../policy/cookie.ts'
import { GENEVE_OPTIONS } from '../policy/geneve.ts'
import type { DatapathView, Place } from '../policy/state.ts'
import type { Facts } from './facts.ts'
import { encodeFrame, type Header } from './packet.ts'
import { NW_TTL } from './rewrites.ts'
import type { Row } from './rows.ts'
import { ETH_DST, ETH_SRC } from './settle.ts'
import { field, meets, type Val } from './space.ts'
import type { TableIndex } from './table.ts'

export interface SwitchTables {
  readonly tables: ReadonlyMap<number, TableIndex>
  readonly groups: ReadonlyMap<number, { groupId: number; groupType: string; buckets: readonly unknown[] }>
  /** Ports that the switch's own flooding leaves out. */
  readonly noFlood: ReadonlySet<number>
}

/** What a packet met on one switch. */
export interface Leg {
  readonly datapathId: string
  readonly port: number
  readonly rows: readonly { table: number; cookie: bigint; priority: number }[]
}

export interface Fate {
  /** Where it came out and no switch of ours is behind. */
  readonly arrivals: readonly Place[]
  /** As it came out, for each arrival. */
  readonly frames: readonly Uint8Array[]
  readonly legs: readonly Leg[]
  readonly loops: boolean
  /** A reactive switch asked for its verdict. */
  readonly asked: boolean
  /** What reference switches cannot do, where it has come to that: then nobody knows what becomes of it. */
  readonly beyond: string | undefined
}

const IN_PORT = field('in_port')
const TCI = field('vlan_tci')
const ETH_TYPE = field('eth_type')
const LABELS = ['mpls_label', 'mpls_bos', 'mpls_tc'].map(field)
const NO_MEMBERS = { has: () => true, any: () => true, every: () => false }
const NO_FIELDS: ReadonlySet<number> = new Set()
const MOST_HOPS = 64

/** A switch as far as packets have met it. */
interface Installed {
  readonly target: ReferenceSwitch
  readonly rows: Set<Row>
  readonly meters: Set<number>
  /** Rows that the reference switch does not take, and tables with one that the packets to come can meet. */
  readonly refused: Set<Row>
  readonly beyond: Set<number>
  /** By table, fields that rows may have changed before. */
  readonly dirty: ReadonlyMap<number, ReadonlySet<number>>
  /** Ports of links and uplinks. */
  readonly links: ReadonlySet<number>
}

export class Replay {
  readonly #facts: Facts
  readonly #programs: ReadonlyMap<string, SwitchTables>
  readonly #switches = new Map<string, Installed>()
  /** Links bring packets with the identity of their sender. */
  readonly #isCarried: boolean

  /** @param programs Of all switches; they stay as they are. */
  constructor(facts: Facts, programs: ReadonlyMap<string, SwitchTables>) {
    this.#facts = facts
    this.#programs = programs
    this.#isCarried = onLinksOf(facts.state.observed).size > 0
  }

  /**
   * Gets ready for packets, which meet no connection of packets before them.
   * @param headers Of every packet that will be sent: rows that none of them can meet are left out.
   * @param entries Ports of interfaces where they may come in (portText).
   */
  expect(headers: readonly Header[], entries: ReadonlySet<string>): void {
    const vals = headers.map((header) => {
      const its: Val[] = []
      for (const [name, value] of header) if (name >= 0) its[name] = value
      its[IN_PORT] = undefined
      // Another switch may have put a tag or a label on it.
      // And routed it.
      if (its[ETH_DST] === GATEWAY_MAC) for (const name of [ETH_DST, ETH_SRC, NW_TTL]) its[name] = undefined
      if (this.#isCarried) for (const name of [TCI, ETH_TYPE]) its[name] = undefined
      return its
    })
    for (const [datapathId, program] of this.#programs) {
      const installed = this.#switches.get(datapathId) ?? this.#made(datapathId, program)
      installed.target.forget()
      installed.beyond.clear()
      this.#install(datapathId, installed, program, vals, entries)
    }
  }

  #made(datapathId: string, { tables, groups, noFlood }: SwitchTables): Installed {
    const view = this.#facts.state.observed.datapaths.get(datapathId)
    const ports = [...(view?.ports.keys() ?? [])]
    const tunnel = endOf(view)
    const tunnels = new Map(tunnel === undefined ? [] : [[tunnel.port, tunnel]])
    const target = new ReferenceSwitch({ datapathId: BigInt(`0x${datapathId}`), ports, tunnels, noFlood })
    if (tunnel?.kind === 'geneve') target.handle(OPTIONS)
    for (const group of groups.values()) target.handle(groupMessage(group))
    const links = new Set<number>([...(view?.fabricPorts ?? []), ...(view?.uplinkPorts ?? [])])
    const its: Installed = {
      ...{ target, rows: new Set(), meters: new Set(), refused: new Set(), beyond: new Set() },
      ...{ dirty: dirtyFields(tables), links },
    }
    this.#switches.set(datapathId, its)
    return its
  }

  #install(
    datapathId: string,
    { target, rows, meters, refused, beyond, dirty, links }: Installed,
    { tables }: SwitchTables,
    vals: readonly Val[][],
    entries: ReadonlySet<string>,
  ): void {
    const isEntry = (port: number): boolean => links.has(port) || entries.has(`${datapathId} ${port}`)
    for (const [table, index] of tables) {
      const without = dirty.get(table) ?? NO_FIELDS
      for (const row of index.rows.values()) {
        if (rows.has(row)) continue
        const port = row.tests.find((test) => test.field === IN_PORT && test.mask === undefined)
        if (port !== undefined && !isEntry(Number(port.value))) continue
        const can = vals.some((its) =>
          row.tests.every(
            (test) =>
              without.has(test.field) || its[test.field] === undefined || meets(its[test.field], test, NO_MEMBERS),
          ),
        )
        if (!can) continue
        for (const one of row.flow.instructions) {
          if (one.type !== 'meter' || meters.has(one.meter_id)) continue
          meters.add(one.meter_id)
          target.handle({
            type: 'meter_mod',
            xid: 0,
            command: 'add',
            flags: 1,
            meter_id: one.meter_id,
            bands: [{ type: 'drop', rate: 0xffff_ffff, burst_size: 0 }],
          })
        }
        const isTaken =
          !refused.has(row) && target.handle(flowMessage(row)).every((answer: Message) => answer.type !== 'error')
        if (isTaken) rows.add(row)
        else {
          refused.add(row)
          beyond.add(table)
        }
      }
    }
  }

  /** Sends a packet that was expected in at a port. Connections stay: what opens comes before what answers. */
  send(from: Place, header: Header): Fate {
    let asked = false
    let beyond: string | undefined
    const arrivals: Place[] = []
    const frames: Uint8Array[] = []
    const legs: Leg[] = []
    const waiting: { at: Place; frame: Uint8Array; tunnel?: TunnelHeader | undefined }[] = [
      { at: from, frame: encodeFrame(header) },
    ]
    for (let hops = 0; waiting.length > 0; hops++) {
      const { at, frame, tunnel } = waiting.shift() as (typeof waiting)[number]
      if (hops > MOST_HOPS) return { arrivals, frames, legs, loops: true, asked, beyond }
      const installed = this.#switches.get(at.datapathId)
      if (installed === undefined) continue
      const { steps, outputs } = installed.target.follow(at.port, frame, tunnel)
      if (steps.some(({ table }) => installed.beyond.has(table))) beyond ??= 'rows that it meets'
      legs.push({
        ...at,
        rows: steps.flatMap(({ table, flow }) =>
          flow === undefined ? [] : [{ table, cookie: flow.cookie, priority: flow.priority }],
        ),
      })
      for (const output of outputs) {
        if (output.port === 'controller') {
          asked ||= readCookie(output.message.cookie)?.kind === 'ask' && this.#facts.isReactive(at.datapathId)
          continue
        }
        const place = { datapathId: at.datapathId, port: output.port }
        const next = output.tunnel === undefined ? this.#facts.behind(place) : this.#otherEnd(output.tunnel)
        if (next !== undefined && this.#programs.has(next.datapathId))
          waiting.push({ at: next, frame: output.packet, tunnel: output.tunnel })
        else {
          arrivals.push(place)
          frames.push(output.packet)
        }
      }
    }
    return { arrivals, frames, legs, loops: false, asked, beyond }
  }

  /** The switch that has the address which a tunnel leads to. */
  #otherEnd({ kind, dst }: TunnelHeader): Place | undefined {
    for (const view of this.#facts.state.observed.datapaths.values()) {
      const end = endOf(view)
      if (end?.kind === kind && end.address === dst) return { datapathId: view.datapathId, port: end.port }
    }
    return undefined
  }
}

/** What switches with ends of Geneve tunnels are told first. */
const OPTIONS: Message = {
  type: 'nx_tlv_table_mod',
  xid: 0,
  command: 'add',
  mappings: Object.values(GENEVE_OPTIONS).map(({ optionClass, type, length, index }) => ({
    ...{ option_class: optionClass, option_type: type, option_len: length, index },
  })),
}

function endOf(
  view: DatapathView | undefined,
): { kind: TunnelKind; address: UnderlayAddress; port: number } | undefined {
  const address = view?.tunnel && parseAddress(view.tunnel.address)
  if (view?.tunnel === undefined || address === undefined) return undefined
  return { ...view.tunnel, address: address.family === 6 ? address.value : Number(address.value) }
}

/** Header fields that rows may have changed before a table. */
function dirtyFields(tables: ReadonlyMap<number, TableIndex>): Map<number, Set<number>> {
  const dirty = new Map<number, Set<number>>()
  for (const number of [...tables.keys()].sort((one, other) => one - other)) {
    const table = tables.get(number) as TableIndex
    const before = dirty.get(number) ?? new Set()
    for (const row of table.rows.values()) {
      const changed = row.effects.flatMap((effect) =>
        effect.do === 'write'
          ? [effect.field]
          : effect.do === 'move'
            ? [effect.to]
            : effect.do === 'hop'
              ? [NW_TTL]
              : effect.do === 'measure'
                ? [effect.field]
                : /^(push|pop)/.test(effect.do)
                  ? [TCI, ETH_TYPE, ...LABELS]
                  : [],
      )
      for (const next of table.nexts.keys()) {
        const its = dirty.get(next) ?? new Set()
        dirty.set(next, its)
        for (const one of before) its.add(one)
        if (row.next !== undefined || row.effects.some((effect) => effect.do === 'track'))
          for (const one of changed) its.add(one)
      }
    }
  }
  return dirty
}

function flowMessage({ flow }: Row): Message {
  return {
    ...{ type: 'flow_mod', xid: 0, cookie: flow.cookie, cookie_mask: 0n, table_id: flow.table, command: 'add' },
    ...{
      idle_timeout: 0,
      hard_timeout: 0,
      priority: flow.priority,
      buffer_id: NO_BUFFER,
      out_port: PORT_ANY,
      out_group: GROUP_ANY,
    },
    ...{ flags: 0, match: [...flow.match], instructions: [...flow.instructions] },
  } as Message
}

function groupMessage({
  groupId,
  groupType,
  buckets,
}: {
  groupId: number
  groupType: string
  buckets: readonly unknown[]
}): Message {
  return {
    type: 'group_mod',
    xid: 0,
    command: 'add',
    group_type: groupType,
    group_id: groupId,
    buckets: [...buckets],
  } as Message
}
