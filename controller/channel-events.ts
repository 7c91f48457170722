/**
 * What the channel to switches tells, handed to the parts that follow it; and what is forgotten with a switch whose record
 * is deleted. It refuses to decide anything: each event goes to those that need to know, in the order that they need.
 * Used by main.ts.
 */
import type { TopologyService } from '../topology/service.ts'
import type { Applied } from './applied.ts'
import type { Southbound } from './channel/southbound.ts'
import type { ChannelEvent, PacketIn } from './channel/types.ts'
import type { CompileLoop } from './compile-loop.ts'
import type { Demands } from './demands.ts'
import type { Hypervisors } from './hypervisors.ts'
import type { LifecycleWatch } from './lifecycle/watch.ts'
import type { Numbering } from './numbering.ts'
import type { Observed } from './observe.ts'
import type { OwedCuts } from './owed-cuts.ts'
import type { Probing } from './probing/probing.ts'
import type { RefusedWatch } from './refused-watch.ts'

export interface ChannelFollowers {
  topology: TopologyService
  observed: Observed
  /** Has what follows from an observation compiled. */
  observe(act: () => void): void
  southbound: Southbound
  hypervisors: Hypervisors
  numbering: Numbering
  owed: OwedCuts
  demands: Demands
  probing: Probing
  loop: CompileLoop
  applied: Applied
  refused: RefusedWatch
  lifecycle: Pick<LifecycleWatch, 'came' | 'went'>
  packetIn(packet: PacketIn): void
}

export function channelHandler(parts: ChannelFollowers): (event: ChannelEvent) => void {
  const { topology, observed, observe, southbound, hypervisors, numbering, owed, demands, probing, loop, applied } =
    parts
  return (event) => {
    switch (event.kind) {
      case 'up':
        observe(() => {
          topology.switchUp(event.datapathId, [...event.ports.values()])
          observed.switchUp(event.datapathId, event.ports.values(), event.measures)
        })
        hypervisors.look(event.datapathId)
        // After it is known what is on the switch, for that says which zones it needs.
        void numbering.came(event.datapathId)
        break
      case 'down':
        parts.refused.went(event.datapathId)
        parts.lifecycle.went(event.datapathId)
        numbering.went(event.datapathId)
        observe(() => topology.switchDown(event.datapathId, event.reason))
        applied.changed()
        break
      case 'port':
        observe(() => {
          const removed = event.removed === true
          topology.portChanged(event.datapathId, event.port, removed)
          observed.portChanged(event.datapathId, event.port, removed)
        })
        break
      case 'packetIn':
        parts.packetIn(event)
        break
      case 'forgotten':
        owed.forgotten(event.datapathId, event.flushes)
        break
      case 'expired':
        demands.expired(event.datapathId, event.flows)
        break
      case 'timed':
        demands.read(event.datapathId, event.flows)
        // What the switch keeps is wanted of it before the two are compared.
        loop.catchUp()
        break
      case 'applied':
        parts.refused.came(event.datapathId)
        parts.lifecycle.came(event.datapathId)
        demands.confirmed(event.datapathId)
        probing.confirmed(event.datapathId)
        applied.changed()
        break
      case 'status': {
        const status = southbound.status(event.datapathId)
        if (status !== undefined) {
          demands.status(status)
          probing.status(event.datapathId, status.state)
        }
        applied.changed()
      }
    }
  }
}

/** The record about a switch was deleted: one that is away is gone for good. */
export function forgetSwitch(parts: ChannelFollowers, datapathId: string): void {
  const { topology, observed, observe, southbound, hypervisors, numbering, owed, demands, loop, applied } = parts
  if (!southbound.forget(datapathId)) return
  void numbering.forgotten(datapathId)
  owed.gone(datapathId)
  demands.forget(datapathId)
  parts.refused.forget(datapathId)
  parts.lifecycle.went(datapathId)
  loop.forget(datapathId)
  observe(() => {
    topology.forget(datapathId)
    observed.switchForgotten(datapathId)
  })
  hypervisors.forget(datapathId)
  applied.changed()
}
