// Generated from tagsteer/v1/lifecycle_service.proto


export interface ReclaimRequest {
  /**
   * Only this interface; all revocable ones where empty.
   */
  'name'?: (string);
  /**
   * Nothing is written, and nobody is asked whether he is there.
   */
  'validateOnly'?: (boolean);
}

export interface ReclaimRequest__Output {
  /**
   * Only this interface; all revocable ones where empty.
   */
  'name': (string);
  /**
   * Nothing is written, and nobody is asked whether he is there.
   */
  'validateOnly': (boolean);
}
