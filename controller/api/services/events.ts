/** EventService: record changes from a revision, and the controller's events from a sequence number. */
import { fail, invalid, ok, type Result } from '../../../model/errors.ts'
import type { AnyRecord, RecordKind } from '../../../model/records.ts'
import type { Event } from '../../../proto/gen/tagsteer/v1/Event.ts'
import type { RecordChange } from '../../../proto/gen/tagsteer/v1/RecordChange.ts'
import type { WatchEventsRequest__Output } from '../../../proto/gen/tagsteer/v1/WatchEventsRequest.ts'
import type { WatchRecordsRequest__Output } from '../../../proto/gen/tagsteer/v1/WatchRecordsRequest.ts'
import type { ChangeSet } from '../../../store/contract.ts'
import { StoreError, storeFailure } from '../../../store/errors.ts'
import { type ControllerEvent, EVENTS, type Severity } from '../../events.ts'
import type { CallContext, Sink } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { RECORD_KINDS, recordMessage, timestamp } from '../messages.ts'
import type { ServiceMethods } from '../server.ts'

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'alert']

export function eventService({ store, events }: ApiDependencies): ServiceMethods {
  function watchRecords(
    request: WatchRecordsRequest__Output,
    sink: Sink<RecordChange>,
    _context: CallContext,
  ): Result<() => void> {
    const unknown = request.kinds.find((kind) => !RECORD_KINDS.some((known) => known === kind))
    if (unknown !== undefined)
      return invalid([{ field: 'kinds', description: `${unknown}: must be one of ${RECORD_KINDS.join(', ')}` }])
    const kinds = new Set<string>(request.kinds.length === 0 ? RECORD_KINDS : request.kinds)
    const from = Number(request.fromRevision)
    const after = from === 0 ? store.revision() : from - 1
    if (after > store.revision())
      return invalid([{ field: 'from_revision', description: `is ahead of the newest revision ${store.revision()}` }])
    if (after < store.oldest()) return fail('COMPACTED', { revision: from, oldest: store.oldest() + 1 })
    const subscription = store.watch(after).subscribe({
      next: (changeSet) => {
        for (const message of recordChanges(changeSet, kinds)) if (!sink.send(message)) return
      },
      error: (error: unknown) =>
        sink.end(
          error instanceof StoreError ? storeFailure(error) : { code: 'INTERNAL', details: { reason: String(error) } },
        ),
      complete: () => sink.end(),
    })
    return ok(() => subscription.unsubscribe())
  }

  function watchEvents(request: WatchEventsRequest__Output, sink: Sink<Event>): Result<() => void> {
    const unknown = request.types.find((type) => !(type in EVENTS))
    if (unknown !== undefined)
      return invalid([{ field: 'types', description: `there are no events of type ${unknown}` }])
    const types = new Set(request.types)
    const least = SEVERITIES.findIndex((severity) => request.minSeverity === `SEVERITY_${severity.toUpperCase()}`)
    const wanted = ({ type, severity }: ControllerEvent): boolean =>
      (types.size === 0 || types.has(type)) && SEVERITIES.indexOf(severity) >= least
    const from = Number(request.fromSequence)
    // Nothing is awaited between reading what is kept and following: no event can fall between the two.
    const { events: kept, lost } = events.since(from === 0 ? events.next : from)
    let missing = lost
    const send = (event: ControllerEvent): void => {
      if (!wanted(event)) return
      sink.send(eventMessage(event, missing))
      missing = 0
    }
    kept.forEach(send)
    if (request.noFollow) {
      sink.end()
      return ok(() => {})
    }
    const subscription = events.follow.subscribe({ next: send, complete: () => sink.end() })
    return ok(() => subscription.unsubscribe())
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
