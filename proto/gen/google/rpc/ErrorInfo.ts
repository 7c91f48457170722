// Generated from google/rpc/error_details.proto


export interface ErrorInfo {
  /**
   * The error's code in docs/errors.md.
   */
  'reason'?: (string);
  /**
   * Always "tagsteer".
   */
  'domain'?: (string);
  'metadata'?: ({[key: string]: string});
}

export interface ErrorInfo__Output {
  /**
   * The error's code in docs/errors.md.
   */
  'reason': (string);
  /**
   * Always "tagsteer".
   */
  'domain': (string);
  'metadata': ({[key: string]: string});
}
