// Generated from tagsteer/v1/interface_service.proto

import type { SourcedTag as _tagsteer_v1_SourcedTag, SourcedTag__Output as _tagsteer_v1_SourcedTag__Output } from '../../tagsteer/v1/SourcedTag.ts';

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
  /**
   * Its own tags and those that it inherits.
   */
  'tags'?: (_tagsteer_v1_SourcedTag)[];
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
  /**
   * Its own tags and those that it inherits.
   */
  'tags': (_tagsteer_v1_SourcedTag__Output)[];
}
