/** Durations as people type them: `500ms`, `30s`, `5m`, `2h`, `3d`, or a bare number of seconds. */
import { CliError } from './failure.ts'

const UNIT: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, '': 1000 }

/** Milliseconds of a typed duration. */
export function durationMs(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|)$/.exec(text)
  if (match === null) throw new CliError(`${option}: ${text} is not a duration such as 500ms, 30s, 5m, 3d`)
  return Number(match[1]) * UNIT[match[2]!]!
}
