// Generated from tagsteer/v1/ipam_service.proto

import type { ImportResult as _tagsteer_v1_ImportResult, ImportResult__Output as _tagsteer_v1_ImportResult__Output } from '../../tagsteer/v1/ImportResult.ts';
import type { ReconcileConflict as _tagsteer_v1_ReconcileConflict, ReconcileConflict__Output as _tagsteer_v1_ReconcileConflict__Output } from '../../tagsteer/v1/ReconcileConflict.ts';
import type { ReconcileFailure as _tagsteer_v1_ReconcileFailure, ReconcileFailure__Output as _tagsteer_v1_ReconcileFailure__Output } from '../../tagsteer/v1/ReconcileFailure.ts';

export interface ImportCsvResponse {
  /**
   * Of prefixes and ranges: records with what became of them. Of addresses: what was taken.
   */
  'results'?: (_tagsteer_v1_ImportResult)[];
  'conflicts'?: (_tagsteer_v1_ReconcileConflict)[];
  'failures'?: (_tagsteer_v1_ReconcileFailure)[];
  /**
   * Addresses that are as the file says already, and those of no pool.
   */
  'agreed'?: (number);
  'outside'?: (number);
  'kind'?: (string);
}

export interface ImportCsvResponse__Output {
  /**
   * Of prefixes and ranges: records with what became of them. Of addresses: what was taken.
   */
  'results': (_tagsteer_v1_ImportResult__Output)[];
  'conflicts': (_tagsteer_v1_ReconcileConflict__Output)[];
  'failures': (_tagsteer_v1_ReconcileFailure__Output)[];
  /**
   * Addresses that are as the file says already, and those of no pool.
   */
  'agreed': (number);
  'outside': (number);
  'kind': (string);
}
