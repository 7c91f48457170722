/** A switch's program as plain values, for tests that compare two of them. */
import type { SwitchProgram } from '../../controller/policy/program.ts'

/** Comparable and printable: everything but the units of rows that two units claim. */
export function plainProgram({ flows, meters, noFloodPorts }: SwitchProgram) {
  const text = (value: unknown) => JSON.stringify(value, (_, its) => (typeof its === 'bigint' ? `${its}n` : its))
  return {
    flows: Object.fromEntries([...flows].map(([key, flow]) => [key, text(flow)]).sort()),
    meters: [...meters.values()].map(text).sort(),
    noFloodPorts: [...noFloodPorts].sort(),
  }
}
