// Generated from tagsteer/v1/probe_service.proto


export interface WatchProbesRequest {
  /**
   * Only those that show a fault.
   */
  'faults'?: (boolean);
}

export interface WatchProbesRequest__Output {
  /**
   * Only those that show a fault.
   */
  'faults': (boolean);
}
