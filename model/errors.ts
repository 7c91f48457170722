/**
 * Every error a user can meet: one row each with its code, kind, sentence, gRPC status and what to do next. The rest
 * of the code refers to rows by code; docs/errors.md is generated from this table and a test fails when they differ.
 * It refuses to know how an error travels (api/) or is printed (cli/).
 */

/** gRPC status numbers, as in google.rpc.Code. */
export const STATUS = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const
export type Status = keyof typeof STATUS

interface ErrorRow {
  status: Status
  /** What went wrong; `{name}` is filled from the error's details. */
  sentence: string
  /** What the operator should do. */
  remedy: string
}

export const ERRORS = {
  INVALID_FIELD: {
    status: 'INVALID_ARGUMENT',
    sentence: 'The request has {count} invalid field(s): {summary}.',
    remedy: 'Correct the fields named in the BadRequest detail and send the request again.',
  },
  UNKNOWN_FIELD: {
    status: 'INVALID_ARGUMENT',
    sentence: 'Unknown field {field}.',
    remedy: 'Remove the field or use the nearest legal one: {nearest}.',
  },
  NOT_FOUND: {
    status: 'NOT_FOUND',
    sentence: 'There is no {kind} named {name}.',
    remedy: 'List what exists with `tagsteer get {kind}`.',
  },
  NO_SUCH_FLOW: {
    status: 'NOT_FOUND',
    sentence: 'No switch has, or should have, the flow {flow}.',
    remedy: 'See what there is with `tagsteer flows SWITCH`; only flows whose cookie begins with 0x7a67 are ours.',
  },
  NO_SUCH_EVENT: {
    status: 'NOT_FOUND',
    sentence: 'There is no event {sequence}; the newest is {newest}.',
    remedy: 'See events and their numbers with `tagsteer events`; they begin at 1 when the controller starts.',
  },
  EVENT_FORGOTTEN: {
    status: 'OUT_OF_RANGE',
    sentence: 'Event {sequence} is no longer kept; the oldest is {oldest}.',
    remedy:
      'Ask about the packet as the log shows it, with `tagsteer explain --packet`; keep more with `limits.events`.',
  },
  EVENT_WITHOUT_PACKET: {
    status: 'FAILED_PRECONDITION',
    sentence: 'Event {sequence} is about no packet: it is {type}.',
    remedy: 'Name an event of type rule-matched: `tagsteer events --type rule-matched`.',
  },
  ALREADY_EXISTS: {
    status: 'ALREADY_EXISTS',
    sentence: 'A {kind} named {name} exists already.',
    remedy: 'Choose another name, or update the existing record.',
  },
  DUPLICATE_ADDRESS: {
    status: 'ALREADY_EXISTS',
    sentence: 'Address {address} in network {network} belongs to interface {name} already.',
    remedy: 'Release it there first, or give another address.',
  },
  DUPLICATE_MAC: {
    status: 'ALREADY_EXISTS',
    sentence: 'MAC {mac} belongs to interface {name} already.',
    remedy: 'MAC addresses are unique across interface records; give another one.',
  },
  DUPLICATE_ATTACHMENT: {
    status: 'ALREADY_EXISTS',
    sentence: 'Port {port} is the attachment of interface {name} already.',
    remedy: 'Detach that interface first, or attach this one elsewhere.',
  },
  DUPLICATE_DATAPATH: {
    status: 'ALREADY_EXISTS',
    sentence: 'Datapath {datapathId} is described by switch record {name} already.',
    remedy: 'Update that record instead.',
  },
  IN_USE: {
    status: 'FAILED_PRECONDITION',
    sentence: 'The {kind} {name} is used by {user}.',
    remedy: 'Delete or change {user} first.',
  },
  CONFLICTING_RULE: {
    status: 'FAILED_PRECONDITION',
    sentence: '{rule} would be {kind}, with {other}; for example {witness}. Nothing was written.',
    remedy: 'Change one of the two rules, see `tagsteer lint -f FILE`, or set `conflicts: warn` in VNP {vnp}.',
  },
  ETAG_MISMATCH: {
    status: 'ABORTED',
    sentence: 'The {kind} {name} has changed since it was read.',
    remedy: 'Read it again, apply your change to the new version, and send that.',
  },
  REQUEST_ID_REUSED: {
    status: 'INVALID_ARGUMENT',
    sentence: 'Request id {requestId} was used before with a different request.',
    remedy: 'Use a fresh UUID for each new request.',
  },
  TOO_MANY: {
    status: 'RESOURCE_EXHAUSTED',
    sentence: 'Too many {what}: {count}, the limit is {limit}.',
    remedy: 'Remove some, or split the request.',
  },
  MESSAGE_TOO_LARGE: {
    status: 'RESOURCE_EXHAUSTED',
    sentence: 'The message is larger than {limit} octets.',
    remedy: 'Split the request.',
  },
  SPACE_FULL: {
    status: 'RESOURCE_EXHAUSTED',
    sentence: 'No free number is left in the {space} space of {limit}.',
    remedy: 'Remove unused records; numbers return after their quarantine.',
  },
  NUMBERS_SPENT: {
    status: 'RESOURCE_EXHAUSTED',
    sentence: 'Every number up to {limit} has been given to a {kind} once, and none is given twice.',
    remedy: 'Update records that exist; for new ones apply your manifests to a controller with an empty store.',
  },
  COMPACTED: {
    status: 'OUT_OF_RANGE',
    sentence: 'Revision {revision} is no longer kept; the oldest is {oldest}.',
    remedy: 'Watch from the revision of a new list of the records; ask about the past from generation {oldest} on.',
  },
  UNAUTHENTICATED: {
    status: 'UNAUTHENTICATED',
    sentence: 'The connection carries no client certificate with a role.',
    remedy: 'Connect with a certificate from `tagsteer certs client --role ROLE`.',
  },
  FORBIDDEN: {
    status: 'PERMISSION_DENIED',
    sentence: 'Role {role} may not call {method}.',
    remedy: 'Use a certificate with one of the roles: {roles}.',
  },
  STORE_FAILED: {
    status: 'UNAVAILABLE',
    sentence: 'The store refused the write: {reason}.',
    remedy: 'Nothing was changed. Free disk space or repair the store, then repeat the request.',
  },
  NOT_APPLIED: {
    status: 'DEADLINE_EXCEEDED',
    sentence: 'Generation {generation} is not applied yet on: {switches}.',
    remedy: 'See `tagsteer get switches` for the state of each switch.',
  },
  SWITCH_OFFLINE: {
    status: 'UNAVAILABLE',
    sentence: 'Switch {datapathId} is not connected.',
    remedy: 'Check its controller setting and certificate; see `tagsteer get switches`.',
  },
  NOT_PROBED: {
    status: 'FAILED_PRECONDITION',
    sentence: 'No probe can be sent from {from} to {to}: {reason}.',
    remedy: 'See where both are with `tagsteer topology`, and what policy says with `tagsteer explain {from} {to}`.',
  },
  TOO_MANY_PROBES: {
    status: 'RESOURCE_EXHAUSTED',
    sentence: 'Too many probes: {what}.',
    remedy: 'Repeat the request in a second; a probe ends by itself.',
  },
  POOL_EXHAUSTED: {
    status: 'RESOURCE_EXHAUSTED',
    sentence: 'NAP {nap} has no address left: of {size}, {given} are given and {cooling} are cooling.',
    remedy: 'Name another NAP or widen its ranges; cooling addresses return by themselves: `tagsteer nap usage {nap}`.',
  },
  NO_NAP_FITS: {
    status: 'FAILED_PRECONDITION',
    sentence: 'No NAP of network {network} can give an address: {reasons}.',
    remedy: 'Create a NAP for the network, or see why with `tagsteer nap select --network {network}`.',
  },
  NAP_DRAINING: {
    status: 'FAILED_PRECONDITION',
    sentence: 'NAP {nap} is draining: it gives nothing out.',
    remedy: 'Name another NAP, or end the draining by setting `draining: false`.',
  },
  NAP_IN_USE: {
    status: 'FAILED_PRECONDITION',
    sentence: '{count} addresses of NAP {nap} that are given would fall out of it, among them {addresses}.',
    remedy: 'Release them first, see `tagsteer lease list --nap {nap}`; with `draining: true` the ranges may shrink.',
  },
  ADDRESS_TAKEN: {
    status: 'ALREADY_EXISTS',
    sentence: 'Address {address} of network {network} cannot be given: it is {state}.',
    remedy: 'Ask for another address; who has it tells `tagsteer lease show {address} --network {network}`.',
  },
  ADDRESS_OUTSIDE: {
    status: 'FAILED_PRECONDITION',
    sentence: 'Address {address} is in no NAP of network {network}.',
    remedy:
      'See the ranges with `tagsteer get naps`; an address of no NAP is written into the interface record itself.',
  },
  NO_LEASE: {
    status: 'NOT_FOUND',
    sentence: 'There is no lease of {address} in network {network}.',
    remedy: 'See what is given with `tagsteer lease list --network {network}`.',
  },
  LEASE_SUPERSEDED: {
    status: 'ABORTED',
    sentence: 'The lease of {address} in network {network} has generation {generation}, not {asked}.',
    remedy: 'The address was given out again since; look with `tagsteer lease show {address} --network {network}`.',
  },
  LEASE_ENDED: {
    status: 'FAILED_PRECONDITION',
    sentence: 'The lease of {address} in network {network} has ended.',
    remedy: 'Allocate again; the same client gets the same address as long as nobody else has it.',
  },
  INTERFACE_LEASED: {
    status: 'FAILED_PRECONDITION',
    sentence: 'Interface {name} holds {address} of network {network} by lease.',
    remedy: 'Release it before the interface goes to another network: `tagsteer lease release {address}`.',
  },
  STAGE_MOVE_ILLEGAL: {
    status: 'FAILED_PRECONDITION',
    sentence: 'No interface goes from stage {from} to {to} by {cause}; from there it goes to: {legal}.',
    remedy: 'See the table of moves in docs/lifecycle.md, and where the interface is with `tagsteer stage get`.',
  },
  STAGE_SUPERSEDED: {
    status: 'ABORTED',
    sentence: 'The stage of interface {name} has generation {generation}, not {asked}.',
    remedy: 'It moved since it was read; look again with `tagsteer stage get {name}`.',
  },
  DERIVED_RECORD: {
    status: 'FAILED_PRECONDITION',
    sentence: 'The {kind} {name} is derived from stage policies and cannot be written itself.',
    remedy: 'Change the stage policy it comes from: `tagsteer get stagepolicies`.',
  },
  IPAM_UNREACHABLE: {
    status: 'UNAVAILABLE',
    sentence: 'External IPAM {connector} cannot be read: {reason}.',
    remedy: 'Nothing was changed. See `tagsteer ipam connectors -o wide`; repeat the request when it answers.',
  },
  IPAM_DENIED: {
    status: 'FAILED_PRECONDITION',
    sentence: 'External IPAM {connector} does not accept the secret of the settings: {reason}.',
    remedy: 'Put a token or password that may read and write addresses where secretFile or secretEnv says.',
  },
  IPAM_CHANGED: {
    status: 'ABORTED',
    sentence: 'Address {address} of network {network} has changed with us since the plan was made.',
    remedy: 'Reconcile again: what is left is planned anew.',
  },
  IPAM_PLAN_CHANGED: {
    status: 'ABORTED',
    sentence: 'The plan for external IPAM {connector} is another than the one that was named; nothing was done.',
    remedy: 'Look at the new one with `tagsteer ipam plan {connector}`.',
  },
  IPAM_NO_CONFLICT: {
    status: 'FAILED_PRECONDITION',
    sentence: '{address} is in no conflict with external IPAM {connector}; nothing was done.',
    remedy: 'Name conflicts that `tagsteer ipam plan {connector}` lists.',
  },
  IPAM_VANISHED: {
    status: 'FAILED_PRECONDITION',
    sentence: '{vanished} of {known} entries have vanished from external IPAM {connector}; nothing was done.',
    remedy:
      'See whether its token may still read them all. If they were deleted on purpose: `tagsteer ipam reconcile {connector} --allow-vanished`.',
  },
  STOPPING: {
    status: 'UNAVAILABLE',
    sentence: 'The controller is stopping.',
    remedy: 'Repeat the request when it is back; switches keep enforcing meanwhile.',
  },
  INTERNAL: {
    status: 'INTERNAL',
    sentence: 'An internal error happened: {reason}.',
    remedy: 'Report it with the log lines that carry the same request id.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

/** One field that is wrong: path in wire spelling (`rules[1].ports[0].first`) and why. */
export interface FieldViolation {
  field: string
  description: string
}

/** An error as cores return it. Thrown only at the edges. */
export interface Failure {
  code: ErrorCode
  details: Record<string, string>
  violations?: FieldViolation[]
}

export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })

export function fail(code: ErrorCode, details: Record<string, string | number> = {}): { ok: false; failure: Failure } {
  const text = Object.fromEntries(Object.entries(details).map(([key, value]) => [key, String(value)]))
  return { ok: false, failure: { code, details: text } }
}

/** An INVALID_FIELD failure from its violations. */
export function invalid(violations: FieldViolation[]): { ok: false; failure: Failure } {
  const summary = violations.map(({ field, description }) => `${field}: ${description}`).join('; ')
  return {
    ok: false,
    failure: { code: 'INVALID_FIELD', details: { count: String(violations.length), summary }, violations },
  }
}

/** The sentence of a failure with its details filled in. */
export function failureText(failure: Failure, part: 'sentence' | 'remedy' = 'sentence'): string {
  return ERRORS[failure.code][part].replace(/\{(\w+)\}/g, (whole, key: string) => failure.details[key] ?? whole)
}
