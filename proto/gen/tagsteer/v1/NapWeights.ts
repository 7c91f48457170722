// Generated from tagsteer/v1/nap_service.proto


/**
 * Each from 0 to 1.
 */
export interface NapWeights {
  'application'?: (number | string);
  'volume'?: (number | string);
  'security'?: (number | string);
  'region'?: (number | string);
}

/**
 * Each from 0 to 1.
 */
export interface NapWeights__Output {
  'application': (number);
  'volume': (number);
  'security': (number);
  'region': (number);
}
