/**
 * The Geneve options in which tunnels carry tags, and the fields that switches give them by (RFC 8926 section 3.5; the
 * TLV table of Open vSwitch). Declared once: rows are compiled for these fields, and the channel gives them to switches.
 */
import type { FieldName } from 'node-openflow'

export interface GeneveOption {
  /** 0xff00 to 0xffff are for experiments. */
  optionClass: number
  /** 128 and above are critical: who does not know them drops the packet. */
  type: number
  /** Octets. */
  length: number
  /** Of the field: tun_metadata0, and so on. */
  index: number
  field: Extract<FieldName, `tun_metadata${number}`>
}

const CLASS = 0xff54

export const GENEVE_OPTIONS = {
  /** Identity of the sender. It is what the other end enforces, so nobody may pass over it. */
  identity: { optionClass: CLASS, type: 0x81, length: 4, index: 0, field: 'tun_metadata0' },
  /** What the packet is predicted to be, in the low 16 bits. */
  prediction: { optionClass: CLASS, type: 0x02, length: 4, index: 1, field: 'tun_metadata1' },
} as const satisfies Record<string, GeneveOption>

export const GENEVE_FIELDS = {
  identity: GENEVE_OPTIONS.identity.field,
  prediction: GENEVE_OPTIONS.prediction.field,
} as const
