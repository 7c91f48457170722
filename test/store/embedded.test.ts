/** The embedded engine against the conformance suite, in a directory of its own that is deleted afterwards. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedStore } from '../../store/embedded.ts'
import { storeConformance } from '../support/store-conformance.ts'

const root = mkdtempSync(join(tmpdir(), 'tagsteer-store-'))
after(() => rmSync(root, { recursive: true, force: true }))

storeConformance({
  name: 'embedded',
  durable: true,
  open: (place, options) => openEmbeddedStore({ directory: join(root, place), aheadOctets: 4096, ...options }),
})
