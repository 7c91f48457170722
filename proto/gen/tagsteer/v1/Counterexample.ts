// Generated from tagsteer/v1/prove_service.proto

import type { CounterexampleKind as _tagsteer_v1_CounterexampleKind, CounterexampleKind__Output as _tagsteer_v1_CounterexampleKind__Output } from '../../tagsteer/v1/CounterexampleKind.ts';
import type { MetRow as _tagsteer_v1_MetRow, MetRow__Output as _tagsteer_v1_MetRow__Output } from '../../tagsteer/v1/MetRow.ts';

export interface Counterexample {
  'kind'?: (_tagsteer_v1_CounterexampleKind);
  /**
   * Where it comes in.
   */
  'datapathId'?: (string);
  'switch'?: (string);
  'port'?: (number);
  /**
   * The packet as `ovs-appctl ofproto/trace` takes it.
   */
  'flow'?: (string);
  /**
   * It answers a packet that came the other way before.
   */
  'reply'?: (boolean);
  /**
   * FROM, TO and PACKET of `tagsteer explain`.
   */
  'from'?: (string);
  'to'?: (string);
  'packet'?: (string);
  'why'?: (string);
  /**
   * `switch:port`; empty: nowhere.
   */
  'expected'?: (string);
  'arrivals'?: (string)[];
  /**
   * The rows that it met, in order.
   */
  'rows'?: (_tagsteer_v1_MetRow)[];
}

export interface Counterexample__Output {
  'kind': (_tagsteer_v1_CounterexampleKind__Output);
  /**
   * Where it comes in.
   */
  'datapathId': (string);
  'switch': (string);
  'port': (number);
  /**
   * The packet as `ovs-appctl ofproto/trace` takes it.
   */
  'flow': (string);
  /**
   * It answers a packet that came the other way before.
   */
  'reply': (boolean);
  /**
   * FROM, TO and PACKET of `tagsteer explain`.
   */
  'from': (string);
  'to': (string);
  'packet': (string);
  'why': (string);
  /**
   * `switch:port`; empty: nowhere.
   */
  'expected': (string);
  'arrivals': (string)[];
  /**
   * The rows that it met, in order.
   */
  'rows': (_tagsteer_v1_MetRow__Output)[];
}
