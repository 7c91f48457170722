/**
 * Compiled tables in a real Open vSwitch against permits(): random networks are installed on a bridge of the userspace
 * datapath, and ofproto/trace says for each packet whether it comes out at its receiver's port. The bridge is written
 * through its management socket and asked through the daemon's control socket, both in process.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { connect, type Message, type OpenFlowConnection, TABLE_ALL } from 'node-openflow'
import { RpcConnection } from '../../controller/channel/rpc.ts'
import { operationMessage } from '../../controller/flows/messages.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { permits } from '../../controller/policy/permits.ts'
import { MARK } from '../../controller/policy/pipeline.ts'
import type { SwitchProgram } from '../../controller/policy/program.ts'
import { formatMac } from '../../model/address.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import {
  type ArbitraryPacket,
  arbitraryPacket,
  arbitraryRecords,
  datapathName,
  intentOf,
  interfaceRecord,
  LINE_PORTS,
  networkOf,
} from '../support/arbitrary-state.ts'
import { addBridge, removeBridge } from '../support/bridge.ts'
import { ALL } from '../support/controller-parts.ts'
import { openings } from '../support/policy-packets.ts'
import { ReactiveNetwork, reactively, UNHURRIED } from '../support/reactive-network.ts'

const RUN = '/var/run/openvswitch'
const BRIDGE = `ct${process.pid.toString(36)}`.slice(0, 10)
const PORTS = [1, 2, 3, 4, 5, 6, LINE_PORTS.uplink]
const GATEWAY = '02:ff:00:00:00:01'
const NETWORKS = 120
/** Packets of each verdict that are asked about in one network, and those they are chosen from. */
const PACKETS = { each: 30, candidates: 300 }

/** All records on one switch. */
const networks = arbitraryRecords.map(({ records }) => {
  const datapathId = datapathName(1)
  const here = records.map((record) =>
    record.kind === 'interface'
      ? { ...record, attachment: { kind: 'port' as const, datapathId, port: record.number } }
      : record,
  )
  return { records: here, datapathIds: [datapathId] }
})

describe('compiled tables in Open vSwitch', function () {
  this.timeout(90_000)
  let connection: OpenFlowConnection
  let control: RpcConnection
  const refusals: Message[] = []

  before(async () => {
    addBridge(BRIDGE, { ports: PORTS, failMode: 'secure' })
    connection = await connect({ side: 'controller', path: `${RUN}/${BRIDGE}.mgmt` })
    connection.onMessage = (message) => {
      if (message.type === 'error') refusals.push(message)
    }
    const pid = readFileSync(`${RUN}/ovs-vswitchd.pid`, 'utf8').trim()
    control = await RpcConnection.open(`unix:${RUN}/ovs-vswitchd.${pid}.ctl`)
  })

  after(() => {
    connection?.close()
    control?.close()
    removeBridge(BRIDGE)
  })

  async function install(program: SwitchProgram): Promise<void> {
    const clear = {
      ...operationMessage({ what: 'flow', act: 'delete', key: '', flow: ANY_FLOW }),
      command: 'delete',
      cookie_mask: 0n,
    }
    const messages = [
      { ...clear, table_id: TABLE_ALL } as Message,
      { type: 'meter_mod', xid: 0, command: 'delete', flags: 0, meter_id: 0xffffffff, bands: [] } as Message,
      ...[...program.meters.values()].map((meter) => operationMessage({ what: 'meter', act: 'add', meter })),
      ...[...program.flows].map(([key, flow]) => operationMessage({ what: 'flow', act: 'add', key, flow })),
    ]
    connection.sendAll(messages.map((message) => ({ ...message, xid: connection.nextXid() })))
    await connection.request({ type: 'barrier_request' })
    expect(refusals, 'the switch refused').to.deep.equal([])
  }

  it('lets through exactly what policy permits', async () => {
    const verdicts = { passed: 0, dropped: 0 }
    for (const records of fc.sample(networks, { numRuns: NETWORKS, seed: 20_260_101 })) {
      const intent = intentOf(records)
      const state = networkOf(intent, records.datapathIds)
      const [compiled] = new Compiler('fabric').compile(state, ALL).values()
      if (compiled === undefined) throw new Error('no program')
      await install(compiled.program)
      const rules = orderRules(intent)
      const packet = arbitraryPacket([...intent.interfaces.keys()])
      const left = { true: PACKETS.each, false: PACKETS.each }
      for (const its of fc.sample(packet, { numRuns: PACKETS.candidates, seed: 7 + verdicts.passed })) {
        const from = intent.interfaces.get(its.from)
        const to = intent.interfaces.get(its.to)
        if (from === undefined && to === undefined) continue
        const { allow } = permits(intent, its, rules)
        if (left[`${allow}`]-- <= 0) continue
        const state = its.reply ? 'trk,est,rpl' : 'trk,new'
        const flow = flowText(its, from, to)
        const said = String(await control.request('ofproto/trace', [BRIDGE, flow, '--ct-next', state]))
        const passed = comesOut(said)
        if (passed !== allow) {
          const asked = JSON.stringify({ packet: its, records: records.records })
          expect.fail(`policy ${allow ? 'permits' : 'forbids'} ${asked}\n${said}`)
        }
        verdicts[passed ? 'passed' : 'dropped']++
      }
    }
    expect(verdicts.passed + verdicts.dropped).to.be.at.least(2_000)
    expect(verdicts.passed, 'enough that pass').to.be.at.least(500)
    expect(verdicts.dropped, 'enough that do not').to.be.at.least(1_000)
  })

  it('lets through on a reactive bridge exactly what was asked and policy permits, and asks about all else', async function () {
    this.timeout(240_000)
    const verdicts = { passed: 0, dropped: 0, unasked: 0, replies: 0 }
    const trace = async (flow: string, state: string): Promise<string> =>
      String(await control.request('ofproto/trace', [BRIDGE, flow, '--ct-next', state]))
    for (const { records, datapathIds } of fc.sample(networks, { numRuns: NETWORKS, seed: 20_260_202 })) {
      const intent = reactively(intentOf({ records, datapathIds }), datapathIds, 1)
      const network = new ReactiveNetwork(networkOf(intent, datapathIds), UNHURRIED)
      const [datapathId = ''] = datapathIds
      const packets = fc.sample(arbitraryPacket([...intent.interfaces.keys()]), { numRuns: 300, seed: 11 })
      const rules = orderRules(intent)
      const left = { true: 10, false: 3 }
      const chosen = openings(intent, packets).filter((packet) => left[`${permits(intent, packet, rules).allow}`]-- > 0)
      // Without ports, what goes the other way later is a reply, and not asked about.
      const open = chosen.filter(
        ({ protocol, from, to, family }, at) =>
          protocol !== 47 ||
          !chosen
            .slice(0, at)
            .some((its) => its.protocol === 47 && its.from === to && its.to === from && its.family === family),
      )
      const ends = ({ from, to }: ArbitraryPacket) => [intent.interfaces.get(from), intent.interfaces.get(to)] as const
      const fail = (packet: ArbitraryPacket, what: string, said: string): never =>
        expect.fail(`${what}: ${JSON.stringify({ packet, records })}\n${said}`)
      await install(network.programs.get(datapathId)!)
      for (const packet of open.slice(0, 5)) {
        const said = await trace(flowText(packet, ...ends(packet)), 'trk,new')
        if (comesOut(said)) fail(packet, 'passed and was not asked about', said)
        if (said.includes('controller')) verdicts.unasked++
      }
      for (const packet of open) network.arrives(packet, false)
      await install(network.programs.get(datapathId)!)
      for (const packet of open) {
        const { allow } = permits(intent, packet, rules)
        const said = await trace(flowText(packet, ...ends(packet)), 'trk,new')
        if (comesOut(said) !== allow) fail(packet, `policy ${allow ? 'permits' : 'forbids'}`, said)
        verdicts[allow ? 'passed' : 'dropped']++
        if (!allow || packet.protocol === 47) continue
        const reply = { ...packet, from: packet.to, to: packet.from, reply: true }
        const back = await trace(flowText(reply, ...ends(reply)), 'trk,est,rpl')
        if (!comesOut(back)) fail(reply, 'a reply is lost', back)
        verdicts.replies++
      }
    }
    expect(verdicts.passed, 'enough that pass').to.be.at.least(100)
    expect(verdicts.dropped, 'enough that do not').to.be.at.least(200)
    expect(verdicts.unasked, 'enough that ask').to.be.at.least(100)
    expect(verdicts.replies, 'enough replies').to.be.at.least(80)
  })

  it('answers neighbour solicitations for an interface', async () => {
    const one = interfaceRecord(1, 'default', [], datapathName(1))
    const two = interfaceRecord(2, 'default', [], datapathName(1))
    const datapathIds = [datapathName(1)]
    const intent = intentOf({ records: [one, two], datapathIds })
    const [compiled] = new Compiler('fabric').compile(networkOf(intent, datapathIds), ALL).values()
    if (compiled === undefined) throw new Error('no program')
    await install(compiled.program)
    const ask = async (sll: string) => {
      const ends = 'dl_src=02:00:00:00:00:01,dl_dst=33:33:ff:00:00:02,ipv6_src=fd00::1,ipv6_dst=ff02::1:ff00:2'
      const solicitation = `in_port=1,icmp6,${ends},nw_ttl=255,icmpv6_type=135,icmpv6_code=0,nd_target=fd00::2,nd_sll=${sll}`
      return String(await control.request('ofproto/trace', [BRIDGE, solicitation]))
    }
    const said = await ask('02:00:00:00:00:01')
    const answer = /^Final flow: (.*)$/m.exec(said)?.[1]
    for (const part of [
      'dl_src=02:00:00:00:00:02,dl_dst=02:00:00:00:00:01',
      'ipv6_src=fd00::2,ipv6_dst=fd00::1',
      'icmp_type=136,icmp_code=0,nd_target=fd00::2',
      'nd_tll=02:00:00:00:00:02',
    ]) {
      expect(answer, said).to.include(part)
    }
    expect(comesOut(said), said).to.equal(true)
    expect(comesOut(await ask('02:00:00:00:00:02')), 'a forged MAC').to.equal(false)
  })
})

const ANY_FLOW = { table: 0, priority: 0, match: [], instructions: [], cookie: 0n, unit: '' }

/** Whether any of the datapath's actions is a port; what is in parentheses (commits, copies to the controller) is not. */
function comesOut(trace: string): boolean {
  return [...trace.matchAll(/^Datapath actions: (.*)$/gm)].some(([, actions = '']) => {
    let bare = actions
    for (let before = ''; before !== bare; ) {
      before = bare
      bare = bare.replace(/\([^()]*\)/g, '')
    }
    return bare.split(',').some((action) => /^[0-9]+$/.test(action))
  })
}

/** The packet in the words of ovs-ofctl; a reply carries the tuple of the connection that it answers. */
function flowText(packet: ArbitraryPacket, from?: InterfaceRecord, to?: InterfaceRecord): string {
  const { family, protocol, port = 0, code = 0, reply } = packet
  const [source, target] = [addressOf(packet.from, family, from), addressOf(packet.to, family, to)]
  const ip = family === 4 ? 'nw' : 'ipv6'
  const words = [
    `in_port=${from?.number ?? LINE_PORTS.uplink}`,
    `dl_src=${from === undefined ? GATEWAY : formatMac(from.mac)}`,
    `dl_dst=${to === undefined ? GATEWAY : formatMac(to.mac)}`,
    family === 4 ? 'dl_type=0x0800' : 'dl_type=0x86dd',
    `${ip}_src=${source}`,
    `${ip}_dst=${target}`,
    `nw_proto=${protocol}`,
    'nw_ttl=64',
  ]
  const isIcmp = protocol === 1 || protocol === 58
  const name = { 6: 'tcp', 17: 'udp', 132: 'sctp' }[protocol]
  const answer = { 1: 0, 58: 129 }[protocol]
  const message = `icmp${family === 6 ? 'v6' : ''}`
  if (isIcmp) words.push(`${message}_type=${reply ? answer : port}`, `${message}_code=${reply ? 0 : code}`)
  if (name !== undefined) {
    const [mine, theirs] = reply ? [port, 40_000] : [40_000, port]
    words.push(`${name}_src=${mine}`, `${name}_dst=${theirs}`)
    // What is new begins at its beginning.
    if (protocol === 6 && !reply) words.push('tcp_flags=syn')
  }
  if (!reply) return words.join(',')
  const tuple = [
    'ct_state=trk|est|rpl',
    ...(packet.kept === undefined ? [] : [`ct_mark=0x${keptMark(packet.kept).toString(16)}`]),
    `ct_nw_proto=${protocol}`,
    ...(isIcmp ? [`ct_tp_src=${port}`, `ct_tp_dst=${code}`] : []),
    ...(name === undefined ? [] : ['ct_tp_src=40000', `ct_tp_dst=${port}`]),
  ]
  return [...words, ...tuple].join(',')
}

const keptMark = ({ egress, ingress }: { egress: boolean; ingress: boolean }): number =>
  (egress ? 2 ** MARK.kept.egress : 0) + (ingress ? 2 ** MARK.kept.ingress : 0)

function addressOf(name: string, family: 4 | 6, record: InterfaceRecord | undefined): string {
  if (record === undefined) return name
  const found = record.addresses.find((text) => text.includes(':') === (family === 6))
  if (found === undefined) throw new Error(`${name} has no address of family ${family}`)
  return found
}
