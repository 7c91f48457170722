// Generated from tagsteer/v1/history_service.proto


export interface BlameRequest {
  /**
   * A cookie in hexadecimal digits; a flow as `ovs-ofctl dump-flows` prints it, of which table, priority and match
   * count; or a line of `tagsteer flows`.
   */
  'flow'?: (string);
  /**
   * Datapath id or switch name; every switch where empty.
   */
  'switch'?: (string);
}

export interface BlameRequest__Output {
  /**
   * A cookie in hexadecimal digits; a flow as `ovs-ofctl dump-flows` prints it, of which table, priority and match
   * count; or a line of `tagsteer flows`.
   */
  'flow': (string);
  /**
   * Datapath id or switch name; every switch where empty.
   */
  'switch': (string);
}
