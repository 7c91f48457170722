// Generated from tagsteer/v1/lease_service.proto

import type { StreamedLease as _tagsteer_v1_StreamedLease, StreamedLease__Output as _tagsteer_v1_StreamedLease__Output } from '../../tagsteer/v1/StreamedLease.ts';

/**
 * Answers one message.
 */
export interface StreamAllocateResponse {
  /**
   * In the order of the requests.
   */
  'results'?: (_tagsteer_v1_StreamedLease)[];
}

/**
 * Answers one message.
 */
export interface StreamAllocateResponse__Output {
  /**
   * In the order of the requests.
   */
  'results': (_tagsteer_v1_StreamedLease__Output)[];
}
