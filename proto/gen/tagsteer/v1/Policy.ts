// Generated from tagsteer/v1/policy_service.proto

import type { Selector as _tagsteer_v1_Selector, Selector__Output as _tagsteer_v1_Selector__Output } from '../../tagsteer/v1/Selector.ts';
import type { Rule as _tagsteer_v1_Rule, Rule__Output as _tagsteer_v1_Rule__Output } from '../../tagsteer/v1/Rule.ts';
import type { Meta as _tagsteer_v1_Meta, Meta__Output as _tagsteer_v1_Meta__Output } from '../../tagsteer/v1/Meta.ts';
import type { Tier as _tagsteer_v1_Tier, Tier__Output as _tagsteer_v1_Tier__Output } from '../../tagsteer/v1/Tier.ts';
import type { Finding as _tagsteer_v1_Finding, Finding__Output as _tagsteer_v1_Finding__Output } from '../../tagsteer/v1/Finding.ts';

export interface Policy {
  'name'?: (string);
  /**
   * The partition whose members the rules are about.
   */
  'vnp'?: (string);
  /**
   * Which members; all where empty.
   */
  'appliesTo'?: (_tagsteer_v1_Selector | null);
  /**
   * Higher wins.
   */
  'priority'?: (number);
  'rules'?: (_tagsteer_v1_Rule)[];
  'owner'?: (string);
  'etag'?: (string);
  'meta'?: (_tagsteer_v1_Meta | null);
  'tier'?: (_tagsteer_v1_Tier);
  /**
   * Conflicts that this write brought, in the answer to it. Output only.
   */
  'warnings'?: (_tagsteer_v1_Finding)[];
}

export interface Policy__Output {
  'name': (string);
  /**
   * The partition whose members the rules are about.
   */
  'vnp': (string);
  /**
   * Which members; all where empty.
   */
  'appliesTo': (_tagsteer_v1_Selector__Output | null);
  /**
   * Higher wins.
   */
  'priority': (number);
  'rules': (_tagsteer_v1_Rule__Output)[];
  'owner': (string);
  'etag': (string);
  'meta': (_tagsteer_v1_Meta__Output | null);
  'tier': (_tagsteer_v1_Tier__Output);
  /**
   * Conflicts that this write brought, in the answer to it. Output only.
   */
  'warnings': (_tagsteer_v1_Finding__Output)[];
}
