// Generated from tagsteer/v1/interface_service.proto


export interface InterfaceStatus {
  'attached'?: (boolean);
  'datapathId'?: (string);
  'port'?: (number);
  'portName'?: (string);
  /**
   * The number that stands for the policy-relevant tags in the data path.
   */
  'identity'?: (number);
  'vnps'?: (string)[];
  /**
   * The switch's name where it has one.
   */
  'switchName'?: (string);
}

export interface InterfaceStatus__Output {
  'attached': (boolean);
  'datapathId': (string);
  'port': (number);
  'portName': (string);
  /**
   * The number that stands for the policy-relevant tags in the data path.
   */
  'identity': (number);
  'vnps': (string)[];
  /**
   * The switch's name where it has one.
   */
  'switchName': (string);
}
