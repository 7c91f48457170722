// Generated from tagsteer/v1/lease_service.proto

import type { AllocateRequest as _tagsteer_v1_AllocateRequest, AllocateRequest__Output as _tagsteer_v1_AllocateRequest__Output } from '../../tagsteer/v1/AllocateRequest.ts';

export interface BatchAllocateRequest {
  /**
   * At most 1,000; their own request_id and validate_only are to be empty.
   */
  'requests'?: (_tagsteer_v1_AllocateRequest)[];
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface BatchAllocateRequest__Output {
  /**
   * At most 1,000; their own request_id and validate_only are to be empty.
   */
  'requests': (_tagsteer_v1_AllocateRequest__Output)[];
  'requestId': (string);
  'validateOnly': (boolean);
}
