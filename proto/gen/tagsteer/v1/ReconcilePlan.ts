// Generated from tagsteer/v1/ipam_service.proto

import type { ReconcileStep as _tagsteer_v1_ReconcileStep, ReconcileStep__Output as _tagsteer_v1_ReconcileStep__Output } from '../../tagsteer/v1/ReconcileStep.ts';
import type { ReconcileConflict as _tagsteer_v1_ReconcileConflict, ReconcileConflict__Output as _tagsteer_v1_ReconcileConflict__Output } from '../../tagsteer/v1/ReconcileConflict.ts';
import type { ReconcileWait as _tagsteer_v1_ReconcileWait, ReconcileWait__Output as _tagsteer_v1_ReconcileWait__Output } from '../../tagsteer/v1/ReconcileWait.ts';

export interface ReconcilePlan {
  /**
   * Names the plan: ReconcileRequest.digest.
   */
  'digest'?: (string);
  /**
   * In the order in which they are done. At most 10,000 are told.
   */
  'steps'?: (_tagsteer_v1_ReconcileStep)[];
  'conflicts'?: (_tagsteer_v1_ReconcileConflict)[];
  /**
   * Neither side can be touched now.
   */
  'waiting'?: (_tagsteer_v1_ReconcileWait)[];
  'stepCount'?: (number);
  /**
   * Addresses on which both agree.
   */
  'agreed'?: (number);
  /**
   * Their entries for addresses of no pool, and those that pools exclude.
   */
  'outside'?: (number);
  /**
   * Addresses that were agreed on, and how many of them have no entry over there any more.
   */
  'known'?: (number);
  'vanished'?: (number);
}

export interface ReconcilePlan__Output {
  /**
   * Names the plan: ReconcileRequest.digest.
   */
  'digest': (string);
  /**
   * In the order in which they are done. At most 10,000 are told.
   */
  'steps': (_tagsteer_v1_ReconcileStep__Output)[];
  'conflicts': (_tagsteer_v1_ReconcileConflict__Output)[];
  /**
   * Neither side can be touched now.
   */
  'waiting': (_tagsteer_v1_ReconcileWait__Output)[];
  'stepCount': (number);
  /**
   * Addresses on which both agree.
   */
  'agreed': (number);
  /**
   * Their entries for addresses of no pool, and those that pools exclude.
   */
  'outside': (number);
  /**
   * Addresses that were agreed on, and how many of them have no entry over there any more.
   */
  'known': (number);
  'vanished': (number);
}
