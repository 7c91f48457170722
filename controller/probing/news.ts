/**
 * A fault that samples have shown, and its end, as an event: in names, with what was written and read, and where. It refuses
 * to know when it is told (propagation.ts). Used by start.ts.
 */
import { tagText } from '../../model/tag.ts'
import type { Tell } from '../events.ts'
import type { IntentView } from '../policy/state.ts'
import type { ProbeReport } from './probing.ts'
import type { TagCause } from './propagation.ts'

export interface NewsFacts {
  intent: Pick<IntentView, 'tagsOf'>
  /** Of a switch; empty where it has none. */
  nameOf(datapathId: string): string
  tell: Tell
}

export function tellNews(
  { intent, nameOf, tell }: NewsFacts,
  type: TagCause | 'tag-recovered',
  report: ProbeReport,
): void {
  const { expected, fault, from, to, packet, written, carried, read } = report
  const { sender, receiver, carrier, path } = expected
  const named = (datapathId: string): string => nameOf(datapathId) || datapathId
  const identity = (number: number): string => {
    const tags = [...intent.tagsOf(number)].map(tagText).sort()
    return `identity ${number}${tags.length > 0 ? ` (${tags.join(', ')})` : ''}`
  }
  const isLost = fault?.kind === 'packet-lost'
  const seen = carried?.value ?? read
  const subject = `${named(sender.datapathId)} -> ${named(receiver.datapathId)}`
  tell(type, subject, {
    ...{ packet, sender: from, receiver: to, carrier, path: path.map(named).join(', ') },
    ...{ fromDatapathId: sender.datapathId, toDatapathId: receiver.datapathId },
    written: written === undefined ? 'nothing' : identity(written.value),
    read: readText(),
    ...(fault && {
      where:
        fault.from === fault.to
          ? `on switch ${named(fault.from)}`
          : `between switches ${named(fault.from)} and ${named(fault.to)}`,
    }),
  })

  function readText(): string {
    if (isLost) return 'nothing, for the packet did not arrive'
    // Without a tag the receiver's switch looks at the address.
    if (type === 'tag-lost') return read === undefined ? 'nothing' : `${identity(read)} by its address`
    return seen === undefined ? 'nothing' : identity(read ?? seen)
  }
}
