// Generated from tagsteer/v1/profile_service.proto

import type { Meta as _tagsteer_v1_Meta, Meta__Output as _tagsteer_v1_Meta__Output } from '../../tagsteer/v1/Meta.ts';
import type { Long } from '@grpc/proto-loader';

export interface Profile {
  'name'?: (string);
  /**
   * Compared word by word with that of NAPs.
   */
  'applicationType'?: (string);
  /**
   * Bits per second.
   */
  'currentVolume'?: (number | string | Long);
  /**
   * 0 to 100.
   */
  'requiredSecurityLevel'?: (number);
  /**
   * NAPs of a lower level are left out; otherwise they only score less.
   */
  'strictSecurity'?: (boolean);
  'region'?: (string);
  'owner'?: (string);
  'etag'?: (string);
  'meta'?: (_tagsteer_v1_Meta | null);
}

export interface Profile__Output {
  'name': (string);
  /**
   * Compared word by word with that of NAPs.
   */
  'applicationType': (string);
  /**
   * Bits per second.
   */
  'currentVolume': (string);
  /**
   * 0 to 100.
   */
  'requiredSecurityLevel': (number);
  /**
   * NAPs of a lower level are left out; otherwise they only score less.
   */
  'strictSecurity': (boolean);
  'region': (string);
  'owner': (string);
  'etag': (string);
  'meta': (_tagsteer_v1_Meta__Output | null);
}
