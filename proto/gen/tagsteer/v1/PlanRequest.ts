// Generated from tagsteer/v1/apply_service.proto

import type { ApplyRequest as _tagsteer_v1_ApplyRequest, ApplyRequest__Output as _tagsteer_v1_ApplyRequest__Output } from '../../tagsteer/v1/ApplyRequest.ts';

export interface PlanRequest {
  /**
   * Of request_id and validate_only no heed is taken.
   */
  'change'?: (_tagsteer_v1_ApplyRequest | null);
  /**
   * Verdict changes, interfaces of each end, and connections that are told; 0 is 20, at most 1,000. Counts are of all.
   */
  'limit'?: (number);
  /**
   * Count flows also where more than 4,000 interfaces times switches are concerned: the controller stands still meanwhile.
   */
  'thorough'?: (boolean);
}

export interface PlanRequest__Output {
  /**
   * Of request_id and validate_only no heed is taken.
   */
  'change': (_tagsteer_v1_ApplyRequest__Output | null);
  /**
   * Verdict changes, interfaces of each end, and connections that are told; 0 is 20, at most 1,000. Counts are of all.
   */
  'limit': (number);
  /**
   * Count flows also where more than 4,000 interfaces times switches are concerned: the controller stands still meanwhile.
   */
  'thorough': (boolean);
}
