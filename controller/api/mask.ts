/**
 * Field masks (AIP-134, AIP-157): which top-level fields of a record an update takes from the request, and which a read
 * returns. Paths are in wire spelling; a path into a field names the whole field, since records are small.
 */

import { nearest } from '../../host/yaml.ts'
import { fail, invalid, ok, type Result } from '../../model/errors.ts'

const camel = (path: string): string => path.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Fields that the controller sets; naming them in an update mask is an error rather than a silent no-op. */
const OUTPUT_ONLY = new Set(['name', 'meta', 'etag', 'status', 'memberCount'])

/**
 * `base` with the fields that the mask names taken from `request`. Without a mask every field is taken from the request.
 *
 * @param legal Field names (camelCase) of the message.
 */
export function mergeMasked(
  base: Record<string, unknown>,
  request: Record<string, unknown>,
  paths: readonly string[],
  legal: readonly string[],
): Result<Record<string, unknown>> {
  if (paths.length === 0 || (paths.length === 1 && paths[0] === '*')) return ok(request)
  const merged = { ...base }
  for (const path of paths) {
    const field = camel(path.split('.')[0]!)
    if (!legal.includes(field))
      return fail('UNKNOWN_FIELD', {
        field: `update_mask: ${path}`,
        nearest: snake(nearest(field, legal) ?? legal[0]!),
      })
    if (OUTPUT_ONLY.has(field))
      return invalid([{ field: 'update_mask', description: `${path} is set by the controller` }])
    merged[field] = request[field]
  }
  return ok(merged)
}

/** A message with only the fields that a read mask names, and always its name. */
export function readMasked<T extends object>(message: T, paths: readonly string[]): T {
  if (paths.length === 0 || paths.includes('*')) return message
  const wanted = new Set(['name', ...paths.map((path) => camel(path.split('.')[0]!))])
  return Object.fromEntries(Object.entries(message).filter(([key]) => wanted.has(key))) as T
}
