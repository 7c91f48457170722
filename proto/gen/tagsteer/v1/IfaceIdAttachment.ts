// Generated from tagsteer/v1/interface_service.proto


/**
 * The port whose row in its hypervisor's OVSDB has this external_ids:iface-id, and no iface-status inactive.
 */
export interface IfaceIdAttachment {
  /**
   * The record's own name where empty.
   */
  'ifaceId'?: (string);
}

/**
 * The port whose row in its hypervisor's OVSDB has this external_ids:iface-id, and no iface-status inactive.
 */
export interface IfaceIdAttachment__Output {
  /**
   * The record's own name where empty.
   */
  'ifaceId': (string);
}
