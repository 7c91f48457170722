/**
 * What the services are given: the store to read, the writer to change, and views of what the controller knows. The API
 * refuses to know how any of it comes about; main.ts fills this in.
 */
import type { FlowStats } from 'node-openflow'
import type { Track } from '../../ipam/silence.ts'
import type { Store } from '../../store/contract.ts'
import type { Applied } from '../applied.ts'
import type { SwitchStatus } from '../channel/southbound.ts'
import type { EventLog } from '../events.ts'
import type { IpamSync } from '../ipam/sync.ts'
import type { Reclaimer } from '../lifecycle/reclaim.ts'
import type { Planner } from '../plan/planner.ts'
import type { Intent } from '../policy/intent.ts'
import type { PolicyLookup } from '../policy/lookup.ts'
import type { SwitchProgram } from '../policy/program.ts'
import type { Backend, ObservedView } from '../policy/state.ts'
import type { Probing } from '../probing/probing.ts'
import type { Sampler } from '../probing/sampler.ts'
import type { ProofInput } from '../prove/prove.ts'
import type { RefusedWatch } from '../refused-watch.ts'
import type { StateChanges } from '../state-changes.ts'
import type { Verifier } from '../verify.ts'
import type { Writer } from '../write.ts'

/** A directed link between two of our switches. */
export interface SeenLink {
  from: { datapathId: string; port: number }
  to: { datapathId: string; port: number }
  /** Milliseconds since the epoch. */
  lastSeen: number
}

/** What is known of switches; programs and counters of one. */
export interface NetworkView {
  readonly switches: ReadonlyMap<string, SwitchStatus>
  readonly links: readonly SeenLink[]
  /** One of the switches. */
  status(datapathId: string): SwitchStatus | undefined
  readonly observed: ObservedView
  readonly backend: Backend
  /** A switch's name: its record's, else its bridge's, else empty. */
  nameOf(datapathId: string): string
  /** What a switch should have; undefined where it is not compiled for. */
  desired(datapathId: string): SwitchProgram | undefined
  /** What a switch is known to have. */
  installed(datapathId: string): SwitchProgram | undefined
  /** Asks the switch now; rejects where it is not connected or does not answer. */
  flowStats(datapathId: string): Promise<FlowStats[]>
  /** Reads a switch's tables back now, others' flows in them included; rejects, saying why, where it cannot be read. */
  readTables(datapathId: string): Promise<ProofInput>
}

export interface ApiDependencies {
  store: Store
  writer: Writer
  /** Intent as it is durable: equal to what the store's reads show. */
  intent: Intent
  /** Verdicts of that intent, cached. */
  lookup: PolicyLookup
  network: NetworkView
  applied: Applied
  planner: Pick<Planner, 'plan'>
  probing: Pick<Probing, 'probe' | 'follow'>
  sampler: Pick<Sampler, 'pairs' | 'counts' | 'rounds' | 'provenSince'>
  events: EventLog
  /** What switches dropped because it was forged. */
  refused: Pick<RefusedWatch, 'entries'>
  /** What counters say of interfaces, and addresses that may be taken back. */
  lifecycle: { track(name: string): Track | undefined } & Pick<Reclaimer, 'evidence' | 'reclaim'>
  /** External IPAMs. */
  ipam: Pick<IpamSync, 'plan' | 'reconcile' | 'status'>
  /** Compares everything, in slices. */
  verifier: Pick<Verifier, 'run'>
  /** What becomes another in intent and observed. */
  changes: StateChanges
}
