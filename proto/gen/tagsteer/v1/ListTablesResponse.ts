// Generated from tagsteer/v1/flow_service.proto

import type { Table as _tagsteer_v1_Table, Table__Output as _tagsteer_v1_Table__Output } from '../../tagsteer/v1/Table.ts';

export interface ListTablesResponse {
  'tables'?: (_tagsteer_v1_Table)[];
}

export interface ListTablesResponse__Output {
  'tables': (_tagsteer_v1_Table__Output)[];
}
