// Generated from tagsteer/v1/history_service.proto

import type { Outcome as _tagsteer_v1_Outcome, Outcome__Output as _tagsteer_v1_Outcome__Output } from '../../tagsteer/v1/Outcome.ts';
import type { Record as _tagsteer_v1_Record, Record__Output as _tagsteer_v1_Record__Output } from '../../tagsteer/v1/Record.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecordDifference {
  /**
   * "interface", "vnp", "policy" or "switch".
   */
  'kind'?: (string);
  'name'?: (string);
  /**
   * Created, updated or deleted.
   */
  'outcome'?: (_tagsteer_v1_Outcome);
  /**
   * Fields that differ, in the spelling of manifests; a rule as "rules[2]" where their number is the same.
   */
  'fields'?: (string)[];
  'before'?: (_tagsteer_v1_Record | null);
  'after'?: (_tagsteer_v1_Record | null);
  /**
   * The generation that last changed the record: in a difference of two generations, up to the later one.
   */
  'generation'?: (number | string | Long);
  'caller'?: (string);
}

export interface RecordDifference__Output {
  /**
   * "interface", "vnp", "policy" or "switch".
   */
  'kind': (string);
  'name': (string);
  /**
   * Created, updated or deleted.
   */
  'outcome': (_tagsteer_v1_Outcome__Output);
  /**
   * Fields that differ, in the spelling of manifests; a rule as "rules[2]" where their number is the same.
   */
  'fields': (string)[];
  'before': (_tagsteer_v1_Record__Output | null);
  'after': (_tagsteer_v1_Record__Output | null);
  /**
   * The generation that last changed the record: in a difference of two generations, up to the later one.
   */
  'generation': (string);
  'caller': (string);
}
