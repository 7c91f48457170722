// Generated from tagsteer/v1/interface_service.proto

import type { Tag as _tagsteer_v1_Tag, Tag__Output as _tagsteer_v1_Tag__Output } from '../../tagsteer/v1/Tag.ts';
import type { Attachment as _tagsteer_v1_Attachment, Attachment__Output as _tagsteer_v1_Attachment__Output } from '../../tagsteer/v1/Attachment.ts';
import type { Meta as _tagsteer_v1_Meta, Meta__Output as _tagsteer_v1_Meta__Output } from '../../tagsteer/v1/Meta.ts';
import type { InterfaceStatus as _tagsteer_v1_InterfaceStatus, InterfaceStatus__Output as _tagsteer_v1_InterfaceStatus__Output } from '../../tagsteer/v1/InterfaceStatus.ts';
import type { Overrides as _tagsteer_v1_Overrides, Overrides__Output as _tagsteer_v1_Overrides__Output } from '../../tagsteer/v1/Overrides.ts';

export interface Interface {
  /**
   * `[a-z0-9]([-a-z0-9.]*[a-z0-9])?`, at most 63 characters.
   */
  'name'?: (string);
  /**
   * Its own; `status.tags` has those that it inherits as well.
   */
  'tags'?: (_tagsteer_v1_Tag)[];
  /**
   * Layer 2 domain; "default" where empty. Addresses may overlap between networks.
   */
  'network'?: (string);
  /**
   * `00:00:5e:00:53:01`
   */
  'mac'?: (string);
  /**
   * Single IPv4 or IPv6 addresses.
   */
  'addresses'?: (string)[];
  'attachment'?: (_tagsteer_v1_Attachment | null);
  /**
   * On by default: only frames from `mac` and `addresses` enter the network.
   */
  'portSecurity'?: (boolean);
  /**
   * Who manages the record: `apply --prune` removes only its owner's.
   */
  'owner'?: (string);
  'etag'?: (string);
  'meta'?: (_tagsteer_v1_Meta | null);
  /**
   * Where the interface is now. Output only.
   */
  'status'?: (_tagsteer_v1_InterfaceStatus | null);
  /**
   * The profile by which a pool is chosen for it; where empty, the one that has its own name, if any.
   */
  'profile'?: (string);
  'overrides'?: (_tagsteer_v1_Overrides | null);
  /**
   * Pools that its leased addresses come from, whose tags it inherits. Output only.
   */
  'naps'?: (string)[];
  /**
   * Where it is in its life, as LifecycleService moves it: `idle`. Output only.
   */
  'stage'?: (string);
  '_portSecurity'?: "portSecurity";
}

export interface Interface__Output {
  /**
   * `[a-z0-9]([-a-z0-9.]*[a-z0-9])?`, at most 63 characters.
   */
  'name': (string);
  /**
   * Its own; `status.tags` has those that it inherits as well.
   */
  'tags': (_tagsteer_v1_Tag__Output)[];
  /**
   * Layer 2 domain; "default" where empty. Addresses may overlap between networks.
   */
  'network': (string);
  /**
   * `00:00:5e:00:53:01`
   */
  'mac': (string);
  /**
   * Single IPv4 or IPv6 addresses.
   */
  'addresses': (string)[];
  'attachment': (_tagsteer_v1_Attachment__Output | null);
  /**
   * On by default: only frames from `mac` and `addresses` enter the network.
   */
  'portSecurity'?: (boolean);
  /**
   * Who manages the record: `apply --prune` removes only its owner's.
   */
  'owner': (string);
  'etag': (string);
  'meta': (_tagsteer_v1_Meta__Output | null);
  /**
   * Where the interface is now. Output only.
   */
  'status': (_tagsteer_v1_InterfaceStatus__Output | null);
  /**
   * The profile by which a pool is chosen for it; where empty, the one that has its own name, if any.
   */
  'profile': (string);
  'overrides': (_tagsteer_v1_Overrides__Output | null);
  /**
   * Pools that its leased addresses come from, whose tags it inherits. Output only.
   */
  'naps': (string)[];
  /**
   * Where it is in its life, as LifecycleService moves it: `idle`. Output only.
   */
  'stage': (string);
  '_portSecurity'?: "portSecurity";
}
