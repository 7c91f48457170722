// Generated from tagsteer/v1/interface_service.proto


export interface PortNameAttachment {
  'portName'?: (string);
  /**
   * Any switch where empty.
   */
  'datapathId'?: (string);
}

export interface PortNameAttachment__Output {
  'portName': (string);
  /**
   * Any switch where empty.
   */
  'datapathId': (string);
}
