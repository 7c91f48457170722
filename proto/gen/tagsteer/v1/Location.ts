// Generated from tagsteer/v1/topology_service.proto


export interface Location {
  'interface'?: (string);
  'datapathId'?: (string);
  'port'?: (number);
  'portName'?: (string);
}

export interface Location__Output {
  'interface': (string);
  'datapathId': (string);
  'port': (number);
  'portName': (string);
}
