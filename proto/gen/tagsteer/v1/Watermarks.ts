// Generated from tagsteer/v1/nap_service.proto


/**
 * Shares, from 0 to 1, of the addresses that can be given.
 */
export interface Watermarks {
  'low'?: (number | string);
  /**
   * 0.9 where absent.
   */
  'high'?: (number | string);
  '_low'?: "low";
  '_high'?: "high";
}

/**
 * Shares, from 0 to 1, of the addresses that can be given.
 */
export interface Watermarks__Output {
  'low'?: (number);
  /**
   * 0.9 where absent.
   */
  'high'?: (number);
  '_low'?: "low";
  '_high'?: "high";
}
