// Generated from tagsteer/v1/lifecycle_service.proto

import type { InterfaceStage as _tagsteer_v1_InterfaceStage, InterfaceStage__Output as _tagsteer_v1_InterfaceStage__Output } from '../../tagsteer/v1/InterfaceStage.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListStagesResponse {
  'stages'?: (_tagsteer_v1_InterfaceStage)[];
  'nextPageToken'?: (string);
  'generation'?: (number | string | Long);
}

export interface ListStagesResponse__Output {
  'stages': (_tagsteer_v1_InterfaceStage__Output)[];
  'nextPageToken': (string);
  'generation': (string);
}
