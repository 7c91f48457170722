// Generated from tagsteer/v1/vnp_service.proto

export const Resolution = {
  /**
   * Highest priority.
   */
  RESOLUTION_UNSPECIFIED: 'RESOLUTION_UNSPECIFIED',
  RESOLUTION_HIGHEST_PRIORITY: 'RESOLUTION_HIGHEST_PRIORITY',
  RESOLUTION_STRICTEST_WINS: 'RESOLUTION_STRICTEST_WINS',
  RESOLUTION_ORDERED_MERGE: 'RESOLUTION_ORDERED_MERGE',
} as const;

export type Resolution =
  /**
   * Highest priority.
   */
  | 'RESOLUTION_UNSPECIFIED'
  | 0
  | 'RESOLUTION_HIGHEST_PRIORITY'
  | 1
  | 'RESOLUTION_STRICTEST_WINS'
  | 2
  | 'RESOLUTION_ORDERED_MERGE'
  | 3

export type Resolution__Output = typeof Resolution[keyof typeof Resolution]
