// Generated from tagsteer/v1/probe_service.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { ProbeOutcome as _tagsteer_v1_ProbeOutcome, ProbeOutcome__Output as _tagsteer_v1_ProbeOutcome__Output } from '../../tagsteer/v1/ProbeOutcome.ts';
import type { Carrier as _tagsteer_v1_Carrier, Carrier__Output as _tagsteer_v1_Carrier__Output } from '../../tagsteer/v1/Carrier.ts';
import type { ProbeTag as _tagsteer_v1_ProbeTag, ProbeTag__Output as _tagsteer_v1_ProbeTag__Output } from '../../tagsteer/v1/ProbeTag.ts';
import type { ProbeHop as _tagsteer_v1_ProbeHop, ProbeHop__Output as _tagsteer_v1_ProbeHop__Output } from '../../tagsteer/v1/ProbeHop.ts';
import type { ProbeFault as _tagsteer_v1_ProbeFault, ProbeFault__Output as _tagsteer_v1_ProbeFault__Output } from '../../tagsteer/v1/ProbeFault.ts';
import type { Long } from '@grpc/proto-loader';

export interface ProbeReport {
  'time'?: (_google_protobuf_Timestamp | null);
  'generation'?: (number | string | Long);
  'from'?: (string);
  'to'?: (string);
  'network'?: (string);
  /**
   * In the words of a log.
   */
  'packet'?: (string);
  /**
   * What was read is what was written, and the packet fared as policy says.
   */
  'healthy'?: (boolean);
  /**
   * One sentence.
   */
  'summary'?: (string);
  'outcome'?: (_tagsteer_v1_ProbeOutcome);
  /**
   * Whether policy permits it, and what decides: as in Explanation.
   */
  'permitted'?: (boolean);
  'decidedBy'?: (string);
  /**
   * Identities that intent gives both ends.
   */
  'senderIdentity'?: (number);
  'receiverIdentity'?: (number);
  /**
   * What should carry the sender's.
   */
  'carrier'?: (_tagsteer_v1_Carrier);
  /**
   * What the sender's switch wrote, and what came to the receiver's; absent: nothing.
   */
  'written'?: (_tagsteer_v1_ProbeTag | null);
  'carried'?: (_tagsteer_v1_ProbeTag | null);
  /**
   * The identity that the receiver's switch took the sender for; absent where the packet did not get so far.
   */
  'read'?: (number);
  'hops'?: (_tagsteer_v1_ProbeHop)[];
  /**
   * Where it is not healthy: the first thing that is wrong on its way.
   */
  'fault'?: (_tagsteer_v1_ProbeFault | null);
  /**
   * Switch where it was seen last, a datapath id; where rows of policy dropped it, the side: "egress" or "ingress".
   */
  'lastDatapathId'?: (string);
  'side'?: (string);
  /**
   * Packets that were sent, and that arrived; what is told is of the last that arrived, else of the one that got furthest.
   */
  'sent'?: (number);
  'arrived'?: (number);
  /**
   * From the controller through the network and back; 0 where it did not arrive.
   */
  'milliseconds'?: (number | string);
  /**
   * What was expected of it became another while it was under way: what looks like a fault may be none.
   */
  'unsettled'?: (boolean);
  /**
   * Where the receiver is in another network: the virtual router that leads there, and that network.
   */
  'router'?: (string);
  'toNetwork'?: (string);
  '_read'?: "read";
}

export interface ProbeReport__Output {
  'time': (_google_protobuf_Timestamp__Output | null);
  'generation': (string);
  'from': (string);
  'to': (string);
  'network': (string);
  /**
   * In the words of a log.
   */
  'packet': (string);
  /**
   * What was read is what was written, and the packet fared as policy says.
   */
  'healthy': (boolean);
  /**
   * One sentence.
   */
  'summary': (string);
  'outcome': (_tagsteer_v1_ProbeOutcome__Output);
  /**
   * Whether policy permits it, and what decides: as in Explanation.
   */
  'permitted': (boolean);
  'decidedBy': (string);
  /**
   * Identities that intent gives both ends.
   */
  'senderIdentity': (number);
  'receiverIdentity': (number);
  /**
   * What should carry the sender's.
   */
  'carrier': (_tagsteer_v1_Carrier__Output);
  /**
   * What the sender's switch wrote, and what came to the receiver's; absent: nothing.
   */
  'written': (_tagsteer_v1_ProbeTag__Output | null);
  'carried': (_tagsteer_v1_ProbeTag__Output | null);
  /**
   * The identity that the receiver's switch took the sender for; absent where the packet did not get so far.
   */
  'read'?: (number);
  'hops': (_tagsteer_v1_ProbeHop__Output)[];
  /**
   * Where it is not healthy: the first thing that is wrong on its way.
   */
  'fault': (_tagsteer_v1_ProbeFault__Output | null);
  /**
   * Switch where it was seen last, a datapath id; where rows of policy dropped it, the side: "egress" or "ingress".
   */
  'lastDatapathId': (string);
  'side': (string);
  /**
   * Packets that were sent, and that arrived; what is told is of the last that arrived, else of the one that got furthest.
   */
  'sent': (number);
  'arrived': (number);
  /**
   * From the controller through the network and back; 0 where it did not arrive.
   */
  'milliseconds': (number);
  /**
   * What was expected of it became another while it was under way: what looks like a fault may be none.
   */
  'unsettled': (boolean);
  /**
   * Where the receiver is in another network: the virtual router that leads there, and that network.
   */
  'router': (string);
  'toNetwork': (string);
  '_read'?: "read";
}
