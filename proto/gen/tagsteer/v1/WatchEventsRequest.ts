// Generated from tagsteer/v1/event_service.proto

import type { Severity as _tagsteer_v1_Severity, Severity__Output as _tagsteer_v1_Severity__Output } from '../../tagsteer/v1/Severity.ts';
import type { Long } from '@grpc/proto-loader';

export interface WatchEventsRequest {
  /**
   * The first sequence number to report; 0 is from now on, 1 is all that are kept.
   */
  'fromSequence'?: (number | string | Long);
  /**
   * Event types; all where empty.
   */
  'types'?: (string)[];
  'minSeverity'?: (_tagsteer_v1_Severity);
  /**
   * End after what is kept instead of following.
   */
  'noFollow'?: (boolean);
}

export interface WatchEventsRequest__Output {
  /**
   * The first sequence number to report; 0 is from now on, 1 is all that are kept.
   */
  'fromSequence': (string);
  /**
   * Event types; all where empty.
   */
  'types': (string)[];
  'minSeverity': (_tagsteer_v1_Severity__Output);
  /**
   * End after what is kept instead of following.
   */
  'noFollow': (boolean);
}
