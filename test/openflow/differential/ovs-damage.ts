/**
 * What becomes of damaged messages here and in Open vSwitch 3.1, where that is not the same: who refuses what the other
 * takes, and errors that have not the same name. Octets that show each row are in damage.json. One row each; a row that
 * no longer shows is a test failure.
 */
import { readFileSync } from 'node:fs'
import { decode, fromHex, WireError } from 'node-openflow'

export interface Outcome {
  /** Name of the error with which Open vSwitch refuses: `OFPBRC_BAD_LEN`. */
  readonly theirs: string | undefined
  /** The same of ours, with the specification's names: `bad_request/bad_len`. */
  readonly ours: string | undefined
  /** What our error says, to tell rows apart. */
  readonly text: string
}

/** What decode makes of the octets, beside what Open vSwitch answered. */
export function outcomeOf(octets: Uint8Array, theirs: string | undefined): Outcome {
  try {
    decode(octets)
    return { theirs, ours: undefined, text: '' }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { theirs, ours: `${error.error?.type}/${error.error?.code}`, text: String(error) }
  }
}

interface DamageRow {
  readonly key: string
  readonly is: (outcome: Outcome) => boolean
  readonly why: string
}

/** Octets that show a row, by its key. */
export const EXAMPLES: ReadonlyMap<string, Uint8Array> = new Map(
  Object.entries(
    JSON.parse(readFileSync(new URL('damage.json', import.meta.url), 'utf8')) as Record<string, string>,
  ).map(([key, hex]) => [key, fromHex(hex)]),
)

/** Names that Open vSwitch has for types, and its prefixes of their codes. */
const TYPES: Readonly<Record<string, string>> = {
  OFPBRC: 'bad_request',
  OFPBAC: 'bad_action',
  OFPBIC: 'bad_instruction',
  OFPBMC: 'bad_match',
  OFPGMFC: 'group_mod_failed',
  OFPMMFC: 'meter_mod_failed',
  OFPTFFC: 'table_features_failed',
}
const CODES: Readonly<Record<string, string>> = { bad_stat: 'bad_multipart', bad_vendor: 'bad_experimenter' }

/** Open vSwitch's name of an error in the specification's: `OFPBRC_BAD_STAT` is bad_request/bad_multipart. */
function specificationName(theirs: string): string {
  const [prefix, ...rest] = theirs.split('_')
  const code = rest.join('_').toLowerCase()
  return `${TYPES[prefix!] ?? prefix}/${CODES[code] ?? code}`
}

// ---- we refuse, Open vSwitch does not ---------------------------------------------------------------------------

const weRefuse = (key: string, pattern: RegExp, why: string): DamageRow => ({
  key,
  is: ({ theirs, ours, text }) => theirs === undefined && ours !== undefined && pattern.test(text),
  why,
})

export const WE_REFUSE: readonly DamageRow[] = [
  weRefuse('hello', /elements/, 'Open vSwitch never refuses a hello: it prints "unknown data" and goes by the header'),
  weRefuse(
    'old actions',
    /^bad_type .*actions\[\d+\]\.type: type ([1-9]|1[034])\b/,
    'Open vSwitch takes the actions of 1.1 that 1.2 replaced by set_field; 1.3 does not define them (section 7.2.5)',
  ),
  weRefuse(
    'properties',
    /^bad_type .*(properties|tuple)\[\d+\]\.type/,
    'Open vSwitch passes over properties that it does not know, in messages that it reads as a controller; here a type without a row is an error',
  ),
  weRefuse(
    'after bundled',
    /^(truncated|bad_len) .*properties/,
    'Open vSwitch takes what follows a bundled message for padding, unless it is a property',
  ),
  weRefuse(
    'left over',
    /octets left over$|bucket_stats\[\d+\]|^bad_len at octet 16 in body\[0\]\.len: length 48/,
    'Open vSwitch takes more than there should be where it is a multiple of 8 octets (or less than one counter); the length is wrong all the same',
  ),
  weRefuse(
    'bands of nothing',
    /^\w+ at octet \d+ in bands\[/,
    'Open vSwitch does not read the bands of a meter that is to be deleted',
  ),
  weRefuse('match_len', /match_len/, 'EXT-187 has the length twice; Open vSwitch goes by the match'),
  weRefuse(
    'fields of packets',
    /(match|fields)\[\d+\]/,
    'Open vSwitch passes over fields that it cannot read in packet_in; a length or mask that the field cannot have is an error (section 7.2.3.2)',
  ),
]

// ---- Open vSwitch refuses, we do not ----------------------------------------------------------------------------

const VALUE = 'a value of the right width without a meaning there: decoding keeps it, who acts on it decides'
const CONTEXT = 'depends on other parts of the message, or on the switch'
const UNKNOWN = 'nobody here knows the experimenter or its type: the octets are kept'

/** By Open vSwitch's name; what `checkMatch` finds is not part of decoding either. */
const THEY_REFUSE: Readonly<Record<string, string>> = {
  NXBAC_BAD_CONJUNCTION: CONTEXT,
  NXBRC_BAD_REASON: VALUE,
  NXBRC_MUST_BE_ZERO: 'padding that is not zero: to be ignored (section 7.1.2), kept here',
  NXTTMFC_BAD_COMMAND: VALUE,
  NXTTMFC_BAD_FIELD_IDX: VALUE,
  NXTTMFC_BAD_OPT_LEN: VALUE,
  OFPACFC_INVALID: VALUE,
  OFPBAC_BAD_ARGUMENT: VALUE,
  OFPBAC_BAD_OUT_PORT: 'Open vSwitch has ports of 16 bits; OpenFlow has 32',
  OFPBAC_BAD_SET_ARGUMENT: 'fields that cannot be set, values that they cannot have: checks of a switch',
  OFPBAC_BAD_SET_LEN: 'fields that it does not know in set_field: kept here',
  OFPBAC_BAD_SET_TYPE: 'fields that it does not know in set_field: kept here',
  OFPBAC_BAD_VENDOR: UNKNOWN,
  OFPBAC_BAD_VENDOR_TYPE: UNKNOWN,
  OFPBFC_MSG_BAD_XID: CONTEXT,
  OFPBIC_BAD_EXPERIMENTER: UNKNOWN,
  OFPBIC_BAD_TABLE_ID: CONTEXT,
  OFPBIC_DUP_INST: CONTEXT,
  OFPBFC_MSG_UNSUP: CONTEXT,
  OFPBMC_BAD_FIELD: 'fields that it does not know in a match: kept here, found by checkMatch',
  OFPBMC_BAD_PREREQ: 'found by checkMatch',
  OFPBMC_BAD_VALUE: VALUE,
  OFPBMC_BAD_WILDCARDS: 'found by checkMatch',
  OFPBMC_DUP_FIELD: 'found by checkMatch',
  OFPBPC_BAD_LEN: "octets of continuations are Open vSwitch's own and stay octets here",
  OFPBPC_BAD_VALUE: VALUE,
  OFPBRC_BAD_LEN: 'errors without a name, table features of no table, packets that are missing from nx_packet_in2',
  OFPBRC_BAD_PORT: CONTEXT,
  OFPBRC_BAD_SUBTYPE: UNKNOWN,
  OFPBRC_BAD_TYPE: 'the error of an experimenter that it does not know: kept here',
  OFPBRC_BAD_VENDOR: UNKNOWN,
  OFPBRC_EPERM: VALUE,
  OFPFMFC_BAD_COMMAND: VALUE,
  OFPFMFC_BAD_FLAGS: VALUE,
  OFPFMFC_BAD_TABLE_ID: CONTEXT,
  OFPGMFC_BAD_COMMAND: VALUE,
  OFPGMFC_BAD_TYPE: VALUE,
  OFPGMFC_BAD_WATCH: CONTEXT,
  OFPGMFC_INVALID_GROUP: CONTEXT,
  OFPGMFC_WATCH_UNSUPPORTED: CONTEXT,
  OFPMMFC_BAD_BAND: UNKNOWN,
  OFPMMFC_BAD_COMMAND: VALUE,
  OFPMMFC_BAD_FLAGS: VALUE,
  OFPMMFC_INVALID_METER: VALUE,
  OFPMOFC_BAD_FLAGS: VALUE,
  OFPQOFC_BAD_PORT: VALUE,
  OFPRRFC_BAD_ROLE: VALUE,
  OFPSCFC_BAD_FLAGS: VALUE,
  OFPTFFC_BAD_FEATURES: CONTEXT,
}

// ---- both refuse, with another error -----------------------------------------------------------------------------

const FIRST = 'there are two faults, or one that is both: who looks at what first'
const NO_CODE = '1.3 has no such code: a name of a later version, or of Nicira, in Open vSwitch'
const NO_FIELD = 'a field with a length or mask that it cannot have is an unknown one in Open vSwitch'

/** `theirs ours`, both as they are told. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'OFPBAC_BAD_ARGUMENT bad_action/bad_type': FIRST,
  'OFPBAC_BAD_SET_LEN bad_action/bad_set_mask': NO_FIELD,
  'OFPBFC_MSG_UNSUP bad_request/bad_type': NO_CODE,
  'OFPBMC_BAD_FIELD bad_match/bad_mask': NO_FIELD,
  'OFPBMC_BAD_PREREQ bad_match/bad_mask': FIRST,
  'OFPBMC_BAD_WILDCARDS bad_match/bad_mask': FIRST,
  'OFPBMC_BAD_WILDCARDS bad_match/bad_value': FIRST,
  'OFPTFFC_BAD_FEATURES table_features_failed/bad_type': FIRST,
}

/** A wrong length is a fault of what it measures and of what is around it. */
const lengths: DamageRow = {
  key: 'lengths',
  is: ({ theirs, ours }) =>
    theirs !== undefined && /_len$/.test(ours ?? '') !== /_LEN$/.test(theirs) && ours !== undefined,
  why: 'Open vSwitch measures the body before it looks inside, or finds another fault first; so do we',
}
const whose: DamageRow = {
  key: 'whose length',
  is: ({ theirs, ours }) => /_LEN$/.test(theirs ?? '') && /_len$/.test(ours ?? ''),
  why: 'a length that is wrong for the part and for the whole: BAD_LEN of the one or the other',
}

export const THEIRS: readonly DamageRow[] = Object.entries(THEY_REFUSE).map(([code, why]) => ({
  key: code,
  is: ({ theirs, ours }) => theirs === code && ours === undefined,
  why,
}))

export const ERRORS: readonly DamageRow[] = [
  lengths,
  whose,
  ...Object.entries(OTHERWISE).map(([pair, why]) => ({
    key: pair,
    is: ({ theirs, ours }: Outcome) => `${theirs} ${ours}` === pair,
    why,
  })),
]

/** Whether both take it, or both refuse it by the same name. */
export const same = ({ theirs, ours }: Outcome): boolean =>
  theirs === undefined || ours === undefined ? theirs === ours : specificationName(theirs) === ours
