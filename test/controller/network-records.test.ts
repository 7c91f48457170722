/** Records of networks: what they refuse of each other and of interfaces, and the number of their router. */
import { expect } from 'chai'
import type { Write } from '../../controller/policy/propose.ts'
import type { AnyRecord, InterfaceRecord } from '../../model/records.ts'
import { validateRecord } from '../../model/validate.ts'
import { create, draftOf, PolicyStore, remove } from '../support/policy-store.ts'
import { iface, network } from '../support/records.ts'

const update = (record: AnyRecord): Write => ({ op: 'update', record: draftOf(record) })
const at = (record: InterfaceRecord, ...addresses: string[]): InterfaceRecord => ({ ...record, addresses })

/** `OK`, or the field and the description of the first violation. */
function told(store: PolicyStore, ...writes: Write[]): string {
  const before = JSON.stringify([...store.entries])
  const result = store.write(...writes)
  if (result.ok) return 'OK'
  expect(JSON.stringify([...store.entries])).to.equal(before)
  const [violation] = result.failure.violations ?? []
  return violation === undefined ? result.failure.code : `${violation.field}: ${violation.description}`
}

describe('records of networks', () => {
  it('refuse subnets that another network with the same router has, whichever is written first', () => {
    const store = new PolicyStore()
    expect(told(store, create(network('front', 'shop', '10.0.1.0/24')))).to.equal('OK')
    const wide = network('back', 'shop', '10.9.0.0/16', '10.0.0.0/16')
    expect(told(store, create(wide))).to.match(/^subnets\[1\]\.cidr: 10\.0\.0\.0\/16 .* network front/)
    expect(told(store, create({ ...wide, router: 'other' })), 'another router').to.equal('OK')
    expect(told(store, create(network('flat', undefined, '10.0.1.0/24'))), 'no router').to.equal('OK')
    expect(told(store, update(wide))).to.match(/overlaps with 10\.0\.1\.0\/24 of network front/)
    const pair = [network('a', 'r', '10.7.0.0/24'), network('b', 'r', '10.7.0.0/25')]
    expect(told(store, ...pair.map(create)), 'in one batch').to.match(/overlaps/)
    const moved = network('front', 'shop', '10.200.1.0/24')
    expect(told(store, update(moved), update(wide)), 'both change').to.equal('OK')
  })

  it('keep interfaces of networks with a router in their subnets, and off the gateways', () => {
    const store = new PolicyStore()
    store.must(create(network('front', 'shop', '10.0.1.0/24', 'fd01::/64')))
    const web = iface('web', 1, [], 'front')
    expect(told(store, create(at(web, '10.0.1.5', 'fd01::5')))).to.equal('OK')
    const other = iface('db', 2, [], 'front')
    expect(told(store, create(at(other, '10.0.1.6', '10.0.2.6')))).to.match(
      /^addresses\[1\]: 10\.0\.2\.6 is in no subnet/,
    )
    expect(told(store, create(at(other, 'fe80::7')))).to.match(/no subnet/)
    expect(told(store, create(at(other, '10.0.1.1')))).to.match(
      /^addresses\[0\]: 10\.0\.1\.1 is the address of the router/,
    )
    expect(told(store, create({ ...at(other, '10.0.1.1'), network: 'elsewhere' }))).to.equal('OK')
    expect(told(store, update(network('front', 'shop', '10.0.1.0/24')))).to.match(/interface web has fd01::5/)
    const five = network('front', 'shop', '10.0.1.0/24', 'fd01::/64')
    five.subnets[1]!.gateway = 'fd01::5'
    expect(told(store, update(five))).to.match(/interface web has fd01::5, which is the address of the router/)
    const narrow = network('front', 'shop', '10.0.1.0/24')
    expect(told(store, update(narrow), update(at(web, '10.0.1.5'))), 'both change').to.equal('OK')
    store.must(remove('network', 'front'))
    expect(told(store, update(at(web, '10.0.2.5'))), 'without a record').to.equal('OK')
    expect(told(store, create(narrow))).to.match(/interface web has 10\.0\.2\.5/)
  })

  it('have a gateway in each subnet just where there is a router', () => {
    const { subnets } = network('front', 'shop', '10.0.1.0/24')
    const fields = (input: object): string[] => {
      const result = validateRecord('network', { name: 'front', ...input })
      return result.ok ? [] : (result.failure.violations ?? []).map(({ field }) => field)
    }
    expect(fields({ router: 'shop', subnets })).to.deep.equal([])
    expect(fields({ subnets })).to.deep.equal(['subnets[0].gateway'])
    expect(fields({ router: 'shop', subnets: [{ cidr: '10.0.1.0/24' }] })).to.deep.equal(['subnets[0].gateway'])
    expect(fields({ subnets: [{ cidr: '10.0.1.0/24' }] })).to.deep.equal([])
    expect(fields({})).to.deep.equal([])
    expect(fields({ router: 'shop' })).to.deep.equal(['subnets'])
  })

  it('give a router its number while some network names it', () => {
    const store = new PolicyStore()
    store.must(create(network('front', 'shop', '10.0.1.0/24')))
    const number = store.intent.number('router', 'shop')
    expect(number).to.be.above(0)
    store.must(create(network('back', 'shop', '10.0.2.0/24')), remove('network', 'front'))
    expect(store.intent.number('router', 'shop')).to.equal(number)
    store.must(update(network('back', undefined, '10.0.2.0/24')))
    expect(store.intent.number('router', 'shop')).to.equal(undefined)
    store.must(create(network('next', 'shop', '10.0.3.0/24')))
    expect(store.intent.number('router', 'shop'), 'its own again').to.equal(number)
  })
})
