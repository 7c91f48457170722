// Generated from tagsteer/v1/ipam_service.proto


export interface ReconcileFailure {
  'network'?: (string);
  'address'?: (string);
  'side'?: (string);
  'reason'?: (string);
}

export interface ReconcileFailure__Output {
  'network': (string);
  'address': (string);
  'side': (string);
  'reason': (string);
}
