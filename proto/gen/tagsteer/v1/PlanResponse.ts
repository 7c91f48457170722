// Generated from tagsteer/v1/apply_service.proto

import type { Applied as _tagsteer_v1_Applied, Applied__Output as _tagsteer_v1_Applied__Output } from '../../tagsteer/v1/Applied.ts';
import type { PlannedVerdicts as _tagsteer_v1_PlannedVerdicts, PlannedVerdicts__Output as _tagsteer_v1_PlannedVerdicts__Output } from '../../tagsteer/v1/PlannedVerdicts.ts';
import type { PlannedConnections as _tagsteer_v1_PlannedConnections, PlannedConnections__Output as _tagsteer_v1_PlannedConnections__Output } from '../../tagsteer/v1/PlannedConnections.ts';
import type { PlannedSwitch as _tagsteer_v1_PlannedSwitch, PlannedSwitch__Output as _tagsteer_v1_PlannedSwitch__Output } from '../../tagsteer/v1/PlannedSwitch.ts';
import type { Capacity as _tagsteer_v1_Capacity, Capacity__Output as _tagsteer_v1_Capacity__Output } from '../../tagsteer/v1/Capacity.ts';
import type { PlanFinding as _tagsteer_v1_PlanFinding, PlanFinding__Output as _tagsteer_v1_PlanFinding__Output } from '../../tagsteer/v1/PlanFinding.ts';
import type { Long } from '@grpc/proto-loader';

export interface PlanResponse {
  /**
   * The state that the plan is about.
   */
  'generation'?: (number | string | Long);
  /**
   * Records that would be written or deleted, at most 1,000 of them; those that stay as they are only count.
   */
  'records'?: (_tagsteer_v1_Applied)[];
  'created'?: (number);
  'updated'?: (number);
  'deleted'?: (number);
  'unchanged'?: (number);
  'verdicts'?: (_tagsteer_v1_PlannedVerdicts | null);
  'connections'?: (_tagsteer_v1_PlannedConnections | null);
  /**
   * Switches that would be sent something.
   */
  'switches'?: (_tagsteer_v1_PlannedSwitch)[];
  /**
   * Of what there is only so much, as it would be afterwards.
   */
  'capacities'?: (_tagsteer_v1_Capacity)[];
  /**
   * What does not fit, and what the plan cannot say.
   */
  'findings'?: (_tagsteer_v1_PlanFinding)[];
}

export interface PlanResponse__Output {
  /**
   * The state that the plan is about.
   */
  'generation': (string);
  /**
   * Records that would be written or deleted, at most 1,000 of them; those that stay as they are only count.
   */
  'records': (_tagsteer_v1_Applied__Output)[];
  'created': (number);
  'updated': (number);
  'deleted': (number);
  'unchanged': (number);
  'verdicts': (_tagsteer_v1_PlannedVerdicts__Output | null);
  'connections': (_tagsteer_v1_PlannedConnections__Output | null);
  /**
   * Switches that would be sent something.
   */
  'switches': (_tagsteer_v1_PlannedSwitch__Output)[];
  /**
   * Of what there is only so much, as it would be afterwards.
   */
  'capacities': (_tagsteer_v1_Capacity__Output)[];
  /**
   * What does not fit, and what the plan cannot say.
   */
  'findings': (_tagsteer_v1_PlanFinding__Output)[];
}
