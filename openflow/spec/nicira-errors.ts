/**
 * Errors that Open vSwitch 3.1 tells by experimenter codes, as ovs-ofctl print-error has them: codes that a version of
 * OpenFlow lacks, by Nicira (0x2320) or the ONF, and Nicira's own, whose names begin with `nx_`. The standard codes
 * are in `error-codes.ts`.
 */

import type { ByVersion } from '../wire/version.ts'
import { EXPERIMENTER } from './oxm-row.ts'

/** Experimenter and its 16 bit type; in OpenFlow 1.0 a type and a code. */
export type ErrorPlace = readonly [experimenter: number, type: number, code?: number]

const nx10 = (type: number, code: number): ByVersion<ErrorPlace> => ({ of10: [EXPERIMENTER.nicira, type, code] })
const nx = (type: number, type10: number, code10: number): ByVersion<ErrorPlace> => ({
  ...nx10(type10, code10),
  of13: [EXPERIMENTER.nicira, type],
})
const nx13 = (type: number): ByVersion<ErrorPlace> => ({ of13: [EXPERIMENTER.nicira, type] })
const nx14 = (type: number): ByVersion<ErrorPlace> => ({ of14: [EXPERIMENTER.nicira, type] })
const onf13 = (type: number): ByVersion<ErrorPlace> => ({ of13: [EXPERIMENTER.onf, type], of14: null })
/** Monitors and properties: Nicira's in 1.0, an experimenter's in 1.3, standard since. */
const until14 = (experimenter: number, type: number, type10: number, code10: number): ByVersion<ErrorPlace> => ({
  ...nx10(type10, code10),
  of13: [experimenter, type],
  of14: null,
})

export const EXTENSION_ERRORS = {
  bad_request: {
    bad_table_id: nx10(1, 512),
    bad_port: nx10(1, 514),
    multipart_request_timeout: onf13(2640),
    multipart_reply_timeout: onf13(2641),
    nx_nxm_invalid: nx(2, 1, 256),
    nx_nxm_bad_type: nx(3, 1, 257),
    nx_must_be_zero: nx(4, 1, 515),
    nx_bad_reason: nx(5, 1, 516),
    nx_fm_bad_event: nx(9, 1, 520),
    nx_unencodable_error: nx(10, 1, 521),
  },
  bad_action: {
    bad_out_group: nx10(2, 9),
    match_inconsistent: nx10(1, 522),
    bad_set_type: nx10(1, 523),
    bad_set_len: nx10(1, 524),
    bad_set_argument: nx10(1, 525),
    bad_set_mask: { of13: [EXPERIMENTER.onf, 4250], of15: null },
    nx_must_be_zero: nx(11, 2, 256),
    nx_bad_conjunction: nx(15, 2, 526),
    nx_bad_header_type: nx13(39),
    nx_unknown_ed_prop: nx13(40),
    nx_bad_ed_prop: nx13(41),
    nx_ct_datapath_support: nx(42, 1, 265),
  },
  bad_instruction: { unsup_inst: nx10(2, 257), dup_inst: onf13(2600) },
  bad_match: {
    bad_wildcards: nx10(1, 262),
    bad_field: nx10(0, 263),
    bad_value: nx10(1, 258),
    bad_mask: nx10(1, 259),
    bad_prereq: nx10(1, 260),
    dup_field: nx10(1, 261),
    nx_ct_datapath_support: nx(43, 1, 264),
  },
  flow_mod_failed: {
    bad_flags: nx10(3, 258),
    bad_priority: onf13(2360),
    nx_hardware: nx(12, 5, 256),
    nx_bad_table_id: nx(13, 5, 257),
    nx_invalid_tlv_field: nx(37, 1, 536),
  },
  group_mod_failed: {
    group_exists: nx10(6, 0),
    invalid_group: nx10(6, 1),
    weight_unsupported: nx10(6, 2),
    out_of_groups: nx10(6, 3),
    out_of_buckets: nx10(6, 4),
    chaining_unsupported: nx10(6, 5),
    watch_unsupported: nx10(6, 6),
    loop: nx10(6, 7),
    unknown_group: nx10(6, 8),
    chained_group: nx10(6, 9),
    bad_type: nx10(6, 10),
    bad_command: nx10(6, 11),
    bad_bucket: nx10(6, 12),
    bad_watch: nx10(6, 13),
    eperm: nx10(6, 14),
    unknown_bucket: nx10(6, 15),
    bucket_exists: nx10(6, 16),
  },
  queue_op_failed: { nx_queue_error: nx14(23) },
  role_request_failed: { bad_role: nx10(1, 513) },
  table_features_failed: { nx_dup_table: nx13(44) },
  bad_property: {
    bad_type: nx10(13, 2),
    bad_len: nx10(13, 3),
    bad_value: nx10(13, 4),
    too_many: until14(EXPERIMENTER.onf, 4443, 14, 3),
    dup_type: until14(EXPERIMENTER.onf, 4444, 14, 4),
    bad_experimenter: until14(EXPERIMENTER.onf, 4445, 14, 5),
    bad_exp_type: until14(EXPERIMENTER.onf, 4446, 14, 6),
    bad_exp_value: until14(EXPERIMENTER.onf, 4447, 14, 7),
    eperm: until14(EXPERIMENTER.onf, 4448, 14, 8),
  },
  async_config_failed: { invalid: onf13(2370), unsupported: onf13(2371), eperm: onf13(2372) },
  flow_monitor_failed: {
    monitor_exists: until14(EXPERIMENTER.nicira, 6, 1, 517),
    unknown_monitor: until14(EXPERIMENTER.nicira, 8, 1, 519),
    bad_flags: until14(EXPERIMENTER.nicira, 7, 1, 518),
  },
  bundle_failed: {
    unknown: onf13(2300),
    eperm: onf13(2301),
    bad_id: onf13(2302),
    bundle_exist: onf13(2303),
    bundle_closed: onf13(2304),
    out_of_bundles: onf13(2305),
    bad_type: onf13(2306),
    bad_flags: onf13(2307),
    msg_bad_len: onf13(2308),
    msg_bad_xid: onf13(2309),
    msg_unsup: onf13(2310),
    msg_conflict: onf13(2311),
    msg_too_many: onf13(2312),
    msg_failed: onf13(2313),
    timeout: onf13(2314),
    bundle_in_progress: onf13(2315),
    bad_version: nx14(22),
  },
  nx_tlv_table_mod_failed: {
    bad_command: nx(16, 1, 527),
    bad_opt_len: nx(17, 1, 528),
    bad_field_idx: nx(18, 1, 529),
    table_full: nx(19, 1, 530),
    already_mapped: nx(20, 1, 531),
    dup_entry: nx(21, 1, 532),
    invalid_tlv_del: nx(38, 1, 537),
  },
  nx_resume_failed: { not_supported: nx(34, 1, 533), stale: nx(35, 1, 534) },
  nx_stats_failed: { not_configured: nx(36, 1, 535) },
} as const satisfies Record<string, Record<string, ByVersion<ErrorPlace>>>
