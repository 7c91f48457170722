/**
 * Operations as OpenFlow messages, and batches as what goes on the wire: a bundle (EXT-230) or messages one by one.
 * Pure; transaction ids are given out by whoever sends (channel/push.ts). It refuses to know answers.
 */
import { GROUP_ANY, type Message, NO_BUFFER, OFPFF_SEND_FLOW_REM, OFPPC_NO_FLOOD, PORT_ANY } from 'node-openflow'
import { isTimed, type Operation } from './diff.ts'

/** Hardware addresses of ports, which a port_mod must repeat (section 7.3.4.3). */
export interface PortAddresses {
  get(port: number): number | undefined
}

const ALL_BITS = 0xffff_ffff_ffff_ffffn

/**
 * The message of one operation with transaction id 0. Deletions name the cookie as well, so that a flow that somebody
 * else put in the place of ours is left alone.
 */
export function operationMessage(operation: Operation, addresses: PortAddresses = new Map()): Message {
  switch (operation.what) {
    case 'flow': {
      const { flow } = operation
      const act = operation.act === 'modify' && isTimed(flow) ? 'add' : operation.act
      return {
        type: 'flow_mod',
        xid: 0,
        cookie: flow.cookie,
        cookie_mask: act === 'add' ? 0n : ALL_BITS,
        table_id: flow.table,
        command: act === 'add' ? 'add' : act === 'modify' ? 'modify_strict' : 'delete_strict',
        idle_timeout: flow.idleTimeout ?? 0,
        hard_timeout: 0,
        priority: flow.priority,
        buffer_id: NO_BUFFER,
        out_port: PORT_ANY,
        out_group: GROUP_ANY,
        flags: isTimed(flow) && act === 'add' ? OFPFF_SEND_FLOW_REM : 0,
        match: [...flow.match],
        instructions: act === 'delete' ? [] : [...flow.instructions],
      }
    }
    case 'group': {
      const { groupId, groupType, buckets } = operation.group
      return {
        type: 'group_mod',
        xid: 0,
        command: operation.act,
        group_type: groupType,
        group_id: groupId,
        buckets: operation.act === 'delete' ? [] : [...buckets],
      }
    }
    case 'meter': {
      const { meterId, flags, bands } = operation.meter
      return {
        type: 'meter_mod',
        xid: 0,
        command: operation.act,
        flags,
        meter_id: meterId,
        bands: operation.act === 'delete' ? [] : [...bands],
      }
    }
    case 'port': {
      const { port, noFlood } = operation
      return {
        type: 'port_mod',
        xid: 0,
        port_no: port,
        hw_addr: addresses.get(port) ?? 0,
        config: noFlood ? OFPPC_NO_FLOOD : 0,
        mask: OFPPC_NO_FLOOD,
        advertise: 0,
      }
    }
  }
}
