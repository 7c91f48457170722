// Generated from tagsteer/v1/lease_service.proto

import type { NapWeights as _tagsteer_v1_NapWeights, NapWeights__Output as _tagsteer_v1_NapWeights__Output } from '../../tagsteer/v1/NapWeights.ts';

export interface NapScore {
  'nap'?: (string);
  /**
   * The sum of the parts.
   */
  'score'?: (number | string);
  /**
   * What each part adds: weights times 100, and less the farther the volume is from the expected one.
   */
  'parts'?: (_tagsteer_v1_NapWeights | null);
  /**
   * Why it is left out: "draining", "exhausted" or "security"; empty where it is not.
   */
  'leftOut'?: (string);
}

export interface NapScore__Output {
  'nap': (string);
  /**
   * The sum of the parts.
   */
  'score': (number);
  /**
   * What each part adds: weights times 100, and less the farther the volume is from the expected one.
   */
  'parts': (_tagsteer_v1_NapWeights__Output | null);
  /**
   * Why it is left out: "draining", "exhausted" or "security"; empty where it is not.
   */
  'leftOut': (string);
}
