// Generated from tagsteer/v1/probe_service.proto


export interface ListPropagationRequest {
  /**
   * Names or datapath ids of switches; empty: all.
   */
  'from'?: (string);
  'to'?: (string);
  /**
   * Only pairs that are not proved.
   */
  'unproven'?: (boolean);
  /**
   * 100 where 0; at most 1000.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListPropagationRequest__Output {
  /**
   * Names or datapath ids of switches; empty: all.
   */
  'from': (string);
  'to': (string);
  /**
   * Only pairs that are not proved.
   */
  'unproven': (boolean);
  /**
   * 100 where 0; at most 1000.
   */
  'pageSize': (number);
  'pageToken': (string);
}
