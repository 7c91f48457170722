// Generated from tagsteer/v1/interface_service.proto

import type { Selector as _tagsteer_v1_Selector, Selector__Output as _tagsteer_v1_Selector__Output } from '../../tagsteer/v1/Selector.ts';
import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface ListInterfacesRequest {
  /**
   * At most 1,000; 100 where zero.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
  /**
   * Only records whose tags, inherited ones among them, match.
   */
  'selector'?: (_tagsteer_v1_Selector | null);
  /**
   * Only members of this partition.
   */
  'vnp'?: (string);
  'readMask'?: (_google_protobuf_FieldMask | null);
}

export interface ListInterfacesRequest__Output {
  /**
   * At most 1,000; 100 where zero.
   */
  'pageSize': (number);
  'pageToken': (string);
  /**
   * Only records whose tags, inherited ones among them, match.
   */
  'selector': (_tagsteer_v1_Selector__Output | null);
  /**
   * Only members of this partition.
   */
  'vnp': (string);
  'readMask': (_google_protobuf_FieldMask__Output | null);
}
