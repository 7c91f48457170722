/**
 * Blame against an oracle: after every write the whole network is compiled and kept; what blame says of a flow must be
 * the generation since which the kept programs have it as it is. Also what is said of flows that no record asked for.
 */
import { expect } from 'chai'
import { formatFlow } from 'node-openflow'
import { timeText } from '../../cli/table.ts'
import { sameValue } from '../../controller/policy/changes.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import { Intent } from '../../controller/policy/intent.ts'
import { TABLES } from '../../controller/policy/pipeline.ts'
import { type Flow, flowKey, type SwitchProgram } from '../../controller/policy/program.ts'
import type { DatapathView, Place } from '../../controller/policy/state.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import type { BlamedFlow__Output as Blamed } from '../../proto/gen/tagsteer/v1/BlamedFlow.ts'
import type { BlameResponse__Output as Answer } from '../../proto/gen/tagsteer/v1/BlameResponse.ts'
import { type Call, failureOf, type TestApi, testApi } from '../support/api-server.ts'
import { ALL } from '../support/controller-parts.ts'
import { tagsteer } from '../support/terminal.ts'

const SWITCHES = ['0000000000000001', '0000000000000002']
const PORTS = [1, 2, 3, 4, 5, 6]
const UPLINK = 9

function datapath(datapathId: string): DatapathView {
  const other = SWITCHES.find((each) => each !== datapathId)!
  const ports = new Map([...PORTS, 8, UPLINK].map((port) => [port, { port, name: `p${port}`, up: true }]))
  const uplinkPorts = new Set(datapathId === SWITCHES[0] ? [UPLINK] : [])
  return {
    datapathId,
    ports,
    fabricPorts: new Set([8]),
    uplinkPorts,
    nextHops: new Map([[other, 8]]),
    floodPorts: new Set([8]),
  }
}

describe('blame', () => {
  let api: TestApi
  let call: Call
  const datapaths = new Map(SWITCHES.map((datapathId) => [datapathId, datapath(datapathId)]))
  const places = new Map<string, Place>()
  /** By generation, then by switch. */
  let kept: Map<number, Map<string, ReadonlyMap<string, Flow>>>
  let programs = new Map<string, SwitchProgram>()

  /** Compiles everything anew, as it is now. */
  function keep(): void {
    const intent = new Intent()
    const entries = api.store.list('')
    intent.apply({ revision: api.store.revision(), changes: entries.map((after) => ({ key: after.key, after })) })
    places.clear()
    for (const { name, attachment } of intent.interfaces.values()) {
      if (attachment.kind === 'port') places.set(name, { datapathId: attachment.datapathId, port: attachment.port })
      const hint = api.store.get<Place>(`hint/place/${name}`)?.value
      if (attachment.kind === 'mac' && hint !== undefined) places.set(name, hint)
    }
    const state = { intent, observed: { datapaths, places }, backend: 'fabric' as const }
    const compiled = new Compiler('fabric').compile(state, ALL)
    programs = new Map([...compiled].map(([datapathId, { program }]) => [datapathId, program]))
    kept.set(
      api.store.revision(),
      new Map([...programs].map(([datapathId, { flows }]) => [datapathId, new Map(flows)])),
    )
  }

  beforeEach(async () => {
    api = await testApi()
    kept = new Map()
    places.clear()
    call = api.client.call
    Object.assign(api.deps.network, {
      switches: new Map(SWITCHES.map((datapathId) => [datapathId, { datapathId, name: `s${Number(datapathId)}` }])),
      observed: { datapaths, places },
      nameOf: (datapathId: string) => `s${Number(datapathId)}`,
      status: (datapathId: string) => (SWITCHES.includes(datapathId) ? { datapathId } : undefined),
      desired: (datapathId: string) => programs.get(datapathId),
      installed: (datapathId: string) => programs.get(datapathId),
    })
    for (const datapathId of SWITCHES) await api.deps.writer.assignNumbers(datapathId)
    keep()
  })
  afterEach(async () => {
    await api.close()
  })

  const blame = (flow: string, on = ''): Promise<Answer> => call<Answer>('HistoryService.Blame', { flow, switch: on })
  const put = async (name: string, port: number, tags: string[], on = SWITCHES[0]!): Promise<void> => {
    const index = Number(name.replace(/\D/g, ''))
    await call('InterfaceService.UpdateInterface', {
      allowMissing: true,
      interface: {
        name,
        tags: tags.map((text) => ({ text })),
        mac: `00:00:5e:00:53:${index.toString(16).padStart(2, '0')}`,
        addresses: [`10.0.0.${index}`],
        attachment: { port: { datapathId: on, port } },
      },
    })
    keep()
  }
  const policy = async (name: string, ...ports: number[]): Promise<void> => {
    const rule = (port: number) => ({
      direction: 'DIRECTION_INGRESS',
      peer: { any: {} },
      protocols: ['tcp'],
      ports: [String(port)],
      action: 'ACTION_ALLOW',
    })
    await call('ApplyService.Apply', {
      records: [
        { vnp: { name: 'shop', selector: { allOf: [{ text: 'shop' }] } } },
        { policy: { name, vnp: 'shop', rules: ports.map(rule) } },
      ],
    })
    keep()
  }

  /** The generation since which the newest programs' flow is what it is; 0 where it always was. */
  function since(datapathId: string, key: string, flow: Flow): number {
    for (const generation of [...kept.keys()].sort((a, b) => b - a)) {
      const then = kept.get(generation)!.get(datapathId)?.get(key)
      const same = then !== undefined && then.cookie === flow.cookie && sameValue(then.instructions, flow.instructions)
      if (!same) return [...kept.keys()].sort((a, b) => a - b).find((later) => later > generation)!
    }
    return 0
  }

  it('names for every flow the generation since which recompiling the whole network gives it as it is', async function () {
    this.timeout(120_000)
    let seed = 5
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
      return (seed >> 8) % below
    }
    const ways = new Set<string>()
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 14; n++) {
        const name = `web-${1 + random(PORTS.length)}`
        const port = Number(name.slice(4))
        const act = random(8)
        if (act < 4) {
          const tags = ['shop', 'a', 'b'].filter(() => random(2) === 0)
          await put(name, port, tags, SWITCHES[random(4) === 0 ? 1 : 0])
        } else if (act < 6) await policy(`p${random(2)}`, ...[80, 443, 22].filter(() => random(2) === 0))
        else if (act === 6) {
          await call('InterfaceService.DeleteInterface', { name, allowMissing: true })
          keep()
        } else {
          await call('VnpService.UpdateVnp', {
            allowMissing: true,
            vnp: {
              name: `v${random(2)}`,
              selector: { allOf: [{ text: ['a', 'b'][random(2)] }] },
              ingressDefault: random(2) === 0 ? 'DEFAULT_VERDICT_ALLOW' : 'DEFAULT_VERDICT_DENY',
            },
          })
          keep()
        }
      }
      const oldest = [...kept.keys()][0]!
      for (const datapathId of SWITCHES) {
        const flows = [...programs.get(datapathId)!.flows]
        const rules = flows.filter(([, { unit }]) => unit.startsWith('rule/'))
        const ports = flows.filter(([, { unit }]) => unit.startsWith('port/'))
        for (let n = 0; n < 30; n++) {
          const from = [rules, ports, flows, flows][n % 4]!
          if (from.length === 0) continue
          const [key, flow] = from[random(from.length)]!
          const text = formatFlow(flow, { style: 'add' })
          const { flows: told } = await blame(text, `s${Number(datapathId)}`)
          expect(told, text).to.have.length(1)
          const [one] = told as [Blamed]
          const expected = since(datapathId, key, flow)
          ways.add(`${one.basis} ${flow.unit.replace(/[^a-z].*/, '')} ${Number(datapathId)}`)
          const context = `${text} (${flow.unit}) on ${datapathId}`
          if (expected === 0 || expected <= oldest) {
            expect(one.basis, context).to.be.oneOf([
              'BLAME_BASIS_OLDER',
              'BLAME_BASIS_PIPELINE',
              'BLAME_BASIS_TOPOLOGY',
              'BLAME_BASIS_CHANGE',
            ])
            if (one.basis === 'BLAME_BASIS_CHANGE') expect(Number(one.generation), context).to.be.at.most(oldest)
          } else expect(`${one.basis} ${one.generation}`, context).to.equal(`BLAME_BASIS_CHANGE ${expected}`)
        }
      }
    }
    expect([...ways]).to.include.members([
      'BLAME_BASIS_CHANGE interface 1',
      'BLAME_BASIS_CHANGE interface 2',
      'BLAME_BASIS_CHANGE rule 1',
      'BLAME_BASIS_CHANGE rule 2',
      'BLAME_BASIS_CHANGE port 1',
      'BLAME_BASIS_PIPELINE system 1',
    ])
  })

  it('names the change, its caller and call: a tag, a rule, a selector, a place', async () => {
    await put('web-1', 1, ['shop'])
    await put('web-2', 2, ['shop'])
    await policy('p', 80)
    await policy('p', 80, 443)
    const rule = async (port: number): Promise<Blamed[]> => {
      const flows = [...programs.get(SWITCHES[0]!)!.flows.values()]
      const found = flows.filter(
        ({ unit, match }) => unit.startsWith('rule/') && match.some(({ value }) => value === port),
      )
      expect(found, String(port)).not.to.have.length(0)
      return (await blame(formatFlow(found[0]!, { style: 'add' }))).flows
    }
    const [https] = (await rule(443)) as [Blamed]
    expect(https).to.deep.include({
      basis: 'BLAME_BASIS_CHANGE',
      generation: String(api.store.revision()),
      caller: 'loopback',
      method: '/tagsteer.v1.ApplyService/Apply',
      switches: ['s1'],
    })
    expect(https.flow?.cause).to.deep.include({ kind: 'policy', name: 'p', rule: 1 })
    expect([https.change?.kind, https.change?.name, https.change?.fields]).to.deep.equal(['policy', 'p', ['rules']])

    const { code, out } = await tagsteer(['blame', https.flow!.text, '--server', api.server.address, '--insecure'])
    const [head, change] = [out.split('--- ')[0]!.split('\n'), out.split('--- ')[1]!.split('\n')]
    expect(code).to.equal(0)
    expect(head).to.deep.equal([
      `Flow:     ${https.flow!.text}`,
      'Switches: s1',
      'Cause:    policy/p rule 1',
      `Since:    generation ${https.generation}, ${timeText(https.time)}, by loopback, ApplyService.Apply`,
      'Change:   policy/p: rules',
      '',
    ])
    expect(change.filter((line) => /^[-+] /.test(line))).to.deep.equal([
      '+  - direction: ingress',
      '+    action: allow',
      '+    protocols:',
      '+      - tcp',
      '+    ports:',
      '+      - "443"',
    ])

    // A switch at the edge has the rule since it has an interface of the network.
    await put('web-3', 3, ['shop'], SWITCHES[1])
    const both = (await blame(https.flow!.text)).flows
    expect(both.map(({ switches, generation, change: its }) => [...switches, generation, its?.name])).to.deep.equal([
      ['s1', https.generation, 'p'],
      ['s2', String(api.store.revision()), 'web-3'],
    ])

    // A tag that no policy knows moves no flow; one that a policy knows does.
    const own = () =>
      [...programs.get(SWITCHES[0]!)!.flows.values()].find(
        ({ table, match, unit }) =>
          unit === 'interface/web-1' &&
          table === TABLES.port_security &&
          match.some(({ field, value }) => field === 'in_port' && value === 1) &&
          match.some(({ field }) => field === 'ipv4_src'),
      )!
    const shop = since(SWITCHES[0]!, keyOf(own()), own())
    await call('InterfaceService.SetTags', { name: 'web-1', add: [{ text: 'nobody-asks' }] })
    keep()
    const [before] = (await blame(formatFlow(own(), { style: 'add' }), 's1')).flows as [Blamed]
    expect(Number(before.generation)).to.equal(shop)
    await call('InterfaceService.SetTags', { name: 'web-1', remove: [{ text: 'shop' }] })
    keep()
    const [after] = (await blame(formatFlow(own(), { style: 'add' }), 's1')).flows as [Blamed]
    expect([after.generation, after.change?.fields]).to.deep.equal([String(api.store.revision()), ['tags']])
    expect(after.flow?.cause).to.deep.include({ kind: 'interface', name: 'web-1' })

    await put('web-1', 5, [])
    const moved = [...programs.get(SWITCHES[0]!)!.flows.values()].find(
      ({ match, unit }) =>
        unit === 'interface/web-1' && match.some(({ field, value }) => field === 'in_port' && value === 5),
    )!
    const [place] = (await blame(formatFlow(moved, { style: 'add' }), 's1')).flows as [Blamed]
    expect([place.generation, place.change?.fields]).to.deep.equal([
      String(api.store.revision()),
      ['tags', 'attachment'],
    ])
  })

  it('says topology where the controller found an interface elsewhere', async () => {
    await call('InterfaceService.CreateInterface', {
      interface: { name: 'web-1', mac: '00:00:5e:00:53:01', addresses: ['10.0.0.1'], attachment: { mac: {} } },
    })
    const see = async (port: number): Promise<void> => {
      const value: Place = { datapathId: SWITCHES[0]!, port }
      const cause = { caller: 'controller', method: 'observed' }
      await api.store.commit({ puts: [{ key: 'hint/place/web-1', value }], cause })
      keep()
    }
    await see(3)
    // As the controller does when it finds it on a switch.
    await api.deps.writer.assignZones([{ datapathId: SWITCHES[0]!, network: 'default' }])
    await see(4)
    const moved = api.store.revision()
    await put('web-2', 2, [])
    const flow = [...programs.get(SWITCHES[0]!)!.flows.values()].find(
      ({ match, unit }) =>
        unit === 'interface/web-1' && match.some(({ field, value }) => field === 'in_port' && value === 4),
    )!
    const [told] = (await blame(formatFlow(flow, { style: 'add' }))).flows as [Blamed]
    expect(told).to.deep.include({
      basis: 'BLAME_BASIS_CHANGE',
      generation: String(moved),
      caller: 'controller',
      method: 'observed',
      internal: 'place of interface web-1',
      change: null,
    })
  })

  it('takes a cookie, a line of a dump and a line of tagsteer flows, and refuses what is none or is not there', async () => {
    await put('web-1', 1, ['shop'])
    await policy('p', 80)
    const { number } = api.store.get<InterfaceRecord>('interface/web-1')!.value
    const all = (
      await call<{
        flows: {
          cookie: string
          table: string
          priority: number
          match: string
          actions: string
          cause: { name: string }
        }[]
      }>('FlowService.ListFlows', { switch: 's1', interface: 'web-1' })
    ).flows
    expect(all.length).to.be.above(2)
    const [one] = all as [(typeof all)[number]]
    const cookie = (await blame(one.cookie, 's1')).flows
    expect(cookie.length).to.equal(all.filter((flow) => flow.cookie === one.cookie).length)
    expect(cookie.every(({ flow }) => flow?.cause?.name === 'web-1')).to.equal(true)
    expect(BigInt(one.cookie) & 0xffffffffn).to.equal(BigInt(number))
    const table = TABLES[one.table as keyof typeof TABLES]
    const words = `${one.table} ${one.priority} 0 installed interface/web-1 ${one.match || 'any'} ${one.actions}`
    const dump = ` cookie=${one.cookie}, duration=7.351s, table=${table}, n_packets=3, n_bytes=294, priority=${one.priority}${one.match === '' ? '' : `,${one.match}`} actions=${one.actions}`
    for (const text of [words, dump, `table=${table},priority=${one.priority},${one.match}`]) {
      const { flows } = await blame(text, 's1')
      expect(
        flows.map(({ flow }) => [flow?.cookie, flow?.match]),
        text,
      ).to.deep.equal([[one.cookie, one.match]])
    }
    for (const [flow, on, reason] of [
      ['', '', 'INVALID_FIELD'],
      ['table=0,nonsense=7', '', 'INVALID_FIELD'],
      ['0x1234', '', 'NO_SUCH_FLOW'],
      ['table=3,priority=7,ip', '', 'NO_SUCH_FLOW'],
      [one.cookie, 's9', 'NOT_FOUND'],
    ] as const)
      expect((await failureOf(blame(flow, on))).details.reason, flow).to.equal(reason)
  })

  it('says of a flow that is to go, or is not known to the past, what wrote its record last', async () => {
    await put('web-1', 1, ['shop'])
    const [[key, flow]] = [...programs.get(SWITCHES[0]!)!.flows].filter(
      ([, { unit, instructions }]) => unit === 'interface/web-1' && instructions.length > 0,
    ) as [[string, Flow]]
    const stale = { ...programs.get(SWITCHES[0]!)!, flows: new Map([[key, { ...flow, priority: 7 }]]) }
    Object.assign(api.deps.network, { desired: () => undefined, installed: () => stale })
    const [told] = (await blame(`0x${flow.cookie.toString(16)}`, 's1')).flows as [Blamed]
    expect(told.flow?.state).to.equal('FLOW_STATE_STALE')
    expect(told.basis).to.equal('BLAME_BASIS_CHANGE')
    const changed = { ...stale, flows: new Map([[key, { ...flow, instructions: [] }]]) }
    Object.assign(api.deps.network, { installed: () => changed })
    const [other] = (await blame(`0x${flow.cookie.toString(16)}`, 's1')).flows as [Blamed]
    expect([other.basis, other.generation, other.caller]).to.deep.equal([
      'BLAME_BASIS_RECORD',
      String(api.store.revision()),
      'loopback',
    ])
    expect(other.time).not.to.equal(null)
  })
})

function keyOf({ table, priority, match }: Flow): string {
  return flowKey(table, priority, match)
}
