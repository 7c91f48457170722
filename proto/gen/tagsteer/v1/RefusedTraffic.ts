// Generated from tagsteer/v1/flow_service.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface RefusedTraffic {
  'datapathId'?: (string);
  /**
   * Empty where it has none.
   */
  'switch'?: (string);
  /**
   * Such as "forged-mac"; docs/refused.md lists them.
   */
  'reason'?: (string);
  /**
   * What it means, in a sentence.
   */
  'sentence'?: (string);
  /**
   * 0 where the switch counts all ports together.
   */
  'port'?: (number);
  /**
   * The interface record whose port it was; empty where it was nobody's.
   */
  'interface'?: (string);
  'packets'?: (number | string | Long);
  /**
   * When it was first and last seen to grow.
   */
  'since'?: (_google_protobuf_Timestamp | null);
  'last'?: (_google_protobuf_Timestamp | null);
}

export interface RefusedTraffic__Output {
  'datapathId': (string);
  /**
   * Empty where it has none.
   */
  'switch': (string);
  /**
   * Such as "forged-mac"; docs/refused.md lists them.
   */
  'reason': (string);
  /**
   * What it means, in a sentence.
   */
  'sentence': (string);
  /**
   * 0 where the switch counts all ports together.
   */
  'port': (number);
  /**
   * The interface record whose port it was; empty where it was nobody's.
   */
  'interface': (string);
  'packets': (string);
  /**
   * When it was first and last seen to grow.
   */
  'since': (_google_protobuf_Timestamp__Output | null);
  'last': (_google_protobuf_Timestamp__Output | null);
}
