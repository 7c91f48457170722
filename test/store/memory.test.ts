/** The memory engine against the conformance suite. */
import { openMemoryStore } from '../../store/memory.ts'
import { storeConformance } from '../support/store-conformance.ts'

storeConformance({ name: 'memory', durable: false, open: async (_place, options) => openMemoryStore(options) })
