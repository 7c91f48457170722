/**
 * The reference switch against Open vSwitch: random flow tables and packets, and both must say the same. By
 * ofproto/trace: flows matched and ports. By packet_outs whose packets come back as packet_ins: octets, registers,
 * connection state, from the real datapath with its real connection tracking.
 */

import { expect } from 'chai'
import fc from 'fast-check'
import { type Message, type MessageNamed, type Output, ReferenceSwitch, type Trace } from 'node-openflow'
import { deleteAll, flows, groups, packet } from '../support/arbitrary-flows.ts'
import { isError, OvsBridge } from '../support/ovs-bridge.ts'

const LOCAL = 0xfffffffe
const NO_BUFFER = 0xffffffff

/** Reference and bridge with the same content. */
async function both(bridge: OvsBridge, mods: readonly Message[]): Promise<ReferenceSwitch> {
  const reference = new ReferenceSwitch({ datapathId: 1n, ports: [1, 2, 3, LOCAL] })
  const wanted = mods.flatMap((mod) => reference.handle(mod)).filter(isError)
  const found = (await bridge.tell([...deleteAll(1000), ...mods])).filter(isError)
  expect(wanted.map(errorText)).to.deep.equal(found.map(errorText))
  return reference
}

/** ofproto/trace ends at a select group, which needs a hash of the datapath. */
const UNHASHED = groups.map((mod) => (mod.group_type === 'select' ? { ...mod, group_type: 'all' as const } : mod))

const RUNS = {
  numRuns: Number(process.env['REFERENCE_RUNS'] ?? 200),
  interruptAfterTimeLimit: 60_000,
  markInterruptAsFailure: true,
}

const errorText = (error: MessageNamed<'error'>): string => `${error.xid} ${error.error_type}/${error.code}`

const portOf = (out: Output): string => String(out.port === LOCAL ? 'local' : out.port)

function steps(trace: Trace): string[] {
  return trace.steps.map(({ table, flow }) => `${table}:${flow?.cookie ?? 'miss'}`).sort()
}

function packetInText(message: Message): string {
  if (message.type !== 'packet_in') throw new Error(message.type)
  const match = message.match
    .map((oxm) => `${oxm.field}=${oxm.value}${oxm.mask === undefined ? '' : `/${oxm.mask}`}`)
    .sort()
  const head = `${message.reason} table=${message.table_id} cookie=${message.cookie} len=${message.total_len}`
  return `${head} ${match.join(',')} ${Buffer.from(message.data).toString('hex')}`
}

const packetOut = (in_port: number, data: Uint8Array): Message => ({
  type: 'packet_out',
  xid: 77,
  buffer_id: NO_BUFFER,
  in_port,
  actions: [{ type: 'output', port: 0xfffffff9, max_len: 0 }],
  data,
})

const inPort = fc.constantFrom(1, 2, 3)
const several = fc.array(fc.tuple(inPort, packet), { minLength: 1, maxLength: 16, size: 'max' })

describe('the reference switch and Open vSwitch', function () {
  this.timeout(120_000)
  let bridge: OvsBridge

  before(async () => {
    bridge = await OvsBridge.create('refr', 3)
  })
  after(() => bridge?.remove())

  it('match the same flows and use the same ports as ofproto/trace says', async () => {
    await fc.assert(
      fc.asyncProperty(flows(), several, async (mods, packets) => {
        const reference = await both(bridge, [...UNHASHED, ...mods])
        for (const [port, data] of packets) {
          const traced = await bridge.trace(port, data)
          const own = reference.trace(port, data)
          const wanted = traced.steps.map(({ table, cookie, missed }) => `${table}:${missed ? 'miss' : cookie}`).sort()
          expect(steps(own), traced.text).to.deep.equal(wanted)
          const outputs = traced.outputs.map((out) => (typeof out === 'number' && out <= 0 ? 'local' : String(out)))
          expect(own.outputs.filter(notInvalidTtl).map(portOf).sort(), traced.text).to.deep.equal(outputs.sort())
        }
      }),
      RUNS,
    )
  })

  it('hand the controller the same octets and registers', async () => {
    await fc.assert(
      fc.asyncProperty(flows(), several, async (mods, packets) => {
        const reference = await both(bridge, [...groups, ...mods])
        for (const [port, data] of packets) {
          const wanted = reference.handle(packetOut(port, data)).map(packetInText).sort()
          await bridge.tell([packetOut(port, data)])
          const found = (await bridge.heard('packet_in', wanted.length)).map(packetInText).sort()
          expect(wanted).to.deep.equal(found)
        }
      }),
      RUNS,
    )
  })
})

function notInvalidTtl(out: Output): boolean {
  return out.port !== 'controller' || out.message.reason !== 'invalid_ttl'
}
