// Generated from tagsteer/v1/ipam_service.proto

import type { ReconcileChoice as _tagsteer_v1_ReconcileChoice, ReconcileChoice__Output as _tagsteer_v1_ReconcileChoice__Output } from '../../tagsteer/v1/ReconcileChoice.ts';

export interface ReconcileRequest {
  'connector'?: (string);
  'choices'?: (_tagsteer_v1_ReconcileChoice)[];
  /**
   * Of the plan that was looked at: where the plan is another now, nothing is done. Empty: whatever the plan is.
   */
  'digest'?: (string);
  /**
   * Also where more than a fifth of what was agreed on has vanished over there.
   */
  'allowVanished'?: (boolean);
}

export interface ReconcileRequest__Output {
  'connector': (string);
  'choices': (_tagsteer_v1_ReconcileChoice__Output)[];
  /**
   * Of the plan that was looked at: where the plan is another now, nothing is done. Empty: whatever the plan is.
   */
  'digest': (string);
  /**
   * Also where more than a fifth of what was agreed on has vanished over there.
   */
  'allowVanished': (boolean);
}
