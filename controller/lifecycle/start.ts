/**
 * Stages put together: what counters say, the moves that follow, and addresses that are taken back by themselves once the
 * retention of revocable is over. It decides nothing; main.ts says where everything comes from.
 */
import type { Message } from 'node-openflow'
import { leaseKey, numberOfText } from '../../model/address-key.ts'
import { ok } from '../../model/errors.ts'
import type { Lease } from '../../model/records.ts'
import type { Store } from '../../store/contract.ts'
import type { ApiDependencies } from '../api/deps.ts'
import type { Southbound } from '../channel/southbound.ts'
import type { CompileLoop } from '../compile-loop.ts'
import type { Tell } from '../events.ts'
import type { Observed } from '../observe.ts'
import type { Intent } from '../policy/intent.ts'
import { TABLES } from '../policy/pipeline.ts'
import type { RefusedWatch } from '../refused-watch.ts'
import type { Writer } from '../write.ts'
import { type MoveAsk, move } from './moves.ts'
import { Reclaimer } from './reclaim.ts'
import { LifecycleWatch } from './watch.ts'

export interface LifecycleParts {
  intent: Intent
  store: Pick<Store, 'get'>
  writer: Writer
  southbound: Pick<Southbound, 'flowStats' | 'send'>
  observed: Pick<Observed, 'places'>
  loop: Pick<CompileLoop, 'programs'>
  refused: Pick<RefusedWatch, 'entries'>
  tell: Tell
  now(): number
  periodMs: number
}

/** Interfaces that are reclaimed by themselves after one reading. */
const RECLAIMED_AT_ONCE = 16

export function startLifecycle(parts: LifecycleParts): {
  watch: LifecycleWatch
  api: ApiDependencies['lifecycle']
} {
  const { intent, store, writer, southbound, observed, loop, refused, tell, now, periodMs } = parts
  const by = { caller: 'controller', method: 'stages' }
  const moveAll = async (asks: readonly MoveAsk[]): Promise<void> => {
    const written = await writer.lease((view) => move(view, asks), by)
    const expected = ['NOT_FOUND', 'STAGE_SUPERSEDED', 'STAGE_MOVE_ILLEGAL']
    if (!written.ok && !expected.includes(written.failure.code))
      tell('store-failed', 'stages', { reason: written.failure.code })
  }
  const watch = new LifecycleWatch({
    ...{ intent, tell, now, periodMs },
    rowsOf: (datapathId) => southbound.flowStats(datapathId, undefined, TABLES.port_security),
    desired: (datapathId) => loop.programs.get(datapathId),
    refused: () => refused.entries(),
    move: moveAll,
    read: (_, interfaces) => void reclaimDue(interfaces),
  })
  const reclaimer = new Reclaimer({
    ...{ intent, tell, now, periodMs },
    track: (name) => watch.track(name),
    placeOf: (name) => observed.places.get(name),
    leasedBy: ({ network, addresses }) =>
      addresses.filter((address) => {
        const lease = store.get<Lease>(leaseKey(network, numberOfText(address)))?.value
        return lease?.state === 'held'
      }),
    flowsOf: (datapathId, cookie) => southbound.flowStats(datapathId, cookie),
    send: (datapathId: string, message: Message) => southbound.send(datapathId, message),
    async move(ask) {
      const written = await writer.lease((view) => move(view, [ask]), by)
      return written.ok ? ok(written.value.generation) : written
    },
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  })
  /** Some of a switch's, so that no reading brings more than it can ask for. */
  async function reclaimDue(interfaces: readonly string[]): Promise<void> {
    if ((intent.stagePolicies.get('revocable')?.retentionSeconds ?? 0) === 0) return
    const due = interfaces.filter((name) => {
      const evidence = intent.interfaces.get(name)?.stage?.stage === 'revocable' && reclaimer.evidence(name)
      return evidence !== false && evidence !== undefined && evidence.ok && evidence.value[0]?.refused === ''
    })
    await reclaimer.reclaim(due.slice(0, RECLAIMED_AT_ONCE))
  }
  return {
    watch,
    api: {
      track: (name) => watch.track(name),
      evidence: (name) => reclaimer.evidence(name),
      reclaim: (names) => reclaimer.reclaim(names),
    },
  }
}
