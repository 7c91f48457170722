/**
 * Changes of records as a unified diff of manifests as users write them. Used by apply, diff and history.
 */
import { stringify } from 'yaml'
import type { Record__Output } from '../proto/gen/tagsteer/v1/Record.ts'
import { diffLines } from './diff.ts'
import { KINDS } from './kinds.ts'

/** One record's change. A side that is absent is `/dev/null`; what a side says of itself follows its name after a tab. */
export interface RecordChange {
  kind: string
  name: string
  outcome: string
  before: Record__Output | null
  after: Record__Output | null
  said?: { before: string; after: string }
}

/** A record as its manifest; undefined where there is none. */
export function manifestOf(record: Record__Output | null): object | undefined {
  if (record === null || record.record === undefined) return undefined
  const kind = KINDS.find(({ names }) => names[0] === record.record)!
  return kind.toManifest(record[record.record] as never)
}

/** A change for YAML: its records as manifests. */
export function plainChange({ kind, name, outcome, before, after }: RecordChange): object {
  const word = outcome.replace('OUTCOME_', '').toLowerCase()
  return { kind, name, outcome: word, before: manifestOf(before), after: manifestOf(after) }
}

function manifestText(record: Record__Output | null): string {
  const manifest = manifestOf(record)
  return manifest === undefined ? '' : stringify(manifest, { lineWidth: 0 })
}

/** Empty where nothing changes. */
export function changeText(changes: readonly RecordChange[]): string {
  return changes
    .filter(({ outcome }) => outcome !== 'OUTCOME_UNCHANGED')
    .map(({ kind, name, before, after, said }) => {
      const side = (record: Record__Output | null, text: string | undefined): string =>
        record === null ? '/dev/null' : `${kind}/${name}${text === undefined ? '' : `\t${text}`}`
      return [
        `--- ${side(before, said?.before)}`,
        `+++ ${side(after, said?.after)}`,
        ...diffLines(manifestText(before), manifestText(after)),
        '',
      ].join('\n')
    })
    .join('')
}
