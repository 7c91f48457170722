// Generated from tagsteer/v1/topology_service.proto

export const PortRole = {
  PORT_ROLE_UNSPECIFIED: 'PORT_ROLE_UNSPECIFIED',
  /**
   * Nothing is attached.
   */
  PORT_ROLE_UNATTACHED: 'PORT_ROLE_UNATTACHED',
  PORT_ROLE_INTERFACE: 'PORT_ROLE_INTERFACE',
  PORT_ROLE_FABRIC: 'PORT_ROLE_FABRIC',
  PORT_ROLE_UPLINK: 'PORT_ROLE_UPLINK',
} as const;

export type PortRole =
  | 'PORT_ROLE_UNSPECIFIED'
  | 0
  /**
   * Nothing is attached.
   */
  | 'PORT_ROLE_UNATTACHED'
  | 1
  | 'PORT_ROLE_INTERFACE'
  | 2
  | 'PORT_ROLE_FABRIC'
  | 3
  | 'PORT_ROLE_UPLINK'
  | 4

export type PortRole__Output = typeof PortRole[keyof typeof PortRole]
