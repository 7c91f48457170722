// Generated from tagsteer/v1/probe_service.proto

import type { ProbeTag as _tagsteer_v1_ProbeTag, ProbeTag__Output as _tagsteer_v1_ProbeTag__Output } from '../../tagsteer/v1/ProbeTag.ts';

export interface ProbeHop {
  'datapathId'?: (string);
  /**
   * Of its record or its bridge; empty where there is none.
   */
  'switch'?: (string);
  /**
   * Ports by which it came and left; 0 and empty where that is not known.
   */
  'inPort'?: (number);
  'inPortName'?: (string);
  'outPort'?: (number);
  'outPortName'?: (string);
  /**
   * What the packet carried when it came, and when it left; absent: nothing.
   */
  'arrived'?: (_tagsteer_v1_ProbeTag | null);
  'left'?: (_tagsteer_v1_ProbeTag | null);
  /**
   * Stages of the pipeline at which it was seen.
   */
  'stages'?: (string)[];
}

export interface ProbeHop__Output {
  'datapathId': (string);
  /**
   * Of its record or its bridge; empty where there is none.
   */
  'switch': (string);
  /**
   * Ports by which it came and left; 0 and empty where that is not known.
   */
  'inPort': (number);
  'inPortName': (string);
  'outPort': (number);
  'outPortName': (string);
  /**
   * What the packet carried when it came, and when it left; absent: nothing.
   */
  'arrived': (_tagsteer_v1_ProbeTag__Output | null);
  'left': (_tagsteer_v1_ProbeTag__Output | null);
  /**
   * Stages of the pipeline at which it was seen.
   */
  'stages': (string)[];
}
