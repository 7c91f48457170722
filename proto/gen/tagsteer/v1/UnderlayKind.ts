// Generated from tagsteer/v1/topology_service.proto

export const UnderlayKind = {
  /**
   * UNDERLAY_KIND_SELECT.
   */
  UNDERLAY_KIND_UNSPECIFIED: 'UNDERLAY_KIND_UNSPECIFIED',
  /**
   * Connections are spread over all uplinks that are up.
   */
  UNDERLAY_KIND_SELECT: 'UNDERLAY_KIND_SELECT',
  /**
   * The first uplink that is up has all.
   */
  UNDERLAY_KIND_FAILOVER: 'UNDERLAY_KIND_FAILOVER',
} as const;

export type UnderlayKind =
  /**
   * UNDERLAY_KIND_SELECT.
   */
  | 'UNDERLAY_KIND_UNSPECIFIED'
  | 0
  /**
   * Connections are spread over all uplinks that are up.
   */
  | 'UNDERLAY_KIND_SELECT'
  | 1
  /**
   * The first uplink that is up has all.
   */
  | 'UNDERLAY_KIND_FAILOVER'
  | 2

export type UnderlayKind__Output = typeof UnderlayKind[keyof typeof UnderlayKind]
