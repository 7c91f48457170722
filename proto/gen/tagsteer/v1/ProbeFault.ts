// Generated from tagsteer/v1/probe_service.proto

import type { ProbeFaultKind as _tagsteer_v1_ProbeFaultKind, ProbeFaultKind__Output as _tagsteer_v1_ProbeFaultKind__Output } from '../../tagsteer/v1/ProbeFaultKind.ts';

export interface ProbeFault {
  'kind'?: (_tagsteer_v1_ProbeFaultKind);
  /**
   * Between which switches, datapath ids; in one where both are the same.
   */
  'fromDatapathId'?: (string);
  'toDatapathId'?: (string);
}

export interface ProbeFault__Output {
  'kind': (_tagsteer_v1_ProbeFaultKind__Output);
  /**
   * Between which switches, datapath ids; in one where both are the same.
   */
  'fromDatapathId': (string);
  'toDatapathId': (string);
}
