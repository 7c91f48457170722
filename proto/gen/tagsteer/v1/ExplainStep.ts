// Generated from tagsteer/v1/flow_service.proto

import type { Verdict as _tagsteer_v1_Verdict, Verdict__Output as _tagsteer_v1_Verdict__Output } from '../../tagsteer/v1/Verdict.ts';
import type { Cause as _tagsteer_v1_Cause, Cause__Output as _tagsteer_v1_Cause__Output } from '../../tagsteer/v1/Cause.ts';
import type { Long } from '@grpc/proto-loader';

export interface ExplainStep {
  /**
   * Switch name or datapath id.
   */
  'where'?: (string);
  'table'?: (string);
  'finding'?: (string);
  'verdict'?: (_tagsteer_v1_Verdict);
  'cause'?: (_tagsteer_v1_Cause | null);
  'decides'?: (boolean);
  'packets'?: (number | string | Long);
}

export interface ExplainStep__Output {
  /**
   * Switch name or datapath id.
   */
  'where': (string);
  'table': (string);
  'finding': (string);
  'verdict': (_tagsteer_v1_Verdict__Output);
  'cause': (_tagsteer_v1_Cause__Output | null);
  'decides': (boolean);
  'packets': (string);
}
