/** IpamService: external IPAMs, plans and reconciliations with them, and CSV in NetBox's columns. */
import { factText } from '../../../ipam/external/entry.ts'
import { CSV_KINDS, type CsvKind, csvKindOf, writeAddresses, writeBlocks } from '../../../ipam/external/netbox-csv.ts'
import type { Choice } from '../../../ipam/external/reconcile.ts'
import { formatAddress, parseAddress } from '../../../model/address.ts'
import { invalid, ok, type Result } from '../../../model/errors.ts'
import { DEFAULT_NETWORK } from '../../../model/validate.ts'
import type { ExportCsvRequest__Output } from '../../../proto/gen/tagsteer/v1/ExportCsvRequest.ts'
import type { ExportCsvResponse } from '../../../proto/gen/tagsteer/v1/ExportCsvResponse.ts'
import type { ImportCsvRequest__Output } from '../../../proto/gen/tagsteer/v1/ImportCsvRequest.ts'
import type { ImportCsvResponse } from '../../../proto/gen/tagsteer/v1/ImportCsvResponse.ts'
import type { ListConnectorsResponse } from '../../../proto/gen/tagsteer/v1/ListConnectorsResponse.ts'
import type { PlanReconcileRequest__Output } from '../../../proto/gen/tagsteer/v1/PlanReconcileRequest.ts'
import type { ReconcileChoice__Output } from '../../../proto/gen/tagsteer/v1/ReconcileChoice.ts'
import type { ReconcilePlan } from '../../../proto/gen/tagsteer/v1/ReconcilePlan.ts'
import type { ReconcileRequest__Output } from '../../../proto/gen/tagsteer/v1/ReconcileRequest.ts'
import type { ReconcileResponse } from '../../../proto/gen/tagsteer/v1/ReconcileResponse.ts'
import { addressesOf, blocksOf, blockWrites, maskOf, readCsv, takeAddresses } from '../../ipam/csv.ts'
import { addressKey } from '../../ipam/sides.ts'
import type { Planned } from '../../ipam/sync.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { timestamp } from '../messages.ts'
import type { ServiceMethods } from '../server.ts'

/** Steps that one answer tells. */
const TOLD = 10_000

export function ipamService({ ipam, writer }: ApiDependencies): ServiceMethods {
  function list(): Result<ListConnectorsResponse> {
    return ok({
      connectors: ipam.status().map(({ lastSuccess, ...rest }) => {
        return { ...rest, ...(lastSuccess === 0 ? {} : { lastSuccess: timestamp(lastSuccess) }) }
      }),
    })
  }

  async function plan({ connector, choices }: PlanReconcileRequest__Output): Promise<Result<ReconcilePlan>> {
    const read = readChoices(choices)
    if (!read.ok) return read
    const planned = await ipam.plan({ connector, choices: read.value })
    return planned.ok ? ok(planMessage(planned.value)) : planned
  }

  async function reconcile(
    request: ReconcileRequest__Output,
    context: CallContext,
  ): Promise<Result<ReconcileResponse>> {
    const read = readChoices(request.choices)
    if (!read.ok) return read
    const { connector, digest, allowVanished } = request
    const done = await ipam.reconcile({ connector, choices: read.value, digest, allowVanished }, context.caller.name)
    if (!done.ok) return done
    const { done: count, failed, left } = done.value
    const failures = failed.map(({ key, side, reason }) => ({ ...parts(key), side, reason }))
    return ok({ plan: planMessage(done.value), done: count, failures, left })
  }

  async function importCsv(
    request: ImportCsvRequest__Output,
    context: CallContext,
  ): Promise<Result<ImportCsvResponse>> {
    const kind = request.kind === '' ? csvKindOf(request.csv) : readKind(request.kind)
    if (kind === undefined) return wrongKind(request.kind)
    const read = readCsv(kind, request.csv)
    if (!read.ok) return read
    const { blocks, addresses } = read.value
    const { validateOnly, csv } = request
    const { name: caller } = context.caller
    if (kind !== 'ip-addresses') {
      const manner = { caller, method: context.method, body: csv, validateOnly }
      const written = await writer.write((intent) => blockWrites(intent, blocks), manner)
      if (!written.ok) return written
      const results = written.value.outcomes.map((each) => ({
        kind: each.kind,
        name: each.name,
        outcome: each.outcome,
      }))
      return ok({ kind, results })
    }
    const taken = await takeAddresses(writer, addresses, { caller, dryRun: validateOnly })
    if (!taken.ok) return taken
    const { conflicts, failed, agreed, outside } = taken.value
    return ok({
      ...{ kind, agreed, outside },
      results: taken.value.taken.map(({ key, to }) => ({ kind: 'address', name: key, outcome: factText(to) })),
      conflicts: conflicts.map(({ key, ours, theirs }) => {
        return { ...parts(key), base: factText(undefined), ours: factText(ours), theirs: factText(theirs), why: 'both' }
      }),
      failures: failed.map(({ key, reason }) => ({ ...parts(key), side: 'ours', reason })),
    })
  }

  async function exportCsv({ kind: text }: ExportCsvRequest__Output): Promise<Result<ExportCsvResponse>> {
    const kind = readKind(text)
    if (kind === undefined) return wrongKind(text)
    const looked = await writer.look((view) => {
      if (kind !== 'ip-addresses') {
        const blocks = blocksOf(kind, view.intent)
        return { csv: writeBlocks(kind, blocks), lines: blocks.length }
      }
      const entries = addressesOf(view)
      const csv = writeAddresses(entries, ({ network, address }) => maskOf(view.intent, network, address))
      return { csv, lines: entries.length }
    })
    return looked.ok ? ok({ csv: looked.value.csv, lines: looked.value.lines }) : looked
  }

  return {
    ListConnectors: { unary: list },
    PlanReconcile: { unary: plan },
    Reconcile: { unary: reconcile },
    ImportCsv: { unary: importCsv },
    ExportCsv: { unary: exportCsv },
  }
}

const readKind = (text: string): CsvKind | undefined => CSV_KINDS.find((kind) => kind === text)

function wrongKind(kind: string): { ok: false; failure: ReturnType<typeof invalid>['failure'] } {
  const description =
    kind === ''
      ? `no column prefix, start_address or address: say what it is, one of ${CSV_KINDS.join(', ')}`
      : `must be one of ${CSV_KINDS.join(', ')}`
  return invalid([{ field: 'kind', description }])
}

function readChoices(choices: readonly ReconcileChoice__Output[]): Result<Map<string, Choice>> {
  const read = new Map<string, Choice>()
  for (const [index, { network, address, side }] of choices.entries()) {
    const parsed = parseAddress(address)
    if (parsed === undefined)
      return invalid([{ field: `choices[${index}].address`, description: 'must be an IPv4 or IPv6 address' }])
    if (side !== 'SIDE_OURS' && side !== 'SIDE_THEIRS')
      return invalid([{ field: `choices[${index}].side`, description: 'must be SIDE_OURS or SIDE_THEIRS' }])
    read.set(addressKey(network || DEFAULT_NETWORK, formatAddress(parsed)), side === 'SIDE_OURS' ? 'ours' : 'theirs')
  }
  return ok(read)
}

function parts(key: string): { network: string; address: string } {
  const slash = key.indexOf('/')
  return { network: key.slice(0, slash), address: key.slice(slash + 1) }
}

function planMessage({ plan, digest, outside }: Planned): ReconcilePlan {
  return {
    digest,
    steps: plan.steps.slice(0, TOLD).map(({ key, side, from, to }) => {
      return { ...parts(key), side, from: factText(from), to: factText(to) }
    }),
    conflicts: plan.conflicts.slice(0, TOLD).map(({ key, base, ours, theirs, why }) => {
      return { ...parts(key), base: factText(base), ours: factText(ours), theirs: factText(theirs), why }
    }),
    waiting: plan.waiting.slice(0, TOLD).map(({ key, reason }) => ({ ...parts(key), reason })),
    stepCount: plan.steps.length,
    ...{ agreed: plan.agreed, outside, known: plan.known, vanished: plan.vanished },
  }
}
