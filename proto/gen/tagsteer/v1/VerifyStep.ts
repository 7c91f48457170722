// Generated from tagsteer/v1/verify_service.proto

import type { VerifyProgress as _tagsteer_v1_VerifyProgress, VerifyProgress__Output as _tagsteer_v1_VerifyProgress__Output } from '../../tagsteer/v1/VerifyProgress.ts';
import type { SwitchVerification as _tagsteer_v1_SwitchVerification, SwitchVerification__Output as _tagsteer_v1_SwitchVerification__Output } from '../../tagsteer/v1/SwitchVerification.ts';

export interface VerifyStep {
  'progress'?: (_tagsteer_v1_VerifyProgress | null);
  'switch'?: (_tagsteer_v1_SwitchVerification | null);
  'step'?: "progress"|"switch";
}

export interface VerifyStep__Output {
  'progress'?: (_tagsteer_v1_VerifyProgress__Output | null);
  'switch'?: (_tagsteer_v1_SwitchVerification__Output | null);
  'step'?: "progress"|"switch";
}
