/**
 * What a switch can do with bundles, and when (OpenFlow 1.5.1 section 7.3.5.20); the time of a scheduled bundle
 * (section 7.3.9.8). Knows no bundle message.
 */

import { type Of, u16, u32, u64 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'
import type { UnionOf, UnionRow } from '../wire/union.ts'
import { EXPERIMENTER_PROPERTY, properties } from './properties.ts'

/** `struct ofp_time`: since 1970, TAI. */
export const time = struct({ seconds: u64, nanoseconds: u32, pad: pad(4) })
/** Seconds since 1970 (TAI) and nanoseconds. */
export type Time = Of<typeof time>

export const BUNDLE_FEATURES_PROPERTIES = {
  time_capability: {
    number: 1,
    body: struct({ pad: pad(4), sched_accuracy: time, sched_max_future: time, sched_max_past: time, timestamp: time }),
  },
  experimenter: EXPERIMENTER_PROPERTY,
} as const satisfies Record<string, UnionRow>
/** What bundles of a switch can be scheduled to, or what an experimenter adds. */
export type BundleFeaturesProperty = UnionOf<typeof BUNDLE_FEATURES_PROPERTIES>

const list = properties(BUNDLE_FEATURES_PROPERTIES)

/** `struct ofp_bundle_features_request`; `feature_request_flags`: OFPBF_TIMESTAMP, OFPBF_TIME_SET_SCHED. */
export const bundleFeaturesRequest = struct({ feature_request_flags: u32, pad: pad(4), properties: list })

/** `struct ofp_bundle_features`; `capabilities` are the flags that bundles may have. */
export const bundleFeatures = struct({ capabilities: u16, pad: pad(6), properties: list })
/**
 * Body of a bundle_features reply (1.5.1 section 7.3.5.20). `capabilities`: the BUNDLE_ flags that bundles may have.
 */
export type BundleFeatures = Of<typeof bundleFeatures>
