// Generated from tagsteer/v1/ipam_service.proto


export interface ImportResult {
  /**
   * nap, network or address.
   */
  'kind'?: (string);
  'name'?: (string);
  /**
   * created, updated, unchanged; of an address the fact.
   */
  'outcome'?: (string);
}

export interface ImportResult__Output {
  /**
   * nap, network or address.
   */
  'kind': (string);
  'name': (string);
  /**
   * created, updated, unchanged; of an address the fact.
   */
  'outcome': (string);
}
