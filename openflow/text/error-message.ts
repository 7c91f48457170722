/**
 * Error messages in text: the name of the error, and the message that caused it as far as its octets tell what it was.
 */

import type { ErrorKind, ErrorTypeName } from '../spec/errors.ts'
import { decode, type ErrorMessage, type Message } from '../spec/message.ts'
import { WireError } from '../wire/error.ts'
import { u16At } from '../wire/octets.ts'
import { hexDump } from './bits.ts'
import { headingIn } from './heading.ts'

/** Prefixes of code names, as the specification has them. */
const PREFIX: Readonly<Record<ErrorTypeName, string>> = {
  hello_failed: 'OFPHFC',
  bad_request: 'OFPBRC',
  bad_action: 'OFPBAC',
  bad_instruction: 'OFPBIC',
  bad_match: 'OFPBMC',
  flow_mod_failed: 'OFPFMFC',
  group_mod_failed: 'OFPGMFC',
  port_mod_failed: 'OFPPMFC',
  table_mod_failed: 'OFPTMFC',
  queue_op_failed: 'OFPQOFC',
  switch_config_failed: 'OFPSCFC',
  role_request_failed: 'OFPRRFC',
  meter_mod_failed: 'OFPMMFC',
  table_features_failed: 'OFPTFFC',
  bad_property: 'OFPBPC',
  async_config_failed: 'OFPACFC',
  flow_monitor_failed: 'OFPMOFC',
  bundle_failed: 'OFPBFC',
  nx_tlv_table_mod_failed: 'NXTTMFC',
  nx_resume_failed: 'NXR',
  nx_stats_failed: 'NXST',
}

/** Open vSwitch has the names of 1.0 in every version, and those of 1.4 for properties. */
const SPELLING: Readonly<Record<string, string>> = {
  OFPBRC_BAD_MULTIPART: 'OFPBRC_BAD_STAT',
  OFPBRC_BAD_EXPERIMENTER: 'OFPBRC_BAD_VENDOR',
  OFPBRC_BAD_EXP_TYPE: 'OFPBRC_BAD_SUBTYPE',
  OFPBRC_IS_SLAVE: 'OFPBRC_IS_SECONDARY',
  OFPBAC_BAD_EXPERIMENTER: 'OFPBAC_BAD_VENDOR',
  OFPBAC_BAD_EXP_TYPE: 'OFPBAC_BAD_VENDOR_TYPE',
  OFPTFFC_BAD_TYPE: 'OFPBPC_BAD_TYPE',
  OFPTFFC_BAD_LEN: 'OFPBPC_BAD_LEN',
  OFPTFFC_BAD_ARGUMENT: 'OFPBPC_BAD_VALUE',
}

/** `OFPBMC_BAD_PREREQ`, Nicira's own `NXBMC_CT_DATAPATH_SUPPORT`; numbers where there is no name. */
export function formatError(kind: ErrorKind): string {
  const { error_type, code, experimenter } = kind
  if (typeof error_type === 'string' && error_type !== 'experimenter') {
    const prefix = PREFIX[error_type]
    if (typeof code === 'number') return `${prefix}_${code}`
    if (code.startsWith('nx_')) return `${prefix.replace(/^OFP/, 'NX')}_${code.slice(3).toUpperCase()}`
    const name = `${prefix}_${code.toUpperCase()}`
    return SPELLING[name] ?? name
  }
  const whose = experimenter === undefined ? '' : ` experimenter=0x${experimenter.toString(16)}`
  return `type=${error_type}${whose} code=${code}`
}

const BACKSLASH = 0x5c

/** Octets as text, those that are not printable as C has them: `\012`. */
function printable(octets: Uint8Array): string {
  const signs = Array.from(octets, (octet) =>
    octet >= 32 && octet < 127 && octet !== BACKSLASH
      ? String.fromCharCode(octet)
      : `\\${octet.toString(8).padStart(3, '0')}`,
  )
  return signs.join('')
}

/** Why octets are no message, and the octets. */
function refused(octets: Uint8Array, { error }: WireError): string {
  const dump = `\n${hexDump(octets)}`
  const size = octets.length
  if (size < 8) return `OpenFlow packet too short (only ${size} bytes):${dump}`
  const said = u16At(octets, 2)
  const head = headingIn(octets)
  if (said > size)
    return `${head === undefined ? '' : `${head}\n`}(***truncated to ${size} bytes from ${said}***)${dump}`
  if (said < size) return `(***only uses ${said} bytes out of ${size}***)${dump}`
  const name =
    error === undefined ? 'OFPBRC_BAD_LEN' : formatError({ error_type: error.type, code: error.code } as ErrorKind)
  // A length that does not fit the type is found before the type is told.
  const front = head === undefined || name === 'OFPBRC_BAD_LEN' ? '' : `${head} `
  return `${front}***decode error: ${name}***${dump}`
}

/** Name of the error, and below it what caused it; `print` prints messages, without it there are octets. */
export function errorText(message: ErrorMessage, print?: (quoted: Message) => string): string {
  const { data } = message
  const name = formatError(message)
  if (message.error_type === 'hello_failed') return data.length === 0 ? name : `${name}\n${printable(data)}`
  if (data.length === 0) return `${name}\nOpenFlow message is empty`
  if (print === undefined) return `${name}\n${hexDump(data)}`
  try {
    return `${name}\n${print(decode(data))}`
  } catch (problem) {
    if (!(problem instanceof WireError)) throw problem
    return `${name}\n${refused(data, problem)}`
  }
}
