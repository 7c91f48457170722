// Generated from tagsteer/v1/flow_service.proto

import type { Verdict as _tagsteer_v1_Verdict, Verdict__Output as _tagsteer_v1_Verdict__Output } from '../../tagsteer/v1/Verdict.ts';
import type { ExplainStep as _tagsteer_v1_ExplainStep, ExplainStep__Output as _tagsteer_v1_ExplainStep__Output } from '../../tagsteer/v1/ExplainStep.ts';
import type { Cause as _tagsteer_v1_Cause, Cause__Output as _tagsteer_v1_Cause__Output } from '../../tagsteer/v1/Cause.ts';
import type { LoggedPacket as _tagsteer_v1_LoggedPacket, LoggedPacket__Output as _tagsteer_v1_LoggedPacket__Output } from '../../tagsteer/v1/LoggedPacket.ts';
import type { Long } from '@grpc/proto-loader';

export interface Explanation {
  'verdict'?: (_tagsteer_v1_Verdict);
  'from'?: (string);
  'to'?: (string);
  'packet'?: (string);
  'generation'?: (number | string | Long);
  /**
   * Switches that confirmed the generation, of those concerned.
   */
  'appliedSwitches'?: (number);
  'concernedSwitches'?: (number);
  'steps'?: (_tagsteer_v1_ExplainStep)[];
  /**
   * RULE, DEFAULT_DENY, DEFAULT_ALLOW, NO_SHARED_VNP, UNKNOWN_INTERFACE, NO_PATH, OFFLINE_SWITCH.
   */
  'decidedBy'?: (string);
  'cause'?: (_tagsteer_v1_Cause | null);
  /**
   * One sentence.
   */
  'summary'?: (string);
  /**
   * The smallest change that would flip the verdict; empty where none is known.
   */
  'smallestChange'?: (string);
  /**
   * Where an event was asked about.
   */
  'logged'?: (_tagsteer_v1_LoggedPacket | null);
}

export interface Explanation__Output {
  'verdict': (_tagsteer_v1_Verdict__Output);
  'from': (string);
  'to': (string);
  'packet': (string);
  'generation': (string);
  /**
   * Switches that confirmed the generation, of those concerned.
   */
  'appliedSwitches': (number);
  'concernedSwitches': (number);
  'steps': (_tagsteer_v1_ExplainStep__Output)[];
  /**
   * RULE, DEFAULT_DENY, DEFAULT_ALLOW, NO_SHARED_VNP, UNKNOWN_INTERFACE, NO_PATH, OFFLINE_SWITCH.
   */
  'decidedBy': (string);
  'cause': (_tagsteer_v1_Cause__Output | null);
  /**
   * One sentence.
   */
  'summary': (string);
  /**
   * The smallest change that would flip the verdict; empty where none is known.
   */
  'smallestChange': (string);
  /**
   * Where an event was asked about.
   */
  'logged': (_tagsteer_v1_LoggedPacket__Output | null);
}
