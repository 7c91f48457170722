// Generated from tagsteer/v1/event_service.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchRecordsRequest {
  /**
   * The first revision to report; 0 is from now on.
   */
  'fromRevision'?: (number | string | Long);
  /**
   * "interface", "vnp", "policy", "switch", "network", "nap", "profile", "stagePolicy"; all where empty.
   */
  'kinds'?: (string)[];
}

export interface WatchRecordsRequest__Output {
  /**
   * The first revision to report; 0 is from now on.
   */
  'fromRevision': (string);
  /**
   * "interface", "vnp", "policy", "switch", "network", "nap", "profile", "stagePolicy"; all where empty.
   */
  'kinds': (string)[];
}
