/**
 * Records of networks that come, change and go while switches have tables: what was compiled step by step equals what is
 * compiled at once, and a switch has a zone for each routing domain of its interfaces.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Write } from '../../controller/policy/propose.ts'
import { domainOf } from '../../controller/policy/routing.ts'
import { zoneName } from '../../controller/policy/zones.ts'
import type { AnyRecord } from '../../model/records.ts'
import { datapathName, interfaceRecord } from '../support/arbitrary-state.ts'
import { CompileWorld } from '../support/compile-world.ts'
import { draftOf } from '../support/policy-store.ts'
import { network, switchRecord, vnp } from '../support/records.ts'

const NETWORKS = ['front', 'back', 'side']
const ROUTERS = ['shop', 'lab', undefined]
const SWITCHES = [datapathName(1), datapathName(2), datapathName(3)]

const put = (record: AnyRecord): Write => ({ op: 'update', record: draftOf(record), allowMissing: true })
const gone = (kind: 'interface' | 'network', name: string): Write => ({ op: 'delete', kind, name, allowMissing: true })

/** Each of these: a network with some router (or no record), an interface in some network on some switch (or none), or an uplink. */
type Edit = { what: 'network' | 'interface' | 'uplink' | 'link'; which: number; how: number }
const edit: fc.Arbitrary<Edit> = fc.record({
  what: fc.constantFrom('network', 'network', 'interface', 'interface', 'interface', 'uplink', 'link'),
  which: fc.nat(2),
  how: fc.nat(11),
})

function written({ what, which, how }: Edit): Write {
  const name = NETWORKS[which]!
  if (what === 'network') {
    if (how % 4 === 3) return gone('network', name)
    const router = ROUTERS[how % 4]
    const cidrs =
      how > 7 ? [`10.1.${which}.0/25`, `fd00:0:0:${which}::/64`] : [`10.1.${which}.0/24`, `fd00:0:0:${which}::/64`]
    return put(network(name, router, ...cidrs))
  }
  const index = which + 1
  if (how === 11) return gone('interface', `if-${index}`)
  const home = how % 3
  const record = interfaceRecord(index, NETWORKS[home]!, [], SWITCHES[Math.floor(how / 3) % 3]!)
  return put({ ...record, addresses: [`10.1.${home}.${10 + index}`, `fd00:0:0:${home}::${10 + index}`] })
}

describe('records of networks on switches', () => {
  it('give step by step the tables that they give at once, whatever changes first', function () {
    this.timeout(120_000)
    let routed = 0
    fc.assert(
      fc.property(fc.array(edit, { minLength: 5, maxLength: 25 }), (edits) => {
        const world = new CompileWorld('fabric')
        world.must({ what: 'write', writes: [put(vnp('all', { ingressDefault: 'allow' }))] })
        for (const datapathId of SWITCHES) {
          const ports = [1, 2, 3, 100, 101].map((port) => ({ port, name: `p${port}`, up: true }))
          world.must({ what: 'switch up', datapathId, ports })
        }
        for (const one of edits) {
          if (one.what === 'link') {
            const [a, b] = [SWITCHES[one.which % 2]!, SWITCHES[(one.which % 2) + 1]!]
            const ends = { one: { datapathId: a, port: 101 }, other: { datapathId: b, port: 100 } }
            world.take({ what: 'link', ...ends, there: one.how % 2 === 0 })
          } else if (one.what === 'uplink') {
            const datapathId = SWITCHES[one.which]!
            const uplinks = one.how % 2 === 0 ? ['p3'] : []
            const record = switchRecord(`s${one.which}`, datapathId, uplinks)
            world.take({ what: 'write', writes: [put(record)] })
          } else world.take({ what: 'write', writes: [written(one)] })
          expect(world.differencesFromFull(), JSON.stringify(one)).to.deep.equal([])
          const { intent, observed } = world.state
          for (const [name, { datapathId }] of observed.places) {
            const domain = domainOf(intent, intent.interfaces.get(name)!.network)
            expect(intent.number('zone', zoneName(datapathId, domain)), `${name} in ${domain}`).to.be.above(0)
          }
        }
        for (const program of world.programs.values())
          for (const { unit } of program.flows.values()) if (unit.startsWith('network/')) routed++
        world.close()
      }),
      { numRuns: 30 },
    )
    expect(routed).to.be.above(20)
  })
})
