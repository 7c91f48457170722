// Generated from tagsteer/v1/topology_service.proto


export interface GetTopologyRequest {
}

export interface GetTopologyRequest__Output {
}
