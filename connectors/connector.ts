/**
 * The one interface of every external IPAM. A connector reads what another system says into the words of
 * ipam/external/entry.ts, and writes single entries with a precondition; it decides nothing: what is written is
 * controller/ipam/'s to say. Every implementation passes test/support/connector-conformance.ts.
 *
 * All methods reject with ConnectorError and nothing else; none of its texts holds a secret.
 */
import type { IpamAddress, IpamBlock } from '../ipam/external/entry.ts'

export const CONNECTOR_KINDS = ['netbox', 'kea'] as const
export type ConnectorKind = (typeof CONNECTOR_KINDS)[number]

/**
 * unreachable: no answer, in time or at all, or the server says that it is not able; another try may help. denied: the
 * secret is missing or wrong, or may not do this. exists: there is an entry for the address already. changed: the entry
 * is not as the precondition says, or gone. full: nothing is left to claim. invalid: the server refuses what was asked.
 * unsupported: this kind cannot do it. broken: the answer is not what the protocol says.
 */
export type ConnectorCode =
  | 'unreachable'
  | 'denied'
  | 'exists'
  | 'changed'
  | 'full'
  | 'invalid'
  | 'unsupported'
  | 'broken'

export class ConnectorError extends Error {
  override name = 'ConnectorError'
  readonly code: ConnectorCode
  constructor(code: ConnectorCode, message: string) {
    super(message)
    this.code = code
  }
}

export interface Capabilities {
  /** Addresses can be claimed for us alone. */
  claims: boolean
  tags: boolean
  families: readonly (4 | 6)[]
  /**
   * atomic: the server itself compares the version with the entry as it writes. looked: the connector looks just before it
   * writes; what changes in between is found by the next reconciliation.
   */
  preconditions: 'atomic' | 'looked'
}

export interface Parent {
  network: string
  /** Canonical text of the prefix. */
  cidr: string
}

export interface IpamConnector {
  readonly name: string
  readonly kind: ConnectorKind
  /** Where it connects to, without secrets. */
  readonly url: string
  readonly capabilities: Capabilities
  /** Prefixes and ranges of the networks that it serves. */
  blocks(signal?: AbortSignal): Promise<IpamBlock[]>
  /** All addresses that it has entries for, one entry each, in no particular order. */
  addresses(signal?: AbortSignal): Promise<IpamAddress[]>
  /** Rejects with `exists` where the address has an entry. @returns The entry with its id and version. */
  create(entry: IpamAddress, signal?: AbortSignal): Promise<IpamAddress>
  /** Rejects with `changed` where the entry is not `expected` any more. */
  update(expected: IpamAddress, to: IpamAddress, signal?: AbortSignal): Promise<IpamAddress>
  /** As update. Deleting what is gone already is no failure. */
  delete(expected: IpamAddress, signal?: AbortSignal): Promise<void>
  /**
   * Claims addresses of a prefix that nobody has, in one request, all of them or none (`full`): they are ours to give out,
   * and reserved over there. A claim that was made and not heard of (a lost answer) is found by `claimed`.
   * @param purpose A word without white space that says what they are for.
   */
  claim(parent: Parent, count: number, purpose: string, signal?: AbortSignal): Promise<IpamAddress[]>
  /** What has been claimed of a prefix for a purpose, whatever has become of it since. */
  claimed(parent: Parent, purpose: string, signal?: AbortSignal): Promise<IpamAddress[]>
  close(): void
}

/** What each connector bounds itself by. */
export const CONNECTOR_LIMITS = {
  /** Entries of one pull. */
  entries: 1_000_000,
  /** Addresses of one claim. */
  claim: 1024,
  page: 500,
  /** Octets of one answer. */
  answer: 32 * 1024 * 1024,
  /** Milliseconds for one answer. */
  timeoutMs: 10_000,
  attempts: 3,
  /** Milliseconds before the second attempt; doubled for each next one, and between half of it and all by chance. */
  backoffMs: 250,
} as const
