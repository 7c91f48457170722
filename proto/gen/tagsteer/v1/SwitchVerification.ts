// Generated from tagsteer/v1/verify_service.proto

import type { FlowComparison as _tagsteer_v1_FlowComparison, FlowComparison__Output as _tagsteer_v1_FlowComparison__Output } from '../../tagsteer/v1/FlowComparison.ts';

export interface SwitchVerification {
  'datapathId'?: (string);
  'name'?: (string);
  /**
   * Both comparisons were made and found nothing.
   */
  'verified'?: (boolean);
  /**
   * What the switch has, against what is wanted of it.
   */
  'installed'?: (_tagsteer_v1_FlowComparison | null);
  /**
   * What is wanted of it, against what compiling everything anew gives. A difference is a defect of the controller.
   */
  'program'?: (_tagsteer_v1_FlowComparison | null);
}

export interface SwitchVerification__Output {
  'datapathId': (string);
  'name': (string);
  /**
   * Both comparisons were made and found nothing.
   */
  'verified': (boolean);
  /**
   * What the switch has, against what is wanted of it.
   */
  'installed': (_tagsteer_v1_FlowComparison__Output | null);
  /**
   * What is wanted of it, against what compiling everything anew gives. A difference is a defect of the controller.
   */
  'program': (_tagsteer_v1_FlowComparison__Output | null);
}
