// Generated from tagsteer/v1/flow_service.proto

import type { SwitchApplied as _tagsteer_v1_SwitchApplied, SwitchApplied__Output as _tagsteer_v1_SwitchApplied__Output } from '../../tagsteer/v1/SwitchApplied.ts';
import type { Long } from '@grpc/proto-loader';

export interface AppliedStatus {
  'generation'?: (number | string | Long);
  'switches'?: (_tagsteer_v1_SwitchApplied)[];
}

export interface AppliedStatus__Output {
  'generation': (string);
  'switches': (_tagsteer_v1_SwitchApplied__Output)[];
}
