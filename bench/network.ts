/**
 * A network for benches of the compiler and of plans: one partition, tenants in 100 groups on a full mesh of switches,
 * policies of 20 rules each. All of it in memory, written as a controller writes it.
 */
import type { Intent, IntentDelta } from '../controller/policy/intent.ts'
import type { DatapathView, NetworkState } from '../controller/policy/state.ts'
import { type AnyDraft, validateRecord } from '../model/validate.ts'
import { benchRecords, must } from './records.ts'

const GROUPS = 100
export const PER_POLICY = 20

/** Milliseconds of processor time of this process: on a machine that others use, what work costs; collection included. */
export function clock(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const vnp = { name: 'all', selector: { allOf: [{ text: 'tenant' }] } }

/** @param without Index of a rule that it does not have; -1 has all. */
export function policy(index: number, without = -1): object {
  const rules = Array.from({ length: PER_POLICY }, (_, at) => ({
    direction: 'DIRECTION_INGRESS',
    peer: {
      tags: { anyOf: Array.from({ length: 40 }, (_, more) => ({ text: `group-${(index + at + more) % GROUPS}` })) },
    },
    protocols: ['tcp'],
    ports: [String(1000 + index * PER_POLICY + at)],
    action: 'ACTION_ALLOW',
  })).filter((_, at) => at !== without)
  const group = { text: `group-${index % GROUPS}` }
  return { name: `p${String(index).padStart(4, '0')}`, vnp: 'all', appliesTo: { allOf: [group] }, rules }
}

export interface BenchNetwork {
  state: NetworkState & { intent: Intent }
  datapathIds: string[]
  /** Interface number `index`, with a tag more where one is named. */
  interfaceRecord(index: number, more?: string): object
  put(...drafts: AnyDraft[]): Promise<void>
  /** What the last put changed. */
  delta(): IntentDelta
}

export async function benchNetwork(interfaces: number, switches: number, rules: number): Promise<BenchNetwork> {
  const datapathIds = Array.from({ length: switches }, (_, index) => (index + 1).toString(16).padStart(16, '0'))
  const interfaceRecord = (index: number, more?: string): object => {
    const hex = (index + 1).toString(16).padStart(6, '0')
    const datapathId = datapathIds[index % switches]
    return {
      name: `i${index}`,
      tags: [{ text: 'tenant' }, { text: `group-${index % GROUPS}` }, ...(more === undefined ? [] : [{ text: more }])],
      mac: `02:00:5e:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`,
      addresses: [`10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`],
      attachment: { port: { datapathId, port: Math.floor(index / switches) + 100 } },
    }
  }
  const { intent, put: putAll, delta, connect } = benchRecords()
  const put = (...drafts: AnyDraft[]): Promise<void> => putAll(drafts)
  for (const datapathId of datapathIds) await connect(datapathId)
  await put(must(validateRecord('vnp', vnp)))
  for (let index = 0; index < rules / PER_POLICY; index++) await put(must(validateRecord('policy', policy(index))))
  const drafts = Array.from({ length: interfaces }, (_, index) =>
    must(validateRecord('interface', interfaceRecord(index))),
  )
  await putAll(drafts)
  for (const datapathId of datapathIds) await connect(datapathId)
  const datapaths = new Map<string, DatapathView>()
  for (const [number, datapathId] of datapathIds.entries()) {
    const ports = new Map<number, { port: number; name: string; up: boolean }>()
    const nextHops = new Map<string, number>()
    for (const [other, its] of datapathIds.entries()) if (other !== number) nextHops.set(its, other + 1)
    for (const port of nextHops.values()) ports.set(port, { port, name: `f${port}`, up: true })
    const fabricPorts = new Set(nextHops.values())
    for (let at = number; at < interfaces; at += switches) {
      const port = Math.floor(at / switches) + 100
      ports.set(port, { port, name: `p${port}`, up: true })
    }
    datapaths.set(datapathId, {
      datapathId,
      ports,
      fabricPorts,
      uplinkPorts: new Set(),
      nextHops,
      floodPorts: fabricPorts,
    })
  }
  const places = new Map<string, { datapathId: string; port: number }>()
  for (const { name, attachment } of intent.interfaces.values()) {
    if (attachment.kind === 'port') places.set(name, { datapathId: attachment.datapathId, port: attachment.port })
  }
  const state = { intent, observed: { datapaths, places }, backend: 'fabric' as const }
  return { state, datapathIds, interfaceRecord, put, delta }
}
