// Generated from tagsteer/v1/apply_service.proto

import type { CutConnection as _tagsteer_v1_CutConnection, CutConnection__Output as _tagsteer_v1_CutConnection__Output } from '../../tagsteer/v1/CutConnection.ts';
import type { TrackingSwitch as _tagsteer_v1_TrackingSwitch, TrackingSwitch__Output as _tagsteer_v1_TrackingSwitch__Output } from '../../tagsteer/v1/TrackingSwitch.ts';
import type { Long } from '@grpc/proto-loader';

export interface PlannedConnections {
  /**
   * Connections that are there now and would be cut, as far as switches could be asked.
   */
  'cut'?: (number | string | Long);
  'examples'?: (_tagsteer_v1_CutConnection)[];
  /**
   * Switches that hold an interface which loses a packet; none where nothing can be cut.
   */
  'switches'?: (_tagsteer_v1_TrackingSwitch)[];
}

export interface PlannedConnections__Output {
  /**
   * Connections that are there now and would be cut, as far as switches could be asked.
   */
  'cut': (string);
  'examples': (_tagsteer_v1_CutConnection__Output)[];
  /**
   * Switches that hold an interface which loses a packet; none where nothing can be cut.
   */
  'switches': (_tagsteer_v1_TrackingSwitch__Output)[];
}
