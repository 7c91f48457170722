/**
 * What order.ts promises of a switch without bundles, on real programs: at every prefix of every batch packets fare as
 * before or as after, or are dropped. test/controller/flows-order.test.ts holds the same on small made-up programs;
 * `npm run soak -- flows-prefixes` looks into a thousand changes.
 */
import { expect } from 'chai'
import type { Tag } from '../../model/tag.ts'
import { Random } from '../fuzz/engine/random.ts'
import { datapathName } from '../support/arbitrary-state.ts'
import { checkPrefixes, PrefixWalk } from '../support/prefixes-check.ts'
import { iface, policy, rule, vnp } from '../support/records.ts'
import { upsert } from '../support/state-ways.ts'

describe('every prefix of a change without bundles', () => {
  it('permits what the old or the new program permits, and nothing else', function () {
    this.timeout(240_000)
    const met = { prefixes: 0, turned: 0, unguarded: 0 }
    const isEnough = (): boolean => met.prefixes > 150 && met.turned > 50 && met.unguarded > 3
    // In some networks a rule leads everything through a service that is nowhere, and no change turns any fate.
    for (let seed = 6; seed < 16 && !isEnough(); seed++) {
      const { prefixes, turned, unguarded } = checkPrefixes(seed, 30)
      met.prefixes += prefixes
      met.turned += turned
      met.unguarded += unguarded
    }
    expect(isEnough(), JSON.stringify(met)).to.equal(true)
  })

  it('opens no way between those who leave a partition and those who come, within one conjunction', () => {
    const any = (...tags: string[]) => ({ allOf: [], anyOf: tags.map((tag) => JSON.stringify(tag) as Tag), noneOf: [] })
    const shut = { ingressDefault: 'deny', egressDefault: 'deny' } as const
    const old = ['a1', 'a2', 'a3']
    const young = ['b1', 'b2', 'b3']
    for (let seed = 1; seed <= 5; seed++) {
      const walk = new PrefixWalk(new Random(seed))
      const people = [...old, ...young].map((name, index) => {
        const place = { kind: 'port', datapathId: datapathName(1 + (index % 2)), port: index + 1 } as const
        return { ...iface(name, index + 1, [name, name.startsWith('a') ? 'old' : 'young']), attachment: place }
      })
      const club = vnp('club', { selector: any('old'), ...shut })
      const records = [
        vnp('everybody'),
        // Every tag is in some selector before and after, so identities stay.
        vnp('named', { selector: any('old', 'young', ...old, ...young), ...shut }),
        club,
        policy('in', 'club', [rule('ingress', { kind: 'any' }, 'allow')]),
        ...people,
      ]
      expect(walk.look({ what: 'write', writes: records.map(upsert) })).to.equal(true)
      walk.rebuild()
      const { changes } = walk.met
      walk.look({ what: 'write', writes: [upsert({ ...club, selector: any('young') })] })
      expect(walk.met.changes).to.equal(changes + 1)
      walk.world.close()
    }
  })
})
