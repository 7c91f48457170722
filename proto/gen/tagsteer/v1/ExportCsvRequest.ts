// Generated from tagsteer/v1/ipam_service.proto


export interface ExportCsvRequest {
  /**
   * prefixes, ip-ranges or ip-addresses.
   */
  'kind'?: (string);
}

export interface ExportCsvRequest__Output {
  /**
   * prefixes, ip-ranges or ip-addresses.
   */
  'kind': (string);
}
