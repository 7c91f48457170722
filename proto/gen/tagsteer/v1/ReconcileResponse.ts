// Generated from tagsteer/v1/ipam_service.proto

import type { ReconcilePlan as _tagsteer_v1_ReconcilePlan, ReconcilePlan__Output as _tagsteer_v1_ReconcilePlan__Output } from '../../tagsteer/v1/ReconcilePlan.ts';
import type { ReconcileFailure as _tagsteer_v1_ReconcileFailure, ReconcileFailure__Output as _tagsteer_v1_ReconcileFailure__Output } from '../../tagsteer/v1/ReconcileFailure.ts';

export interface ReconcileResponse {
  'plan'?: (_tagsteer_v1_ReconcilePlan | null);
  'done'?: (number);
  'failures'?: (_tagsteer_v1_ReconcileFailure)[];
  /**
   * Steps that were not tried: the other side does not answer, or there were more than 10,000.
   */
  'left'?: (number);
}

export interface ReconcileResponse__Output {
  'plan': (_tagsteer_v1_ReconcilePlan__Output | null);
  'done': (number);
  'failures': (_tagsteer_v1_ReconcileFailure__Output)[];
  /**
   * Steps that were not tried: the other side does not answer, or there were more than 10,000.
   */
  'left': (number);
}
