// Generated from tagsteer/v1/policy_service.proto

import type { TrafficAnswer as _tagsteer_v1_TrafficAnswer, TrafficAnswer__Output as _tagsteer_v1_TrafficAnswer__Output } from '../../tagsteer/v1/TrafficAnswer.ts';
import type { Long } from '@grpc/proto-loader';

export interface CheckTrafficResponse {
  'generation'?: (number | string | Long);
  /**
   * In the order of the questions.
   */
  'answers'?: (_tagsteer_v1_TrafficAnswer)[];
}

export interface CheckTrafficResponse__Output {
  'generation': (string);
  /**
   * In the order of the questions.
   */
  'answers': (_tagsteer_v1_TrafficAnswer__Output)[];
}
