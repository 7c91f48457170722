/**
 * Which asynchronous messages a controller gets: masks of reasons by message and role (OpenFlow 1.3.5 section 7.3.10,
 * 1.4.1 section 7.3.10). 1.3 has six masks in a row, 1.4 a property for each.
 */

import { type Of, u32 } from '../wire/field.ts'
import { spelled } from '../wire/spelled.ts'
import { struct } from '../wire/struct.ts'
import { columns } from '../wire/version.ts'
import { ASYNC_PROPERTIES, type AsyncProperty, asyncProperties } from './async-properties.ts'

type MaskProperty = Extract<AsyncProperty, { mask: number }>['type']
type MemberOf<P extends string> = P extends `${infer Kind}_${'master' | 'slave'}`
  ? P extends `${Kind}_${infer Role}`
    ? `${Kind}_mask_${Role}`
    : never
  : never

/** Masks that every version has, in the order of 1.3: when master or equal, when slave. */
const masks13 = {
  packet_in_mask_master: u32,
  packet_in_mask_slave: u32,
  port_status_mask_master: u32,
  port_status_mask_slave: u32,
  flow_removed_mask_master: u32,
  flow_removed_mask_slave: u32,
} as const
type Mask13 = keyof typeof masks13
type Masks = { [M in Mask13]: number } & { [M in Exclude<MemberOf<MaskProperty>, Mask13>]?: number }

/** Property and member, in the order of the properties' numbers. */
const MASKS = (Object.keys(ASYNC_PROPERTIES) as Array<keyof typeof ASYNC_PROPERTIES>)
  .filter((type): type is MaskProperty => !type.startsWith('experimenter'))
  .map((type) => [type, type.replace(/_(?=master$|slave$)/, '_mask_') as keyof Masks] as const)

const asyncConfig14 = spelled(struct({ properties: asyncProperties }), 'properties', {
  members(list): Masks {
    const masks: Partial<Record<keyof Masks, number>> = {}
    for (const [type, member] of MASKS) {
      const found = list.find((one) => one.type === type)
      if (found !== undefined && 'mask' in found) masks[member] = found.mask
      else if (Object.hasOwn(masks13, member)) masks[member] = 0
    }
    return masks as Masks
  },
  canonical(masks: Masks) {
    const list: AsyncProperty[] = []
    for (const [type, member] of MASKS) {
      const mask = masks[member]
      if (mask !== undefined || Object.hasOwn(masks13, member)) list.push({ type, mask: mask as number })
    }
    return list
  },
  unsaidMatters: true,
  optional: Object.fromEntries(
    MASKS.filter(([, member]) => !Object.hasOwn(masks13, member)).map(([, member]) => [member, 0]),
  ),
})

/** The masks as 1.3 and Nicira's nx_set_async_config have them. */
export const asyncMasks = struct(masks13)

/**
 * What set_async sets and get_async_reply tells. In 1.4 a mask that is not told stays as it was: then those of 1.3 are 0
 * in the value and the list of those told is there. 1.3 cannot say that.
 */
export const asyncConfig = columns<Of<typeof asyncConfig14>>({ of13: asyncMasks, of14: asyncConfig14 })
