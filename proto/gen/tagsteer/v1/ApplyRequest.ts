// Generated from tagsteer/v1/apply_service.proto

import type { Record as _tagsteer_v1_Record, Record__Output as _tagsteer_v1_Record__Output } from '../../tagsteer/v1/Record.ts';
import type { RecordName as _tagsteer_v1_RecordName, RecordName__Output as _tagsteer_v1_RecordName__Output } from '../../tagsteer/v1/RecordName.ts';

export interface ApplyRequest {
  /**
   * At most 10,000. A record's own etag, where set, must match.
   */
  'records'?: (_tagsteer_v1_Record)[];
  'deletions'?: (_tagsteer_v1_RecordName)[];
  /**
   * Deleting what does not exist is no error.
   */
  'allowMissing'?: (boolean);
  /**
   * Owner that is written to the records.
   */
  'owner'?: (string);
  /**
   * Also delete every record of this owner that is not among `records`. Needs an owner.
   */
  'prune'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface ApplyRequest__Output {
  /**
   * At most 10,000. A record's own etag, where set, must match.
   */
  'records': (_tagsteer_v1_Record__Output)[];
  'deletions': (_tagsteer_v1_RecordName__Output)[];
  /**
   * Deleting what does not exist is no error.
   */
  'allowMissing': (boolean);
  /**
   * Owner that is written to the records.
   */
  'owner': (string);
  /**
   * Also delete every record of this owner that is not among `records`. Needs an owner.
   */
  'prune': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
