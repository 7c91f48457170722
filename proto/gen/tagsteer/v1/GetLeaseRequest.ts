// Generated from tagsteer/v1/lease_service.proto


export interface GetLeaseRequest {
  /**
   * "default" where empty.
   */
  'network'?: (string);
  'address'?: (string);
}

export interface GetLeaseRequest__Output {
  /**
   * "default" where empty.
   */
  'network': (string);
  'address': (string);
}
