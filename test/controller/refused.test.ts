/** What is counted and told of what switches refuse: counters that begin again, ports that go, bursts, silence. */
import { expect } from 'chai'
import fc from 'fast-check'
import { isOurs, readCookie } from '../../controller/policy/cookie.ts'
import { REFUSAL_NAMES, REFUSALS, type Refusal, readRefusal, refusalCookie } from '../../controller/policy/refusals.ts'
import {
  AGAIN_MS,
  MAX_ENTRIES,
  QUIET_MS,
  Refused,
  type RefusedSample,
  type RefusedTelling,
} from '../../controller/refused.ts'
import { RefusedWatch } from '../../controller/refused-watch.ts'

const S1 = '0000000000000001'

const sample = (port: number, packets: bigint): RefusedSample => ({
  ...{ key: `row ${port}`, port, interface: `if-${port}`, packets },
})
const sum = (samples: readonly RefusedSample[]): bigint => samples.reduce((all, { packets }) => all + packets, 0n)

/** One reading of one reason. */
function read(refused: Refused, refusal: Refusal, samples: RefusedSample[], now: number): RefusedTelling[] {
  if (refused.changed(S1, new Map([[refusal, sum(samples)]])).includes(refusal))
    refused.take(S1, refusal, sum(samples), samples, now)
  return [...refused.tell(S1, now)]
}

describe('what switches refuse', () => {
  it('has a cookie for each reason, which says it', () => {
    expect(new Set(REFUSAL_NAMES.map((name) => REFUSALS[name].code)).size).to.equal(REFUSAL_NAMES.length)
    for (const refusal of REFUSAL_NAMES) {
      const cookie = refusalCookie(refusal)
      expect(isOurs(cookie) && readCookie(cookie)?.kind).to.equal('refused')
      expect(readRefusal(cookie)).to.equal(refusal)
    }
    expect(readRefusal(refusalCookie('forged-mac') | 0xff00n)).to.equal(undefined)
  })

  it('counts every packet once, whenever rows are made anew or go, but for those before the first reading', () => {
    let resets = 0
    const step = fc.record({
      /** Packets since the last reading; undefined: the port is gone. */
      more: fc.array(fc.option(fc.nat(50), { freq: 4, nil: undefined }), { minLength: 3, maxLength: 3 }),
      remade: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 12 }), (steps) => {
        const refused = new Refused()
        const counters = new Map<number, bigint>()
        const expected = new Map<number, number>()
        let last = 0
        for (const [at, { more, remade }] of steps.entries()) {
          for (const [port, packets] of more.entries()) {
            const before = counters.get(port)
            if (packets === undefined) {
              counters.delete(port)
              continue
            }
            // A row that was made anew and has as much again by now cannot be told from one that was not.
            const isAnew = remade && before !== undefined && BigInt(packets) < before
            if (isAnew) resets++
            counters.set(port, (isAnew ? 0n : (before ?? 0n)) + BigInt(packets))
            if (at > 0 && packets > 0) expected.set(port, (expected.get(port) ?? 0) + packets)
          }
          const samples = [...counters].map(([port, packets]) => sample(port, packets))
          const total = sum(samples)
          // The same sum by chance is not looked into.
          refused.take(S1, 'forged-mac', total, samples, at + 1)
          const [count] = refused.counts()
          expect(count?.packets ?? 0).to.be.at.least(last)
          last = count?.packets ?? 0
        }
        const counted = new Map([...refused.entries()].map(({ port, packets }) => [port as number, packets]))
        expect(counted).to.deep.equal(expected)
        expect(last).to.equal([...expected.values()].reduce((all, packets) => all + packets, 0))
      }),
    )
    expect(resets).to.be.at.least(10)
  })

  it('takes what cannot be counted for nothing', () => {
    const refused = new Refused()
    read(refused, 'forged-mac', [], 1)
    expect(read(refused, 'forged-mac', [{ ...sample(1, 2n ** 64n - 1n) }], 2)).to.deep.equal([])
    expect([...refused.entries()]).to.deep.equal([])
  })

  it('tells when it begins, once a minute while it grows, and when it is over', () => {
    const refused = new Refused()
    const told: [number, string, number][] = []
    let packets = 0n
    read(refused, 'forged-mac', [sample(1, 7n)], 0)
    for (let now = 10_000; now <= 300_000; now += 10_000) {
      if (now >= 50_000 && now <= 200_000) packets += 5n
      for (const { type, packets: its } of read(refused, 'forged-mac', [sample(1, 7n + packets)], now))
        told.push([now, type, its])
    }
    expect(AGAIN_MS).to.equal(60_000)
    expect(QUIET_MS).to.equal(30_000)
    expect(told).to.deep.equal([
      [50_000, 'began', 5],
      [110_000, 'goes-on', 35],
      [170_000, 'goes-on', 65],
      [230_000, 'over', 80],
    ])
  })

  it('tells one thing of a thousand ports, and names those with most', () => {
    const refused = new Refused()
    read(refused, 'tagged-vlan', [], 0)
    const ports = Array.from({ length: 1000 }, (_, port) => sample(port + 1, BigInt(port + 1)))
    const [told, ...more] = read(refused, 'tagged-vlan', ports, 10_000)
    expect(more).to.deep.equal([])
    expect(told?.packets).to.equal(500_500)
    expect(told?.ports.map(({ port, packets }) => [port, packets])).to.deep.equal(
      [1000, 999, 998, 997, 996].map((port) => [port, port]),
    )
    expect(told?.others).to.equal(995)
  })

  it('keeps as many entries as it says, and forgets a switch', () => {
    const refused = new Refused()
    read(refused, 'forged-mac', [], 0)
    const ports = Array.from({ length: MAX_ENTRIES + 10 }, (_, port) => sample(port + 1, 1n))
    read(refused, 'forged-mac', ports, 10_000)
    const kept = [...refused.entries()].map(({ port }) => port)
    expect([kept.length, kept[0]]).to.deep.equal([MAX_ENTRIES, 11])
    refused.forget(S1)
    expect([...refused.entries(), ...refused.counts()]).to.deep.equal([])
  })

  it('reads rows only where their sum has changed, and asks no switch that is gone', async () => {
    const asked: string[] = []
    const told: string[] = []
    let packets = 0n
    let answered = 0
    const cookie = refusalCookie('forged-mac')
    const watch = new RefusedWatch({
      packetsOf: async (_, its) => {
        if (its === cookie) answered++
        return its === cookie ? packets : 0n
      },
      flowsOf: async (_, its) => {
        asked.push(String(readRefusal(its)))
        const flow = { table_id: 0, priority: 390, match: [{ field: 'in_port' as const, value: 3 }] }
        return [{ ...flow, packet_count: packets } as never]
      },
      desired: () => undefined,
      tell: (type, subject, details = {}) => told.push(`${type} ${subject} ${details['ports']}`),
      now: () => Date.now(),
      periodMs: 20,
    })
    const until = async (done: () => boolean): Promise<void> => {
      for (let tries = 0; tries < 500 && !done(); tries++) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    watch.came(S1)
    watch.came(S1)
    await until(() => answered >= 3)
    expect(asked).to.deep.equal([])
    packets = 4n
    await until(() => told.length > 0)
    expect(told).to.deep.equal([`traffic-refused ${S1} port 3: 4`])
    const readings = answered
    await until(() => answered >= readings + 3)
    expect(asked).to.deep.equal(['forged-mac'])
    watch.went(S1)
    const last = answered
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(answered).to.be.at.most(last + 1)
    watch.close()
  })
})
