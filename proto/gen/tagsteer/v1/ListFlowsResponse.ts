// Generated from tagsteer/v1/flow_service.proto

import type { Flow as _tagsteer_v1_Flow, Flow__Output as _tagsteer_v1_Flow__Output } from '../../tagsteer/v1/Flow.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListFlowsResponse {
  'flows'?: (_tagsteer_v1_Flow)[];
  'nextPageToken'?: (string);
  /**
   * Generation wanted of, and confirmed by, this switch.
   */
  'desiredGeneration'?: (number | string | Long);
  'appliedGeneration'?: (number | string | Long);
}

export interface ListFlowsResponse__Output {
  'flows': (_tagsteer_v1_Flow__Output)[];
  'nextPageToken': (string);
  /**
   * Generation wanted of, and confirmed by, this switch.
   */
  'desiredGeneration': (string);
  'appliedGeneration': (string);
}
