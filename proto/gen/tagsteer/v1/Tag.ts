// Generated from tagsteer/v1/types.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A tag: a string, an integer or a structured value. Two structured tags that differ only in key order or white space
 * are the same tag.
 */
export interface Tag {
  'text'?: (string);
  'number'?: (number | string | Long);
  /**
   * A JSON text; returned in canonical form (RFC 8785).
   */
  'json'?: (string);
  'value'?: "text"|"number"|"json";
}

/**
 * A tag: a string, an integer or a structured value. Two structured tags that differ only in key order or white space
 * are the same tag.
 */
export interface Tag__Output {
  'text'?: (string);
  'number'?: (string);
  /**
   * A JSON text; returned in canonical form (RFC 8785).
   */
  'json'?: (string);
  'value'?: "text"|"number"|"json";
}
