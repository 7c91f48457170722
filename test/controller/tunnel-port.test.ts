/**
 * What is written so that a bridge has the port of its end of tunnels: carried out, nothing more is to be done, whatever
 * was there; ports of others are as they were; and what was read is waited for before anything is written.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Bridges } from '../../controller/channel/bridges.ts'
import { Rows } from '../../controller/channel/ovsdb-rows.ts'
import { planTunnel, tunnelOptions } from '../../controller/channel/tunnel-port.ts'
import type { TunnelAddress } from '../../model/records.ts'

type Json = Record<string, unknown>
interface Port {
  bridge: 'br-0' | 'br-1'
  type: string
  options: Record<string, string>
  ours: boolean
}
type Ports = Map<string, Port>

const BRIDGE = { name: 'br0', uuid: 'br-0' }
const NAMES = ['tsgnv0', 'tsvxl0']
const map = (entries: Record<string, string>): unknown => ['map', Object.entries(entries)]
const read = (value: unknown): Record<string, string> => Object.fromEntries((value as [string, [string, string][]])[1])

function databaseOf(ports: Ports): { rows: Rows; bridges: Bridges } {
  const rows = new Rows()
  const bridges = new Bridges(rows)
  const on = (bridge: string): unknown => [
    'set',
    [...ports].filter(([, port]) => port.bridge === bridge).map(([name]) => ['uuid', `p-${name}`]),
  ]
  const made: Record<string, Json> = { Bridge: {}, Port: {}, Interface: {} }
  for (const index of [0, 1])
    made['Bridge']![`br-${index}`] = {
      new: { name: `br${index}`, datapath_id: `000000000000000${index + 1}`, ports: on(`br-${index}`) },
    }
  for (const [name, { type, options, ours }] of ports) {
    const external_ids = map(ours ? { tagsteer: 'tunnel' } : { owner: 'neutron' })
    made['Port']![`p-${name}`] = { new: { name, interfaces: ['uuid', `i-${name}`], external_ids } }
    made['Interface']![`i-${name}`] = { new: { name, type, options: map(options) } }
  }
  bridges.update(rows.apply(made))
  return { rows, bridges }
}

/** RFC 7047 section 5.2, as far as these operations go. */
function carryOut(ports: Ports, operations: readonly unknown[]): Ports {
  const after: Ports = new Map([...ports].map(([name, port]) => [name, { ...port }]))
  let made: Json | undefined
  for (const operation of operations as Json[]) {
    const { op, table, where, row, rows, mutations } = operation as { [key: string]: never } & {
      op: string
      table: string
      where: [[string, string, unknown]]
      row: Json
      rows: Json[]
      mutations: [[string, string, [string, [[string, string]]]]]
    }
    const asked = where?.[0][2]
    const name = Array.isArray(asked) ? String(asked[1]).slice(2) : String(asked)
    const port = after.get(name)
    if (op === 'wait' && rows.length === 0) expect(port, 'waits until there is none').to.equal(undefined)
    else if (op === 'wait' && table === 'Interface') {
      const [{ type, options }] = rows as [Json]
      expect([type, read(options)]).to.deep.equal([port?.type, port?.options])
    } else if (op === 'wait') {
      expect(read(rows[0]!['external_ids'])['tagsteer']).to.equal(port?.ours ? 'tunnel' : undefined)
    } else if (op === 'update') Object.assign(port!, { type: row['type'], options: read(row['options']) })
    else if (op === 'insert') made = { ...made, ...row }
    else if (mutations[0][1] === 'delete') after.delete(String(mutations[0][2][1][0][1]).slice(2))
    else {
      const { name: given, type, options, external_ids } = made as Json
      const ours = read(external_ids)['tagsteer'] === 'tunnel'
      after.set(String(given), { bridge: 'br-0', type: String(type), options: read(options), ours })
    }
  }
  return after
}

const end: fc.Arbitrary<TunnelAddress> = fc.record({
  kind: fc.constantFrom('geneve', 'vxlan'),
  address: fc.constantFrom('198.18.0.1', 'fd00::1'),
})
const port: fc.Arbitrary<Port> = fc.record({
  bridge: fc.constantFrom('br-0', 'br-1'),
  type: fc.constantFrom('geneve', 'vxlan', 'dummy'),
  options: fc.oneof(
    end.map(tunnelOptions),
    fc.dictionary(fc.constantFrom('csum', 'key', 'remote_ip', 'dst_port', 'local_ip'), fc.constantFrom('flow', '7')),
  ),
  ours: fc.boolean(),
})

describe('the port of an end of tunnels', () => {
  it('is as it is wanted when what is to be done was done, and ports of others as they were', () => {
    const met = { made: 0, corrected: 0, removed: 0, foreign: 0, nothing: 0 }
    fc.assert(
      fc.property(
        fc.array(fc.option(port), { minLength: 2, maxLength: 2 }),
        fc.option(end, { nil: undefined }),
        (given, wanted) => {
          const before: Ports = new Map(NAMES.flatMap((name, index) => (given[index] ? [[name, given[index]]] : [])))
          const plan = planTunnel(databaseOf(before), BRIDGE, wanted)
          for (const { what } of plan.steps) met[what]++
          if (plan.foreign !== undefined) met.foreign++
          if (plan.operations.length === 0 && plan.foreign === undefined) met.nothing++
          expect(plan.steps.length > 0).to.equal(plan.operations.length > 0)
          const after = carryOut(before, plan.operations)
          for (const [name, its] of before)
            if (!its.ours || its.bridge !== 'br-0') expect(after.get(name)).to.deep.equal(its)
          const again = planTunnel(databaseOf(after), BRIDGE, wanted)
          expect(again.operations).to.deep.equal([])
          const mine = [...after].filter(([, { ours, bridge }]) => ours && bridge === 'br-0')
          if (wanted === undefined) expect(mine).to.deep.equal([])
          else if (plan.foreign === undefined) {
            expect(mine.map(([name]) => name)).to.deep.equal([wanted.kind === 'geneve' ? 'tsgnv0' : 'tsvxl0'])
            const [[, its]] = mine as [[string, Port]]
            expect(its.type).to.equal(wanted.kind)
            const { csum, ...rest } = its.options
            expect(rest).to.deep.equal(tunnelOptions(wanted))
            expect(csum).to.equal(before.get(mine[0]![0])?.options['csum'])
          } else expect(mine).to.deep.equal([])
        },
      ),
      { numRuns: 2000 },
    )
    for (const [what, count] of Object.entries(met)) expect(count, what).to.be.greaterThan(20)
  })
})
