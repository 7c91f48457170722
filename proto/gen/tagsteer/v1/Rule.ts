// Generated from tagsteer/v1/policy_service.proto

import type { Direction as _tagsteer_v1_Direction, Direction__Output as _tagsteer_v1_Direction__Output } from '../../tagsteer/v1/Direction.ts';
import type { Peer as _tagsteer_v1_Peer, Peer__Output as _tagsteer_v1_Peer__Output } from '../../tagsteer/v1/Peer.ts';
import type { Action as _tagsteer_v1_Action, Action__Output as _tagsteer_v1_Action__Output } from '../../tagsteer/v1/Action.ts';
import type { RateLimit as _tagsteer_v1_RateLimit, RateLimit__Output as _tagsteer_v1_RateLimit__Output } from '../../tagsteer/v1/RateLimit.ts';
import type { Established as _tagsteer_v1_Established, Established__Output as _tagsteer_v1_Established__Output } from '../../tagsteer/v1/Established.ts';
import type { Mirror as _tagsteer_v1_Mirror, Mirror__Output as _tagsteer_v1_Mirror__Output } from '../../tagsteer/v1/Mirror.ts';
import type { Redirect as _tagsteer_v1_Redirect, Redirect__Output as _tagsteer_v1_Redirect__Output } from '../../tagsteer/v1/Redirect.ts';

export interface Rule {
  'direction'?: (_tagsteer_v1_Direction);
  'peer'?: (_tagsteer_v1_Peer | null);
  /**
   * "tcp", "udp", "sctp", "icmp" (ICMP and ICMPv6), "icmpv4", "icmpv6" or a number 0 to 255; any where empty.
   */
  'protocols'?: (string)[];
  /**
   * "443", "8000-8010"; destination ports, only with tcp, udp or sctp.
   */
  'ports'?: (string)[];
  'action'?: (_tagsteer_v1_Action);
  /**
   * Also report matching packets.
   */
  'log'?: (boolean);
  'rateLimit'?: (_tagsteer_v1_RateLimit | null);
  /**
   * The policy's where absent.
   */
  'priority'?: (number);
  /**
   * "echo-request", or a type and code such as "3", "3/4" with one of icmpv4 and icmpv6; any where empty. Only with ICMP.
   */
  'icmp'?: (string)[];
  'established'?: (_tagsteer_v1_Established);
  /**
   * A copy of what the rule decides. Not with ACTION_LOG and ACTION_PASS.
   */
  'mirror'?: (_tagsteer_v1_Mirror | null);
  /**
   * The way that packets take. Only with ACTION_ALLOW and ACTION_RATE_LIMIT.
   */
  'redirect'?: (_tagsteer_v1_Redirect | null);
  '_priority'?: "priority";
}

export interface Rule__Output {
  'direction': (_tagsteer_v1_Direction__Output);
  'peer': (_tagsteer_v1_Peer__Output | null);
  /**
   * "tcp", "udp", "sctp", "icmp" (ICMP and ICMPv6), "icmpv4", "icmpv6" or a number 0 to 255; any where empty.
   */
  'protocols': (string)[];
  /**
   * "443", "8000-8010"; destination ports, only with tcp, udp or sctp.
   */
  'ports': (string)[];
  'action': (_tagsteer_v1_Action__Output);
  /**
   * Also report matching packets.
   */
  'log': (boolean);
  'rateLimit': (_tagsteer_v1_RateLimit__Output | null);
  /**
   * The policy's where absent.
   */
  'priority'?: (number);
  /**
   * "echo-request", or a type and code such as "3", "3/4" with one of icmpv4 and icmpv6; any where empty. Only with ICMP.
   */
  'icmp': (string)[];
  'established': (_tagsteer_v1_Established__Output);
  /**
   * A copy of what the rule decides. Not with ACTION_LOG and ACTION_PASS.
   */
  'mirror': (_tagsteer_v1_Mirror__Output | null);
  /**
   * The way that packets take. Only with ACTION_ALLOW and ACTION_RATE_LIMIT.
   */
  'redirect': (_tagsteer_v1_Redirect__Output | null);
  '_priority'?: "priority";
}
