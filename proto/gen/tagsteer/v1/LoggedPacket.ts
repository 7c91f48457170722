// Generated from tagsteer/v1/flow_service.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Verdict as _tagsteer_v1_Verdict, Verdict__Output as _tagsteer_v1_Verdict__Output } from '../../tagsteer/v1/Verdict.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A packet that a rule logged, as its event has it.
 */
export interface LoggedPacket {
  'sequence'?: (number | string | Long);
  'time'?: (_google_protobuf_Timestamp | null);
  /**
   * The rule that logged it: "POLICY#INDEX".
   */
  'rule'?: (string);
  /**
   * Datapath id of the switch that it was on.
   */
  'switch'?: (string);
  /**
   * Of the controller when the event was told.
   */
  'generation'?: (number | string | Long);
  /**
   * By the policy of then.
   */
  'verdict'?: (_tagsteer_v1_Verdict);
}

/**
 * A packet that a rule logged, as its event has it.
 */
export interface LoggedPacket__Output {
  'sequence': (string);
  'time': (_google_protobuf_Timestamp__Output | null);
  /**
   * The rule that logged it: "POLICY#INDEX".
   */
  'rule': (string);
  /**
   * Datapath id of the switch that it was on.
   */
  'switch': (string);
  /**
   * Of the controller when the event was told.
   */
  'generation': (string);
  /**
   * By the policy of then.
   */
  'verdict': (_tagsteer_v1_Verdict__Output);
}
