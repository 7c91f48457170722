// Generated from tagsteer/v1/probe_service.proto

import type { PropagationState as _tagsteer_v1_PropagationState, PropagationState__Output as _tagsteer_v1_PropagationState__Output } from '../../tagsteer/v1/PropagationState.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Carrier as _tagsteer_v1_Carrier, Carrier__Output as _tagsteer_v1_Carrier__Output } from '../../tagsteer/v1/Carrier.ts';
import type { ProbeTag as _tagsteer_v1_ProbeTag, ProbeTag__Output as _tagsteer_v1_ProbeTag__Output } from '../../tagsteer/v1/ProbeTag.ts';
import type { ProbeFault as _tagsteer_v1_ProbeFault, ProbeFault__Output as _tagsteer_v1_ProbeFault__Output } from '../../tagsteer/v1/ProbeFault.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * From one switch to another.
 */
export interface Propagation {
  'fromDatapathId'?: (string);
  'toDatapathId'?: (string);
  /**
   * Of their records or bridges; empty where there are none.
   */
  'fromSwitch'?: (string);
  'toSwitch'?: (string);
  'state'?: (_tagsteer_v1_PropagationState);
  /**
   * Of the last sample that showed that all is right; absent: none has.
   */
  'provenTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Of the last sample, and what it showed.
   */
  'sampleTime'?: (_google_protobuf_Timestamp | null);
  'fromInterface'?: (string);
  'toInterface'?: (string);
  'packet'?: (string);
  'carrier'?: (_tagsteer_v1_Carrier);
  'written'?: (_tagsteer_v1_ProbeTag | null);
  'carried'?: (_tagsteer_v1_ProbeTag | null);
  /**
   * The identity that the receiver's switch took the sender for; absent where the packet did not get so far.
   */
  'read'?: (number);
  /**
   * Datapath ids of the switches on its way, and their names, where they have some.
   */
  'path'?: (string)[];
  'pathSwitches'?: (string)[];
  /**
   * From the sender's edge to the port of the receiver, as the controller heard of both; 0 where it did not arrive.
   */
  'milliseconds'?: (number | string);
  'fault'?: (_tagsteer_v1_ProbeFault | null);
  /**
   * One sentence.
   */
  'summary'?: (string);
  'generation'?: (number | string | Long);
  '_read'?: "read";
}

/**
 * From one switch to another.
 */
export interface Propagation__Output {
  'fromDatapathId': (string);
  'toDatapathId': (string);
  /**
   * Of their records or bridges; empty where there are none.
   */
  'fromSwitch': (string);
  'toSwitch': (string);
  'state': (_tagsteer_v1_PropagationState__Output);
  /**
   * Of the last sample that showed that all is right; absent: none has.
   */
  'provenTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Of the last sample, and what it showed.
   */
  'sampleTime': (_google_protobuf_Timestamp__Output | null);
  'fromInterface': (string);
  'toInterface': (string);
  'packet': (string);
  'carrier': (_tagsteer_v1_Carrier__Output);
  'written': (_tagsteer_v1_ProbeTag__Output | null);
  'carried': (_tagsteer_v1_ProbeTag__Output | null);
  /**
   * The identity that the receiver's switch took the sender for; absent where the packet did not get so far.
   */
  'read'?: (number);
  /**
   * Datapath ids of the switches on its way, and their names, where they have some.
   */
  'path': (string)[];
  'pathSwitches': (string)[];
  /**
   * From the sender's edge to the port of the receiver, as the controller heard of both; 0 where it did not arrive.
   */
  'milliseconds': (number);
  'fault': (_tagsteer_v1_ProbeFault__Output | null);
  /**
   * One sentence.
   */
  'summary': (string);
  'generation': (string);
  '_read'?: "read";
}
