// Generated from tagsteer/v1/lint_service.proto

import type { Record as _tagsteer_v1_Record, Record__Output as _tagsteer_v1_Record__Output } from '../../tagsteer/v1/Record.ts';
import type { RecordName as _tagsteer_v1_RecordName, RecordName__Output as _tagsteer_v1_RecordName__Output } from '../../tagsteer/v1/RecordName.ts';

export interface LintRequest {
  /**
   * Records and deletions as in ApplyService.Apply: findings are those after such a request.
   */
  'records'?: (_tagsteer_v1_Record)[];
  'deletions'?: (_tagsteer_v1_RecordName)[];
  /**
   * Findings of the severity information too.
   */
  'all'?: (boolean);
}

export interface LintRequest__Output {
  /**
   * Records and deletions as in ApplyService.Apply: findings are those after such a request.
   */
  'records': (_tagsteer_v1_Record__Output)[];
  'deletions': (_tagsteer_v1_RecordName__Output)[];
  /**
   * Findings of the severity information too.
   */
  'all': (boolean);
}
