// Generated from tagsteer/v1/flow_service.proto

import type { Long } from '@grpc/proto-loader';

export interface SwitchApplied {
  'datapathId'?: (string);
  'appliedGeneration'?: (number | string | Long);
  'connected'?: (boolean);
  'degradedReason'?: (string);
}

export interface SwitchApplied__Output {
  'datapathId': (string);
  'appliedGeneration': (string);
  'connected': (boolean);
  'degradedReason': (string);
}
