// Generated from tagsteer/v1/policy_service.proto


export interface AnyPeer {
}

export interface AnyPeer__Output {
}
