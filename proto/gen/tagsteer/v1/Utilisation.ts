// Generated from tagsteer/v1/nap_service.proto

import type { NapUtilisation as _tagsteer_v1_NapUtilisation, NapUtilisation__Output as _tagsteer_v1_NapUtilisation__Output } from '../../tagsteer/v1/NapUtilisation.ts';
import type { Long } from '@grpc/proto-loader';

export interface Utilisation {
  'naps'?: (_tagsteer_v1_NapUtilisation)[];
  'generation'?: (number | string | Long);
}

export interface Utilisation__Output {
  'naps': (_tagsteer_v1_NapUtilisation__Output)[];
  'generation': (string);
}
