// Generated from tagsteer/v1/nap_service.proto

import type { AddressRange as _tagsteer_v1_AddressRange, AddressRange__Output as _tagsteer_v1_AddressRange__Output } from '../../tagsteer/v1/AddressRange.ts';
import type { NapWeights as _tagsteer_v1_NapWeights, NapWeights__Output as _tagsteer_v1_NapWeights__Output } from '../../tagsteer/v1/NapWeights.ts';
import type { Tag as _tagsteer_v1_Tag, Tag__Output as _tagsteer_v1_Tag__Output } from '../../tagsteer/v1/Tag.ts';
import type { Watermarks as _tagsteer_v1_Watermarks, Watermarks__Output as _tagsteer_v1_Watermarks__Output } from '../../tagsteer/v1/Watermarks.ts';
import type { Meta as _tagsteer_v1_Meta, Meta__Output as _tagsteer_v1_Meta__Output } from '../../tagsteer/v1/Meta.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A network address pool (NAP).
 */
export interface Nap {
  'name'?: (string);
  /**
   * Whose addresses they are; "default" where empty. NAPs of one network have no address in common.
   */
  'network'?: (string);
  'ranges'?: (_tagsteer_v1_AddressRange)[];
  /**
   * Inside the ranges: never given out. So are addresses of the network's gateways and of its subnets.
   */
  'exclusions'?: (_tagsteer_v1_AddressRange)[];
  /**
   * What it is meant for, compared word by word with profiles.
   */
  'applicationType'?: (string);
  /**
   * Bits per second of one user, and what a user can have at most (1 Gbit/s where absent or 0).
   */
  'expectedVolume'?: (number | string | Long);
  'maxVolume'?: (number | string | Long);
  /**
   * 0 to 100.
   */
  'securityLevel'?: (number);
  'region'?: (string);
  /**
   * Where absent: 0.4, 0.3, 0.3 and 0.
   */
  'weights'?: (_tagsteer_v1_NapWeights | null);
  'tags'?: (_tagsteer_v1_Tag)[];
  /**
   * After so many seconds a lease ends unless it is renewed; 0: only by release.
   */
  'leaseSeconds'?: (number);
  /**
   * Seconds that a released address rests before another gets it; 60 where absent.
   */
  'coolSeconds'?: (number);
  'watermarks'?: (_tagsteer_v1_Watermarks | null);
  /**
   * It gives nothing out; its ranges may shrink below what is given.
   */
  'draining'?: (boolean);
  'owner'?: (string);
  'etag'?: (string);
  'meta'?: (_tagsteer_v1_Meta | null);
  '_coolSeconds'?: "coolSeconds";
}

/**
 * A network address pool (NAP).
 */
export interface Nap__Output {
  'name': (string);
  /**
   * Whose addresses they are; "default" where empty. NAPs of one network have no address in common.
   */
  'network': (string);
  'ranges': (_tagsteer_v1_AddressRange__Output)[];
  /**
   * Inside the ranges: never given out. So are addresses of the network's gateways and of its subnets.
   */
  'exclusions': (_tagsteer_v1_AddressRange__Output)[];
  /**
   * What it is meant for, compared word by word with profiles.
   */
  'applicationType': (string);
  /**
   * Bits per second of one user, and what a user can have at most (1 Gbit/s where absent or 0).
   */
  'expectedVolume': (string);
  'maxVolume': (string);
  /**
   * 0 to 100.
   */
  'securityLevel': (number);
  'region': (string);
  /**
   * Where absent: 0.4, 0.3, 0.3 and 0.
   */
  'weights': (_tagsteer_v1_NapWeights__Output | null);
  'tags': (_tagsteer_v1_Tag__Output)[];
  /**
   * After so many seconds a lease ends unless it is renewed; 0: only by release.
   */
  'leaseSeconds': (number);
  /**
   * Seconds that a released address rests before another gets it; 60 where absent.
   */
  'coolSeconds'?: (number);
  'watermarks': (_tagsteer_v1_Watermarks__Output | null);
  /**
   * It gives nothing out; its ranges may shrink below what is given.
   */
  'draining': (boolean);
  'owner': (string);
  'etag': (string);
  'meta': (_tagsteer_v1_Meta__Output | null);
  '_coolSeconds'?: "coolSeconds";
}
