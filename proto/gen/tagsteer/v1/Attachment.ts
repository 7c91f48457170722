// Generated from tagsteer/v1/interface_service.proto

import type { PortAttachment as _tagsteer_v1_PortAttachment, PortAttachment__Output as _tagsteer_v1_PortAttachment__Output } from '../../tagsteer/v1/PortAttachment.ts';
import type { PortNameAttachment as _tagsteer_v1_PortNameAttachment, PortNameAttachment__Output as _tagsteer_v1_PortNameAttachment__Output } from '../../tagsteer/v1/PortNameAttachment.ts';
import type { MacAttachment as _tagsteer_v1_MacAttachment, MacAttachment__Output as _tagsteer_v1_MacAttachment__Output } from '../../tagsteer/v1/MacAttachment.ts';
import type { IfaceIdAttachment as _tagsteer_v1_IfaceIdAttachment, IfaceIdAttachment__Output as _tagsteer_v1_IfaceIdAttachment__Output } from '../../tagsteer/v1/IfaceIdAttachment.ts';

/**
 * Where an interface enters the network. Without one it is found by its MAC.
 */
export interface Attachment {
  'port'?: (_tagsteer_v1_PortAttachment | null);
  'portName'?: (_tagsteer_v1_PortNameAttachment | null);
  /**
   * Whatever port a frame from the record's MAC comes from.
   */
  'mac'?: (_tagsteer_v1_MacAttachment | null);
  'ifaceId'?: (_tagsteer_v1_IfaceIdAttachment | null);
  'kind'?: "port"|"portName"|"mac"|"ifaceId";
}

/**
 * Where an interface enters the network. Without one it is found by its MAC.
 */
export interface Attachment__Output {
  'port'?: (_tagsteer_v1_PortAttachment__Output | null);
  'portName'?: (_tagsteer_v1_PortNameAttachment__Output | null);
  /**
   * Whatever port a frame from the record's MAC comes from.
   */
  'mac'?: (_tagsteer_v1_MacAttachment__Output | null);
  'ifaceId'?: (_tagsteer_v1_IfaceIdAttachment__Output | null);
  'kind'?: "port"|"portName"|"mac"|"ifaceId";
}
