// Generated from tagsteer/v1/interface_service.proto


export interface MacAttachment {
}

export interface MacAttachment__Output {
}
