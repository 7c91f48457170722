// Generated from tagsteer/v1/topology_service.proto


export interface ListSwitchesRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListSwitchesRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
}
