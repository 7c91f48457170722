// Generated from tagsteer/v1/vnp_service.proto

import type { Selector as _tagsteer_v1_Selector, Selector__Output as _tagsteer_v1_Selector__Output } from '../../tagsteer/v1/Selector.ts';
import type { Resolution as _tagsteer_v1_Resolution, Resolution__Output as _tagsteer_v1_Resolution__Output } from '../../tagsteer/v1/Resolution.ts';
import type { DefaultVerdict as _tagsteer_v1_DefaultVerdict, DefaultVerdict__Output as _tagsteer_v1_DefaultVerdict__Output } from '../../tagsteer/v1/DefaultVerdict.ts';
import type { Meta as _tagsteer_v1_Meta, Meta__Output as _tagsteer_v1_Meta__Output } from '../../tagsteer/v1/Meta.ts';
import type { Conflicts as _tagsteer_v1_Conflicts, Conflicts__Output as _tagsteer_v1_Conflicts__Output } from '../../tagsteer/v1/Conflicts.ts';
import type { Finding as _tagsteer_v1_Finding, Finding__Output as _tagsteer_v1_Finding__Output } from '../../tagsteer/v1/Finding.ts';

export interface Vnp {
  'name'?: (string);
  /**
   * Interfaces whose tags match are members.
   */
  'selector'?: (_tagsteer_v1_Selector | null);
  /**
   * Higher is consulted first where an interface belongs to several partitions.
   */
  'priority'?: (number);
  /**
   * How policies that disagree about a packet are resolved.
   */
  'resolution'?: (_tagsteer_v1_Resolution);
  /**
   * Verdicts among members where no rule matches.
   */
  'ingressDefault'?: (_tagsteer_v1_DefaultVerdict);
  'egressDefault'?: (_tagsteer_v1_DefaultVerdict);
  'owner'?: (string);
  'etag'?: (string);
  'meta'?: (_tagsteer_v1_Meta | null);
  /**
   * Members now. Output only.
   */
  'memberCount'?: (number);
  'conflicts'?: (_tagsteer_v1_Conflicts);
  /**
   * Conflicts that this write brought, in the answer to it. Output only.
   */
  'warnings'?: (_tagsteer_v1_Finding)[];
}

export interface Vnp__Output {
  'name': (string);
  /**
   * Interfaces whose tags match are members.
   */
  'selector': (_tagsteer_v1_Selector__Output | null);
  /**
   * Higher is consulted first where an interface belongs to several partitions.
   */
  'priority': (number);
  /**
   * How policies that disagree about a packet are resolved.
   */
  'resolution': (_tagsteer_v1_Resolution__Output);
  /**
   * Verdicts among members where no rule matches.
   */
  'ingressDefault': (_tagsteer_v1_DefaultVerdict__Output);
  'egressDefault': (_tagsteer_v1_DefaultVerdict__Output);
  'owner': (string);
  'etag': (string);
  'meta': (_tagsteer_v1_Meta__Output | null);
  /**
   * Members now. Output only.
   */
  'memberCount': (number);
  'conflicts': (_tagsteer_v1_Conflicts__Output);
  /**
   * Conflicts that this write brought, in the answer to it. Output only.
   */
  'warnings': (_tagsteer_v1_Finding__Output)[];
}
