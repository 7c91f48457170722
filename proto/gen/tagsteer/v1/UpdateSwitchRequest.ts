// Generated from tagsteer/v1/topology_service.proto

import type { Switch as _tagsteer_v1_Switch, Switch__Output as _tagsteer_v1_Switch__Output } from '../../tagsteer/v1/Switch.ts';

export interface UpdateSwitchRequest {
  /**
   * name, datapath_id, uplinks, links, mode, verdicts, idle_seconds, tunnel, carriers, mtu, owner and etag are read; the rest is output.
   */
  'switch'?: (_tagsteer_v1_Switch | null);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface UpdateSwitchRequest__Output {
  /**
   * name, datapath_id, uplinks, links, mode, verdicts, idle_seconds, tunnel, carriers, mtu, owner and etag are read; the rest is output.
   */
  'switch': (_tagsteer_v1_Switch__Output | null);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
