// Generated from tagsteer/v1/policy_service.proto

import type { TrafficQuestion as _tagsteer_v1_TrafficQuestion, TrafficQuestion__Output as _tagsteer_v1_TrafficQuestion__Output } from '../../tagsteer/v1/TrafficQuestion.ts';

export interface CheckTrafficRequest {
  /**
   * At most 10,000.
   */
  'questions'?: (_tagsteer_v1_TrafficQuestion)[];
}

export interface CheckTrafficRequest__Output {
  /**
   * At most 10,000.
   */
  'questions': (_tagsteer_v1_TrafficQuestion__Output)[];
}
