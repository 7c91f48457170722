// Generated from tagsteer/v1/lint_service.proto

import type { Finding as _tagsteer_v1_Finding, Finding__Output as _tagsteer_v1_Finding__Output } from '../../tagsteer/v1/Finding.ts';
import type { Long } from '@grpc/proto-loader';

export interface LintResponse {
  /**
   * The generation that was looked at.
   */
  'generation'?: (number | string | Long);
  /**
   * In the order in which rules are consulted; at most 10,000.
   */
  'findings'?: (_tagsteer_v1_Finding)[];
  /**
   * Findings beyond these.
   */
  'omitted'?: (number);
  /**
   * Rules that were looked at.
   */
  'rules'?: (number);
  /**
   * Questions that were given up as too hard.
   */
  'undecided'?: (number);
}

export interface LintResponse__Output {
  /**
   * The generation that was looked at.
   */
  'generation': (string);
  /**
   * In the order in which rules are consulted; at most 10,000.
   */
  'findings': (_tagsteer_v1_Finding__Output)[];
  /**
   * Findings beyond these.
   */
  'omitted': (number);
  /**
   * Rules that were looked at.
   */
  'rules': (number);
  /**
   * Questions that were given up as too hard.
   */
  'undecided': (number);
}
