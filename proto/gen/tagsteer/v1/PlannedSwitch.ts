// Generated from tagsteer/v1/apply_service.proto

import type { ActCounts as _tagsteer_v1_ActCounts, ActCounts__Output as _tagsteer_v1_ActCounts__Output } from '../../tagsteer/v1/ActCounts.ts';
import type { PlannedTable as _tagsteer_v1_PlannedTable, PlannedTable__Output as _tagsteer_v1_PlannedTable__Output } from '../../tagsteer/v1/PlannedTable.ts';
import type { Long } from '@grpc/proto-loader';

export interface PlannedSwitch {
  'datapathId'?: (string);
  'name'?: (string);
  /**
   * It would be sent the change at once.
   */
  'connected'?: (boolean);
  'flows'?: (_tagsteer_v1_ActCounts | null);
  'groups'?: (_tagsteer_v1_ActCounts | null);
  'meters'?: (_tagsteer_v1_ActCounts | null);
  /**
   * Port modifications.
   */
  'ports'?: (number);
  /**
   * All of `flows`. A switch without bundles is sent two more, which shut it meanwhile.
   */
  'flowMods'?: (number | string | Long);
  'flowsBefore'?: (number | string | Long);
  'flowsAfter'?: (number | string | Long);
  /**
   * Tables whose number of flows changes.
   */
  'tables'?: (_tagsteer_v1_PlannedTable)[];
}

export interface PlannedSwitch__Output {
  'datapathId': (string);
  'name': (string);
  /**
   * It would be sent the change at once.
   */
  'connected': (boolean);
  'flows': (_tagsteer_v1_ActCounts__Output | null);
  'groups': (_tagsteer_v1_ActCounts__Output | null);
  'meters': (_tagsteer_v1_ActCounts__Output | null);
  /**
   * Port modifications.
   */
  'ports': (number);
  /**
   * All of `flows`. A switch without bundles is sent two more, which shut it meanwhile.
   */
  'flowMods': (string);
  'flowsBefore': (string);
  'flowsAfter': (string);
  /**
   * Tables whose number of flows changes.
   */
  'tables': (_tagsteer_v1_PlannedTable__Output)[];
}
