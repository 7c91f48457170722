/**
 * How fast the codec is: decode and encode of messages that others recorded (test/golden/wire), beside os-ken's decode
 * of the same octets, in one table. Without os-ken its columns stay empty.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { decode, encode, fromHex, type Message } from 'node-openflow'
import { figure, printTable } from './report.ts'

const ROUND_MS = 300
const ROUNDS = 5

interface Case {
  readonly name: string
  readonly octets: Uint8Array
}

const golden = (name: string): Array<{ messages: string[]; command: string[] }> =>
  JSON.parse(readFileSync(new URL(`../test/golden/wire/${name}.json`, import.meta.url), 'utf8')).entries

/** The recorded message of a command that decodes to the type. */
function recorded(file: string, command: RegExp, type: Message['type']): Uint8Array {
  for (const entry of golden(file)) {
    if (!command.test(entry.command.join(' '))) continue
    const found = entry.messages.map(fromHex).find((octets) => decode(octets).type === type)
    if (found !== undefined) return found
  }
  throw new Error(`no ${type} of ${command} in ${file}`)
}

/** A reply with the flow of another, repeated: what a dump of a full table is made of. */
function manyFlows(): Uint8Array {
  const reply = decode(recorded('ovs-vswitchd', /dump-flows TCP table=1/, 'multipart_reply'))
  if (reply.type !== 'multipart_reply' || reply.mp_type !== 'flow') throw new Error('not a flow reply')
  return encode({ ...reply, body: Array.from({ length: 400 }, () => reply.body[0]!) })
}

const CASES: readonly Case[] = [
  { name: 'barrier_request', octets: fromHex('0414000800000001') },
  { name: 'flow_mod, 3 fields, 2 actions', octets: recorded('ovs-ofctl', /ct_state=\+new\+trk,tcp/, 'flow_mod') },
  { name: 'flow_mod with learn', octets: recorded('ovs-ofctl', /learn\(table=10/, 'flow_mod') },
  { name: 'packet_in', octets: recorded('ovs-vswitchd', /standard/, 'packet_in') },
  { name: 'flow reply, 400 flows', octets: manyFlows() },
  { name: 'table_features reply', octets: recorded('ovs-vswitchd', /dump-table-features/, 'multipart_reply') },
]

/** Best rate of several rounds, in calls per second. */
function rate(work: () => void): number {
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    let calls = 0
    let took = 0
    do {
      for (let i = 0; i < 10; i++) work()
      calls += 10
      took = performance.now() - start
    } while (took < ROUND_MS)
    best = Math.max(best, (calls / took) * 1000)
  }
  return best
}

const OS_KEN = `
import logging, sys, time
logging.disable(logging.CRITICAL)
import os_ken.ofproto.ofproto_v1_3_parser
from os_ken.ofproto import ofproto_parser, ofproto_protocol
D = ofproto_protocol.ProtocolDesc(version=4)
for line in sys.stdin:
    octets = bytes.fromhex(line.strip())
    kind, size, xid = octets[1], len(octets), int.from_bytes(octets[4:8], 'big')
    best = 0
    try:
        if ofproto_parser.msg(D, 4, kind, size, xid, octets) is None: raise ValueError
        for _ in range(3):
            start, calls = time.perf_counter(), 0
            while time.perf_counter() - start < 0.3:
                ofproto_parser.msg(D, 4, kind, size, xid, octets); calls += 1
            best = max(best, calls / (time.perf_counter() - start))
    except Exception:
        pass
    print(best)
`

function osKenRates(): number[] {
  const input = CASES.map(({ octets }) => `${Buffer.from(octets).toString('hex')}\n`).join('')
  const { stdout, status } = spawnSync('/usr/bin/python3', ['-c', OS_KEN], { input, encoding: 'utf8' })
  return status === 0 ? stdout.trim().split('\n').map(Number) : []
}

const peers = osKenRates()
const rows = CASES.map(({ name, octets }, i) => {
  const message = decode(octets)
  const decoded = rate(() => void decode(octets))
  const encoded = rate(() => void encode(message))
  const peer = peers[i] || Number.NaN
  const megabytes = (decoded * octets.length) / 1e6
  return [name, String(octets.length), ...[decoded, megabytes, encoded, peer, decoded / peer].map(figure)]
})
printTable(
  'OpenFlow codec, one thread (best of rounds)',
  'npm run bench -- codec',
  ['message', 'octets', 'decode/s', 'MB/s', 'encode/s', 'os-ken decode/s', 'times os-ken'],
  rows,
)
