// Generated from tagsteer/v1/prove_service.proto

export const CounterexampleKind = {
  COUNTEREXAMPLE_KIND_UNSPECIFIED: 'COUNTEREXAMPLE_KIND_UNSPECIFIED',
  /**
   * It comes out where it must not.
   */
  COUNTEREXAMPLE_KIND_LEAK: 'COUNTEREXAMPLE_KIND_LEAK',
  /**
   * It is permitted and does not arrive.
   */
  COUNTEREXAMPLE_KIND_LOSS: 'COUNTEREXAMPLE_KIND_LOSS',
  /**
   * It goes round in circles.
   */
  COUNTEREXAMPLE_KIND_LOOP: 'COUNTEREXAMPLE_KIND_LOOP',
  /**
   * It arrives with another header than it should have: MAC addresses, or hops.
   */
  COUNTEREXAMPLE_KIND_ALTERED: 'COUNTEREXAMPLE_KIND_ALTERED',
} as const;

export type CounterexampleKind =
  | 'COUNTEREXAMPLE_KIND_UNSPECIFIED'
  | 0
  /**
   * It comes out where it must not.
   */
  | 'COUNTEREXAMPLE_KIND_LEAK'
  | 1
  /**
   * It is permitted and does not arrive.
   */
  | 'COUNTEREXAMPLE_KIND_LOSS'
  | 2
  /**
   * It goes round in circles.
   */
  | 'COUNTEREXAMPLE_KIND_LOOP'
  | 3
  /**
   * It arrives with another header than it should have: MAC addresses, or hops.
   */
  | 'COUNTEREXAMPLE_KIND_ALTERED'
  | 4

export type CounterexampleKind__Output = typeof CounterexampleKind[keyof typeof CounterexampleKind]
