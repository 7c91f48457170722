// Generated from tagsteer/v1/types.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A change that was accepted: wait for `generation` to know that switches enforce it.
 */
export interface Accepted {
  'generation'?: (number | string | Long);
}

/**
 * A change that was accepted: wait for `generation` to know that switches enforce it.
 */
export interface Accepted__Output {
  'generation': (string);
}
