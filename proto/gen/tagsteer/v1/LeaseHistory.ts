// Generated from tagsteer/v1/lease_service.proto

import type { Holding as _tagsteer_v1_Holding, Holding__Output as _tagsteer_v1_Holding__Output } from '../../tagsteer/v1/Holding.ts';

export interface LeaseHistory {
  /**
   * Newest first, at most 1,000.
   */
  'holdings'?: (_tagsteer_v1_Holding)[];
  /**
   * False where more is kept than was looked through.
   */
  'complete'?: (boolean);
}

export interface LeaseHistory__Output {
  /**
   * Newest first, at most 1,000.
   */
  'holdings': (_tagsteer_v1_Holding__Output)[];
  /**
   * False where more is kept than was looked through.
   */
  'complete': (boolean);
}
