/**
 * One fault in the tables of one switch: what a defect of the compiler, a lost message or somebody's hand may leave
 * there. Used by the tests of the prover.
 */
import fc from 'fast-check'
import type { Action, Instruction, Oxm } from 'node-openflow'
import { TABLES } from '../../controller/policy/pipeline.ts'
import { type Flow, flowKey, type SwitchProgram } from '../../controller/policy/program.ts'

/** Numbers that choose: which row, and what of it. */
export interface Fault {
  kind: (typeof KINDS)[number]
  row: number
  what: number
  more: number
}

export const KINDS = ['gone', 'wider', 'register', 'priority', 'port', 'goto', 'foreign', 'value'] as const

export const arbitraryFault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom(...KINDS),
  row: fc.nat(),
  what: fc.nat(),
  more: fc.nat(),
})

/** A program with the fault, and what was done to it; undefined where there is nothing to do it to. */
export function withFault(
  program: SwitchProgram,
  fault: Fault,
  ports: readonly number[],
): { program: SwitchProgram; foreign: Flow[]; said: string } | undefined {
  const flows = new Map(program.flows)
  const result = (said: string, foreign: Flow[] = []) => ({ program: { ...program, flows }, foreign, said })
  const fits = [...flows.values()].filter((flow) => canHave(flow, fault.kind))
  const flow = fits[fault.row % fits.length]
  if (flow === undefined) return undefined
  const key = flowKey(flow.table, flow.priority, flow.match)
  const put = (other: Flow, said: string) => {
    flows.delete(key)
    flows.set(flowKey(other.table, other.priority, other.match), other)
    return result(`${said} of ${key}`)
  }
  switch (fault.kind) {
    case 'gone':
      flows.delete(key)
      return result(`without ${key}`)
    case 'wider': {
      const left = flow.match.filter((_, index) => index !== fault.what % flow.match.length)
      return prerequisites(left) ? put({ ...flow, match: left }, 'a match less') : undefined
    }
    case 'priority':
      return put({ ...flow, priority: [1, 99, 205, 20_000, 65_534][fault.what % 5] as number }, 'another priority')
    case 'goto':
      return put(
        {
          ...flow,
          instructions: flow.instructions.map((one) =>
            one.type === 'goto_table'
              ? { ...one, table_id: Math.min(one.table_id + 1 + (fault.what % 4), TABLES.deliver) }
              : one,
          ),
        },
        'another goto',
      )
    case 'register':
    case 'value':
      return put(
        {
          ...flow,
          instructions: rewritten(flow.instructions, (field, at) =>
            at % 2 === fault.what % 2 ? otherField(field, fault) : field,
          ),
        },
        fault.kind,
      )
    case 'port':
      return put(
        {
          ...flow,
          instructions: flow.instructions.map((one) => withPort(one, ports[fault.what % ports.length] as number)),
        },
        'another port',
      )
    case 'foreign':
      return result(`foreign at ${key}`, [foreignRow(flow, fault, ports)])
  }
}

function canHave(flow: Flow, kind: Fault['kind']): boolean {
  const actions = flow.instructions.flatMap((one) => (one.type === 'apply_actions' ? one.actions : []))
  if (kind === 'wider') return flow.match.length > 0
  if (kind === 'goto') return flow.instructions.some(({ type }) => type === 'goto_table')
  if (kind === 'register' || kind === 'value') return actions.some(isLoad)
  if (kind === 'port')
    return (
      actions.some((action) => action.type === 'output' && action.port < 0xffff0000) ||
      actions.some((action) => isLoad(action) && action.field.field === 'reg2')
    )
  return true
}

function isLoad(action: Action): action is Extract<Action, { type: 'set_field' }> {
  return action.type === 'set_field' && action.field.field !== 'unknown' && action.field.field.startsWith('reg')
}

function rewritten(instructions: readonly Instruction[], change: (field: Oxm, at: number) => Oxm): Instruction[] {
  return instructions.map((one) => {
    if (one.type !== 'apply_actions') return one
    let at = 0
    return {
      ...one,
      actions: one.actions.map((action) =>
        isLoad(action) ? { ...action, field: change(action.field, at++) } : action,
      ),
    }
  })
}

function otherField(field: Oxm, fault: Fault): Oxm {
  const next: Readonly<Record<string, string>> = {
    reg0: 'reg1',
    reg1: 'reg0',
    reg2: 'reg6',
    reg6: 'reg2',
    reg3: 'reg7',
    reg7: 'reg3',
    reg8: 'reg9',
  }
  if (fault.kind === 'register') return { ...field, field: next[String(field.field)] ?? 'reg9' } as Oxm
  return { ...field, value: Number(field.value) ^ (1 + (fault.more % 3)) } as Oxm
}

function withPort(one: Instruction, port: number): Instruction {
  if (one.type !== 'apply_actions') return one
  return {
    ...one,
    actions: one.actions.map((action): Action => {
      if (action.type === 'output' && action.port < 0xffff0000) return { ...action, port }
      return isLoad(action) && action.field.field === 'reg2'
        ? { ...action, field: { field: 'reg2', value: port } }
        : action
    }),
  }
}

/** What somebody else's row may do: drop, put out, or send on, for all packets of a row or fewer of them. */
function foreignRow(flow: Flow, { what, more }: Fault, ports: readonly number[]): Flow {
  const wants: Oxm[] = [
    [],
    [{ field: 'ip_dscp', value: 10 } as const],
    [{ field: 'tcp_dst', value: 80 } as const],
    [{ field: 'tcp_dst', value: 1234 } as const],
  ][more % 4] as Oxm[]
  const needs: Oxm[] = wants.length === 0 ? [] : [{ field: 'eth_type', value: 0x0800 }]
  if (wants.some(({ field }) => field === 'tcp_dst')) needs.push({ field: 'ip_proto', value: 6 })
  const match = more % 3 === 0 && wants.length === 0 ? [...flow.match] : [...needs, ...wants]
  const output: Instruction = {
    type: 'apply_actions',
    actions: [{ type: 'output', port: ports[what % ports.length] as number, max_len: 0 }],
  }
  const instructions: Instruction[] =
    what % 3 === 0
      ? []
      : what % 3 === 1
        ? [output]
        : flow.table < TABLES.deliver
          ? [{ type: 'goto_table', table_id: flow.table + 1 }]
          : []
  return { table: flow.table, priority: 65_534, match, instructions, cookie: 0x66n, unit: '' }
}

/** Whether a match has what its fields need. */
function prerequisites(match: readonly Oxm[]): boolean {
  const has = (field: string) => match.some((oxm) => oxm.field === field)
  return match.every(({ field }) => {
    const name = String(field)
    if (/^(ipv4|ipv6|arp|ip_)/.test(name) || name === 'nw_frag') return has('eth_type')
    if (/^(tcp|udp|sctp|icmp)/.test(name)) return has('eth_type') && has('ip_proto')
    if (name.startsWith('ipv6_nd')) return has('icmpv6_type')
    return true
  })
}
