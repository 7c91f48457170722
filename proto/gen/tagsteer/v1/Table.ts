// Generated from tagsteer/v1/flow_service.proto


export interface Table {
  'id'?: (number);
  'name'?: (string);
  'purpose'?: (string);
  'miss'?: (string);
  'next'?: (string)[];
}

export interface Table__Output {
  'id': (number);
  'name': (string);
  'purpose': (string);
  'miss': (string);
  'next': (string)[];
}
