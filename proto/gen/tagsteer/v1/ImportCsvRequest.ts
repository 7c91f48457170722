// Generated from tagsteer/v1/ipam_service.proto


export interface ImportCsvRequest {
  /**
   * prefixes, ip-ranges or ip-addresses; found out from the columns where empty.
   */
  'kind'?: (string);
  'csv'?: (string);
  /**
   * Writes nothing.
   */
  'validateOnly'?: (boolean);
}

export interface ImportCsvRequest__Output {
  /**
   * prefixes, ip-ranges or ip-addresses; found out from the columns where empty.
   */
  'kind': (string);
  'csv': (string);
  /**
   * Writes nothing.
   */
  'validateOnly': (boolean);
}
