// Generated from tagsteer/v1/verify_service.proto


export interface VerifyRequest {
  /**
   * Datapath ids or switch names; every switch that is known where empty.
   */
  'switches'?: (string)[];
}

export interface VerifyRequest__Output {
  /**
   * Datapath ids or switch names; every switch that is known where empty.
   */
  'switches': (string)[];
}
