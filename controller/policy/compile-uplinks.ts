/**
 * What the bridge below tunnels holds: the one with a hypervisor's physical uplinks, whose own port (LOCAL) has the address
 * where tunnels end. What LOCAL sends leaves by an uplink that is up, what an uplink brings goes to LOCAL, and nothing goes
 * from one uplink to another. It refuses to know tags, policy and what is in tunnels. Used by compile.ts.
 *
 *     uplink ─▶ classify ─▶ LOCAL
 *     LOCAL  ─▶ classify ─▶ ARP, neighbours: every uplink
 *                        ─▶ [select] forward: by the source port ─▶ fast failover, beginning with one of the uplinks
 *
 * Over OpenFlow 1.3 Open vSwitch hashes for a select group without the ports of UDP, and tunnels of one pair of ends differ
 * in nothing else; and while it translates a packet for a tunnel, it does not know that port yet. A select group sends the
 * packet through the datapath once more, which does. So the group chooses nothing here: what the packet says then, in the
 * lower bits of its source port (that is where senders of tunnels put their hash, RFC 7348 section 4.1, RFC 8926 section
 * 3.3), chooses among groups of fast failover.
 */
import { type Action, GROUP_ANY, type Oxm, PORT_ANY, PORT_LOCAL } from 'node-openflow'
import { PROTOCOL } from '../../model/protocol.ts'
import type { SwitchUnits } from './compile-units.ts'
import { cookieOf } from './cookie.ts'
import { is, ND, NO_ROWS, output, RowSet, type Rows } from './fields.ts'
import { TABLES } from './pipeline.ts'
import type { Group } from './program.ts'
import type { DatapathView, UnderlayView } from './state.ts'

export const UNDERLAY_UNIT = 'underlay'

/** Numbers of groups; those of others are elsewhere. The one that begins with the first uplink, and those after it. */
export const UNDERLAY_GROUPS = { again: 0x7467_0000, first: 0x7467_0001 } as const

/** Parts of the traffic that take an uplink together: 4 bits of the source port. */
export const UNDERLAY_SLOTS = 16

const FROM_LOCAL: Oxm = { field: 'in_port', value: PORT_LOCAL }
const toGroup = (group_id: number): Action => ({ type: 'group', group_id })

export function underlayRows({ kind, ports }: UnderlayView): Rows {
  const set = new RowSet(UNDERLAY_UNIT, cookieOf('system'))
  const { classify, forward } = TABLES
  const { again, first } = UNDERLAY_GROUPS
  for (const port of ports)
    set.add(
      classify,
      200,
      [{ field: 'in_port', value: port }],
      { actions: [output(PORT_LOCAL)] },
      cookieOf('link', port),
    )
  // A router that asks by one uplink has to be answered by the same, and the answer does not say by which: so by all.
  const toAll = { actions: ports.map(output) }
  const neighbours = [[is.arp()], ...[ND.solicit, ND.advert].map((type) => is.icmpv6(type))]
  if (ports.length > 1) for (const its of neighbours) set.add(classify, 210, [FROM_LOCAL, ...its], toAll)
  if (ports.length === 0) set.add(classify, 200, [FROM_LOCAL], {})
  else if (kind === 'failover' || ports.length === 1)
    set.add(classify, 200, [FROM_LOCAL], { actions: [toGroup(first)] })
  else {
    set.add(classify, 200, [FROM_LOCAL], { actions: [toGroup(again)], goto: forward })
    set.add(forward, 10, [], { actions: [toGroup(first)] })
    for (const type of [is.ipv4(), is.ipv6()])
      for (const [protocol, field] of [
        [PROTOCOL.udp, 'udp_src'],
        [PROTOCOL.tcp, 'tcp_src'],
      ] as const)
        for (let slot = 0; slot < UNDERLAY_SLOTS; slot++) {
          const match: Oxm[] = [
            type,
            { field: 'ip_proto', value: protocol },
            { field, value: slot, mask: UNDERLAY_SLOTS - 1 },
          ]
          set.add(forward, 100, match, { actions: [toGroup(first + (slot % ports.length))] })
        }
  }
  return set.rows
}

/** For each uplink one that begins with it and goes on to the others; what watches a port skips it while it is down. */
export function underlayGroups({ kind, ports }: UnderlayView): Map<number, Group> {
  const groups = new Map<number, Group>()
  const add = (groupId: number, groupType: Group['groupType'], buckets: Group['buckets']): void => {
    groups.set(groupId, { groupId, groupType, buckets, unit: UNDERLAY_UNIT })
  }
  const isSpread = kind === 'select' && ports.length > 1
  const { again, first } = UNDERLAY_GROUPS
  if (isSpread) add(again, 'select', [{ weight: 1, watch_port: PORT_ANY, watch_group: GROUP_ANY, actions: [] }])
  for (const [at] of isSpread ? ports.entries() : ports.slice(0, 1).entries()) {
    const inTurn = [...ports.slice(at), ...ports.slice(0, at)]
    const buckets = inTurn.map((port) => ({
      ...{ weight: 0, watch_port: port, watch_group: GROUP_ANY },
      actions: [output(port)],
    }))
    add(first + at, 'ff', buckets)
  }
  return groups
}

/** All that such a switch holds. */
export function setUnderlay(units: SwitchUnits, underlay: UnderlayView): SwitchUnits {
  units.set('system', NO_ROWS)
  units.set(UNDERLAY_UNIT, underlayRows(underlay))
  units.setGroups(underlayGroups(underlay))
  return units
}

/** The same of one that is known; nothing of it can be another while its ports are the same. */
export function keepUnderlay(units: SwitchUnits, underlay: UnderlayView, isOther: boolean): void {
  if (isOther) setUnderlay(units, underlay)
}

/** Whether a switch has become one of these, or is none any more, since it was compiled last. */
export function isTurned(units: SwitchUnits | undefined, { underlay }: DatapathView): boolean {
  return units !== undefined && units.has(UNDERLAY_UNIT) !== (underlay !== undefined)
}
