// Generated from tagsteer/v1/policy_service.proto

import type { AnyPeer as _tagsteer_v1_AnyPeer, AnyPeer__Output as _tagsteer_v1_AnyPeer__Output } from '../../tagsteer/v1/AnyPeer.ts';
import type { Selector as _tagsteer_v1_Selector, Selector__Output as _tagsteer_v1_Selector__Output } from '../../tagsteer/v1/Selector.ts';

/**
 * Who is at the other end.
 */
export interface Peer {
  /**
   * Members of the same partition and everything outside.
   */
  'any'?: (_tagsteer_v1_AnyPeer | null);
  /**
   * Members of the same partition whose tags match.
   */
  'tags'?: (_tagsteer_v1_Selector | null);
  /**
   * Members of another partition, by name: the only way across.
   */
  'vnp'?: (string);
  /**
   * Addresses that belong to no interface record.
   */
  'cidr'?: (string);
  'kind'?: "any"|"tags"|"vnp"|"cidr";
}

/**
 * Who is at the other end.
 */
export interface Peer__Output {
  /**
   * Members of the same partition and everything outside.
   */
  'any'?: (_tagsteer_v1_AnyPeer__Output | null);
  /**
   * Members of the same partition whose tags match.
   */
  'tags'?: (_tagsteer_v1_Selector__Output | null);
  /**
   * Members of another partition, by name: the only way across.
   */
  'vnp'?: (string);
  /**
   * Addresses that belong to no interface record.
   */
  'cidr'?: (string);
  'kind'?: "any"|"tags"|"vnp"|"cidr";
}
