// Generated from tagsteer/v1/flow_service.proto


export interface ListTablesRequest {
}

export interface ListTablesRequest__Output {
}
