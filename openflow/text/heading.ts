/**
 * The heading of a message in text: name, side, version and xid, as ovs-ofctl has them. Names come from the rows, and
 * whose they are (`NXT_`, `ONFT_`, or `OFPT_` of the specification) depends on the version. It refuses to know bodies.
 */

import { MESSAGE_ROWS, type Message } from '../spec/message.ts'
import { experimenterIn, MULTIPART, type MultipartName } from '../spec/multipart.ts'
import { EXPERIMENTER } from '../spec/oxm-row.ts'
import { u16At, u32At } from '../wire/octets.ts'
import { rowIn } from '../wire/union.ts'
import { numberIn, VERSIONS, versionText } from '../wire/version.ts'

/** Where ovs-ofctl's name is not the row's. */
const NAMES: Readonly<Partial<Record<string, string>>> = { port_stats: 'PORT' }

const FAMILIES: ReadonlyMap<number, string> = new Map([
  [EXPERIMENTER.nicira, 'NX'],
  [EXPERIMENTER.onf, 'ONF'],
])

/** `NXT_FLOW_MOD`, `OFPST_PORT`. */
function fullName(kind: 'T' | 'ST', experimenter: number | undefined, name: string): string {
  const family = (experimenter === undefined ? undefined : FAMILIES.get(experimenter)) ?? 'OFP'
  return `${family}${kind}_${NAMES[name] ?? name.replace(/^nx_/, '').toUpperCase()}`
}

const messageName = (type: string, version: number): string =>
  fullName('T', rowIn(MESSAGE_ROWS[type]!, version)?.experimenter, type)

function partName(name: MultipartName, type: string, version: number): string {
  const experimenter = experimenterIn(MULTIPART[name], version)?.id
  return `${fullName('ST', experimenter, name)} ${type === 'multipart_request' ? 'request' : 'reply'}`
}

/** What is said of the version: nothing of 1.0. */
function versionMark(version: number): string {
  if (version === VERSIONS.of10) return ''
  const known = version > VERSIONS.of10 && version <= VERSIONS.of15
  return known ? ` (OF${versionText(version)})` : ` (OF 0x${version.toString(16).padStart(2, '0')})`
}

const headed = (name: string, version: number, xid: number): string =>
  `${name}${versionMark(version)} (xid=0x${xid.toString(16)}):`

/** `OFPT_FLOW_MOD (OF1.3) (xid=0x2):`, `OFPST_FLOW reply (OF1.3) (xid=0x2):`. */
export function heading(message: Message): string {
  const { version = VERSIONS.of13, xid, type } = message
  const name = 'mp_type' in message ? partName(message.mp_type, type, version) : messageName(type, version)
  return headed(name, version, xid)
}

/** The type of a multipart message, of which there is at least the header. */
function partOf(octets: Uint8Array, version: number): MultipartName | undefined {
  const behind = version === VERSIONS.of10 ? 12 : 16
  if (octets.length < behind) return undefined
  const number = u16At(octets, 8)
  const own = number === 0xffff
  if (own && octets.length < 24) return undefined
  return (Object.keys(MULTIPART) as MultipartName[]).find((name) => {
    if (name === 'experimenter' || numberIn(MULTIPART[name].number, version) !== number) return false
    const experimenter = experimenterIn(MULTIPART[name], version)
    if (experimenter === undefined) return !own
    return experimenter.id === u32At(octets, behind) && experimenter.type === u32At(octets, behind + 4)
  })
}

/** Hello, error and echo are the same in every version that there may be. */
const LAST_OF_ANY_VERSION = 3

/** The heading of octets that need not be a whole message; undefined where they do not tell what they are of. */
export function headingIn(octets: Uint8Array): string | undefined {
  const [version = 0, type] = octets
  const said = version <= VERSIONS.of15 || (type !== undefined && type <= LAST_OF_ANY_VERSION)
  if (octets.length < 8 || version < VERSIONS.of10 || !said) return undefined
  const own = type === 4
  if (own && octets.length < 16) return undefined
  const found = Object.keys(MESSAGE_ROWS).find((name) => {
    const place = rowIn(MESSAGE_ROWS[name]!, version)
    if (place === undefined || name === 'experimenter') return false
    if (place.experimenter === undefined) return place.number === type
    return own && place.experimenter === u32At(octets, 8) && place.number === u32At(octets, 12)
  })
  if (found === undefined) return undefined
  if (!found.startsWith('multipart_')) return headed(messageName(found, version), version, u32At(octets, 4))
  const part = partOf(octets, version)
  return part === undefined ? undefined : headed(partName(part, found, version), version, u32At(octets, 4))
}
