// Generated from tagsteer/v1/lifecycle_service.proto

import type { Stage as _tagsteer_v1_Stage, Stage__Output as _tagsteer_v1_Stage__Output } from '../../tagsteer/v1/Stage.ts';

export interface Silence {
  'seconds'?: (number);
  'to'?: (_tagsteer_v1_Stage);
}

export interface Silence__Output {
  'seconds': (number);
  'to': (_tagsteer_v1_Stage__Output);
}
