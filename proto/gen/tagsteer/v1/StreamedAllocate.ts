// Generated from tagsteer/v1/lease_service.proto

import type { AllocateRequest as _tagsteer_v1_AllocateRequest, AllocateRequest__Output as _tagsteer_v1_AllocateRequest__Output } from '../../tagsteer/v1/AllocateRequest.ts';
import type { Long } from '@grpc/proto-loader';

export interface StreamedAllocate {
  /**
   * The answer has it; it means nothing else.
   */
  'id'?: (number | string | Long);
  'allocate'?: (_tagsteer_v1_AllocateRequest | null);
}

export interface StreamedAllocate__Output {
  /**
   * The answer has it; it means nothing else.
   */
  'id': (string);
  'allocate': (_tagsteer_v1_AllocateRequest__Output | null);
}
