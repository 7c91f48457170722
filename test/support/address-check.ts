/** What must be true of a store after its process of address-writer.ts was killed: nothing told is lost, nothing is half done. */
import { expect } from 'chai'
import { keyOfLease } from '../../model/address-key.ts'
import { type InterfaceRecord, type Lease, PREFIX } from '../../model/records.ts'
import type { Store } from '../../store/contract.ts'

export const POOL = { name: 'crash', ranges: [{ first: '10.0.0.1', last: '10.0.7.254' }], coolSeconds: 0 }
export const INTERFACES = Array.from({ length: 16 * 6 }, (_, index) => `vm-${index}`)

/** What a client was told: addresses with their generations and interfaces; one that it is about to give back, or has. */
export type Told =
  | { given: [address: string, generation: number, interfaceName: string][] }
  | { releasing: [address: string, generation: number] }
  | { released: [address: string, generation: number] }

export function checkAddresses(store: Store, told: readonly Told[]): void {
  const leases = store.list<Lease>(PREFIX.lease).map(({ value }) => value)
  const held = leases.filter(({ state }) => state === 'held')
  const carried = store
    .list<InterfaceRecord>(PREFIX.interface)
    .flatMap(({ value }) => value.addresses.map((address) => `${address} ${value.name}`))
  const ofLeases = held.map(({ address, interface: name }) => `${address} ${name}`)
  expect(carried.sort(), 'records carry what is held, once').to.deep.equal(ofLeases.sort())
  const given = new Map<string, { generation: number; name: string; state: 'held' | 'either' | 'over' }>()
  for (const each of told) {
    if ('given' in each) {
      for (const [address, generation, name] of each.given) {
        expect(generation, `${address} given again`).to.be.greaterThan(given.get(address)?.generation ?? 0)
        given.set(address, { generation, name, state: 'held' })
      }
      continue
    }
    const [address, generation] = 'released' in each ? each.released : each.releasing
    const its = given.get(address)
    if (its?.generation === generation) its.state = 'released' in each ? 'over' : 'either'
  }
  for (const [address, { generation, name, state }] of given) {
    const lease = store.get<Lease>(keyOfLease({ network: 'default', address }))?.value
    const isHeld = lease?.state === 'held' && lease.generation === generation && lease.interface === name
    if (state !== 'either') expect(isHeld, `${address} of ${name} is held`).to.equal(state === 'held')
  }
}

/** Of a group of five written together, all or none: each generation of held and cooling leases has them whole. */
export function checkGroups(store: Store): number {
  let groups = 0
  for (const { changes } of store.history(store.oldest())) {
    const fresh = changes.filter(({ key, after }) => {
      const lease = after?.value as Lease | undefined
      return key.startsWith(PREFIX.lease) && lease?.state === 'held' && lease.generation === after!.modRevision
    })
    if (fresh.length === 0) continue
    expect(fresh.length, 'alone or five').to.be.oneOf([1, 5])
    groups += Number(fresh.length === 5)
  }
  return groups
}
