/**
 * xxhash64 of a text, as a 64-bit number. A fast index only: whoever uses it compares the text as well, so a collision
 * costs time and never an answer. Called by identity.ts and lookup.ts.
 */
import xxhash from 'xxhash-wasm'

export type Hash = (text: string) => bigint

const { h64 } = await xxhash()

export const hash64: Hash = (text) => h64(text)
