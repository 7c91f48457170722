// Generated from tagsteer/v1/lifecycle_service.proto

import type { Stage as _tagsteer_v1_Stage, Stage__Output as _tagsteer_v1_Stage__Output } from '../../tagsteer/v1/Stage.ts';
import type { Long } from '@grpc/proto-loader';

export interface MoveStageRequest {
  'name'?: (string);
  'stage'?: (_tagsteer_v1_Stage);
  /**
   * The generation that the move is asked for of; any where absent.
   */
  'generation'?: (number | string | Long);
  /**
   * Why, for people; at most 255 characters.
   */
  'note'?: (string);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
  '_generation'?: "generation";
}

export interface MoveStageRequest__Output {
  'name': (string);
  'stage': (_tagsteer_v1_Stage__Output);
  /**
   * The generation that the move is asked for of; any where absent.
   */
  'generation'?: (string);
  /**
   * Why, for people; at most 255 characters.
   */
  'note': (string);
  'requestId': (string);
  'validateOnly': (boolean);
  '_generation'?: "generation";
}
