/**
 * Comma-separated values (RFC 4180), strictly: quoted fields with doubled quotes, either line ending, an octet order mark
 * that is passed over; and bounds, so that a hostile text costs no more than its length. Every record knows the line
 * and column at which each field begins. Text that a spreadsheet would take for a formula is written with an
 * apostrophe before it, which is taken away again when it is read. Pure; it knows no columns (netbox-csv.ts does).
 */

export interface CsvField {
  text: string
  /** From 1; columns count UTF-16 code units. */
  line: number
  column: number
}

export interface CsvProblem {
  line: number
  column: number
  message: string
}

export type CsvResult = { ok: true; records: CsvField[][] } | { ok: false; problem: CsvProblem }

export const CSV_LIMITS = { length: 8 * 1024 * 1024, records: 50_000, fields: 64, field: 8192 } as const

/** Records in their order; lines with nothing on them are none. */
export function parseCsv(text: string): CsvResult {
  if (text.length > CSV_LIMITS.length) return problem(1, 1, `is longer than ${CSV_LIMITS.length} characters`)
  const records: CsvField[][] = []
  let record: CsvField[] = []
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let line = 1
  let lineStart = at
  while (at < text.length) {
    const column = at - lineStart + 1
    const begun = { line, column }
    let field: string
    if (text[at] === '"') {
      const parts: string[] = []
      let from = at + 1
      for (;;) {
        const quote = text.indexOf('"', from)
        if (quote < 0) return problem(line, column, 'a quoted field does not end')
        parts.push(text.slice(from, quote))
        at = quote + 1
        if (text[at] !== '"') break
        parts.push('"')
        from = at + 1
      }
      field = parts.join('')
      for (let feed = text.indexOf('\n', lineStart); feed >= 0 && feed < at; feed = text.indexOf('\n', feed + 1)) {
        line++
        lineStart = feed + 1
      }
      const next = text[at]
      if (next !== undefined && next !== ',' && next !== '\n' && !(next === '\r' && text[at + 1] === '\n'))
        return problem(line, at - lineStart + 1, 'text after the closing quote of a field')
    } else {
      const from = at
      while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '"') at++
      if (text[at] === '"') return problem(line, at - lineStart + 1, 'a quote inside a field that has none around it')
      const end = at > from && text[at] !== ',' && text[at - 1] === '\r' ? at - 1 : at
      field = text.slice(from, end)
    }
    if (/[\0]/.test(field)) return problem(begun.line, begun.column, 'holds a NUL character')
    if (field.length > CSV_LIMITS.field)
      return problem(begun.line, begun.column, `a field is longer than ${CSV_LIMITS.field} characters`)
    record.push({ text: field, ...begun })
    if (text[at] === ',') {
      at++
      if (at === text.length || text[at] === '\n' || (text[at] === '\r' && text[at + 1] === '\n'))
        record.push({ text: '', line, column: at - lineStart + 1 })
      else if (record.length < CSV_LIMITS.fields) continue
      if (record.length >= CSV_LIMITS.fields)
        return problem(begun.line, begun.column, `has ${CSV_LIMITS.fields} fields or more`)
    }
    if (text[at] === '\r') at++
    if (at < text.length) {
      at++
      line++
      lineStart = at
    }
    if (record.length > 1 || record[0]!.text !== '') records.push(record)
    if (records.length > CSV_LIMITS.records) return problem(begun.line, 1, `has more than ${CSV_LIMITS.records} lines`)
    record = []
  }
  return { ok: true, records }
}

/** Lines that end in CR LF, as RFC 4180 has it. */
export function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(fieldText).join(',')}\r\n`).join('')
}

/** What spreadsheets begin formulas with. */
const FORMULA = /^[=+\-@\t\r]/

function fieldText(text: string): string {
  const safe = FORMULA.test(text) || /^'+[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) || safe.trim() !== safe ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The text of a field that fieldText may have made safe. */
export function plainText(text: string): string {
  return /^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text
}

const problem = (line: number, column: number, message: string): { ok: false; problem: CsvProblem } => ({
  ok: false,
  problem: { line, column, message },
})
