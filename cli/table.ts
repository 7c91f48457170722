/**
 * Plain padded columns in the manner of kubectl: header without spaces, two blanks between columns, `<none>` where a
 * cell is empty, no borders, so that awk and grep work on it. Also ages and durations.
 */

export interface Column<T> {
  header: string
  cell(item: T): string
  /** Only with `-o wide`. */
  wide?: boolean
  align?: 'right'
}

/** The lines of a table; the last column is not padded. */
export function table<T>(columns: readonly Column<T>[], items: readonly T[], wide: boolean): string[] {
  const shown = columns.filter((column) => wide || column.wide !== true)
  const rows = [
    shown.map(({ header }) => header),
    ...items.map((item) => shown.map(({ cell }) => cell(item) || '<none>')),
  ]
  const widths = shown.map((_, index) => Math.max(...rows.map((row) => width(row[index]!))))
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const space = ' '.repeat(widths[index]! - width(cell))
        if (shown[index]!.align === 'right') return space + cell
        return index === row.length - 1 ? cell : cell + space
      })
      .join('  '),
  )
}

/** Code points, which is what a terminal shows for all but wide scripts. */
const width = (text: string): number => [...text].length

const UNITS: [number, string][] = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
]

/** `5s`, `12m`, `3h`, `45d`. */
export function duration(seconds: number): string {
  for (const [size, unit] of UNITS) {
    if (seconds >= size) return `${Math.floor(seconds / size)}${unit}`
  }
  return '0s'
}

export interface TimestampLike {
  seconds?: string | number
  nanos?: number
}

export function age(time: TimestampLike | null | undefined, nowMs: number): string {
  if (time === null || time === undefined) return ''
  return duration(Math.max(0, Math.floor(nowMs / 1000 - Number(time.seconds ?? 0))))
}

/** RFC 3339 text of a protobuf timestamp. */
export function timeText(time: TimestampLike | null | undefined): string {
  if (time === null || time === undefined) return ''
  return new Date(Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6)).toISOString()
}
