/** What can become of a question by DHCP, which of it is told, and times that the server keeps. Used by server.ts and its parts. */
import type { Forgery } from './decide4.ts'

export const DHCP_TIMES = {
  /** For a switch to confirm; clients ask again after three or four seconds. */
  confirmMs: 2500,
  /** An address that somebody else was seen to use is given to nobody. */
  withheldMs: 3_600_000,
  /** Between two events about the same port and reason. */
  toldMs: 60_000,
} as const

/** What became of questions. */
export type DhcpResult =
  | ('offer' | 'ack' | 'nak' | 'release' | 'decline')
  | Forgery
  | ('malformed' | 'unknown-guest' | 'limited' | 'ignored' | 'no-address' | 'unconfirmed' | 'failed')

/** Told of as alerts: nobody honest does so. */
export const FORGED: ReadonlySet<DhcpResult> = new Set<Forgery>([
  'forged-mac',
  'forged-client',
  'forged-address',
  'forged-relay',
])
/** What is told of a port. */
export const WHY: Partial<Record<DhcpResult, string>> = {
  'forged-mac': 'with a client address that is not its MAC',
  'forged-client': 'with a client identifier that is not its MAC',
  'forged-address': 'from an address that is not its own',
  'forged-relay': 'as a relay, which it is not',
  'no-address': 'no pool has an address for it that is in a subnet',
  unconfirmed: 'its switch did not confirm the address in time',
}
