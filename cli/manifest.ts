/**
 * Manifest files: multi-document YAML (JSON is YAML), from files, folders or standard input, checked for shape before
 * anything is sent. `validate`, `diff` and `apply` all read through here, so they cannot disagree.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { checkDocument, nearest, type Problem, problemText, readYaml } from '../host/yaml.ts'
import type { Manifest } from './convert.ts'
import { CliError } from './failure.ts'
import { type ManifestKind, SCHEMAS } from './schema.ts'

/** A manifest and where it stands, for messages. */
export interface Placed {
  manifest: Manifest
  file: string
  line: number
}

/** Files named on the command line; folders give their .yaml, .yml and .json files in order of name. */
export function manifestFiles(paths: readonly string[], recursive: boolean): string[] {
  return paths.flatMap((path) => {
    if (path === '-') return [path]
    let folder: boolean
    try {
      folder = statSync(path).isDirectory()
    } catch (error) {
      throw new CliError(`cannot read ${path}: ${(error as Error).message}`)
    }
    return folder ? folderFiles(path, recursive) : [path]
  })
}

function folderFiles(folder: string, recursive: boolean): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return recursive ? folderFiles(path, true) : []
      return /\.(ya?ml|json)$/.test(entry.name) ? [path] : []
    })
}

/** Reads and checks manifests; throws one CliError that lists every problem. */
export function readManifests(files: readonly string[], standardInput: string): Placed[] {
  const placed: Placed[] = []
  const problems: Problem[] = []
  for (const path of files) {
    const file = path === '-' ? '<stdin>' : path
    const read = readYaml(path === '-' ? standardInput : readFileSync(path, 'utf8'), file)
    if (!read.ok) {
      problems.push(...read.problems)
      continue
    }
    for (const document of read.documents) {
      const kind = (document.value as { kind?: unknown } | null)?.kind
      const schema =
        typeof kind === 'string' && Object.hasOwn(SCHEMAS, kind) ? SCHEMAS[kind as ManifestKind] : undefined
      if (schema === undefined) {
        const near = typeof kind === 'string' ? nearest(kind, Object.keys(SCHEMAS)) : undefined
        const message =
          kind === undefined
            ? 'the field "kind" is missing'
            : `${String(kind)} is no kind: use ${Object.keys(SCHEMAS).join(', ')}`
        problems.push({
          file,
          ...document.position('/kind'),
          path: 'kind',
          message,
          ...(near === undefined ? {} : { nearest: near }),
        })
        continue
      }
      const found = checkDocument(document, schema, file)
      problems.push(...found)
      if (found.length === 0)
        placed.push({ manifest: document.value as Manifest, file, line: document.position('').line })
    }
  }
  const seen = new Map<string, Placed>()
  for (const one of placed) {
    const key = `${one.manifest.kind}/${one.manifest.name}`
    const first = seen.get(key)
    if (first !== undefined) {
      problems.push({
        file: one.file,
        line: one.line,
        column: 1,
        path: 'name',
        message: `${key} occurs twice; first at ${first.file}:${first.line}`,
      })
    }
    seen.set(key, one)
  }
  if (problems.length > 0) {
    throw new CliError(
      `${problems.length} problem${problems.length === 1 ? '' : 's'} in ${files.length === 1 ? 'the manifest' : 'the manifests'}; nothing was sent`,
      1,
      problems.map(problemText),
    )
  }
  return placed
}
