// Generated from tagsteer/v1/prove_service.proto


export interface WatchProofsRequest {
  /**
   * Datapath ids or switch names; every switch that is known where empty.
   */
  'switches'?: (string)[];
  /**
   * Counterexamples after which to stop: 10 where zero, at most 100.
   */
  'limit'?: (number);
  /**
   * Seconds after which tables are read again though no generation came: 30 where zero, at most 86400.
   */
  'everySeconds'?: (number);
}

export interface WatchProofsRequest__Output {
  /**
   * Datapath ids or switch names; every switch that is known where empty.
   */
  'switches': (string)[];
  /**
   * Counterexamples after which to stop: 10 where zero, at most 100.
   */
  'limit': (number);
  /**
   * Seconds after which tables are read again though no generation came: 30 where zero, at most 86400.
   */
  'everySeconds': (number);
}
