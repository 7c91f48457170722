// Generated from tagsteer/v1/conflict.proto

import type { FindingKind as _tagsteer_v1_FindingKind, FindingKind__Output as _tagsteer_v1_FindingKind__Output } from '../../tagsteer/v1/FindingKind.ts';
import type { FindingSeverity as _tagsteer_v1_FindingSeverity, FindingSeverity__Output as _tagsteer_v1_FindingSeverity__Output } from '../../tagsteer/v1/FindingSeverity.ts';
import type { FindingScope as _tagsteer_v1_FindingScope, FindingScope__Output as _tagsteer_v1_FindingScope__Output } from '../../tagsteer/v1/FindingScope.ts';
import type { RuleName as _tagsteer_v1_RuleName, RuleName__Output as _tagsteer_v1_RuleName__Output } from '../../tagsteer/v1/RuleName.ts';
import type { Witness as _tagsteer_v1_Witness, Witness__Output as _tagsteer_v1_Witness__Output } from '../../tagsteer/v1/Witness.ts';

export interface Finding {
  'kind'?: (_tagsteer_v1_FindingKind);
  'severity'?: (_tagsteer_v1_FindingSeverity);
  'scope'?: (_tagsteer_v1_FindingScope);
  /**
   * Of two rules the one that is consulted later, or that could go.
   */
  'rule'?: (_tagsteer_v1_RuleName | null);
  /**
   * The rule to blame; absent where there is none (a default repeats the rule, or it concerns nobody).
   */
  'other'?: (_tagsteer_v1_RuleName | null);
  /**
   * Rules that are to blame together with it.
   */
  'also'?: (_tagsteer_v1_RuleName)[];
  'witness'?: (_tagsteer_v1_Witness | null);
  /**
   * One sentence.
   */
  'text'?: (string);
}

export interface Finding__Output {
  'kind': (_tagsteer_v1_FindingKind__Output);
  'severity': (_tagsteer_v1_FindingSeverity__Output);
  'scope': (_tagsteer_v1_FindingScope__Output);
  /**
   * Of two rules the one that is consulted later, or that could go.
   */
  'rule': (_tagsteer_v1_RuleName__Output | null);
  /**
   * The rule to blame; absent where there is none (a default repeats the rule, or it concerns nobody).
   */
  'other': (_tagsteer_v1_RuleName__Output | null);
  /**
   * Rules that are to blame together with it.
   */
  'also': (_tagsteer_v1_RuleName__Output)[];
  'witness': (_tagsteer_v1_Witness__Output | null);
  /**
   * One sentence.
   */
  'text': (string);
}
