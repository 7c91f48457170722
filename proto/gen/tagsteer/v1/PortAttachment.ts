// Generated from tagsteer/v1/interface_service.proto


export interface PortAttachment {
  /**
   * 16 hexadecimal digits.
   */
  'datapathId'?: (string);
  'port'?: (number);
}

export interface PortAttachment__Output {
  /**
   * 16 hexadecimal digits.
   */
  'datapathId': (string);
  'port': (number);
}
