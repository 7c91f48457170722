/**
 * The channel's pure pieces: fairness of the queue, cutting JSON from a stream, what read-back takes for the same, and
 * the whole channel against random histories (what is wanted, refusals, lost connections, interference).
 */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Action, Instruction } from 'node-openflow'
import { driftOf } from '../../controller/channel/drift.ts'
import { FairQueue } from '../../controller/channel/fair-queue.ts'
import { JsonStream } from '../../controller/channel/json-stream.ts'
import { align } from '../../controller/channel/readback.ts'
import { canonical, sameInstructions } from '../../controller/flows/spelling.ts'
import { FakeSwitch } from '../support/fake-switch.ts'
import { Bench, keyOf, programOf, towards } from '../support/southbound-bench.ts'

describe('the fair queue', () => {
  const pushes = fc.array(fc.tuple(fc.nat(4), fc.nat()), { maxLength: 200 })

  it('gives each key its own items in order, and counts every one that it dropped', () => {
    fc.assert(
      fc.property(pushes, fc.integer({ min: 1, max: 8 }), (items, perKey) => {
        const queue = new FairQueue<{ key: string; n: number }>(perKey)
        const kept = new Map<string, number[]>()
        const dropped = new Map<string, number>()
        for (const [lane, n] of items) {
          const key = `k${lane}`
          const mine = kept.get(key) ?? []
          kept.set(key, mine)
          expect(queue.push(key, { key, n })).to.equal(mine.length < perKey)
          if (mine.length < perKey) mine.push(n)
          else dropped.set(key, (dropped.get(key) ?? 0) + 1)
        }
        const got = new Map([...kept.keys()].map((key) => [key, [] as number[]]))
        for (let item = queue.shift(); item !== undefined; item = queue.shift()) got.get(item.key)?.push(item.n)
        expect(got).to.deep.equal(kept)
        expect(queue.takeDropped()).to.deep.equal(dropped)
        expect(queue.size).to.equal(0)
      }),
    )
  })

  it('takes turns as a plain list of lanes does, whatever is forgotten in between', () => {
    const act = fc.oneof(
      fc.record({ push: fc.constantFrom('a1', 'a2', 'b1', 'b2', 'c1') }),
      fc.constant('shift' as const),
      fc.record({ forget: fc.constantFrom('a', 'b') }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 300 }), (acts) => {
        const queue = new FairQueue<string>(3, 4)
        let lanes: { key: string; items: string[] }[] = []
        for (const [n, each] of acts.entries()) {
          if (each === 'shift') {
            const lane = lanes.shift()
            expect(queue.shift()).to.equal(lane?.items.shift())
            if (lane !== undefined && lane.items.length > 0) lanes.push(lane)
          } else if ('forget' in each) {
            queue.forget(each.forget)
            lanes = lanes.filter(({ key }) => !key.startsWith(each.forget))
          } else {
            const lane = lanes.find(({ key }) => key === each.push)
            const item = `${each.push} ${n}`
            const fits = lane === undefined ? lanes.length < 4 : lane.items.length < 3
            expect(queue.push(each.push, item)).to.equal(fits)
            if (fits && lane === undefined) lanes.push({ key: each.push, items: [item] })
            else if (fits) lane?.items.push(item)
          }
          expect(queue.size).to.equal(lanes.reduce((sum, { items }) => sum + items.length, 0))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('serves a key that comes late after at most one item of each other', () => {
    const queue = new FairQueue<string>(100)
    for (const key of ['a', 'b', 'c']) for (let i = 0; i < 50; i++) queue.push(key, key)
    queue.push('late', 'late')
    const order = Array.from({ length: 4 }, () => queue.shift())
    expect(order).to.include('late')
  })
})

describe('cutting JSON from a stream', () => {
  it('gives the same values however the octets are cut', () => {
    const value = fc.jsonValue().map((inner) => ({ inner }))
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 9 })), (values, cuts) => {
        const octets = Buffer.from(values.map((one) => JSON.stringify(one)).join(' '))
        const stream = new JsonStream()
        const got: unknown[] = []
        let at = 0
        for (let i = 0; at < octets.length; i++) {
          const size = cuts.length === 0 ? octets.length : (cuts[i % cuts.length] as number)
          got.push(...stream.push(octets.subarray(at, at + size)))
          at += size
        }
        expect(got).to.deep.equal(JSON.parse(JSON.stringify(values)))
      }),
    )
  })

  it('refuses what cannot be a text, and a text above its limit', () => {
    expect(() => new JsonStream().push(Buffer.from('  nonsense'))).to.throw(/octet 0x6e/)
    expect(() => new JsonStream(10).push(Buffer.from('{"a":"0123456789"'))).to.throw(/longer than 10/)
  })
})

describe('what read-back takes for the same', () => {
  const doing = (...list: Action[]): Instruction[] => [{ type: 'apply_actions', actions: list }]
  const same = (a: Instruction[], b: Instruction[]) => {
    expect(canonical(a)).to.deep.equal(canonical(b))
    expect([sameInstructions(a, b), sameInstructions(b, a)]).to.deep.equal([true, true])
  }
  const differ = (a: Instruction[], b: Instruction[]) => {
    expect(canonical(a)).not.to.deep.equal(canonical(b))
    expect([sameInstructions(a, b), sameInstructions(b, a)]).to.deep.equal([false, false])
  }
  const load = (ofs: number, n_bits: number, value: bigint): Action => ({
    type: 'nx_reg_load',
    ofs_nbits: { ofs, n_bits },
    dst: 'reg0',
    value,
  })
  const set = (value: number): Action => ({ type: 'set_field', field: { field: 'reg0', value } })

  it('is the same effect in another spelling', () => {
    same(doing(), [])
    same(doing(load(0, 32, 5n)), doing(set(5)))
    same(doing({ type: 'output', port: 3, max_len: 1 }), doing({ type: 'output', port: 3, max_len: 2 }))
    same(
      [{ type: 'goto_table', table_id: 3 }, ...doing(set(1))],
      [...doing(set(1)), { type: 'goto_table', table_id: 3 }],
    )
  })

  it('is not another effect', () => {
    differ(doing(set(5)), doing(set(6)))
    differ(doing(load(0, 16, 5n)), doing(set(5)))
    differ(doing(load(8, 8, 5n)), doing(load(0, 8, 5n)))
    differ(doing(set(5), { type: 'dec_nw_ttl' }), doing({ type: 'dec_nw_ttl' }, set(5)))
    const toController = (max_len: number): Action => ({ type: 'output', port: 0xfffffffd, max_len })
    differ(doing(toController(64)), doing(toController(128)))
    differ([{ type: 'write_actions', actions: [set(1)] }], doing(set(1)))
    differ(doing({ type: 'nx_ct_clear' }), doing())
  })

  it('never is a flow with a timeout', () => {
    const flow = towards(1, 1)
    const wanted = programOf([flow])
    const found = programOf([{ ...flow, instructions: [...flow.instructions] }])
    align({ program: found, mortal: new Set() }, wanted)
    expect(found.flows.get(keyOf(flow))).to.equal(flow)
    align({ program: found, mortal: new Set([keyOf(flow)]) }, wanted)
    expect(driftOf(wanted, found)).to.include({ missing: 1, changed: 0, stale: 0 })
  })
})

describe('the southbound channel over random histories', function () {
  this.timeout(30_000)
  const ID = '00000000000000c3'
  const FOREIGN = { ...towards(0xffff, 1), cookie: 5n }

  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ act: fc.constant('want' as const), seeds: fc.array(fc.nat(30), { maxLength: 12 }) }),
    },
    { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('reconnect' as const, 'cut' as const) }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('refuse' as const, 'refuseCommit' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ act: fc.constantFrom('delete' as const, 'bend' as const, 'settle' as const) }),
    },
  )

  it('ends with exactly what is wanted, and never touches what is not ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), fc.boolean(), async (steps, bundles) => {
        const bench = await Bench.start({ times: { retryMs: 1, retryMaxMs: 2, auditMs: 15 } })
        const device = new FakeSwitch(0xc3n)
        device.bundles = bundles
        device.put(FOREIGN)
        try {
          await device.connect(bench.address)
          let generation = 1
          let wanted = programOf([])
          bench.southbound.want(ID, generation, wanted)
          for (const one of steps) {
            if (one.act === 'want') {
              wanted = programOf(one.seeds.map((seed) => towards(seed >> 1, 1 + (seed & 1), seed % 3)))
              bench.southbound.want(ID, ++generation, wanted)
            } else if (one.act === 'reconnect' || one.act === 'cut') {
              await device.disconnect()
              await device.connect(bench.address)
            } else if (one.act === 'refuse' || one.act === 'refuseCommit') {
              let left = 2
              device[one.act] = () => (left-- > 0 ? { error_type: 'flow_mod_failed', code: 'table_full' } : undefined)
            } else if (one.act === 'settle') await bench.applied(ID, generation)
            else {
              const [key, flow] = [...device.flows].find(([, { cookie }]) => cookie !== 5n) ?? []
              if (key === undefined || flow === undefined) continue
              if (one.act === 'delete') device.flows.delete(key)
              else device.flows.set(key, { ...flow, instructions: [] })
            }
          }
          const expected = [...wanted.flows].map(([key, flow]) => [key, flow.instructions, flow.cookie])
          const held = () =>
            [...device.flows]
              .filter(([, { cookie }]) => cookie !== 5n)
              .map(([key, flow]) => [key, flow.instructions, flow.cookie])
          const sorted = (rows: unknown[][]): string =>
            rows
              .map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
              .sort()
              .join('\n')
          await bench.applied(ID, generation)
          // Interference after the last comparison is for the audits that follow.
          await device.until(() => sorted(held()) === sorted(expected))
          expect(device.flows.get(keyOf(FOREIGN))?.writes).to.equal(0)
          const generations = bench.events.flatMap((event) => (event.kind === 'applied' ? [event.generation] : []))
          expect(generations).to.deep.equal([...generations].sort((a, b) => a - b))
        } finally {
          await bench.close(device)
        }
      }),
      { numRuns: 40 },
    )
  })
})
