/**
 * Compiled programs on wired reference switches where identities travel in packets, against permits(): over tunnels, in
 * labels and tags on links, and where pairs of switches differ in what they can do.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Compiler } from '../../controller/policy/compile.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { permits } from '../../controller/policy/permits.ts'
import type { LinkCarrier } from '../../model/records.ts'
import { arbitraryNetwork } from '../support/arbitrary-state.ts'
import { type Carrying, carriedNetwork, type Ends, UNIFORM } from '../support/carried-network.ts'
import { ALL } from '../support/controller-parts.ts'
import { arrives, openings } from '../support/policy-packets.ts'
import { ReferenceNetwork } from '../support/reference-network.ts'

/** With links, so that all can reach each other whatever they have. */
const mixed: fc.Arbitrary<Carrying> = fc
  .array(
    fc.record<Ends, 'carriers'>(
      {
        tunnel: fc.record({ kind: fc.constantFrom('geneve' as const, 'vxlan' as const), six: fc.boolean() }),
        carriers: fc.shuffledSubarray<LinkCarrier>(['mpls', 'vlan']),
      },
      { requiredKeys: ['carriers'] },
    ),
    { minLength: 3, maxLength: 3 },
  )
  .map((ends) => ({ ends, links: true }))

describe('identities in packets between reference switches', function () {
  this.timeout(240_000)

  for (const [name, carrying] of [
    ...Object.entries(UNIFORM).map(([kind, its]) => [kind, fc.constant(its)] as const),
    ['any mixture', mixed] as const,
  ]) {
    it(`let pass what policy permits, and its replies, and nothing else: ${name}`, () => {
      let passed = 0
      fc.assert(
        fc.property(arbitraryNetwork(12), carrying, ({ state: plain, intent, packets }, its) => {
          const state = carriedNetwork(plain, its)
          const network = new ReferenceNetwork(state.observed)
          for (const [datapathId, { program }] of new Compiler('fabric').compile(state, ALL))
            network.install(datapathId, program)
          const rules = orderRules(intent)
          for (const packet of openings(intent as Intent, packets)) {
            const { allow } = permits(intent, packet, rules)
            expect(arrives(network, state, packet, false), JSON.stringify(packet)).to.equal(allow)
            if (!allow || packet.protocol === 47) continue
            if (state.observed.places.get(packet.from)?.datapathId !== state.observed.places.get(packet.to)?.datapathId)
              passed++
            expect(arrives(network, state, packet, true), `reply to ${JSON.stringify(packet)}`).to.equal(true)
          }
        }),
        { numRuns: 200 },
      )
      expect(passed).to.be.at.least(1)
    })
  }
})
