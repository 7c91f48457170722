/**
 * Numbers of OpenFlow 1.3.5 that stay numbers in messages: reserved ports, groups, tables, bit sets. Enumerations
 * are names in the messages themselves and need no constants.
 */

/** OpenFlow 1.3 on the wire. */
export const OFP_VERSION = 0x04

/** `enum ofp_port_no` (section 7.2.1). */
export const PORT_MAX = 0xffffff00
/** Value of actset_output when the action set has no output. */
export const PORT_UNSET = 0xfffffff7
export const PORT_IN_PORT = 0xfffffff8
export const PORT_TABLE = 0xfffffff9
export const PORT_NORMAL = 0xfffffffa
export const PORT_FLOOD = 0xfffffffb
export const PORT_ALL = 0xfffffffc
export const PORT_CONTROLLER = 0xfffffffd
export const PORT_LOCAL = 0xfffffffe
export const PORT_ANY = 0xffffffff

/** `enum ofp_group` (section 7.3.4.2). */
export const GROUP_MAX = 0xffffff00
export const GROUP_ALL = 0xfffffffc
export const GROUP_ANY = 0xffffffff

/** Buckets of 1.5 as `command_bucket_id`. */
export const BUCKET_MAX = 0xffffff00
export const BUCKET_FIRST = 0xfffffffd
export const BUCKET_LAST = 0xfffffffe
export const BUCKET_ALL = 0xffffffff

/** `enum ofp_table` (section 7.3.3): the last number of a table, and all of them. */
export const TABLE_MAX = 0xfe
export const TABLE_ALL = 0xff

/** Of queue statistics: every queue. */
export const QUEUE_ALL = 0xffffffff
/** `enum ofp_meter` (section 7.3.4.4): the last number of a meter, and those that no one makes. */
export const METER_MAX = 0xffff0000
export const METER_SLOWPATH = 0xfffffffd
export const METER_CONTROLLER = 0xfffffffe
export const METER_ALL = 0xffffffff

/** `buffer_id`: the switch keeps no copy of the packet. */
export const NO_BUFFER = 0xffffffff
/** `max_len` of an output to the controller: the whole packet, no buffer. */
export const CONTROLLER_NO_BUFFER = 0xffff

/** `vlan_vid`: bit that says "there is a tag". */
export const VLAN_PRESENT = 0x1000

/** Bits of `flow_mod.flags`. */
export const OFPFF_SEND_FLOW_REM = 1
export const OFPFF_CHECK_OVERLAP = 2
export const OFPFF_RESET_COUNTS = 4
export const OFPFF_NO_PKT_COUNTS = 8
export const OFPFF_NO_BYT_COUNTS = 16
/** Only in 1.0, there as number 4. */
export const OFPFF_EMERG = 0x8000

/** Bits of `config` flags. */
export const OFPC_FRAG_NORMAL = 0
export const OFPC_FRAG_DROP = 1
export const OFPC_FRAG_REASM = 2

/** Bits of `features_reply.capabilities`. */
export const OFPC_FLOW_STATS = 1
export const OFPC_TABLE_STATS = 2
export const OFPC_PORT_STATS = 4
export const OFPC_GROUP_STATS = 8
export const OFPC_IP_REASM = 32
export const OFPC_QUEUE_STATS = 64
export const OFPC_PORT_BLOCKED = 256
/** Since 1.4. */
export const OFPC_BUNDLES = 512
export const OFPC_FLOW_MONITORING = 1024
/** Only in 1.0, OFPC_STP there as number 8. */
export const OFPC_STP = 16
export const OFPC_ARP_MATCH_IP = 128

/** Bits of a port's `config`. */
export const OFPPC_PORT_DOWN = 1
export const OFPPC_NO_RECV = 4
export const OFPPC_NO_FWD = 32
export const OFPPC_NO_PACKET_IN = 64
/** Only Open vSwitch keeps this bit of OpenFlow 1.0 on 1.3 connections. */
export const OFPPC_NO_FLOOD = 16

/** Only in 1.0. */
export const OFPPC_NO_STP = 2
export const OFPPC_NO_RECV_STP = 8

/** Bits of a port's `state`. */
export const OFPPS_LINK_DOWN = 1
export const OFPPS_BLOCKED = 2
export const OFPPS_LIVE = 4
/** Only in 1.0: what the port does in the spanning tree, one of four. */
export const OFPPS_STP_LISTEN = 0
export const OFPPS_STP_LEARN = 0x100
export const OFPPS_STP_FORWARD = 0x200
export const OFPPS_STP_BLOCK = 0x300
export const OFPPS_STP_MASK = 0x300

/** Bits of `multipart_request.flags` and `multipart_reply.flags`. */
export const OFPMPF_MORE = 1

/** Bits of `meter_mod.flags`. */
export const OFPMF_KBPS = 1
export const OFPMF_PKTPS = 2
export const OFPMF_BURST = 4
export const OFPMF_STATS = 8

/** Bits of `bundle_control.flags`. */
export const BUNDLE_ATOMIC = 1
export const BUNDLE_ORDERED = 2
/** Only in 1.5. */
export const BUNDLE_TIME = 4

/** Bits of `bundle_features` requests (1.5). */
export const OFPBF_TIMESTAMP = 1
export const OFPBF_TIME_SET_SCHED = 2

/** Bits of `stat_trigger.flags` (1.5): at every multiple of the thresholds, only when first reached. */
export const OFPSTF_PERIODIC = 1
export const OFPSTF_ONLY_FIRST = 2

/** Bits of `ct_state`. */
export const CT_NEW = 0x01
export const CT_EST = 0x02
export const CT_REL = 0x04
export const CT_RPL = 0x08
export const CT_INV = 0x10
export const CT_TRK = 0x20
export const CT_SNAT = 0x40
export const CT_DNAT = 0x80

/** Bits of `nx_ct.flags`. */
export const NX_CT_COMMIT = 1
export const NX_CT_FORCE = 2
/** `nx_ct.recirc_table`: do not go on in a table. */
export const NX_CT_RECIRC_NONE = 0xff

/** Bits of `nx_nat.flags`. */
export const NX_NAT_SRC = 1
export const NX_NAT_DST = 2
export const NX_NAT_PERSISTENT = 4
export const NX_NAT_PROTO_HASH = 8
export const NX_NAT_PROTO_RANDOM = 16

/** Bits of `nx_learn.flags`. */
export const NX_LEARN_SEND_FLOW_REM = 1
export const NX_LEARN_DELETE_LEARNED = 2
export const NX_LEARN_WRITE_RESULT = 4

/** Bits of the config of tables, since 1.4. */
export const OFPTC_EVICTION = 4
export const OFPTC_VACANCY_EVENTS = 8

/** Bits of the flags of a table's property `eviction`: what it goes by. */
export const OFPTMPEF_OTHER = 1
export const OFPTMPEF_IMPORTANCE = 2
export const OFPTMPEF_LIFETIME = 4

/** Bits of `flow_monitor` requests (EXT-187; since 1.4 the same as OFPFMF_, where OWN is NO_ABBREV). */
export const ONFFMF_INITIAL = 1
export const ONFFMF_ADD = 2
export const ONFFMF_DELETE = 4
export const ONFFMF_MODIFY = 8
/** Updates carry the instructions. */
export const ONFFMF_ACTIONS = 16
/** Own changes in full, not as `abbrev`. */
export const ONFFMF_OWN = 32
/** Changes by this connection alone; since 1.4. */
export const OFPFMF_ONLY_OWN = 64
