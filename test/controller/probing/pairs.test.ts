/** The order in which pairs of switches have their turn, and who is on which switch. */
import { expect } from 'chai'
import fc from 'fast-check'
import { PairOrder } from '../../../controller/probing/pairs.ts'
import { Residents } from '../../../controller/probing/residents.ts'

const below = (seed: number) => {
  let state = seed + 1
  return () => {
    state = (state * 48_271) % 0x7fff_ffff
    return state / 0x7fff_ffff
  }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `s${at}`)

/** Ordered pairs of a round, as they come. */
function round(order: PairOrder): { pairs: string[]; ends: number[] } {
  const pairs: string[] = []
  const ends: number[] = []
  for (let at = 0; at < order.size; at++) {
    const next = order.next()
    pairs.push(`${next?.from} ${next?.to}`)
    if (next?.ends === true) ends.push(at)
  }
  return { pairs, ends }
}

function all(members: readonly string[]): string[] {
  return members.flatMap((from) => members.filter((to) => to !== from).map((to) => `${from} ${to}`)).sort()
}

describe('the order of pairs', () => {
  it('meets each ordered pair once in a round, whatever came and went before', () => {
    const change = fc.record({ member: fc.constantFrom(...names(12)), is: fc.boolean(), steps: fc.nat(20) })
    fc.assert(
      fc.property(fc.nat(), fc.array(change, { maxLength: 40 }), (seed, changes) => {
        const order = new PairOrder(below(seed))
        const members = new Set<string>()
        for (const { member, is, steps } of changes) {
          expect(order.put(member, is)).to.equal(members.has(member) !== is)
          if (is) members.add(member)
          else members.delete(member)
          for (let at = 0; at < steps; at++) order.next()
        }
        order.put('last', true)
        members.add('last')
        expect([order.members, order.size]).to.deep.equal([members.size, members.size * (members.size - 1)])
        for (let which = 0; which < 3; which++) {
          const { pairs, ends } = round(order)
          expect(pairs.sort()).to.deep.equal(all([...members]))
          expect(ends).to.deep.equal(order.size === 0 ? [] : [order.size - 1])
        }
      }),
    )
  })

  it('has nobody wait for a few: a tenth of a round has met every switch, many of them at any time', () => {
    const order = new PairOrder(below(7))
    for (const name of names(100)) order.put(name, true)
    const { pairs } = round(order)
    const senders = new Set(pairs.slice(0, pairs.length / 10).map((pair) => pair.split(' ')[0]))
    expect(senders.size).to.equal(100)
    for (let at = 0; at + 20 < pairs.length; at += 20)
      expect(new Set(pairs.slice(at, at + 20).map((pair) => pair.split(' ')[0])).size).to.be.greaterThan(10)
  })

  it('has none with fewer than two members', () => {
    const order = new PairOrder(below(1))
    expect(order.next()).to.equal(undefined)
    order.put('one', true)
    expect([order.next(), order.size]).to.deep.equal([undefined, 0])
  })
})

describe('who is on which switch', () => {
  it('is what places say', () => {
    const move = fc.record({ name: fc.constantFrom(...names(8)), to: fc.option(fc.constantFrom('a', 'b', 'c')) })
    fc.assert(
      fc.property(fc.array(move, { maxLength: 80 }), (moves) => {
        const residents = new Residents()
        const places = new Map<string, string>()
        for (const { name, to } of moves) {
          residents.put(name, to === null ? undefined : { datapathId: to, port: 1 })
          if (to === null) places.delete(name)
          else places.set(name, to)
          for (const datapathId of ['a', 'b', 'c']) {
            const there = [...places].filter(([, its]) => its === datapathId).map(([its]) => its)
            expect([...residents.on(datapathId)].sort()).to.deep.equal(there.sort())
          }
        }
      }),
    )
  })
})
