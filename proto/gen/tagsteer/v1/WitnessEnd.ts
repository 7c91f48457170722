// Generated from tagsteer/v1/conflict.proto

import type { Tag as _tagsteer_v1_Tag, Tag__Output as _tagsteer_v1_Tag__Output } from '../../tagsteer/v1/Tag.ts';

/**
 * One end of a packet.
 */
export interface WitnessEnd {
  /**
   * An interface that exists; empty where there is none such.
   */
  'interface'?: (string);
  /**
   * An address of the world.
   */
  'address'?: (string);
  /**
   * Tags of the interface that rules mention; those that one would need where none exists.
   */
  'tags'?: (_tagsteer_v1_Tag)[];
}

/**
 * One end of a packet.
 */
export interface WitnessEnd__Output {
  /**
   * An interface that exists; empty where there is none such.
   */
  'interface': (string);
  /**
   * An address of the world.
   */
  'address': (string);
  /**
   * Tags of the interface that rules mention; those that one would need where none exists.
   */
  'tags': (_tagsteer_v1_Tag__Output)[];
}
