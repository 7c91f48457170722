// Generated from tagsteer/v1/flow_service.proto


export interface ListFlowsRequest {
  /**
   * Datapath id or switch name.
   */
  'switch'?: (string);
  'pageSize'?: (number);
  'pageToken'?: (string);
  /**
   * Filters; all that are set must hold.
   */
  'table'?: (string);
  'interface'?: (string);
  'policy'?: (string);
  'vnp'?: (string);
  'cookie'?: (string);
  /**
   * Ask the switch for counters now.
   */
  'counters'?: (boolean);
}

export interface ListFlowsRequest__Output {
  /**
   * Datapath id or switch name.
   */
  'switch': (string);
  'pageSize': (number);
  'pageToken': (string);
  /**
   * Filters; all that are set must hold.
   */
  'table': (string);
  'interface': (string);
  'policy': (string);
  'vnp': (string);
  'cookie': (string);
  /**
   * Ask the switch for counters now.
   */
  'counters': (boolean);
}
