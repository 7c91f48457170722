/** The store as the configuration says, with its troubles told as events. It refuses to know records. Used by main.ts. */
import type { ControllerConfig } from '../host/config.ts'
import { PREFIX } from '../model/records.ts'
import type { Store } from '../store/contract.ts'
import { openEmbeddedStore } from '../store/embedded.ts'
import type { Tell } from './events.ts'

const DAY_MS = 86_400_000

export function openStore(config: ControllerConfig, tell: Tell): Promise<Store> {
  return openEmbeddedStore({
    directory: config.store,
    archive: { octets: config.limits.historyOctets, ageMs: config.limits.historyDays * DAY_MS },
    // Answers to repeated requests are no history.
    archives: (key) => !key.startsWith(PREFIX.request),
    report: (event) => {
      if (event.type === 'archive_damaged')
        tell('history-damaged', event.file, { oldest: event.oldest, reason: event.reason })
      if (event.type === 'archive_failed')
        tell('history-lost', config.store, { oldest: event.oldest, reason: event.error.message })
    },
  })
}
