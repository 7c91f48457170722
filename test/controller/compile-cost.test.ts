/**
 * What one small change costs, counted and not timed: looks at records, switches and places, switches that are wanted
 * anything of, units compiled. None of it grows with the network that the change does not touch.
 */
import { expect } from 'chai'
import { Applied } from '../../controller/applied.ts'
import { CompileLoop } from '../../controller/compile-loop.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import { proposeNumbers } from '../../controller/policy/propose.ts'
import type { DatapathView, NetworkState, Place, PortView } from '../../controller/policy/state.ts'
import { validateRecord } from '../../model/validate.ts'
import { PolicyStore } from '../support/policy-store.ts'

const SPINE_PORT = 1
const FIRST_PORT = 10
const ROLES = 4
const RULES = 6

const datapathOf = (index: number): string => (index + 1).toString(16).padStart(16, '0')
const text = (value: string): { text: string } => ({ text: value })

/** Tenants of three interfaces each, on two leaves of their own; all leaves are linked to one spine. */
class Network {
  readonly store = new PolicyStore()
  readonly #tenants: number
  readonly #places = new Map<string, Place>()

  constructor(tenants: number) {
    this.#tenants = tenants
    for (let tenant = 0; tenant < tenants; tenant++) {
      this.put('vnp', { name: `v${tenant}`, selector: { allOf: [text(`tenant-${tenant}`)] } })
      this.policy(tenant, RULES)
      for (let at = 0; at < 3; at++) this.interface(tenant, at, at)
    }
    for (let index = 0; index <= 2 * tenants; index++) {
      const numbers = proposeNumbers(this.store.intent, datapathOf(index), this.store.context, true)
      if (!numbers.ok) throw new Error('no numbers')
      if (numbers.value.transaction !== undefined) this.store.commit(numbers.value.transaction)
    }
  }

  put(kind: 'vnp' | 'policy' | 'interface', fields: object): void {
    const draft = validateRecord(kind, fields)
    if (!draft.ok) throw new Error(JSON.stringify(draft.failure))
    this.store.must({ op: 'update', record: draft.value, etag: '', allowMissing: true })
  }

  policy(tenant: number, rules: number): void {
    this.put('policy', {
      name: `p${tenant}`,
      vnp: `v${tenant}`,
      appliesTo: { anyOf: [0, 1].map((role) => text(`t${tenant}-role-${role}`)) },
      rules: Array.from({ length: rules }, (_, at) => ({
        direction: 'DIRECTION_INGRESS',
        peer: { tags: { anyOf: [0, 1, 2].map((role) => text(`t${tenant}-role-${(role + at) % ROLES}`)) } },
        protocols: ['tcp'],
        ports: [String(1000 + at)],
        action: 'ACTION_ALLOW',
      })),
    })
  }

  interface(tenant: number, at: number, role: number): void {
    const index = tenant * 3 + at
    const place = { datapathId: datapathOf(tenant * 2 + (at % 2)), port: FIRST_PORT + at }
    this.#places.set(`i${index}`, place)
    this.put('interface', {
      name: `i${index}`,
      network: `n${tenant}`,
      tags: [`tenant-${tenant}`, `t${tenant}-role-${role}`].map(text),
      mac: `02:00:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
      addresses: [`10.0.0.${at + 1}`],
      attachment: { port: place },
    })
  }

  state(): NetworkState {
    const port = (number: number): [number, PortView] => [number, { port: number, name: `p${number}`, up: true }]
    const leaves = Array.from({ length: 2 * this.#tenants }, (_, index) => datapathOf(index))
    const spine = datapathOf(leaves.length)
    const uplinkPorts = new Set<number>()
    const toSpine = new Set([SPINE_PORT])
    const datapaths = new Map<string, DatapathView>()
    for (const datapathId of leaves) {
      const others = [...leaves, spine].filter((other) => other !== datapathId)
      datapaths.set(datapathId, {
        ...{ datapathId, uplinkPorts, fabricPorts: toSpine, floodPorts: toSpine },
        ports: new Map([SPINE_PORT, FIRST_PORT, FIRST_PORT + 1, FIRST_PORT + 2].map(port)),
        nextHops: new Map(others.map((other) => [other, SPINE_PORT])),
      })
    }
    const down = new Set(leaves.map((_, index) => index + 1))
    datapaths.set(spine, {
      ...{ datapathId: spine, uplinkPorts, fabricPorts: down, floodPorts: down },
      ports: new Map([...down].map(port)),
      nextHops: new Map(leaves.map((leaf, index) => [leaf, index + 1])),
    })
    return { intent: this.store.intent, observed: { datapaths, places: this.#places }, backend: 'fabric' }
  }
}

/** The same map; each look and each step of a walk through it is counted. */
function countedMap(map: ReadonlyMap<unknown, unknown>, count: () => void): unknown {
  function* walk(items: Iterable<unknown>): IterableIterator<unknown> {
    for (const item of items) {
      count()
      yield item
    }
  }
  return new Proxy(map, {
    get(target, key) {
      if (key === 'size') return target.size
      const method = Reflect.get(target, key) as (...words: unknown[]) => unknown
      return (...words: unknown[]) => {
        const result = method.apply(target, words)
        if (key === 'get' || key === 'has') count()
        else return walk(result as Iterable<unknown>)
        return result
      }
    },
  })
}

/** The same object; each call, and what is done with its maps, is counted. */
function counted<T extends object>(whole: T, count: () => void): T {
  return new Proxy(whole, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown
      if (value instanceof Map) return countedMap(value, count)
      if (typeof value !== 'function') return value
      return (...words: unknown[]) => {
        count()
        return Reflect.apply(value, target, words) as unknown
      }
    },
  })
}

interface Cost {
  looks: number
  wants: number
  flows: number
}

/** What a tag and a rule cost in a network of so many tenants. */
async function costsIn(tenants: number): Promise<{ tag: Cost; rule: Cost; switches: number }> {
  const network = new Network(tenants)
  const state = network.state()
  const cost: Cost = { looks: 0, wants: 0, flows: 0 }
  const stood: number[] = []
  const count = (): void => {
    cost.looks++
  }
  const loop = new CompileLoop({
    intent: counted(network.store.intent as Intent, count),
    observed: counted(state.observed, count),
    backend: 'fabric',
    compiler: new Compiler('fabric'),
    applied: new Applied(() => []),
    want: (_id, _generation, _program, touched) => {
      cost.wants++
      cost.flows += touched?.flows.size ?? 0
    },
    stand: (generation) => stood.push(generation),
    measured: () => {},
    failed: (error) => {
      throw error
    },
    clock: () => 0,
  })
  loop.open()
  await loop.rested()
  const switches = cost.wants
  const costOf = async (act: () => void): Promise<Cost> => {
    Object.assign(cost, { looks: 0, wants: 0, flows: 0 })
    act()
    loop.intentChanged(network.store.lastDelta!)
    await loop.rested()
    expect(stood.at(-1)).to.equal(network.store.intent.generation)
    return { ...cost }
  }
  const tag = await costOf(() => network.interface(1, 0, 3))
  const rule = await costOf(() => network.policy(1, RULES - 1))
  loop.close()
  return { tag, rule, switches }
}

describe('the cost of one change', function () {
  this.timeout(60_000)

  it('is that of what it touches, however large the network is', async () => {
    const [small, large] = [await costsIn(4), await costsIn(40)]
    expect([small.switches, large.switches]).to.deep.equal([9, 81])
    for (const which of ['tag', 'rule'] as const) {
      expect(small[which].flows * small[which].looks, which).to.be.greaterThan(0)
      // Two leaves and the spine.
      expect(small[which].wants, which).to.equal(3)
      expect(large[which], which).to.deep.equal(small[which])
    }
  })
})
