/**
 * The shapes that are written by hand in openflow/spec, by their kind, for docs/wire.md: a name, and what their octets
 * are, in words. Shapes made of rows need nothing here.
 */

export interface Kind {
  readonly name: string
  /** In order; empty where a section of the page says it. */
  readonly octets: string
  /** Anchor of the section of the page that has it all. */
  readonly section?: string
}

const FIELDS = 'match-fields'

export const KINDS: Readonly<Record<string, Kind>> = {
  match: {
    name: 'match',
    octets:
      'type u16 (1), length u16 (type and length included, padding not), [match fields](#match-fields), pad to 8 behind the length',
  },
  oxm: { name: 'match field', octets: '', section: FIELDS },
  setField: { name: 'match field', octets: '', section: FIELDS },
  actions: { name: 'actions', octets: '', section: 'actions' },
  error: { name: 'error', octets: '', section: 'errors' },
  multipart: { name: 'multipart', octets: '', section: 'multipart-types' },
  message: { name: 'message', octets: 'a whole message, header and all, of the version of the outer one' },
  hello: { name: 'hello elements', octets: 'list of hello element; before 1.3 whatever octets there are' },
  helloElement: {
    name: 'hello element',
    octets: 'type u16 (1: bitmap of versions), length u16 (padding not included), list of u32, pad to 8',
  },
  bundleAdd: {
    name: 'bundle add',
    octets:
      '**bundle_id** u32, pad[2], **flags** u16, **message** a whole message; where there are properties: pad to 8, **properties** as of bundle_control',
  },
  fieldMask: {
    name: 'field mask',
    octets: 'as a match field; its value is the mask, which may have all bits of its octets',
  },
  oxmId: {
    name: 'field id',
    octets: "header of a match field, with the id of its experimenter if it is one's: 4 or 8 octets",
  },
  fieldRef: {
    name: 'field ref',
    octets: "header of a match field without mask, with the id of its experimenter if it is one's: 4 or 8 octets",
  },
  fieldRef32: { name: 'field ref32', octets: 'the same in 4 octets; fields of experimenters stay numbers' },
  ofsNbits: { name: 'ofs nbits', octets: 'u16: **ofs** (10 bits), **n_bits** - 1 (6 bits)' },
  natRange: {
    name: 'nat range',
    octets:
      'u16 that says by bits 0 to 5 what follows: **ipv4_min** u32, **ipv4_max** u32, **ipv6_min** u128, **ipv6_max** u128, **proto_min** u16, **proto_max** u16',
  },
  ctZone: { name: 'ct zone', octets: 'field ref32, ofs nbits; where the field is 0 the zone itself as u16' },
  learnSpecs: {
    name: 'learn specs',
    octets:
      'until two octets are zero: u16 of **n_bits** (bits 0 to 10), **to** (bits 11 and 12: match 0, load 1, output 2), bit 13 where **src** is octets (as many 16 bit words as hold n_bits); **src** otherwise and **dst** (not of output): field ref, ofs u16',
  },
  learnResult: { name: 'learn result', octets: '**ofs** u16, pad[2], **field** field ref where flag 4 is set' },
  encapProperty: {
    name: 'encap property',
    octets:
      'class u16, number u8, length u8 (padding not included), data, pad to 8. Class 4: number 1 is **md_type** u8, number 2 a TLV of NSH: **tlv_class** u16, **tlv_type** u8, length u8, **data**',
  },
  stats: {
    name: 'stats',
    octets:
      'pad[2], length u16 (these four octets included, padding not), list of [statistics field](#statistics-fields), pad to 8 behind the length',
  },
  tail: { name: 'tail', octets: 'u32, pad[4], or nothing (Open vSwitch 3.1)' },
  openText: { name: 'text', octets: 'UTF-8 up to the end of the property' },
  typeId: { name: 'type id', octets: 'type u16, length u16, of an experimenter its id and data' },
  flowMonitorRequest: {
    name: 'flow monitor request',
    octets:
      '**id** u32, **flags** u16, size of the match u16 (padding not included), **out_port** u32, **table_id** u8, pad[3], **match** match',
  },
  flowUpdate: {
    name: 'flow update',
    octets:
      'length u16, **event** u16 (1.3: added 0, removed 1, modified 2, abbrev 3; since 1.4: initial 0, added 1, removed 2, modified 3, abbrev 4, paused 5, resumed 6). Of abbrev: **xid** u32. Of paused and resumed: pad[4]. Of others in 1.3: **reason** u16, **priority** u16, **idle_timeout** u16, **hard_timeout** u16, size of the match u16, **table_id** u8, pad[1], **cookie** u64, **match** match, **instructions**; since 1.4: **table_id** u8, **reason** u8, **idle_timeout** u16, **hard_timeout** u16, **priority** u16, pad[4], **cookie** u64, **match** match, **instructions**',
  },
  nxFlowUpdate: {
    name: 'nx flow update',
    octets:
      'length u16, **event** u16 (added 0, removed 1, modified 2, abbrev 3). Of abbrev: **xid** u32. Of others: **reason** u16, **priority** u16, **idle_timeout** u16, **hard_timeout** u16, size of match u16, **table_id** u8, pad[1], **cookie** u64, **match** list of match field, pad to 8, **instructions** list of action of 1.0',
  },
}
