/** The wire goldens (test/golden/wire): a recording, and its messages, which must encode to the octets they came in. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { decode, encode, fromHex, type Message, toHex } from 'node-openflow'

/** A recording: what wrote the octets, and what it wrote. */
export function golden<E>(name: string): { readonly source: string; readonly entries: E[] } {
  return JSON.parse(readFileSync(`test/golden/wire/${name}.json`, 'utf8'))
}

/** The message in octets that somebody else wrote. */
export function read(octets: string): Message {
  const message = decode(fromHex(octets))
  expect(toHex(encode(message))).to.equal(octets)
  // No sender leaves rubbish in padding; if there is some, a row takes a member for padding.
  expect(message).not.to.have.property('padding')
  return message
}
