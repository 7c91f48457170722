/** EventService: record changes from a revision, and the controller's events from a sequence number. */

import { fail, invalid, ok, type Result } from '../../../model/errors.ts'
import { type AnyRecord, RECORD_KINDS, type RecordKind } from '../../../model/records.ts'
import type { Event } from '../../../proto/gen/tagsteer/v1/Event.ts'
import type { RecordChange } from '../../../proto/gen/tagsteer/v1/RecordChange.ts'
import type { WatchEventsRequest__Output } from '../../../proto/gen/tagsteer/v1/WatchEventsRequest.ts'
import type { WatchRecordsRequest__Output } from '../../../proto/gen/tagsteer/v1/WatchRecordsRequest.ts'
import type { ChangeSet } from '../../../store/contract.ts'
import { StoreError, storeFailure } from '../../../store/errors.ts'
import { type ControllerEvent, EVENTS, type Severity } from '../../events.ts'
import type { CallContext, Sink, Source } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { recordMessage, timestamp } from '../messages.ts'
import type { ServiceMethods } from '../server.ts'

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'alert']

export function eventService({ store, events }: ApiDependencies): ServiceMethods {
  function watchRecords(
    request: WatchRecordsRequest__Output,
    sink: Sink,
    _context: CallContext,
  ): Result<Source<RecordChange>> {
    const unknown = request.kinds.find((kind) => !RECORD_KINDS.some((known) => known === kind))
    if (unknown !== undefined)
      return invalid([{ field: 'kinds', description: `${unknown}: must be one of ${RECORD_KINDS.join(', ')}` }])
    const kinds = new Set<string>(request.kinds.length === 0 ? RECORD_KINDS : request.kinds)
    const from = Number(request.fromRevision)
    const after = from === 0 ? store.revision() : from - 1
    if (after > store.revision())
      return invalid([{ field: 'from_revision', description: `is ahead of the newest revision ${store.revision()}` }])
    if (after < store.oldest()) return fail('COMPACTED', { revision: from, oldest: store.oldest() + 1 })
    // The watch only says that there is more; what is told comes from the history, at the reader's pace. A reader that
    // falls behind what is kept is told so.
    const subscription = store
      .watch(store.revision())
      .subscribe({ next: () => sink.wake(), complete: () => sink.end(fail('STOPPING').failure) })
    let at = after
    let current: Iterator<RecordChange> | undefined
    const next = (): RecordChange | undefined => {
      for (;;) {
        const change = current?.next()
        if (change !== undefined && change.done !== true) return change.value
        current = undefined
        if (at >= store.revision()) return undefined
        try {
          const [changeSet] = store.history(at, at + 1)
          at++
          current = changeSet && recordChanges(changeSet, kinds)
        } catch (error) {
          if (!(error instanceof StoreError)) throw error
          sink.end(storeFailure(error))
          return undefined
        }
      }
    }
    return ok({ next, stop: () => subscription.unsubscribe() })
  }

  function watchEvents(request: WatchEventsRequest__Output, sink: Sink): Result<Source<Event>> {
    const unknown = request.types.find((type) => !(type in EVENTS))
    if (unknown !== undefined)
      return invalid([{ field: 'types', description: `there are no events of type ${unknown}` }])
    const types = new Set(request.types)
    const least = SEVERITIES.findIndex((severity) => request.minSeverity === `SEVERITY_${severity.toUpperCase()}`)
    const wanted = ({ type, severity }: ControllerEvent): boolean =>
      (types.size === 0 || types.has(type)) && SEVERITIES.indexOf(severity) >= least
    const from = Number(request.fromSequence)
    let at = from === 0 ? events.next : from
    // Where following was not asked for, what is told later is not wanted.
    const end = request.noFollow ? events.next : Number.POSITIVE_INFINITY
    let missing = 0
    const next = (): Event | undefined => {
      while (at < Math.min(events.next, end)) {
        const found = events.at(at)
        missing += found.lost
        at += found.lost + 1
        if (found.event === undefined || !wanted(found.event)) continue
        const message = eventMessage(found.event, missing)
        missing = 0
        return message
      }
      if (at >= end) sink.end()
      return undefined
    }
    const subscription = events.follow.subscribe({
      next: () => sink.wake(),
      complete: () => sink.end(fail('STOPPING').failure),
    })
    return ok({ next, stop: () => subscription.unsubscribe() })
  }

  return { WatchRecords: { stream: watchRecords }, WatchEvents: { stream: watchEvents } }
}

function* recordChanges(changeSet: ChangeSet, kinds: ReadonlySet<string>): IterableIterator<RecordChange> {
  const { revision, time, cause } = changeSet
  for (const { key, after } of changeSet.changes) {
    const slash = key.indexOf('/')
    const kind = key.slice(0, slash) as RecordKind
    if (!kinds.has(kind)) continue
    yield {
      revision: String(revision),
      time: timestamp(time),
      caller: cause.caller,
      method: cause.method,
      kind,
      name: key.slice(slash + 1),
      deleted: after === undefined,
      ...(after === undefined ? {} : recordMessage(after.value as AnyRecord, revision)),
    }
  }
}

function eventMessage(event: ControllerEvent, lost: number): Event {
  return {
    sequence: String(event.sequence),
    time: timestamp(event.time),
    type: event.type,
    severity: `SEVERITY_${event.severity.toUpperCase()}` as 'SEVERITY_INFO',
    subject: event.subject,
    sentence: event.sentence,
    details: { ...event.details },
    lost: String(lost),
  }
}
