/**
 * Traffic and silence of one interface, from counters that are read now and then. What was not seen is not claimed:
 * silence is the time between two readings of one counter that says the same, and a counter that began anew, on the same
 * switch or another, begins a new silence. A switch that is away is not read, so it proves nothing until it answers
 * again; then a counter that went on counting speaks for the time between. Pure: readings bring their time along.
 */

/** One reading of an interface's counters. */
export interface Reading {
  /** When the switch was asked, in milliseconds since the epoch. */
  at: number
  /** The switch and port whose counters these are. */
  place: string
  packets: bigint
  octets: bigint
  /** When counting began, in milliseconds since the epoch; the latest of several rows that are added up. Never too early. */
  begun: number
}

export interface Track {
  readonly place: string
  readonly packets: bigint
  readonly octets: bigint
  /** The first and the last of the readings that found the same; with one reading they are equal. */
  readonly quietSince: number
  readonly readAt: number
  /** When traffic was seen last; undefined where it was not yet. */
  readonly trafficAt: number | undefined
  /** Bits per second between the last two readings that can be compared. */
  readonly rate: number
}

export function follow(before: Track | undefined, { at, place, packets, octets, begun }: Reading): Track {
  const fresh = { place, packets, octets, quietSince: at, readAt: at, rate: 0 }
  const wentOn = before !== undefined && before.place === place && packets >= before.packets
  if (!wentOn || begun > before.readAt) {
    // When these packets came is not known, but for that they came since counting began.
    return { ...fresh, trafficAt: packets > 0n ? Math.max(before?.trafficAt ?? begun, begun) : before?.trafficAt }
  }
  if (packets === before.packets) return { ...before, readAt: at, rate: 0 }
  const ms = Math.max(at - before.readAt, 1)
  return { ...fresh, trafficAt: at, rate: (Number(octets - before.octets) * 8000) / ms }
}

/** Milliseconds of silence that readings prove; 0 before there are two that say the same. */
export function quietMs({ quietSince, readAt }: Track): number {
  return readAt - quietSince
}
