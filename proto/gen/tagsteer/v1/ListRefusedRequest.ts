// Generated from tagsteer/v1/flow_service.proto


export interface ListRefusedRequest {
  /**
   * Datapath id or switch name; empty for all.
   */
  'switch'?: (string);
  'pageSize'?: (number);
  'pageToken'?: (string);
  /**
   * Only of the port of this interface record.
   */
  'interface'?: (string);
}

export interface ListRefusedRequest__Output {
  /**
   * Datapath id or switch name; empty for all.
   */
  'switch': (string);
  'pageSize': (number);
  'pageToken': (string);
  /**
   * Only of the port of this interface record.
   */
  'interface': (string);
}
