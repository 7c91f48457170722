// Generated from tagsteer/v1/flow_service.proto

import type { Long } from '@grpc/proto-loader';

export interface Cause {
  /**
   * "interface", "vnp", "policy", "switch", "link" or "system".
   */
  'kind'?: (string);
  'name'?: (string);
  /**
   * Index of the rule, for policies.
   */
  'rule'?: (number);
  /**
   * Common name of the certificate that wrote the record.
   */
  'caller'?: (string);
  'generation'?: (number | string | Long);
  '_rule'?: "rule";
}

export interface Cause__Output {
  /**
   * "interface", "vnp", "policy", "switch", "link" or "system".
   */
  'kind': (string);
  'name': (string);
  /**
   * Index of the rule, for policies.
   */
  'rule'?: (number);
  /**
   * Common name of the certificate that wrote the record.
   */
  'caller': (string);
  'generation': (string);
  '_rule'?: "rule";
}
