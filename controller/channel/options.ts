/**
 * Gives a switch the fields of our Geneve options before the first flow that names them (NXT_TLV_TABLE_MOD of Open
 * vSwitch), and looks each time that such flows go out, as anybody may have taken them away. A field that somebody else
 * uses for another option stays theirs: then nothing is sent, for packets would carry one thing and be read as another.
 */
import type { Instruction, MessageNamed, OpenFlowConnection, Oxm } from 'node-openflow'
import type { Operation } from '../flows/diff.ts'
import { GENEVE_OPTIONS, type GeneveOption } from '../policy/geneve.ts'

type Mapping = MessageNamed<'nx_tlv_table_reply'>['mappings'][number]

const OPTIONS: readonly GeneveOption[] = Object.values(GENEVE_OPTIONS)
const FIELDS: ReadonlySet<unknown> = new Set(OPTIONS.map(({ field }) => field))

/** Resolves when the switch knows the options that these operations name. Rejects where it does not, or will not. */
export async function mapOptions(
  connection: OpenFlowConnection,
  operations: readonly Operation[],
  timeoutMs: number,
): Promise<void> {
  if (!operations.some(namesOptions)) return
  const missing = missingIn(await mappingsOf(connection, timeoutMs))
  if (missing.length === 0) return
  const mappings = missing.map(mappingOf)
  connection.send({ type: 'nx_tlv_table_mod', xid: connection.nextXid(), command: 'add', mappings })
  await connection.request({ type: 'barrier_request' }, { timeoutMs })
  const refused = missingIn(await mappingsOf(connection, timeoutMs))
  if (refused.length > 0) throw new Error(`the switch does not take Geneve options: ${refused.map(textOf).join(', ')}`)
}

async function mappingsOf(connection: OpenFlowConnection, timeoutMs: number): Promise<Mapping[]> {
  const parts = await connection.request({ type: 'nx_tlv_table_request' }, { timeoutMs })
  return parts.flatMap((part) => (part.type === 'nx_tlv_table_reply' ? part.mappings : []))
}

/** @throws Error where a mapping of somebody else's stands in the way. */
function missingIn(mappings: readonly Mapping[]): GeneveOption[] {
  return OPTIONS.filter((option) => {
    const its = mappingOf(option)
    const isSame = (one: Mapping): boolean =>
      one.option_class === its.option_class && one.option_type === its.option_type
    const there = mappings.find((one) => isSame(one) || one.index === its.index)
    if (there === undefined) return true
    if (isSame(there) && there.index === its.index && there.option_len === its.option_len) return false
    throw new Error(
      `the field of ${textOf(option)} is in use: the switch has class 0x${there.option_class.toString(16)} type ` +
        `0x${there.option_type.toString(16)} length ${there.option_len} as tun_metadata${there.index}; ` +
        'take it away with ovs-ofctl del-tlv-map',
    )
  })
}

function mappingOf({ optionClass, type, length, index }: GeneveOption): Mapping {
  return { option_class: optionClass, option_type: type, option_len: length, index }
}

function textOf({ optionClass, type, field }: GeneveOption): string {
  return `class 0x${optionClass.toString(16)} type 0x${type.toString(16)} as ${field}`
}

function namesOptions(operation: Operation): boolean {
  if (operation.what !== 'flow' || operation.act === 'delete') return false
  const { match, instructions } = operation.flow
  return match.some(isOption) || instructions.some(movesOption)
}

const isOption = ({ field }: Oxm): boolean => FIELDS.has(field)

function movesOption(instruction: Instruction): boolean {
  if (instruction.type !== 'apply_actions') return false
  return instruction.actions.some((action) => {
    if (action.type === 'nx_reg_move') return FIELDS.has(action.src) || FIELDS.has(action.dst)
    return action.type === 'set_field' && isOption(action.field)
  })
}
