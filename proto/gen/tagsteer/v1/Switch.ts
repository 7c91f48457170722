// Generated from tagsteer/v1/topology_service.proto

import type { Meta as _tagsteer_v1_Meta, Meta__Output as _tagsteer_v1_Meta__Output } from '../../tagsteer/v1/Meta.ts';
import type { SwitchState as _tagsteer_v1_SwitchState, SwitchState__Output as _tagsteer_v1_SwitchState__Output } from '../../tagsteer/v1/SwitchState.ts';
import type { Port as _tagsteer_v1_Port, Port__Output as _tagsteer_v1_Port__Output } from '../../tagsteer/v1/Port.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { SwitchMode as _tagsteer_v1_SwitchMode, SwitchMode__Output as _tagsteer_v1_SwitchMode__Output } from '../../tagsteer/v1/SwitchMode.ts';
import type { Tunnel as _tagsteer_v1_Tunnel, Tunnel__Output as _tagsteer_v1_Tunnel__Output } from '../../tagsteer/v1/Tunnel.ts';
import type { LinkCarrier as _tagsteer_v1_LinkCarrier, LinkCarrier__Output as _tagsteer_v1_LinkCarrier__Output } from '../../tagsteer/v1/LinkCarrier.ts';
import type { Underlay as _tagsteer_v1_Underlay, Underlay__Output as _tagsteer_v1_Underlay__Output } from '../../tagsteer/v1/Underlay.ts';
import type { Long } from '@grpc/proto-loader';

export interface Switch {
  'name'?: (string);
  'datapathId'?: (string);
  /**
   * Names of ports that lead to the existing network.
   */
  'uplinks'?: (string)[];
  'owner'?: (string);
  'etag'?: (string);
  'meta'?: (_tagsteer_v1_Meta | null);
  'state'?: (_tagsteer_v1_SwitchState);
  'degradedReason'?: (string);
  'ports'?: (_tagsteer_v1_Port)[];
  'desiredGeneration'?: (number | string | Long);
  'appliedGeneration'?: (number | string | Long);
  'desiredFlows'?: (number);
  'installedFlows'?: (number);
  'remoteAddress'?: (string);
  'description'?: (string);
  'connectTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Names of ports that may be links to other switches of ours; any port may where it is empty. Probes that arrive on
   * other ports make no link, whoever carried them there.
   */
  'links'?: (string)[];
  'mode'?: (_tagsteer_v1_SwitchMode);
  /**
   * Only with SWITCH_MODE_REACTIVE: verdicts that it may keep at once, 16 to 65536; 0 is 1024.
   */
  'verdicts'?: (number);
  /**
   * Only with SWITCH_MODE_REACTIVE: seconds after which it drops a verdict that is not used, 1 to 3600; 0 is 60.
   */
  'idleSeconds'?: (number);
  /**
   * Verdicts that a reactive switch keeps, or has asked for, now.
   */
  'keptVerdicts'?: (number);
  /**
   * Its end of tunnels to other switches. Where absent, what the database of its hypervisor says.
   */
  'tunnel'?: (_tagsteer_v1_Tunnel | null);
  /**
   * What it may put the identity of a sender in on its links, the best first. A pair of switches uses the first that both
   * have; where there is none, the receiver knows the sender by its MAC address.
   */
  'carriers'?: (_tagsteer_v1_LinkCarrier)[];
  /**
   * It is the bridge below tunnels, with a hypervisor's physical uplinks. Then uplinks, links, tunnel, carriers and mode
   * are absent.
   */
  'underlay'?: (_tagsteer_v1_Underlay | null);
  /**
   * Octets of the largest IP packet that its links, and the network below its tunnels, take: 1366 to 65535. 0: what the
   * database of its hypervisor says (external_ids:tagsteer-mtu), else 1500.
   */
  'mtu'?: (number);
}

export interface Switch__Output {
  'name': (string);
  'datapathId': (string);
  /**
   * Names of ports that lead to the existing network.
   */
  'uplinks': (string)[];
  'owner': (string);
  'etag': (string);
  'meta': (_tagsteer_v1_Meta__Output | null);
  'state': (_tagsteer_v1_SwitchState__Output);
  'degradedReason': (string);
  'ports': (_tagsteer_v1_Port__Output)[];
  'desiredGeneration': (string);
  'appliedGeneration': (string);
  'desiredFlows': (number);
  'installedFlows': (number);
  'remoteAddress': (string);
  'description': (string);
  'connectTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Names of ports that may be links to other switches of ours; any port may where it is empty. Probes that arrive on
   * other ports make no link, whoever carried them there.
   */
  'links': (string)[];
  'mode': (_tagsteer_v1_SwitchMode__Output);
  /**
   * Only with SWITCH_MODE_REACTIVE: verdicts that it may keep at once, 16 to 65536; 0 is 1024.
   */
  'verdicts': (number);
  /**
   * Only with SWITCH_MODE_REACTIVE: seconds after which it drops a verdict that is not used, 1 to 3600; 0 is 60.
   */
  'idleSeconds': (number);
  /**
   * Verdicts that a reactive switch keeps, or has asked for, now.
   */
  'keptVerdicts': (number);
  /**
   * Its end of tunnels to other switches. Where absent, what the database of its hypervisor says.
   */
  'tunnel': (_tagsteer_v1_Tunnel__Output | null);
  /**
   * What it may put the identity of a sender in on its links, the best first. A pair of switches uses the first that both
   * have; where there is none, the receiver knows the sender by its MAC address.
   */
  'carriers': (_tagsteer_v1_LinkCarrier__Output)[];
  /**
   * It is the bridge below tunnels, with a hypervisor's physical uplinks. Then uplinks, links, tunnel, carriers and mode
   * are absent.
   */
  'underlay': (_tagsteer_v1_Underlay__Output | null);
  /**
   * Octets of the largest IP packet that its links, and the network below its tunnels, take: 1366 to 65535. 0: what the
   * database of its hypervisor says (external_ids:tagsteer-mtu), else 1500.
   */
  'mtu': (number);
}
