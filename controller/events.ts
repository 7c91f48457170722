/**
 * Every event the controller tells: one row each with its severity and sentence; and the log that numbers events,
 * keeps the newest, and passes them on as they happen. docs/events.md restates the table. It refuses to decide what
 * is worth an event (the callers do) and how it travels (api/).
 */
import { type Observable, Subject } from 'rxjs'

export type Severity = 'info' | 'warning' | 'alert'

interface EventRow {
  severity: Severity
  /** `{name}` is filled from the details; `{subject}` is the switch, link, port or record it is about. */
  sentence: string
}

export const EVENTS = {
  'controller-started': { severity: 'info', sentence: 'The controller listens on {listeners}.' },
  'controller-stopping': { severity: 'info', sentence: 'The controller stops; switches keep enforcing.' },
  'intent-loaded': { severity: 'info', sentence: 'Intent is loaded at generation {generation}.' },
  'topology-settled': {
    severity: 'info',
    sentence: 'The topology has settled: {links} link(s); forwarding is compiled from now on.',
  },
  'switch-connected': { severity: 'info', sentence: 'Switch {subject} connected from {remote}.' },
  'switch-served': { severity: 'info', sentence: 'Switch {subject} is served: {flows} flow(s) read back.' },
  'switch-disconnected': {
    severity: 'warning',
    sentence: 'Switch {subject} is gone ({reason}); it keeps enforcing generation {generation}.',
  },
  'switch-refused': { severity: 'alert', sentence: 'Switch {subject} is not served: {reason}.' },
  'switch-unverified': {
    severity: 'warning',
    sentence: 'Switch {subject} is in no configured OVSDB: its fail mode cannot be verified.',
  },
  'switch-repaired': {
    severity: 'warning',
    sentence: 'Bridge {bridge} of switch {subject} was repaired through OVSDB: {columns}.',
  },
  'switch-degraded': {
    severity: 'alert',
    sentence: 'Switch {subject} refused generation {generation} ({error}); it keeps enforcing generation {applied}.',
  },
  'switch-recovered': { severity: 'info', sentence: 'Switch {subject} enforces generation {generation} again.' },
  'switch-slow': {
    severity: 'warning',
    sentence: 'Switch {subject} is {reason}; others are not held up.',
  },
  'switch-prompt': { severity: 'info', sentence: 'Switch {subject} answers in time again.' },
  'switch-drifted': {
    severity: 'alert',
    sentence:
      'Flows of ours on switch {subject} differ from what was installed: {missing} missing, {changed} changed, {stale} stale ({flows}). They are corrected.',
  },
  'program-differs': {
    severity: 'alert',
    sentence:
      'What is wanted of switch {subject} differs from what compiling everything anew gives: {missing} missing, {changed} changed, {stale} stale ({flows}). This is a defect: report it; restarting the controller corrects it.',
  },
  'foreign-flows': {
    severity: 'alert',
    sentence: 'Others put {count} flow(s) into our tables on switch {subject}, which are left alone: {flows}.',
  },
  'switch-flooded': {
    severity: 'warning',
    sentence:
      'Switch {subject} tells of changes by others faster than they can be followed; for {seconds} s it is read as a whole instead.',
  },
  'connection-refused': { severity: 'alert', sentence: 'A connection from {subject} was refused: {reason}.' },
  'protocol-error': { severity: 'warning', sentence: 'Switch {subject} sent a message that cannot be used: {reason}.' },
  'port-added': { severity: 'info', sentence: 'Port {name} ({port}) of switch {subject} appeared, {state}.' },
  'port-removed': { severity: 'info', sentence: 'Port {name} ({port}) of switch {subject} is gone.' },
  'port-changed': { severity: 'info', sentence: 'Port {name} ({port}) of switch {subject} is {state}.' },
  'link-up': { severity: 'info', sentence: 'Link {subject} is up.' },
  'link-down': { severity: 'warning', sentence: 'Link {subject} is down ({reason}).' },
  'link-refused': { severity: 'alert', sentence: 'A topology probe on {subject} was refused: {reason}.' },
  'interface-placed': { severity: 'info', sentence: 'Interface {subject} is on port {port} of switch {switch}.' },
  'interface-unplaced': { severity: 'warning', sentence: 'Interface {subject} is on no connected port ({reason}).' },
  'interface-contested': {
    severity: 'alert',
    sentence:
      'MAC of interface {subject} was seen on port {port} of switch {switch} while it is attached to {held}: {reason}.',
  },
  'tunnel-contested': {
    severity: 'alert',
    sentence: 'Switch {subject} has no end of tunnels: the address {address} is that of switch {held} already.',
  },
  'carrier-narrow': {
    severity: 'warning',
    sentence:
      'Guests of switch {subject} may send packets of {mtu} octets (port {port}), and {largest} fit towards switch {other} ({carrier}); larger ones are answered with that size. Give guests an MTU of {largest}, or the network below {wanted}.',
  },
  'carrier-wide': {
    severity: 'info',
    sentence: 'What guests of switch {subject} may send fits towards all switches again.',
  },
  'iface-id-contested': {
    severity: 'alert',
    sentence:
      'Port {port} of switch {switch} says it is of interface {subject} ({reason}), which is on {held}: it stays there as long as that says so.',
  },
  'service-missing': {
    severity: 'alert',
    sentence: 'Packets that rules lead through {subject} are dropped: {reason}.',
  },
  'service-found': { severity: 'info', sentence: 'Packets can be led through {subject} again.' },
  'collector-missing': { severity: 'warning', sentence: 'No copies go to {subject}: {reason}.' },
  'tag-lost': {
    severity: 'alert',
    sentence:
      'Identities do not arrive ({subject}): of {packet}, {sender} for {receiver}, {written} was written into {carrier}, and {read} was read; it is lost {where}, on the way {path}.',
  },
  'tag-changed': {
    severity: 'alert',
    sentence:
      'Identities become others ({subject}): of {packet}, {sender} for {receiver}, {written} was written into {carrier}, and {read} was read; it is changed {where}, on the way {path}.',
  },
  'tag-recovered': {
    severity: 'info',
    sentence: 'Identities arrive again ({subject}): of {packet}, {sender} for {receiver}, {read} was read.',
  },
  'stage-moved': {
    severity: 'info',
    sentence: 'Interface {subject} went from stage {from} to {to} by {cause}{note}.',
  },
  'stage-escalated': { severity: 'alert', sentence: 'Interface {subject}, {stage}, does too much: {what}.' },
  'addresses-reclaimed': {
    severity: 'warning',
    sentence: 'Interface {subject} is retired, and lost {addresses}: {note}.',
  },
  'reclaim-refused': { severity: 'warning', sentence: 'Interface {subject} keeps its addresses: {reason}.' },
  'traffic-refused': {
    severity: 'alert',
    sentence:
      'Switch {subject} refused {packets} packet(s) in {seconds} s ({reason}): {what} By port, most first: {ports}.',
  },
  'traffic-refused-over': {
    severity: 'info',
    sentence: 'Switch {subject} refuses no more for now ({reason}): it was {packets} packet(s) in {seconds} s.',
  },
  'packets-lost': {
    severity: 'warning',
    sentence: 'Packets to the controller from port {port} of switch {subject} came too fast: {count} dropped.',
  },
  'dhcp-forged': {
    severity: 'alert',
    sentence: 'A guest at port {port} of switch {subject} asks by DHCP {reason} ({count} since this was told last).',
  },
  'dhcp-unanswered': {
    severity: 'warning',
    sentence:
      'What port {port} of switch {subject} asks by DHCP is not answered: {reason} ({count} since this was told last).',
  },
  'dhcp-failed': {
    severity: 'alert',
    sentence: 'A question of {subject} by DHCP could not be answered ({reason}). This is a defect: report it.',
  },
  'address-declined': {
    severity: 'alert',
    sentence:
      'Interface {subject} declines {address} of network {network}: its guest saw somebody else use it. A leased address is given to nobody for an hour.',
  },
  'connections-cut': {
    severity: 'info',
    sentence: 'Switch {subject} forgot the connections that generation {generation} cuts: {count} message(s).',
  },
  'connections-not-cut': {
    severity: 'alert',
    sentence:
      'Not all connections that {subject} is to cut are forgotten: {reason}. Their packets are judged by the policy of now.',
  },
  'verdicts-full': {
    severity: 'alert',
    sentence:
      'Switch {subject} keeps as many verdicts as it may ({limit}): those asked longest ago give way, of the port that has most.',
  },
  'verdicts-relieved': {
    severity: 'info',
    sentence: 'Switch {subject} has room for verdicts again: it keeps {kept}.',
  },
  'rule-matched': { severity: 'info', sentence: 'A packet from {from} to {to} matched {subject}: {packet}.' },
  'ovsdb-connected': { severity: 'info', sentence: 'OVSDB {subject} is read: {bridges} bridge(s).' },
  'ovsdb-lost': {
    severity: 'warning',
    sentence: 'OVSDB {subject} is out of reach ({reason}); fail modes last read stand.',
  },
  'bridge-contested': {
    severity: 'alert',
    sentence:
      'OVSDB {database} says that it has the bridge of switch {subject}, which OVSDB {held} has: the latter is believed.',
  },
  'tunnel-port-written': {
    severity: 'info',
    sentence: 'Port {port} of bridge {bridge} of switch {subject} was {what} through OVSDB.',
  },
  'tunnel-port-wanted': {
    severity: 'warning',
    sentence:
      'Bridge {bridge} of switch {subject} has not the tunnel port that it should, and nothing may be written (repair). Run: {command}',
  },
  'tunnel-port-foreign': {
    severity: 'alert',
    sentence:
      'Port {port}, which bridge {bridge} of switch {subject} should have for tunnels, is not ours ({reason}) and is left alone.',
  },
  'tunnel-port-failed': {
    severity: 'alert',
    sentence: 'Port {port} of bridge {bridge} of switch {subject} is no tunnel port that works: {reason}.',
  },
  'telemetry-written': {
    severity: 'info',
    sentence: 'The {protocol} of bridge {bridge} of switch {subject} was {what} through OVSDB.',
  },
  'telemetry-wanted': {
    severity: 'warning',
    sentence:
      'Bridge {bridge} of switch {subject} does not export what it should, and nothing may be written (repair). Run: {command}',
  },
  'telemetry-foreign': {
    severity: 'warning',
    sentence:
      'The {protocol} of bridge {bridge} of switch {subject} is not ours ({reason}): it is left alone, and ours is not made.',
  },
  'telemetry-failed': {
    severity: 'alert',
    sentence: 'What bridge {bridge} of switch {subject} exports could not be written: {reason}.',
  },
  'bridge-made': { severity: 'info', sentence: 'Bridge {bridge} was made through OVSDB {subject}, which wants it.' },
  'bridge-wanted': {
    severity: 'warning',
    sentence:
      'OVSDB {subject} wants a bridge {bridge} and has none, and nothing may be written (repair). Run there: {command}',
  },
  'bridge-failed': {
    severity: 'alert',
    sentence: 'Bridge {bridge} could not be made through OVSDB {subject}: {reason}.',
  },
  'history-damaged': {
    severity: 'alert',
    sentence: 'History reaches back to generation {oldest} only: {subject}: {reason}. Records are not concerned.',
  },
  'history-lost': {
    severity: 'alert',
    sentence: 'The history of generations up to {oldest} could not be kept ({reason}). Records are not concerned.',
  },
  'space-filling': {
    severity: 'warning',
    sentence: 'Space {subject} is {percent} % full: {used} in use and {resting} in quarantine, of {limit}.',
  },
  'space-nearly-full': {
    severity: 'alert',
    sentence:
      'Space {subject} is {percent} % full: {used} in use and {resting} in quarantine, of {limit}. Writes that need more will be refused.',
  },
  'space-relieved': {
    severity: 'info',
    sentence: 'Space {subject} has room again: {used} in use and {resting} in quarantine, of {limit}.',
  },
  'space-full': {
    severity: 'alert',
    sentence: 'A write was refused, and nothing of it was written, because space {subject} ({limit}) is full.',
  },
  'nap-high': {
    severity: 'warning',
    sentence:
      'NAP {subject} is {used} % used, above its high watermark of {high} %: {free} free, {held} held, {standby} on standby, {cooling} cooling.',
  },
  'nap-exhausted': {
    severity: 'alert',
    sentence:
      'NAP {subject} has no free address: {held} held, {standby} on standby, {cooling} cooling, {fixed} fixed. Give it another range, or release leases.',
  },
  'nap-low': {
    severity: 'info',
    sentence: 'NAP {subject} is {used} % used, below its low watermark of {low} %: {free} free.',
  },
  'nap-normal': {
    severity: 'info',
    sentence: 'NAP {subject} is between its watermarks again: {used} % used, {free} free, {cooling} cooling.',
  },
  'switch-unnumbered': {
    severity: 'alert',
    sentence:
      'Switch {subject} could not be given its numbers ({reason}); what needs them is dropped there. It is tried again.',
  },
  'switch-numbered': { severity: 'info', sentence: 'Switch {subject} has its numbers now.' },
  'compile-failed': {
    severity: 'alert',
    sentence:
      'What switches should have could not be compiled ({reason}); they keep what they have. This is a defect: report it.',
  },
  'ipam-unreachable': {
    severity: 'warning',
    sentence: 'External IPAM {subject} cannot be used: {reason}. Addresses are given out all the same.',
  },
  'ipam-reachable': { severity: 'info', sentence: 'External IPAM {subject} answers again.' },
  'ipam-conflicts': {
    severity: 'warning',
    sentence: 'External IPAM {subject} and we disagree about {count} address(es); both stay as they are.',
  },
  'ipam-vanished': {
    severity: 'alert',
    sentence: '{vanished} of {known} entries have vanished from external IPAM {subject}; nothing is reconciled.',
  },
  'ipam-reconciled': {
    severity: 'info',
    sentence: 'Reconciled with external IPAM {subject}: {done} done, {failed} failed, {left} left.',
  },
  'ipam-claimed': {
    severity: 'info',
    sentence: '{count} address(es) of {prefix} were claimed of external IPAM {subject} for NAP {nap}.',
  },
  'ipam-claim-failed': {
    severity: 'warning',
    sentence:
      'No addresses could be claimed of external IPAM {subject} for NAP {nap}, which has {free} left: {reason}.',
  },
  'store-failed': { severity: 'alert', sentence: 'The store refused a write of the controller itself: {reason}.' },
} as const satisfies Record<string, EventRow>

export type EventType = keyof typeof EVENTS

export interface ControllerEvent {
  /** Starts at 1 and has no holes. */
  sequence: number
  /** Milliseconds since the epoch. */
  time: number
  type: EventType
  severity: Severity
  subject: string
  details: Readonly<Record<string, string>>
  sentence: string
}

/** How an event is told: `tell('link-up', '…', {})`. */
export type Tell = (type: EventType, subject: string, details?: Record<string, string | number>) => void

export class EventLog {
  readonly #now: () => number
  readonly #capacity: number
  readonly #kept: ControllerEvent[] = []
  readonly #subject = new Subject<ControllerEvent>()
  #next = 1

  /** @param now Milliseconds since the epoch. @param capacity Events kept for late readers. */
  constructor(now: () => number, capacity = 10000) {
    this.#now = now
    this.#capacity = capacity
  }

  readonly tell: Tell = (type, subject, details = {}) => {
    const text = Object.fromEntries(Object.entries(details).map(([key, value]) => [key, plain(String(value))]))
    const about = plain(subject)
    const row: EventRow = EVENTS[type]
    const sentence = row.sentence.replace(/\{(\w+)\}/g, (whole, key: string) =>
      key === 'subject' ? about : (text[key] ?? whole),
    )
    const event = {
      sequence: this.#next++,
      time: this.#now(),
      type,
      severity: row.severity,
      subject: about,
      details: text,
      sentence,
    }
    this.#kept.push(event)
    if (this.#kept.length > this.#capacity) this.#kept.shift()
    this.#subject.next(event)
  }

  /** Events as they happen. A reader that throws or is slow is its own business: buffer outside. */
  get follow(): Observable<ControllerEvent> {
    return this.#subject
  }

  /** The sequence number of the next event. */
  get next(): number {
    return this.#next
  }

  /** The event of a sequence number; where it is no longer kept, the oldest one that is, and how many were lost. */
  at(sequence: number): { event: ControllerEvent | undefined; lost: number } {
    const oldest = this.#next - this.#kept.length
    const from = Math.max(sequence, oldest)
    return { event: this.#kept[from - oldest], lost: from - sequence }
  }

  /** Events kept from a sequence number on, and how many before them are no longer kept. */
  since(sequence: number): { events: ControllerEvent[]; lost: number } {
    const oldest = this.#next - this.#kept.length
    const from = Math.max(sequence, 1)
    return { events: this.#kept.slice(Math.max(0, from - oldest)), lost: Math.max(0, oldest - from) }
  }

  close(): void {
    this.#subject.complete()
  }
}

/** Octets of one detail that are kept. */
const MAX_TEXT = 2000

/** Names come from switches and packets: what is printed of them must not start a line, nor steer a terminal. */
function plain(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text
  return short.replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
