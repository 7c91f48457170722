// Generated from tagsteer/v1/lifecycle_service.proto

import type { RateLimit as _tagsteer_v1_RateLimit, RateLimit__Output as _tagsteer_v1_RateLimit__Output } from '../../tagsteer/v1/RateLimit.ts';
import type { Application as _tagsteer_v1_Application, Application__Output as _tagsteer_v1_Application__Output } from '../../tagsteer/v1/Application.ts';
import type { Restriction as _tagsteer_v1_Restriction, Restriction__Output as _tagsteer_v1_Restriction__Output } from '../../tagsteer/v1/Restriction.ts';
import type { Silence as _tagsteer_v1_Silence, Silence__Output as _tagsteer_v1_Silence__Output } from '../../tagsteer/v1/Silence.ts';
import type { Escalation as _tagsteer_v1_Escalation, Escalation__Output as _tagsteer_v1_Escalation__Output } from '../../tagsteer/v1/Escalation.ts';
import type { Meta as _tagsteer_v1_Meta, Meta__Output as _tagsteer_v1_Meta__Output } from '../../tagsteer/v1/Meta.ts';

export interface StagePolicy {
  /**
   * The stage: "provisioned", "active", "idle", "standby", "revocable", "retired" or "restricted".
   */
  'name'?: (string);
  /**
   * Of all interfaces in the stage together, per switch and direction; unlimited where absent.
   */
  'rateLimit'?: (_tagsteer_v1_RateLimit | null);
  /**
   * Nothing else is permitted; any where empty. It permits nothing that policy does not permit.
   */
  'applications'?: (_tagsteer_v1_Application)[];
  'restrictions'?: (_tagsteer_v1_Restriction)[];
  /**
   * Where silence leads to; nowhere where absent.
   */
  'silence'?: (_tagsteer_v1_Silence | null);
  /**
   * How long addresses stay with a revocable interface; never taken back where 0. Only with the stage revocable.
   */
  'retentionSeconds'?: (number);
  'escalations'?: (_tagsteer_v1_Escalation)[];
  'owner'?: (string);
  'etag'?: (string);
  'meta'?: (_tagsteer_v1_Meta | null);
}

export interface StagePolicy__Output {
  /**
   * The stage: "provisioned", "active", "idle", "standby", "revocable", "retired" or "restricted".
   */
  'name': (string);
  /**
   * Of all interfaces in the stage together, per switch and direction; unlimited where absent.
   */
  'rateLimit': (_tagsteer_v1_RateLimit__Output | null);
  /**
   * Nothing else is permitted; any where empty. It permits nothing that policy does not permit.
   */
  'applications': (_tagsteer_v1_Application__Output)[];
  'restrictions': (_tagsteer_v1_Restriction__Output)[];
  /**
   * Where silence leads to; nowhere where absent.
   */
  'silence': (_tagsteer_v1_Silence__Output | null);
  /**
   * How long addresses stay with a revocable interface; never taken back where 0. Only with the stage revocable.
   */
  'retentionSeconds': (number);
  'escalations': (_tagsteer_v1_Escalation__Output)[];
  'owner': (string);
  'etag': (string);
  'meta': (_tagsteer_v1_Meta__Output | null);
}
