// Generated from tagsteer/v1/ipam_service.proto

import type { ReconcileChoice as _tagsteer_v1_ReconcileChoice, ReconcileChoice__Output as _tagsteer_v1_ReconcileChoice__Output } from '../../tagsteer/v1/ReconcileChoice.ts';

export interface PlanReconcileRequest {
  'connector'?: (string);
  'choices'?: (_tagsteer_v1_ReconcileChoice)[];
}

export interface PlanReconcileRequest__Output {
  'connector': (string);
  'choices': (_tagsteer_v1_ReconcileChoice__Output)[];
}
