// Generated from tagsteer/v1/topology_service.proto


export interface ListCarriersRequest {
  /**
   * Names or datapath ids of switches; all where empty.
   */
  'from'?: (string);
  'to'?: (string);
  /**
   * A page may be shorter than this, and empty, although others follow it.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListCarriersRequest__Output {
  /**
   * Names or datapath ids of switches; all where empty.
   */
  'from': (string);
  'to': (string);
  /**
   * A page may be shorter than this, and empty, although others follow it.
   */
  'pageSize': (number);
  'pageToken': (string);
}
