// Generated from tagsteer/v1/verify_service.proto

import type { Difference as _tagsteer_v1_Difference, Difference__Output as _tagsteer_v1_Difference__Output } from '../../tagsteer/v1/Difference.ts';

export interface FlowComparison {
  /**
   * Why it could not be compared; empty where it was.
   */
  'reason'?: (string);
  /**
   * Flows of ours that were compared.
   */
  'flows'?: (number);
  'missing'?: (number);
  'changed'?: (number);
  'stale'?: (number);
  'foreign'?: (number);
  /**
   * Flows that were being changed meanwhile and were not compared.
   */
  'changing'?: (number);
  /**
   * At most 100 of ours and 100 of others.
   */
  'differences'?: (_tagsteer_v1_Difference)[];
}

export interface FlowComparison__Output {
  /**
   * Why it could not be compared; empty where it was.
   */
  'reason': (string);
  /**
   * Flows of ours that were compared.
   */
  'flows': (number);
  'missing': (number);
  'changed': (number);
  'stale': (number);
  'foreign': (number);
  /**
   * Flows that were being changed meanwhile and were not compared.
   */
  'changing': (number);
  /**
   * At most 100 of ours and 100 of others.
   */
  'differences': (_tagsteer_v1_Difference__Output)[];
}
