/**
 * What a move to another stage writes: the interface's record with the new stage, and where it retires, the end of the leases
 * that it held. Pure: it reads the newest intent and the book inside controller/write.ts and answers with what to write. It
 * refuses to decide when a move is due (ipam/lifecycle.ts) and to read switches (watch.ts).
 */
import { Draw } from '../../ipam/draw.ts'
import { bornStage, movedTo } from '../../ipam/lifecycle.ts'
import { leaseKey, numberOfText } from '../../model/address-key.ts'
import { fail, ok, type Result } from '../../model/errors.ts'
import type { InterfaceRecord, Lease, StageMove, StageState } from '../../model/records.ts'
import type { LeaseEffects } from '../addresses/book.ts'
import type { LeaseView, Leasing } from '../addresses/leases.ts'
import type { Write } from '../policy/propose.ts'

/** One move that is asked for. */
export interface MoveAsk extends Omit<StageMove, 'since'> {
  interface: string
  /** The generation of the stage that it is asked for of; any where absent. */
  generation?: number
}

export function stageOf({ stage, createTime }: Pick<InterfaceRecord, 'stage' | 'createTime'>): StageState {
  return stage ?? bornStage(createTime)
}

/**
 * All or nothing, but that moves by themselves are left out where they may not be any more. What is in the stage already is
 * left alone, where an administrator asks for it. Failures: NOT_FOUND,
 * STAGE_SUPERSEDED, STAGE_MOVE_ILLEGAL. The answer has the leases that ended.
 */
export function move(view: LeaseView, asks: readonly MoveAsk[]): Leasing {
  const writes: Write[] = []
  const effects: LeaseEffects = { puts: [], deletes: [] }
  const ended: Lease[] = []
  for (const ask of asks) {
    const record = view.intent.interfaces.get(ask.interface)
    const isAsked = ask.cause === 'api' || asks.length === 1
    if (record === undefined && !isAsked) continue
    if (record === undefined) return failed(fail('NOT_FOUND', { kind: 'interface', name: ask.interface }))
    const before = stageOf(record)
    if (ask.generation !== undefined && ask.generation !== before.generation) {
      if (!isAsked) continue
      const details = { name: record.name, generation: before.generation, asked: ask.generation }
      return failed(fail('STAGE_SUPERSEDED', details))
    }
    if (ask.stage === before.stage && ask.cause === 'api') continue
    const { stage, cause, note } = ask
    const moved = movedTo(before, { stage, cause, note, since: view.moment.now })
    if (!moved.ok && !isAsked) continue
    if (!moved.ok) return failed(moved)
    const leases = stage === 'retired' ? endLeases(view, record, effects) : []
    ended.push(...leases)
    const gone = new Set(leases.map(({ address }) => address))
    const addresses = record.addresses.filter((address) => !gone.has(address))
    const { naps, ...rest } = record
    const its = { ...rest, ...(naps === undefined || leases.length > 0 ? {} : { naps }), addresses }
    writes.push({ op: 'update', record: { ...its, stage: moved.value } })
  }
  return { answer: ok(ended), writes, effects }
}

function endLeases({ book, moment }: LeaseView, { name, network }: InterfaceRecord, effects: LeaseEffects): Lease[] {
  const ledger = book.ledger(network)
  const held = ledger?.heldBy(name) ?? []
  if (ledger === undefined || held.length === 0) return []
  const draw = new Draw(ledger, moment)
  return held.map((lease) => {
    const address = numberOfText(lease.address)
    const value = draw.end(address, lease)
    effects.puts.push({ key: leaseKey(network, address), value })
    return value
  })
}

const failed = (answer: Result<never>): Leasing => ({ answer, writes: [], effects: { puts: [], deletes: [] } })
