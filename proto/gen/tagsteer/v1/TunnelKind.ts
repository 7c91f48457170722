// Generated from tagsteer/v1/topology_service.proto

/**
 * How a switch comes by verdicts of policy.
 */
export const TunnelKind = {
  /**
   * TUNNEL_KIND_GENEVE.
   */
  TUNNEL_KIND_UNSPECIFIED: 'TUNNEL_KIND_UNSPECIFIED',
  /**
   * RFC 8926: 32 bits for an identity.
   */
  TUNNEL_KIND_GENEVE: 'TUNNEL_KIND_GENEVE',
  /**
   * VXLAN with group policy: 16 bits.
   */
  TUNNEL_KIND_VXLAN: 'TUNNEL_KIND_VXLAN',
} as const;

/**
 * How a switch comes by verdicts of policy.
 */
export type TunnelKind =
  /**
   * TUNNEL_KIND_GENEVE.
   */
  | 'TUNNEL_KIND_UNSPECIFIED'
  | 0
  /**
   * RFC 8926: 32 bits for an identity.
   */
  | 'TUNNEL_KIND_GENEVE'
  | 1
  /**
   * VXLAN with group policy: 16 bits.
   */
  | 'TUNNEL_KIND_VXLAN'
  | 2

/**
 * How a switch comes by verdicts of policy.
 */
export type TunnelKind__Output = typeof TunnelKind[keyof typeof TunnelKind]
