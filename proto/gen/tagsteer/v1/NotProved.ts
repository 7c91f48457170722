// Generated from tagsteer/v1/prove_service.proto


export interface NotProved {
  'datapathId'?: (string);
  'switch'?: (string);
  'reason'?: (string);
}

export interface NotProved__Output {
  'datapathId': (string);
  'switch': (string);
  'reason': (string);
}
