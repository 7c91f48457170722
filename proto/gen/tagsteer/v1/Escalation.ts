// Generated from tagsteer/v1/lifecycle_service.proto

import type { Trigger as _tagsteer_v1_Trigger, Trigger__Output as _tagsteer_v1_Trigger__Output } from '../../tagsteer/v1/Trigger.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * An alert when something goes on for too long.
 */
export interface Escalation {
  'trigger'?: (_tagsteer_v1_Trigger);
  'above'?: (number | string | Long);
  'seconds'?: (number);
  /**
   * Besides the alert, the interface is moved to restricted.
   */
  'restrict'?: (boolean);
}

/**
 * An alert when something goes on for too long.
 */
export interface Escalation__Output {
  'trigger': (_tagsteer_v1_Trigger__Output);
  'above': (string);
  'seconds': (number);
  /**
   * Besides the alert, the interface is moved to restricted.
   */
  'restrict': (boolean);
}
