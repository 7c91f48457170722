// Generated from tagsteer/v1/verify_service.proto

import type { DifferenceKind as _tagsteer_v1_DifferenceKind, DifferenceKind__Output as _tagsteer_v1_DifferenceKind__Output } from '../../tagsteer/v1/DifferenceKind.ts';

export interface Difference {
  'kind'?: (_tagsteer_v1_DifferenceKind);
  /**
   * A flow in ovs-ofctl syntax as it was found, or where it is missing as it should be; a group, meter or port in words.
   */
  'text'?: (string);
}

export interface Difference__Output {
  'kind': (_tagsteer_v1_DifferenceKind__Output);
  /**
   * A flow in ovs-ofctl syntax as it was found, or where it is missing as it should be; a group, meter or port in words.
   */
  'text': (string);
}
