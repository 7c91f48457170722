// Generated from tagsteer/v1/nap_service.proto


/**
 * All of `cidr` (of an IPv4 subnet without its own address and broadcast), or from first to last.
 */
export interface AddressRange {
  'first'?: (string);
  'last'?: (string);
  /**
   * Input only.
   */
  'cidr'?: (string);
}

/**
 * All of `cidr` (of an IPv4 subnet without its own address and broadcast), or from first to last.
 */
export interface AddressRange__Output {
  'first': (string);
  'last': (string);
  /**
   * Input only.
   */
  'cidr': (string);
}
