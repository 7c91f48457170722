// Generated from tagsteer/v1/lifecycle_service.proto

import type { Stage as _tagsteer_v1_Stage, Stage__Output as _tagsteer_v1_Stage__Output } from '../../tagsteer/v1/Stage.ts';

export interface ListStagesRequest {
  /**
   * Only those in this stage; all where unspecified.
   */
  'stage'?: (_tagsteer_v1_Stage);
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListStagesRequest__Output {
  /**
   * Only those in this stage; all where unspecified.
   */
  'stage': (_tagsteer_v1_Stage__Output);
  'pageSize': (number);
  'pageToken': (string);
}
