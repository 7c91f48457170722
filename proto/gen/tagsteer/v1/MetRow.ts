// Generated from tagsteer/v1/prove_service.proto


export interface MetRow {
  'switch'?: (string);
  'table'?: (string);
  'priority'?: (number);
  /**
   * 16 hexadecimal digits with 0x.
   */
  'cookie'?: (string);
}

export interface MetRow__Output {
  'switch': (string);
  'table': (string);
  'priority': (number);
  /**
   * 16 hexadecimal digits with 0x.
   */
  'cookie': (string);
}
