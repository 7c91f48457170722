/**
 * Pages of a list, in the manner of AIP-158: a token says after which name the next page begins and for which query it
 * was made. Tokens are opaque to callers but not secret; a token of another query is refused.
 */
import type { Result } from '../../model/errors.ts'
import { invalid, ok } from '../../model/errors.ts'

export interface Page {
  size: number
  /** The last name of the page before; undefined on the first page. */
  after?: string
}

const DEFAULT_SIZE = 100
const MAX_SIZE = 1000

/** Reads page_size and page_token. `query` is whatever else selects the list, in canonical text. */
export function readPage(size: number, token: string, query: string): Result<Page> {
  if (size < 0) return invalid([{ field: 'page_size', description: 'must not be negative' }])
  const page: Page = { size: size === 0 ? DEFAULT_SIZE : Math.min(size, MAX_SIZE) }
  if (token === '') return ok(page)
  const parts = Buffer.from(token, 'base64url').toString('utf8').split('\n')
  const [version, made, after] = parts
  if (parts.length !== 3 || version !== 'v1' || after === undefined) {
    return invalid([{ field: 'page_token', description: 'was not made by this service' }])
  }
  if (made !== digest(query)) return invalid([{ field: 'page_token', description: 'belongs to another query' }])
  return ok({ ...page, after })
}

export function nextToken(query: string, after: string): string {
  return Buffer.from(`v1\n${digest(query)}\n${after}`).toString('base64url')
}

/**
 * Takes one page from names in order. `items` must be sorted by `name`; a page costs its size and a binary search.
 */
export function takePage<T>(
  items: readonly T[],
  name: (item: T) => string,
  page: Page,
  query: string,
): { items: T[]; nextPageToken: string } {
  let low = 0
  if (page.after !== undefined) {
    let high = items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (name(items[middle]!) <= page.after) low = middle + 1
      else high = middle
    }
  }
  const taken = items.slice(low, low + page.size)
  const more = low + taken.length < items.length
  return { items: taken, nextPageToken: more ? nextToken(query, name(taken[taken.length - 1]!)) : '' }
}

/** FNV-1a over the query: tells queries apart, protects nothing. */
function digest(query: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < query.length; index++) {
    hash = Math.imul(hash ^ query.charCodeAt(index), 0x01000193) >>> 0
  }
  return hash.toString(36)
}
