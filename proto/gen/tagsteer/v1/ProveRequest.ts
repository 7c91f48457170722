// Generated from tagsteer/v1/prove_service.proto


export interface ProveRequest {
  /**
   * Datapath ids or switch names; every switch that is known where empty.
   */
  'switches'?: (string)[];
  /**
   * What is wanted of the switches, as it is compiled, in the place of what they have.
   */
  'desired'?: (boolean);
  /**
   * Counterexamples after which to stop: 10 where zero, at most 100.
   */
  'limit'?: (number);
}

export interface ProveRequest__Output {
  /**
   * Datapath ids or switch names; every switch that is known where empty.
   */
  'switches': (string)[];
  /**
   * What is wanted of the switches, as it is compiled, in the place of what they have.
   */
  'desired': (boolean);
  /**
   * Counterexamples after which to stop: 10 where zero, at most 100.
   */
  'limit': (number);
}
