// Generated from tagsteer/v1/lease_service.proto

import type { StreamedAllocate as _tagsteer_v1_StreamedAllocate, StreamedAllocate__Output as _tagsteer_v1_StreamedAllocate__Output } from '../../tagsteer/v1/StreamedAllocate.ts';

export interface StreamAllocateRequest {
  /**
   * At most 1,000.
   */
  'requests'?: (_tagsteer_v1_StreamedAllocate)[];
}

export interface StreamAllocateRequest__Output {
  /**
   * At most 1,000.
   */
  'requests': (_tagsteer_v1_StreamedAllocate__Output)[];
}
