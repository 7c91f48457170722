// Generated from tagsteer/v1/topology_service.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Link {
  'fromDatapathId'?: (string);
  'fromPort'?: (number);
  'toDatapathId'?: (string);
  'toPort'?: (number);
  'lastSeen'?: (_google_protobuf_Timestamp | null);
}

export interface Link__Output {
  'fromDatapathId': (string);
  'fromPort': (number);
  'toDatapathId': (string);
  'toPort': (number);
  'lastSeen': (_google_protobuf_Timestamp__Output | null);
}
