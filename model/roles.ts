/** Roles that a certificate can carry. What each may do is decided in controller/api/auth.ts. */
export const ROLES = ['admin', 'provisioner', 'profiler', 'allocator', 'pep', 'viewer'] as const
export type Role = (typeof ROLES)[number]
