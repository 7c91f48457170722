/**
 * A flow as people paste it: a cookie, a line of `ovs-ofctl dump-flows` or of a flow file, a line of `tagsteer flows`.
 * Reads which flow is meant; knows no switch.
 */
import { parseFlow, parseFlowStats, TextError } from 'node-openflow'
import { invalid, ok, type Result } from '../../model/errors.ts'
import { TABLE_NAMES, TABLES } from '../policy/pipeline.ts'
import { flowKey } from '../policy/program.ts'

/** All flows with a cookie, or the one flow with a key; its cookie is told where the text has one. */
export type MeantFlow = { cookie: bigint; key?: undefined } | { key: string; cookie: bigint | undefined }

const STATES = ['installed', 'pending', 'stale']

export function readFlowText(text: string): Result<MeantFlow> {
  const flow = text.trim()
  if (/^(0x)?[0-9a-f]{1,16}$/i.test(flow)) return ok({ cookie: BigInt(`0x${flow.replace(/^0x/i, '')}`) })
  const wrong = (why: string): Result<never> =>
    invalid([
      {
        field: 'flow',
        description: `${why}: give a cookie, a line of ovs-ofctl dump-flows such as "table=8, priority=100,ip actions=drop", or a line of tagsteer flows`,
      },
    ])
  if (flow === '') return wrong('is empty')
  try {
    return ok(readRow(flow) ?? readFlow(flow))
  } catch (error) {
    if (!(error instanceof TextError)) throw error
    return wrong(error.message)
  }
}

/** A line of the table that `tagsteer flows` prints; undefined where it is none. */
function readRow(line: string): MeantFlow | undefined {
  const words = line.split(/\s+/)
  const table = TABLE_NAMES.find((name) => name === words[0])
  const state = words.findIndex((word) => STATES.includes(word))
  if (table === undefined || state < 0 || !/^\d+$/.test(words[1] ?? '')) return undefined
  // The last two are the match and the actions, which have no blanks in them.
  const match = words.at(-2) === 'any' ? '' : `,${words.at(-2)}`
  const cookie = words.find((word) => /^0x[0-9a-f]{16}$/.test(word))
  const { key } = readFlow(`table=${TABLES[table]},priority=${words[1]}${match} actions=drop`)
  return { key: key!, cookie: cookie === undefined ? undefined : BigInt(cookie) }
}

function readFlow(line: string): MeantFlow {
  const text = /\bactions=/.test(line) ? line : `${line} actions=drop`
  const isDump = /\b(duration|n_packets|n_bytes)=/.test(text)
  const flow = isDump ? parseFlowStats(text) : parseFlow(text)
  const cookie = /\bcookie=/.test(text) ? flow.cookie : undefined
  return { key: flowKey(flow.table_id, flow.priority, flow.match), cookie }
}
