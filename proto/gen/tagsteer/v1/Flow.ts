// Generated from tagsteer/v1/flow_service.proto

import type { FlowState as _tagsteer_v1_FlowState, FlowState__Output as _tagsteer_v1_FlowState__Output } from '../../tagsteer/v1/FlowState.ts';
import type { Cause as _tagsteer_v1_Cause, Cause__Output as _tagsteer_v1_Cause__Output } from '../../tagsteer/v1/Cause.ts';
import type { Long } from '@grpc/proto-loader';

export interface Flow {
  'table'?: (string);
  'tableId'?: (number);
  'priority'?: (number);
  /**
   * ovs-ofctl syntax.
   */
  'match'?: (string);
  'actions'?: (string);
  /**
   * 16 hexadecimal digits with 0x.
   */
  'cookie'?: (string);
  'packets'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'durationSeconds'?: (number);
  'state'?: (_tagsteer_v1_FlowState);
  'cause'?: (_tagsteer_v1_Cause | null);
  /**
   * The whole flow in ovs-ofctl syntax, numbers only.
   */
  'text'?: (string);
}

export interface Flow__Output {
  'table': (string);
  'tableId': (number);
  'priority': (number);
  /**
   * ovs-ofctl syntax.
   */
  'match': (string);
  'actions': (string);
  /**
   * 16 hexadecimal digits with 0x.
   */
  'cookie': (string);
  'packets': (string);
  'bytes': (string);
  'durationSeconds': (number);
  'state': (_tagsteer_v1_FlowState__Output);
  'cause': (_tagsteer_v1_Cause__Output | null);
  /**
   * The whole flow in ovs-ofctl syntax, numbers only.
   */
  'text': (string);
}
