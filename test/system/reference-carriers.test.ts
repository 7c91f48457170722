/**
 * The reference switch against Open vSwitch where tags travel: MPLS labels, VLAN priorities, lengths, tunnel fields
 * and options, the TLV table. Random flow tables; ofproto/trace for what goes into tunnels, packets that come back as
 * packet_ins for octets and fields, and real Geneve packets for what comes out of them.
 */

import { expect } from 'chai'
import fc from 'fast-check'
import { formatMessage, type Message, type Output, ReferenceSwitch, type TunnelHeader } from 'node-openflow'
import { apply, CONTROLLER, deleteAll, flowAdd, output } from '../support/arbitrary-flows.ts'
import {
  type Carried,
  carrierFlows,
  carrierPacket,
  GENEVE_PORT,
  geneveHeader,
  mapOptions,
  OWN,
  VXLAN_PORT,
} from '../support/carrier-flows.ts'
import { isError, OvsBridge } from '../support/ovs-bridge.ts'
import * as build from '../support/packets.ts'

const LOCAL = 0xfffffffe
const NO_BUFFER = 0xffffffff

const RUNS = {
  numRuns: Number(process.env['REFERENCE_RUNS'] ?? 100),
  seed: Number(process.env['REFERENCE_SEED'] ?? 1),
  interruptAfterTimeLimit: 60_000,
  markInterruptAsFailure: true,
}

/** Reference and bridge with the same content; they refuse the same. */
async function both(bridge: OvsBridge, mods: readonly Message[]): Promise<ReferenceSwitch> {
  const reference = new ReferenceSwitch({
    datapathId: 1n,
    ports: [1, 2, 3, GENEVE_PORT, VXLAN_PORT, LOCAL],
    tunnels: new Map([
      [GENEVE_PORT, { kind: 'geneve', address: OWN }],
      [VXLAN_PORT, { kind: 'vxlan', address: OWN }],
    ]),
  })
  const text = (all: readonly Message[]): string[] =>
    all.filter(isError).map((error) => `${error.xid} ${error.error_type}/${error.code}`)
  const wanted = text([...mapOptions(2000), ...mods].flatMap((mod) => reference.handle(mod)))
  const found = text(await bridge.tell([...deleteAll(1000), ...mods]))
  const refused = mods.filter(({ xid }) => [...wanted, ...found].some((one) => one.startsWith(`${xid} `)))
  same(wanted, found, refused.map((mod) => formatMessage(mod)).join('\n'))
  return reference
}

function packetInText(message: Message): string {
  if (message.type !== 'packet_in') throw new Error(message.type)
  const value = (its: unknown): string => (its instanceof Uint8Array ? Buffer.from(its).toString('hex') : `${its}`)
  const match = message.match.map((oxm) => `${oxm.field}=${value(oxm.value)}`).sort()
  const head = `${message.reason} table=${message.table_id} cookie=${message.cookie} len=${message.total_len}`
  return `${head} ${match.join(',')} ${Buffer.from(message.data).toString('hex')}`
}

/** Shows both in full when they differ. */
function same(own: readonly string[], found: readonly string[], about = ''): void {
  const shown = `reference:\n${own.join('\n')}\nOpen vSwitch:\n${found.join('\n')}\n${about}`
  expect(own.join('\n') === found.join('\n'), shown).to.equal(true)
}

const dotted = (address: number | bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (BigInt(address) >> shift) & 255n).join('.')

/** A header as ofproto/trace writes it. */
function headerText({ kind, src, dst, id, oam, options }: TunnelHeader): string {
  const ends = `${dotted(src)}>${dotted(dst)}`
  if (kind === 'vxlan') return `vxlan ${ends} ${id}`
  const its = options.map(({ option_class, option_type, data }) => {
    const hex = Buffer.from(data).toString('hex').replace(/^0+/, '')
    return `{class=0x${option_class.toString(16)},type=0x${option_type.toString(16)},len=${data.length},0x${hex}}`
  })
  return `geneve ${ends} ${id}${oam ? ' oam' : ''} ${its.join('')}`.replaceAll(/,0x}/g, ',0}')
}

function tracedHeaders(text: string): string[] {
  return [...text.matchAll(/tnl_push\(.*?ipv4\(src=([^,]+),dst=([^,]+),.*?(geneve|vxlan)\((.*?)\)+,out_port/g)].map(
    ([, src, dst, kind, rest]) => {
      const id = Number(/vni=(0x[0-9a-f]+)/.exec(rest!)![1])
      if (kind === 'vxlan') return `vxlan ${src}>${dst} ${id}`
      const options = (/options\((.*)$/.exec(rest!)?.[1] ?? '').replace(/\)+$/, '').replaceAll(/,0x0*}/g, ',0}')
      return `geneve ${src}>${dst} ${id}${/(^|,)oam,/.test(rest!) ? ' oam' : ''} ${options}`
    },
  )
}

const sentIn = (outputs: readonly Output[]): string[] =>
  outputs.flatMap((out) => (out.port !== 'controller' && out.tunnel !== undefined ? [headerText(out.tunnel)] : []))

/** As ofproto/trace takes them. */
function tunnelText({ src, dst, id, oam, options }: TunnelHeader): string[] {
  const known = new Map([
    [0x81, 0],
    [0x02, 1],
    [0x03, 5],
  ])
  return [
    `tun_src=${dotted(src)}`,
    `tun_dst=${dotted(dst)}`,
    `tun_id=${id}`,
    `tun_flags=${oam ? 'oam' : '0'}`,
    ...options
      .filter(({ option_class }) => option_class === 0xff54)
      .map(({ option_type, data }) => `tun_metadata${known.get(option_type)}=0x${Buffer.from(data).toString('hex')}`),
  ]
}

/** A frame in Geneve in UDP, as another switch sends it to this one. */
function encapsulated({ src, dst, id, oam, options }: TunnelHeader, inner: Uint8Array): Uint8Array {
  const tlvs = options.map(({ option_class, option_type, data }) =>
    build.octets([option_class >> 8, option_class & 255, option_type, data.length / 4], data),
  )
  const size = tlvs.reduce((sum, one) => sum + one.length, 0)
  const flags = (oam ? 0x80 : 0) | (options.some(({ option_type }) => option_type & 0x80) ? 0x40 : 0)
  const head = build.octets([size / 4, flags, 0x65, 0x58, id >>> 16, (id >>> 8) & 255, id & 255, 0], ...tlvs)
  const ends = { src: Number(src), dst: Number(dst) }
  const datagram = build.udp({ ...ends, sport: 5000, dport: 6081, data: build.octets(head, inner) })
  const payload = build.ipv4({ ...ends, proto: 17, payload: datagram })
  return build.ethernet({ src: 0xaa55aa550002, dst: 0xaa55aa550000, type: 0x800, payload })
}

/** Comes after what is looked at, so that what is told of that has come when this is told of. */
const LAST: TunnelHeader = {
  ...{ kind: 'geneve', src: OWN + 1, dst: OWN, id: 0xabcdef, oam: false, options: [], gbp: { id: 0, flags: 0 } },
}
const last = flowAdd(9999, {
  cookie: BigInt(LAST.id),
  priority: 0xffff,
  match: [{ field: 'tunnel_id', value: BigInt(LAST.id) }],
  instructions: apply(output(CONTROLLER)),
})

const packetOut = (in_port: number, data: Uint8Array): Message => ({
  type: 'packet_out',
  xid: 77,
  buffer_id: NO_BUFFER,
  in_port,
  actions: [{ type: 'output', port: 0xfffffff9, max_len: 0 }],
  data,
})

const flows = (carried: Carried) => carrierFlows(carried)
const several = fc.array(fc.tuple(fc.constantFrom(1, 2), carrierPacket), { minLength: 8, maxLength: 16, size: 'max' })

describe('the reference switch and Open vSwitch, of what tags travel in', function () {
  this.timeout(120_000)
  let bridge: OvsBridge

  beforeEach(async () => {
    bridge = await OvsBridge.create(3, true)
    // Once: a mapping cannot be cleared while Open vSwitch still has a deleted flow in memory that names it.
    expect((await bridge.tell(mapOptions(2000))).filter(isError)).to.deep.equal([])
  })
  afterEach(() => bridge?.remove())

  for (const carried of ['labels', 'lengths'] as const) {
    it(`hand the controller the same octets and fields: ${carried}`, async () => {
      await fc.assert(
        fc.asyncProperty(flows(carried), several, async (mods, packets) => {
          const reference = await both(bridge, mods)
          for (const [port, data] of packets) {
            const wanted = reference.handle(packetOut(port, data)).map(packetInText).sort()
            await bridge.tell([packetOut(port, data)])
            const found = (await bridge.heard('packet_in', wanted.length)).map(packetInText).sort()
            same(
              wanted,
              found,
              [Buffer.from(data).toString('hex'), ...mods.map((mod) => formatMessage(mod))].join('\n'),
            )
          }
        }),
        RUNS,
      )
    })
  }

  it('send the same into the same tunnels, as ofproto/trace says', async () => {
    const arriving = fc.array(fc.tuple(fc.option(geneveHeader(false), { nil: undefined }), carrierPacket), {
      minLength: 8,
      maxLength: 16,
      size: 'max',
    })
    await fc.assert(
      fc.asyncProperty(flows('tunnels'), arriving, async (mods, packets) => {
        const reference = await both(bridge, mods)
        for (const [tunnel, data] of packets) {
          const port = tunnel === undefined ? 1 : GENEVE_PORT
          const traced = await bridge.trace(port, data, [], tunnel === undefined ? [] : tunnelText(tunnel))
          const own = reference.trace(port, data, tunnel === undefined ? {} : { tunnel })
          const steps = own.steps.map(({ table, flow }) => `${table}:${flow?.cookie ?? 'miss'}`)
          const found = traced.steps.map(({ table, cookie, missed }) => `${table}:${missed ? 'miss' : cookie}`)
          same(steps.sort(), found.sort(), traced.text)
          same(
            own.outputs
              .filter(notInvalidTtl)
              .map(({ port: out }) => `${out}`)
              .sort(),
            traced.outputs.map(String).sort(),
            traced.text,
          )
          same(sentIn(own.outputs).sort(), tracedHeaders(traced.text).sort(), traced.text)
        }
      }),
      RUNS,
    )
  })

  it('see the same in what comes out of tunnels', async () => {
    const arriving = fc.array(fc.tuple(geneveHeader(true), carrierPacket), { minLength: 8, maxLength: 16, size: 'max' })
    await fc.assert(
      fc.asyncProperty(flows('labels'), arriving, async (mods, packets) => {
        const reference = await both(bridge, [...mods, last])
        await bridge.purge()
        for (const [tunnel, data] of packets) {
          const wanted = reference
            .inject(GENEVE_PORT, data, tunnel)
            .flatMap((out) => (out.port === 'controller' ? [packetInText(out.message)] : []))
          await bridge.tell([])
          await bridge.receiveUnder(encapsulated(tunnel, data))
          await bridge.receiveUnder(encapsulated(LAST, data))
          const found: string[] = []
          for (const heard of await bridge.heardUntil(({ cookie }) => cookie === last.cookie)) {
            if (heard.cookie !== last.cookie) found.push(packetInText(heard))
          }
          same(wanted.sort(), found.sort(), headerText(tunnel))
        }
      }),
      RUNS,
    )
  })
})

/** A TTL that runs out is told to the controller only if it asked: ofproto/trace shows it all the same. */
function notInvalidTtl(out: Output): boolean {
  return out.port !== 'controller' || out.message.reason !== 'invalid_ttl'
}
