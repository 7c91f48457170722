/**
 * Strict YAML for people: a text becomes documents, and every complaint about them carries file, line, column and,
 * where a key is unknown, the nearest legal one. Used for manifests and for tagsteer.yaml with the schema of each; it
 * knows neither.
 */
import { Ajv, type ErrorObject } from 'ajv'
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, type Node, parseAllDocuments } from 'yaml'

/** One thing that is wrong with a text. Lines and columns count from 1. */
export interface Problem {
  file: string
  line: number
  column: number
  /** `spec.rules[1].prot`; empty where the whole document is meant. */
  path: string
  message: string
  /** The nearest legal spelling, where there is one. */
  nearest?: string
}

export interface YamlDocument {
  value: unknown
  /** Where the value at a JSON pointer (`/rules/1/ports`) stands; `key` is for the key itself. */
  position(pointer: string, key?: string): { line: number; column: number }
}

export type YamlResult = { ok: true; documents: YamlDocument[] } | { ok: false; problems: Problem[] }

const LIMITS = { octets: 16 * 1024 * 1024, aliases: 100 } as const

/** Reads every document of a text. Duplicate keys, tabs as indentation and alias bombs are refused. */
export function readYaml(text: string, file: string): YamlResult {
  if (text.length > LIMITS.octets) {
    return {
      ok: false,
      problems: [{ file, line: 1, column: 1, path: '', message: `longer than ${LIMITS.octets} octets` }],
    }
  }
  const lines = new LineCounter()
  // intAsBigInt keeps integer tags beyond 2^53 exact; safe ones become numbers again below.
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    uniqueKeys: true,
    intAsBigInt: true,
    strict: true,
    prettyErrors: false,
  })
  const list = Array.isArray(parsed) ? parsed : []
  const problems: Problem[] = list.flatMap((document) =>
    [...document.errors, ...document.warnings].map((error) => {
      const { line, col } = lines.linePos(error.pos[0])
      return { file, line, column: col, path: '', message: error.message }
    }),
  )
  if (problems.length > 0) return { ok: false, problems }
  const documents: YamlDocument[] = []
  for (const document of list) {
    let value: unknown
    try {
      value = narrowed(document.toJS({ maxAliasCount: LIMITS.aliases }))
    } catch (error) {
      return { ok: false, problems: [{ file, line: 1, column: 1, path: '', message: (error as Error).message }] }
    }
    if (value === null || value === undefined) continue
    documents.push({ value, position: (pointer, key) => position(document, lines, pointer, key) })
  }
  return { ok: true, documents }
}

/** Integers that a double holds exactly become numbers; the others stay bigint. */
function narrowed(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (Array.isArray(value)) return value.map(narrowed)
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, narrowed(member)]))
  }
  return value
}

const steps = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

function position(
  document: Document,
  lines: LineCounter,
  pointer: string,
  key?: string,
): { line: number; column: number } {
  let node: unknown = document.contents
  for (const step of steps(pointer)) {
    const next: unknown =
      isNode(node) && 'get' in node
        ? (node as { get(key: unknown, keep: boolean): unknown }).get(
            /^\d+$/.test(step) && !isMap(node) ? Number(step) : step,
            true,
          )
        : undefined
    if (next === undefined || next === null) break
    node = next
  }
  if (key !== undefined && isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key)
    if (pair !== undefined) node = pair.key
  }
  const at = isNode(node) ? (node as Node).range?.[0] : undefined
  const { line, col } = lines.linePos(at ?? document.range?.[0] ?? 0)
  return { line, column: col }
}

type SchemaObject = { properties?: Record<string, SchemaObject>; items?: SchemaObject }

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false, verbose: true })

/** Checks a document against a draft-07 schema. Empty where it fits. */
export function checkDocument(document: YamlDocument, schema: object, file: string): Problem[] {
  const validate = ajv.compile(schema)
  if (validate(document.value)) return []
  return (validate.errors ?? [])
    .map((error) => problem(error, document, file))
    .sort((a, b) => a.line - b.line || a.column - b.column)
}

function problem(error: ErrorObject, document: YamlDocument, file: string): Problem {
  const path = steps(error.instancePath).reduce(
    (text, step) => (/^\d+$/.test(step) ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  )
  const params = error.params as Record<string, unknown>
  if (error.keyword === 'additionalProperties') {
    const key = String(params['additionalProperty'])
    const legal = Object.keys((error.parentSchema as SchemaObject).properties ?? {})
    const near = nearest(key, legal)
    return {
      file,
      ...document.position(error.instancePath, key),
      path: path === '' ? key : `${path}.${key}`,
      message: 'unknown field',
      ...(near === undefined ? {} : { nearest: near }),
    }
  }
  const at = { file, ...document.position(error.instancePath), path }
  if (error.keyword === 'enum') {
    const legal = (params['allowedValues'] as unknown[]).map(String)
    const near = nearest(String(error.data), legal)
    return { ...at, message: `must be one of ${legal.join(', ')}`, ...(near === undefined ? {} : { nearest: near }) }
  }
  if (error.keyword === 'required')
    return { ...at, message: `the field "${String(params['missingProperty'])}" is missing` }
  return { ...at, message: error.message ?? 'is not valid' }
}

/** `web.yaml:14:9: rules[1].prot: unknown field; did you mean "protocols"?` */
export function problemText({ file, line, column, path, message, nearest: near }: Problem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}${near === undefined ? '' : `; did you mean "${near}"?`}`
}

/** The legal word that is closest by edit distance, if it is close enough to be what was meant. */
export function nearest(word: string, legal: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 2)) + 1
  for (const candidate of legal) {
    const short = word.length >= 3 && candidate.toLowerCase().startsWith(word.toLowerCase())
    const distance = short ? 1 : editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]!
}
