/** Next hops and the flood tree over random graphs: against oracles, and for what the network must never do. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Graph, type Link, linkKey, reversed } from '../../topology/graph.ts'
import { AVOIDED_COST, Paths, shortestPaths } from '../../topology/paths.ts'
import { floodTree } from '../../topology/tree.ts'

const SIZE = 9
const names = Array.from({ length: SIZE }, (_, index) => `s${index}`)

interface Wire {
  a: number
  b: number
  /** Which directions work. */
  ways: 'both' | 'there' | 'back'
}

const wires = fc.array(
  fc.record({
    a: fc.nat(SIZE - 1),
    b: fc.nat(SIZE - 1),
    ways: fc.constantFrom('both' as const, 'both' as const, 'both' as const, 'there' as const, 'back' as const),
  }),
  { maxLength: 20 },
)

/** Every wire has ports of its own, the n-th wire port n at either end. */
function linksOf(all: readonly Wire[]): Link[] {
  return all.flatMap(({ a, b, ways }, index) => {
    const there = {
      from: { datapathId: names[a]!, port: index + 1 },
      to: { datapathId: names[b]!, port: index + 1 + (a === b ? 100 : 0) },
    }
    return ways === 'both' ? [there, reversed(there)] : ways === 'there' ? [there] : [reversed(there)]
  })
}

function graphOf(links: readonly Link[]): Graph {
  const graph = new Graph()
  for (const name of names) graph.addSwitch(name)
  for (const link of links) graph.add(link)
  return graph
}

/** Distances by relaxing every link until nothing changes: slow and plain. */
function oracle(links: readonly Link[], destination: string): Map<string, number> {
  const distance = new Map([[destination, 0]])
  for (let round = 0; round < SIZE; round++)
    for (const { from, to } of links) {
      const far = (distance.get(to.datapathId) ?? Infinity) + 1
      if (from.datapathId !== to.datapathId && far < (distance.get(from.datapathId) ?? Infinity))
        distance.set(from.datapathId, far)
    }
  return distance
}

describe('topology paths', () => {
  it('are shortest, get strictly nearer with each hop, and break ties by datapath id and port', () => {
    fc.assert(
      fc.property(wires, (all) => {
        const links = linksOf(all)
        const graph = graphOf(links)
        const paths = shortestPaths(graph)
        const kept = new Paths()
        kept.update(graph.switches, graph.usableLinks())
        const leaving = new Map(links.map((link) => [`${link.from.datapathId}:${link.from.port}`, link.to.datapathId]))
        for (const destination of names) {
          const distance = oracle(links, destination)
          for (const one of names) expect(kept.distance(one, destination)).to.equal(distance.get(one))
          for (const one of names) {
            const port = paths.get(one)!.get(destination)
            const far = distance.get(one)
            if (one === destination || far === undefined) {
              expect(port).to.equal(undefined)
              continue
            }
            expect(distance.get(leaving.get(`${one}:${port}`)!)).to.equal(far - 1)
            const equals = links
              .filter(({ from, to }) => from.datapathId === one && distance.get(to.datapathId) === far - 1)
              .map(({ from, to }) => [to.datapathId, from.port] as const)
              .sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]))
            expect(port).to.equal(equals[0]![1])
          }
        }
      }),
    )
  })

  it('do not depend on the order in which links were found', () => {
    fc.assert(
      fc.property(
        wires.chain((all) => {
          const links = linksOf(all)
          return fc.tuple(fc.constant(links), fc.shuffledSubarray(links, { minLength: links.length }))
        }),
        ([links, shuffled]) => {
          const [one, other] = [graphOf(links), graphOf(shuffled)]
          expect(shortestPaths(other)).to.deep.equal(shortestPaths(one))
          expect(floodTree(other.switches, other.usableLinks())).to.deep.equal(
            floodTree(one.switches, one.usableLinks()),
          )
        },
      ),
    )
  })

  it('kept up to date are what they are when computed anew, through any changes', () => {
    const change = fc.record({
      toggle: fc.array(fc.nat(19), { maxLength: 4 }),
      freeze: fc.option(fc.nat(SIZE - 1)),
      avoid: fc.option(fc.nat(SIZE - 1)),
      remove: fc.option(fc.nat(SIZE - 1)),
    })
    fc.assert(
      fc.property(wires, fc.array(change, { maxLength: 12 }), (all, changes) => {
        const links = linksOf(all)
        const graph = graphOf(links)
        const paths = new Paths()
        const frozen = new Map<string, ReadonlyMap<string, number>>()
        const avoided = new Set<string>()
        const check = (): void => {
          paths.update(graph.switches, graph.usableLinks(), { frozen, avoided })
          const anew = shortestPaths(graph, { frozen, avoided })
          for (const name of graph.switches) expect(paths.of(name), name).to.deep.equal(anew.get(name))
        }
        check()
        for (const { toggle, freeze, avoid, remove } of changes) {
          for (const index of toggle) {
            const link = links[index % Math.max(links.length, 1)]
            if (link !== undefined && !graph.remove(link)) graph.add(link)
          }
          if (freeze !== null && !frozen.delete(names[freeze]!)) frozen.set(names[freeze]!, paths.of(names[freeze]!))
          if (avoid !== null && !avoided.delete(names[avoid]!)) avoided.add(names[avoid]!)
          if (remove !== null) {
            const name = names[remove]!
            if (graph.switches.has(name)) graph.removeSwitch(name)
            else graph.addSwitch(name)
          }
          check()
        }
      }),
      { numRuns: 200 },
    )
  })

  it('compute only what a change concerns', () => {
    // A line of 9, and a cable that shortens nothing but the way between its ends.
    const line = Array.from({ length: SIZE - 1 }, (_, index): Wire => ({ a: index, b: index + 1, ways: 'both' }))
    const graph = graphOf(linksOf(line))
    const paths = new Paths()
    paths.update(graph.switches, graph.usableLinks())
    expect(paths.computed).to.equal(SIZE)
    const extra = { from: { datapathId: 's0', port: 50 }, to: { datapathId: 's1', port: 50 } }
    graph.add(extra)
    const before = paths.of('s0')
    paths.update(graph.switches, graph.usableLinks())
    expect(paths.computed).to.equal(SIZE)
    expect(paths.of('s0')).to.equal(before)
  })

  it('through frozen switches follow what those were told, without a loop, and avoid who is to be avoided', () => {
    fc.assert(
      fc.property(
        wires,
        wires,
        fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 }),
        fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 }),
        (past, present, frozenNames, avoidedNames) => {
          const old = shortestPaths(graphOf(linksOf(past)))
          const frozen = new Map(frozenNames.map((name) => [name, old.get(name)!]))
          const links = linksOf(present)
          const graph = graphOf(links)
          const paths = shortestPaths(graph, { frozen, avoided: new Set(avoidedNames) })
          const leaving = new Map(
            links.map((link) => [`${link.from.datapathId}:${link.from.port}`, link.to.datapathId]),
          )
          for (const start of names)
            for (const destination of names) {
              if (!paths.get(start)!.has(destination)) continue
              const way = [start]
              for (let here = start; here !== destination; way.push(here)) {
                const hops = frozen.get(here) ?? paths.get(here)!
                here = leaving.get(`${here}:${hops.get(destination)}`) ?? expect.fail(`${way} ends at ${here}`)
                expect(way).to.not.include(here)
              }
            }
        },
      ),
      { numRuns: 300 },
    )
    const square = graphOf(
      linksOf([
        { a: 0, b: 1, ways: 'both' },
        { a: 1, b: 3, ways: 'both' },
        { a: 0, b: 2, ways: 'both' },
        { a: 2, b: 3, ways: 'both' },
      ]),
    )
    const to3 = (avoided: string[]) =>
      shortestPaths(square, { frozen: new Map(), avoided: new Set(avoided) })
        .get('s0')!
        .get('s3')
    expect([to3([]), to3(['s1']), to3(['s2']), to3(['s1', 's2'])]).to.deep.equal([1, 3, 1, 1])
    expect(AVOIDED_COST).to.be.greaterThan(1)
  })
})

describe('topology flood tree', () => {
  /** What a flood does: from each switch over flood ports, never back where it came from. Copies by switch. */
  function flood(tree: ReadonlyMap<string, ReadonlySet<number>>, links: readonly Link[], start: string) {
    const leaving = new Map(links.map((link) => [`${link.from.datapathId}:${link.from.port}`, link.to]))
    const copies = new Map<string, number>([[start, 1]])
    const queue: { at: string; from?: number }[] = [{ at: start }]
    for (const { at, from } of queue) {
      for (const port of tree.get(at) ?? []) {
        const to = leaving.get(`${at}:${port}`)
        if (port === from || to === undefined) continue
        copies.set(to.datapathId, (copies.get(to.datapathId) ?? 0) + 1)
        queue.push({ at: to.datapathId, from: to.port })
        if (queue.length > 1000) return expect.fail('a storm')
      }
    }
    return copies
  }

  /** Switches reached over links that work both ways. */
  function connected(links: readonly Link[], start: string): Set<string> {
    const keys = new Set(links.map(linkKey))
    const reached = new Set([start])
    for (const here of reached)
      for (const link of links)
        if (link.from.datapathId === here && keys.has(linkKey(reversed(link)))) reached.add(link.to.datapathId)
    return reached
  }

  it('gives each switch that can be reached one copy, and both ends agree', () => {
    fc.assert(
      fc.property(wires, (all) => {
        const links = linksOf(all)
        const graph = graphOf(links)
        const tree = floodTree(graph.switches, graph.usableLinks())
        for (const { from, to } of links)
          if (from.datapathId !== to.datapathId)
            expect(tree.get(from.datapathId)!.has(from.port)).to.equal(tree.get(to.datapathId)!.has(to.port))
        for (const start of names) {
          const copies = flood(tree, links, start)
          expect([...copies.values()].every((count) => count === 1)).to.equal(true)
          expect([...copies.keys()].sort()).to.deep.equal([...connected(links, start)].sort())
        }
      }),
      { numRuns: 200 },
    )
  })

  it('never makes a storm while switches that cannot be told keep their ports', () => {
    const step = fc.record({ toggle: fc.array(fc.nat(19), { maxLength: 4 }), freeze: fc.option(fc.nat(SIZE - 1)) })
    fc.assert(
      fc.property(wires, fc.array(step, { maxLength: 10 }), (all, steps) => {
        const links = linksOf(all)
        const graph = graphOf(links)
        const frozen = new Map<string, ReadonlySet<number>>()
        let tree = floodTree(graph.switches, graph.usableLinks())
        for (const { toggle, freeze } of steps) {
          for (const index of toggle) {
            const link = links[index % Math.max(links.length, 1)]
            if (link === undefined || graph.remove(link)) continue
            // Nothing is found by or at a switch that cannot send or report probes.
            if (!frozen.has(link.from.datapathId) && !frozen.has(link.to.datapathId)) graph.add(link)
          }
          if (freeze !== null && !frozen.delete(names[freeze]!)) frozen.set(names[freeze]!, tree.get(names[freeze]!)!)
          tree = new Map([...floodTree(graph.switches, graph.usableLinks(), frozen), ...frozen]) as typeof tree
          for (const start of names)
            for (const [name, count] of flood(tree, [...graph.links], start)) expect(count, name).to.equal(1)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('leads no second way to where a frozen switch still floods over a link that works one way', () => {
    const links = linksOf([
      { a: 2, b: 5, ways: 'both' },
      { a: 3, b: 2, ways: 'both' },
      { a: 3, b: 5, ways: 'both' },
    ])
    const graph = graphOf(links)
    const before = floodTree(graph.switches, graph.usableLinks())
    expect(before.get('s2')).to.deep.equal(new Set([1, 2]))
    graph.remove(links[1]!) // s5 to s2; s2 to s5 still works
    const frozen = new Map([['s2', before.get('s2')!]])
    const tree = floodTree(graph.switches, graph.usableLinks(), frozen)
    tree.set('s2', before.get('s2')!)
    for (const start of names)
      for (const [name, count] of flood(tree, [...graph.links], start)) expect(count, name).to.equal(1)
  })
})
