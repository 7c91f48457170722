// Generated from tagsteer/v1/event_service.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Severity as _tagsteer_v1_Severity, Severity__Output as _tagsteer_v1_Severity__Output } from '../../tagsteer/v1/Severity.ts';
import type { Long } from '@grpc/proto-loader';

export interface Event {
  'sequence'?: (number | string | Long);
  'time'?: (_google_protobuf_Timestamp | null);
  /**
   * A row of docs/events.md.
   */
  'type'?: (string);
  'severity'?: (_tagsteer_v1_Severity);
  /**
   * The record, switch or link it is about.
   */
  'subject'?: (string);
  'sentence'?: (string);
  'details'?: ({[key: string]: string});
  /**
   * Events dropped before this one because the reader was slow.
   */
  'lost'?: (number | string | Long);
}

export interface Event__Output {
  'sequence': (string);
  'time': (_google_protobuf_Timestamp__Output | null);
  /**
   * A row of docs/events.md.
   */
  'type': (string);
  'severity': (_tagsteer_v1_Severity__Output);
  /**
   * The record, switch or link it is about.
   */
  'subject': (string);
  'sentence': (string);
  'details': ({[key: string]: string});
  /**
   * Events dropped before this one because the reader was slow.
   */
  'lost': (string);
}
