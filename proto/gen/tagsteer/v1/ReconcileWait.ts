// Generated from tagsteer/v1/ipam_service.proto


export interface ReconcileWait {
  'network'?: (string);
  'address'?: (string);
  'reason'?: (string);
}

export interface ReconcileWait__Output {
  'network': (string);
  'address': (string);
  'reason': (string);
}
