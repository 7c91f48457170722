// Generated from tagsteer/v1/policy_service.proto

import type { Rule as _tagsteer_v1_Rule, Rule__Output as _tagsteer_v1_Rule__Output } from '../../tagsteer/v1/Rule.ts';
import type { Tier as _tagsteer_v1_Tier, Tier__Output as _tagsteer_v1_Tier__Output } from '../../tagsteer/v1/Tier.ts';

export interface MergedRule {
  'vnp'?: (string);
  'policy'?: (string);
  /**
   * Index in the policy's rules.
   */
  'index'?: (number);
  'rule'?: (_tagsteer_v1_Rule | null);
  'tier'?: (_tagsteer_v1_Tier);
}

export interface MergedRule__Output {
  'vnp': (string);
  'policy': (string);
  /**
   * Index in the policy's rules.
   */
  'index': (number);
  'rule': (_tagsteer_v1_Rule__Output | null);
  'tier': (_tagsteer_v1_Tier__Output);
}
