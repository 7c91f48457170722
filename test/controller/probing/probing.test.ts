/**
 * Probes through compiled tables on reference switches, for random networks: what they show is what policy and carriers
 * promise, nobody receives one, and tables are afterwards what they were. And bounds, and packets that only look like one.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import type { MessageNamed } from 'node-openflow'
import type { PacketIn } from '../../../controller/channel/types.ts'
import { Compiler } from '../../../controller/policy/compile.ts'
import { readCookie } from '../../../controller/policy/cookie.ts'
import { emptyDelta } from '../../../controller/policy/intent.ts'
import { orderRules } from '../../../controller/policy/order.ts'
import { permits } from '../../../controller/policy/permits.ts'
import type { NetworkState, Place, ProbeMatch } from '../../../controller/policy/state.ts'
import { type ProbeReport, Probing, type ProbingOptions } from '../../../controller/probing/probing.ts'
import type { LinkCarrier } from '../../../model/records.ts'
import { arbitraryRouted } from '../../support/arbitrary-routed.ts'
import {
  arbitraryNetwork,
  datapathName,
  intentOf,
  interfaceRecord,
  LINE_PORTS,
  networkOf,
} from '../../support/arbitrary-state.ts'
import { ALL } from '../../support/controller-parts.ts'
import { policy, rule, vnp } from '../../support/records.ts'
import { type Arrival, ReferenceNetwork } from '../../support/reference-network.ts'

const QUICK = { lostMs: 2, droppedMs: 1, lateMs: 1, lingerMs: 1, settleMs: 1, installMs: 50 }

/** A controller that has nothing but probes, on reference switches. */
class World {
  readonly network: ReferenceNetwork
  readonly probing: Probing
  readonly arrivals: Arrival[] = []
  readonly #probes = new Map<string, Map<number, ProbeMatch>>()
  readonly #state: NetworkState
  readonly #compiler = new Compiler('fabric')
  /** Called before a packet goes out. */
  onSend: ((data: Uint8Array) => void) | undefined
  /** Switches that do not confirm. */
  readonly mute = new Set<string>()

  constructor(state: NetworkState, options: Partial<ProbingOptions> = {}) {
    this.#state = { ...state, observed: { ...state.observed, probes: this.#probes } }
    this.network = new ReferenceNetwork(state.observed)
    for (const [datapathId, { program }] of this.#compiler.compile(this.#state, ALL))
      this.network.install(datapathId, program)
    this.network.onPacketIn = (datapathId, message) => this.#told(datapathId, message)
    const rules = orderRules(state.intent)
    let seed = 1
    this.probing = new Probing({
      state: this.#state,
      verdict: (packet) => permits(state.intent, packet, rules),
      peer: (place) => this.#peer(place),
      watch: (...its) => this.#watch(...its),
      installed: (datapathId) => this.network.installed(datapathId),
      settles: () => true,
      status: () => 'served',
      send: (datapathId, message) => {
        if (message.type === 'packet_out') this.onSend?.(message.data)
        this.network.packetOut(datapathId, message)
        this.arrivals.push(...this.network.drain())
        return true
      },
      clock: () => performance.now(),
      now: () => 0,
      random: () => {
        seed = (seed * 48_271) % 0x7fff_ffff
        return seed / 0x7fff_ffff
      },
      ...options,
      limits: { ...QUICK, ...options.limits },
    })
  }

  #peer({ datapathId, port }: Place): Place | undefined {
    const order = [...this.#state.observed.datapaths.keys()]
    const step = port === LINE_PORTS.left ? -1 : port === LINE_PORTS.right ? 1 : 0
    const next = step === 0 ? undefined : order[order.indexOf(datapathId) + step]
    return next === undefined ? undefined : { datapathId: next, port: step === 1 ? LINE_PORTS.left : LINE_PORTS.right }
  }

  #watch(datapathIds: readonly string[], number: number, probe: ProbeMatch | undefined): void {
    for (const datapathId of datapathIds) {
      const its = this.#probes.get(datapathId) ?? new Map<number, ProbeMatch>()
      this.#probes.set(datapathId, its)
      if (probe === undefined) its.delete(number)
      else its.set(number, probe)
    }
    const probes = new Map(datapathIds.map((datapathId) => [datapathId, new Set([number])]))
    const nothing = { datapaths: new Set<string>(), places: new Set<string>() }
    const changed = { intent: emptyDelta(1), observed: { ...nothing, probes } }
    for (const [datapathId, { program }] of this.#compiler.compile(this.#state, changed))
      this.network.install(datapathId, program)
    queueMicrotask(() => {
      for (const datapathId of datapathIds) if (!this.mute.has(datapathId)) this.probing.confirmed(datapathId)
    })
  }

  #told(datapathId: string, message: MessageNamed<'packet_in'>): void {
    const { cookie, data, match, reason, table_id } = message
    const inPort = Number(match.find(({ field }) => field === 'in_port')?.value)
    const packet: PacketIn = {
      kind: 'packetIn',
      datapathId,
      inPort,
      reason,
      tableId: table_id,
      cookie,
      data,
      fields: match,
    }
    const kind = readCookie(cookie)?.kind
    if (kind === 'watch') this.probing.seen(packet)
    if (kind === 'reject') expect(this.probing.isProbe(packet, true)).to.equal(true)
    if (kind === 'log') expect(this.probing.isProbe(packet, false)).to.equal(true)
  }

  /** Keys of all switches' rows, each with its cookie. */
  rows(): string[] {
    return [...this.#state.observed.datapaths.keys()].flatMap((datapathId) =>
      [...(this.network.installed(datapathId)?.flows ?? [])].map(
        ([key, { cookie }]) => `${datapathId} ${key} ${cookie}`,
      ),
    )
  }
}

async function told(world: World, from: string, to: string, protocol: number, port: number): Promise<ProbeReport> {
  const report = await world.probing.probe({ from, to, protocol, port })
  if (!report.ok) throw new Error(JSON.stringify(report.failure))
  return report.value
}

/** Three switches in a line with an interface each, and a fourth on the first; all may talk over port 80 alone. */
function line(carriers: LinkCarrier[] = []) {
  const datapathIds = [1, 2, 3].map(datapathName)
  const ends = [0, 1, 2, 0].map((at, index) => interfaceRecord(index + 1, 'default', [], datapathIds[at]!))
  const allow = rule('ingress', { kind: 'any' }, 'allow', { protocols: [6, 17], ports: [{ first: 80, last: 80 }] })
  const open = { ingressDefault: 'deny', egressDefault: 'allow' } as const
  const records = [vnp('all', open), policy('web', 'all', [allow]), ...ends]
  const intent = intentOf({ records: records.map((record, index) => ({ ...record, number: index + 1 })), datapathIds })
  const state = networkOf(intent, datapathIds)
  for (const datapath of state.observed.datapaths.values()) Object.assign(datapath, { carriers })
  return { datapathIds, state }
}

describe('probes', () => {
  it('show of random networks what policy says, reach nobody and leave tables as they were', async function () {
    this.timeout(400_000)
    const seen = { delivered: 0, dropped: 0, across: 0, vlan: 0, routed: 0, routedAcross: 0 }
    const property = fc.asyncProperty(
      fc.oneof(arbitraryNetwork(6), arbitraryRouted(12)),
      fc.constantFrom(true, true, true, false),
      async ({ state, packets }, tagged) => {
        if (tagged)
          for (const datapath of state.observed.datapaths.values()) Object.assign(datapath, { carriers: ['vlan'] })
        const world = new World(state)
        const before = world.rows()
        for (const { from, to, protocol, port, family } of packets) {
          const echo = protocol === 1 || protocol === 58
          if (![1, 6, 17, 58].includes(protocol) || from === to || (echo && port !== (protocol === 1 ? 8 : 128)))
            continue
          if (port === undefined || port === 0 || (family === 6) !== (protocol === 58)) continue
          const answer = await world.probing.probe({ from, to, protocol, port })
          if (!answer.ok) {
            expect(answer.failure.code).to.be.oneOf(['NOT_PROBED', 'NOT_FOUND'])
            continue
          }
          const report = answer.value
          expect(report.fault, JSON.stringify([report, from, to])).to.equal(undefined)
          expect(report.outcome === 'delivered').to.equal(report.verdict.allow)
          if (!report.verdict.allow) {
            seen.dropped++
            expect(report.outcome).to.equal('dropped')
            continue
          }
          seen.delivered++
          const { path, carrier, sender } = report.expected
          expect(report.read).to.equal(sender.identity)
          expect(report.hops.map(({ datapathId }) => datapathId)).to.deep.equal(path)
          if (report.router !== undefined) seen.routed++
          if (path.length < 2) continue
          seen.across++
          if (report.router !== undefined) seen.routedAcross++
          if (carrier === 'vlan') seen.vlan++
          const tag = carrier === 'address' ? undefined : { carrier, value: sender.identity }
          expect([report.written, report.carried]).to.deep.equal([tag, tag])
        }
        expect(world.arrivals).to.deep.equal([])
        await new Promise((resolve) => setTimeout(resolve, 5))
        expect(world.rows().sort()).to.deep.equal(before.sort())
      },
    )
    // Until each has been met often enough.
    for (let batch = 0; batch < 1000 && (batch === 0 || Math.min(...Object.values(seen)) < 5); batch++)
      await fc.assert(property, { numRuns: 8 })
    for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.greaterThan(4)
  })

  it('show ports and stages on the way', async () => {
    const { state, datapathIds } = line(['vlan'])
    const report = await told(new World(state), 'if-1', 'if-3', 6, 80)
    const { left, right } = LINE_PORTS
    const whole = ['classify', 'egress_admin', 'ingress_admin', 'commit', 'forward']
    expect(report.hops.map(({ inPort, outPort, stages }) => ({ inPort, outPort, stages }))).to.deep.equal([
      { inPort: 1, outPort: right, stages: whole },
      { inPort: left, outPort: right, stages: ['classify', 'forward'] },
      { inPort: left, outPort: 3, stages: [...whole, 'deliver'] },
    ])
    expect(report).to.deep.include({ sent: 1, arrived: 1, packet: report.packet, network: 'default' })
    expect(report.packet).to.match(/^tcp 10\.0\.0\.1:\d+ -> 10\.0\.0\.3:80$/)
    expect(report.at?.datapathId).to.equal(datapathIds[2])
  })

  it('say on which side policy drops them, and send one packet only', async () => {
    const { state, datapathIds } = line()
    const report = await told(new World(state), 'if-1', 'if-3', 6, 81)
    expect(report).to.deep.include({ outcome: 'dropped', sent: 1, arrived: 0 })
    expect(report.at).to.deep.equal({ datapathId: datapathIds[0], side: 'ingress' })
    expect(report.fault).to.equal(undefined)
  })

  it('are as many at once and from one caller as there may be', async () => {
    const { state } = line()
    const world = new World(state, { limits: { atOnce: 2, burst: 3, perSecond: 0.001 } })
    for (const datapathId of state.observed.datapaths.keys()) world.mute.add(datapathId)
    const ask = (caller: string) => world.probing.probe({ from: 'if-1', to: 'if-3', protocol: 6, port: 80 }, { caller })
    const under = [ask('ann'), ask('bob')]
    const refused = await ask('ann')
    expect(refused).to.deep.include({ ok: false })
    expect(JSON.stringify(refused)).to.contain('2 are under way')
    for (const each of await Promise.all(under)) expect(JSON.stringify(each)).to.contain('takes nothing new')
    await ask('ann')
    expect(JSON.stringify(await ask('ann'))).to.contain('TOO_MANY_PROBES')
  })

  it('end with who asked, and with the controller', async () => {
    const { state } = line()
    const world = new World(state, { limits: { installMs: 60_000 } })
    for (const datapathId of state.observed.datapaths.keys()) world.mute.add(datapathId)
    const before = world.rows()
    const abort = new AbortController()
    const asked = world.probing.probe({ from: 'if-1', to: 'if-3', protocol: 6, port: 80 }, { signal: abort.signal })
    expect(world.rows()).not.to.have.length(before.length)
    abort.abort()
    expect((await asked).ok).to.equal(false)
    expect(world.rows().sort()).to.deep.equal(before.sort())
    const other = world.probing.probe({ from: 'if-1', to: 'if-3', protocol: 6, port: 80 })
    world.probing.close()
    expect(JSON.stringify(await other)).to.contain('STOPPING')
    expect(JSON.stringify(await world.probing.probe({ from: 'if-1', to: 'if-3', protocol: 6, port: 80 }))).to.contain(
      'STOPPING',
    )
  })

  it('give up where a switch does not take what watches for them, so that it holds nothing up', async () => {
    const { state, datapathIds } = line()
    const world = new World(state, { limits: { installMs: 60_000 } })
    world.mute.add(datapathIds[1]!)
    const before = world.rows()
    const asked = world.probing.probe({ from: 'if-1', to: 'if-3', protocol: 6, port: 80 })
    await Promise.resolve()
    world.probing.status(datapathIds[1]!, 'degraded')
    expect(world.rows().sort()).to.deep.equal(before.sort())
    expect(JSON.stringify(await asked)).to.contain(`switch ${datapathIds[1]} is degraded`)
  })

  it('take no packet of a guest, even one that has their marks', async () => {
    const { state, datapathIds } = line()
    const world = new World(state)
    let guests: Uint8Array | undefined
    world.onSend = (data) => {
      if (guests !== undefined) return
      // The same headers, and another payload.
      guests = data.slice()
      guests.fill(7, guests.length - 32)
      // No checksum (RFC 768).
      guests.fill(0, 14 + 20 + 6, 14 + 20 + 8)
      world.arrivals.push(...world.network.send({ datapathId: datapathIds[0]!, port: 1 }, guests))
    }
    const report = await told(world, 'if-1', 'if-3', 17, 80)
    expect(report.outcome).to.equal('delivered')
    expect(world.arrivals.map(({ datapathId, port }) => [datapathId, port])).to.deep.equal([[datapathIds[2], 3]])
    expect(Buffer.from(world.arrivals[0]!.frame).equals(guests!)).to.equal(true)
  })

  it('are refused, with a reason, where none can be sent', async () => {
    const { state } = line()
    const world = new World(state)
    const refusal = async (from: string, to: string, protocol = 6, port: number | undefined = 80): Promise<string> => {
      const answer = await world.probing.probe({ from, to, protocol, ...(port !== undefined && { port }) })
      return answer.ok ? 'sent' : `${answer.failure.code} ${JSON.stringify(answer.failure.details)}`
    }
    expect(await refusal('if-1', 'if-1')).to.contain('sends nothing to itself')
    expect(await refusal('if-1', 'nobody')).to.contain('NOT_FOUND')
    expect(await refusal('if-1', 'if-3', 132)).to.contain('INVALID_FIELD')
    expect(await refusal('if-1', 'if-3', 6, 0)).to.contain('destination port')
    expect(await refusal('if-1', 'if-3', 1, 3)).to.contain('echo request')
    const apart = new World({ ...state, observed: { ...state.observed, places: new Map() } })
    expect(JSON.stringify(await apart.probing.probe({ from: 'if-1', to: 'if-3', protocol: 6, port: 80 }))).to.contain(
      'on no port',
    )
  })
})
