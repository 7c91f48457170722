// Generated from tagsteer/v1/probe_service.proto

import type { Propagation as _tagsteer_v1_Propagation, Propagation__Output as _tagsteer_v1_Propagation__Output } from '../../tagsteer/v1/Propagation.ts';

export interface ListPropagationResponse {
  'pairs'?: (_tagsteer_v1_Propagation)[];
  'nextPageToken'?: (string);
  /**
   * Pairs of all switches, whatever was asked for: proved lately, with a fault that was told, neither.
   */
  'proven'?: (number);
  'faulty'?: (number);
  'notProven'?: (number);
  /**
   * Samples that begin at each switch per minute; 0: none are taken.
   */
  'samplesPerMinute'?: (number);
  /**
   * Switches that may write identities for others, and pairs of them.
   */
  'switches'?: (number);
  'switchPairs'?: (number);
  /**
   * In which every pair has its turn: as planned, and what the last round took; 0: none is over since a switch came or went.
   */
  'roundSeconds'?: (number | string);
  'lastRoundSeconds'?: (number | string);
}

export interface ListPropagationResponse__Output {
  'pairs': (_tagsteer_v1_Propagation__Output)[];
  'nextPageToken': (string);
  /**
   * Pairs of all switches, whatever was asked for: proved lately, with a fault that was told, neither.
   */
  'proven': (number);
  'faulty': (number);
  'notProven': (number);
  /**
   * Samples that begin at each switch per minute; 0: none are taken.
   */
  'samplesPerMinute': (number);
  /**
   * Switches that may write identities for others, and pairs of them.
   */
  'switches': (number);
  'switchPairs': (number);
  /**
   * In which every pair has its turn: as planned, and what the last round took; 0: none is over since a switch came or went.
   */
  'roundSeconds': (number);
  'lastRoundSeconds': (number);
}
