// Generated from tagsteer/v1/flow_service.proto

import type { Long } from '@grpc/proto-loader';

export interface WaitAppliedRequest {
  'generation'?: (number | string | Long);
  /**
   * 30,000 where zero; at most 600,000.
   */
  'timeoutMs'?: (number);
  /**
   * The answer names no switches, and so costs the same in a network of any size.
   */
  'withoutSwitches'?: (boolean);
}

export interface WaitAppliedRequest__Output {
  'generation': (string);
  /**
   * 30,000 where zero; at most 600,000.
   */
  'timeoutMs': (number);
  /**
   * The answer names no switches, and so costs the same in a network of any size.
   */
  'withoutSwitches': (boolean);
}
