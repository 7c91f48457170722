// Generated from tagsteer/v1/policy_service.proto


export interface RateLimit {
  'kilobitsPerSecond'?: (number);
  'burstKilobits'?: (number);
}

export interface RateLimit__Output {
  'kilobitsPerSecond': (number);
  'burstKilobits': (number);
}
