// Generated from tagsteer/v1/apply_service.proto

import type { Outcome as _tagsteer_v1_Outcome, Outcome__Output as _tagsteer_v1_Outcome__Output } from '../../tagsteer/v1/Outcome.ts';
import type { Record as _tagsteer_v1_Record, Record__Output as _tagsteer_v1_Record__Output } from '../../tagsteer/v1/Record.ts';

export interface Applied {
  'kind'?: (string);
  'name'?: (string);
  'outcome'?: (_tagsteer_v1_Outcome);
  /**
   * The record before; absent when created. Both records are absent where a request changes more than 1,000, unless it
   * is validate_only.
   */
  'before'?: (_tagsteer_v1_Record | null);
  /**
   * The record after; absent when deleted.
   */
  'after'?: (_tagsteer_v1_Record | null);
}

export interface Applied__Output {
  'kind': (string);
  'name': (string);
  'outcome': (_tagsteer_v1_Outcome__Output);
  /**
   * The record before; absent when created. Both records are absent where a request changes more than 1,000, unless it
   * is validate_only.
   */
  'before': (_tagsteer_v1_Record__Output | null);
  /**
   * The record after; absent when deleted.
   */
  'after': (_tagsteer_v1_Record__Output | null);
}
