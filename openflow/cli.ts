#!/usr/bin/env node
/**
 * The node-openflow command: decode, roundtrip. Reads hex lines from standard input, writes one line for each message.
 */
import { createInterface } from 'node:readline'
import { decode, encode } from './spec/message.ts'
import { WireError } from './wire/error.ts'

const json = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint'
    ? value.toString()
    : value instanceof Uint8Array
      ? Buffer.from(value).toString('hex')
      : value

const COMMANDS: Record<string, (octets: Uint8Array) => string> = {
  decode: (octets) => JSON.stringify(decode(octets), json),
  roundtrip: (octets) => Buffer.from(encode(decode(octets))).toString('hex'),
}

const command = COMMANDS[process.argv[2] ?? '']
if (command === undefined) {
  process.stderr.write('usage: node-openflow decode|roundtrip < hex-lines\n')
  process.exit(1)
}
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === '') continue
  try {
    process.stdout.write(`${command(Buffer.from(line.trim(), 'hex'))}\n`)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    process.stdout.write(`ERR ${error.code} ${error.offset} ${error.path}\n`)
  }
}
