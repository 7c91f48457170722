/** What the event of a logged packet says: both ends by record, world or neither, the packet, and the verdict of then. */
import { expect } from 'chai'
import type { Oxm } from 'node-openflow'
import { CT_NEW, CT_TRK } from 'node-openflow'
import { packetHandler } from '../../controller/packets.ts'
import { cookieOf } from '../../controller/policy/cookie.ts'
import { PolicyLookup } from '../../controller/policy/lookup.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { FLAG } from '../../controller/policy/pipeline.ts'
import { parseAddress } from '../../model/address.ts'
import { readPacketText } from '../../model/packet-text.ts'
import type { Tag } from '../../model/tag.ts'
import { datapathName } from '../support/arbitrary-state.ts'
import { ethernet, icmp, ipv4, tcp } from '../support/packets.ts'
import { iface, intentWith, policy, rule, vnp } from '../support/records.ts'

const has = (tag: string) => ({ allOf: [JSON.stringify(tag) as Tag], anyOf: [], noneOf: [] })
const any = { kind: 'any' } as const
const intent = intentWith([
  vnp('a', { selector: has('a') }),
  policy('p', 'a', [
    rule('ingress', any, 'log', { protocols: [6] }),
    rule('ingress', any, 'allow', { protocols: [6], ports: [{ first: 80, last: 80 }] }),
    rule('ingress', any, 'reject', { protocols: [6], ports: [{ first: 81, last: 81 }], log: true }),
    rule('ingress', any, 'reject', { protocols: [1] }),
  ]),
  iface('web', 1, ['a']),
  iface('db', 2, ['a']),
  iface('far', 2, ['a'], 'blue'),
])
const lookup = new PolicyLookup(intent)
const objectOf = (index: number): number => orderRules(intent).find(({ cause }) => cause.ruleIndex === index)!.object
const NETWORK = intent.number('network', 'default')!
const web = intent.interfaces.get('web')!

interface Told {
  type: string
  subject: string
  details: Readonly<Record<string, string | number>>
}

/** What is told of a frame that comes with this cookie and these fields. */
function handle(
  kind: 'log' | 'reject',
  index: number,
  frame: Uint8Array,
  fields: Oxm[],
): { told: Told[]; sent: number } {
  const told: Told[] = []
  let sent = 0
  packetHandler({
    intent,
    observed: { datapaths: new Map() },
    tell: (type, subject, details = {}) => told.push({ type, subject, details }),
    clock: () => 0,
    send: () => {
      sent++
      return true
    },
    topology: () => expect.fail('no probe'),
    ask: () => expect.fail('nobody asks'),
    dhcp: () => expect.fail('nobody asks by DHCP'),
    probing: { seen: () => expect.fail('no probe'), isProbe: () => false },
    portName: () => '',
    verdict: (packet) => lookup.getPolicyForTraffic(packet),
  })({
    kind: 'packetIn',
    datapathId: datapathName(1),
    inPort: 1,
    reason: 'action',
    tableId: 9,
    cookie: cookieOf(kind, objectOf(index)),
    data: frame,
    fields,
  })
  return { told, sent }
}

const address = (text: string): number => Number(parseAddress(text)!.value)
const frame = (src: string, dst: string, port = 80): Uint8Array => {
  const ends = { src: address(src), dst: address(dst) }
  const payload = tcp({ ...ends, sport: 40000, dport: port, flags: 2 })
  return ethernet({ src: web.mac, type: 0x0800, payload: ipv4({ ...ends, proto: 6, payload }) })
}
const inNetwork = (flags = 0, network = NETWORK): Oxm[] => [
  { field: 'reg3', value: network },
  ...(flags === 0 ? [] : [{ field: 'reg8', value: flags } as Oxm]),
  { field: 'ct_state', value: CT_TRK | CT_NEW },
]

describe('events of logged packets', () => {
  it('name both interfaces, the packet, the network and the verdict', () => {
    const { told } = handle('log', 0, frame('10.0.0.1', '10.0.0.2'), inNetwork())
    expect(told).to.have.length(1)
    expect(told[0]).to.include({ type: 'rule-matched', subject: 'p#0' })
    expect(told[0]!.details).to.deep.equal({
      from: 'web',
      fromKind: 'interface',
      to: 'db',
      toKind: 'interface',
      network: 'default',
      packet: 'tcp 10.0.0.1:40000 -> 10.0.0.2:80',
      generation: intent.generation,
      verdict: 'allow',
      switch: datapathName(1),
    })
    expect(readPacketText(String(told[0]!.details['packet']))?.layer4).to.equal('tcp/80')
    expect(handle('log', 0, frame('10.0.0.1', '10.0.0.2', 22), inNetwork()).told[0]!.details['verdict']).to.equal(
      'deny',
    )
  })

  it('name the world by its address, and say where an end is nobody', () => {
    const out = handle('log', 0, frame('10.0.0.1', '203.0.113.9'), inNetwork(FLAG.outward)).told[0]!.details
    expect(out).to.include({ from: 'web', to: '203.0.113.9', toKind: 'world', verdict: 'deny' })
    const into = handle('log', 0, frame('203.0.113.9', '10.0.0.2'), inNetwork(FLAG.uplink | FLAG.world)).told[0]!
      .details
    expect(into).to.include({ from: '203.0.113.9', fromKind: 'world', to: 'db', verdict: 'allow' })
    const gone = handle('log', 0, frame('10.0.0.1', '10.0.0.77'), inNetwork()).told[0]!.details
    expect(gone).to.include({ from: 'web', to: 'unknown', toKind: 'unknown' })
    expect(gone).to.include({ packet: 'tcp 10.0.0.1:40000 -> 10.0.0.77:80' }).and.not.to.have.property('verdict')
    const nowhere = handle('log', 0, frame('10.0.0.1', '10.0.0.2'), inNetwork(0, 999)).told[0]!.details
    expect(nowhere).to.include({ fromKind: 'unknown', toKind: 'unknown' }).and.not.to.have.property('network')
  })

  it('tell a rejected packet where its rule logs, of a new connection only, and answer it in any case', () => {
    const packet = frame('10.0.0.1', '10.0.0.2', 81)
    const first = handle('reject', 2, packet, inNetwork())
    expect(first.told.map(({ subject }) => subject)).to.deep.equal(['p#2'])
    expect(first.told[0]!.details).to.include({ from: 'web', to: 'db', verdict: 'reject' })
    expect(first.sent).to.equal(1)
    const later = handle('reject', 2, packet, [{ field: 'reg3', value: NETWORK }])
    expect({ told: later.told.length, sent: later.sent }).to.deep.equal({ told: 0, sent: 1 })
    const ends = { src: address('10.0.0.1'), dst: address('10.0.0.2') }
    const ping = ethernet({
      src: web.mac,
      type: 0x0800,
      payload: ipv4({ ...ends, proto: 1, payload: icmp({ type: 8 }) }),
    })
    const silent = handle('reject', 3, ping, inNetwork())
    expect({ told: silent.told.length, sent: silent.sent }).to.deep.equal({ told: 0, sent: 1 })
    expect(handle('log', 0, ping, inNetwork()).told[0]!.details['packet']).to.equal('icmp/8/0 10.0.0.1 -> 10.0.0.2')
  })
})
