// Generated from tagsteer/v1/apply_service.proto


export interface RecordName {
  /**
   * "interface", "vnp", "policy", "switch", "network", "nap", "profile" or "stagePolicy".
   */
  'kind'?: (string);
  'name'?: (string);
}

export interface RecordName__Output {
  /**
   * "interface", "vnp", "policy", "switch", "network", "nap", "profile" or "stagePolicy".
   */
  'kind': (string);
  'name': (string);
}
