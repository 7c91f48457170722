// Generated from tagsteer/v1/ipam_service.proto


export interface ListConnectorsRequest {
}

export interface ListConnectorsRequest__Output {
}
