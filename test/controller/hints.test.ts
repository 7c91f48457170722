/** Hints are kept for the next start, cost a revision only when they say something new, and survive a refusing disk. */
import { expect } from 'chai'
import { Hints } from '../../controller/hints.ts'
import type { Place } from '../../controller/policy/state.ts'
import type { Store } from '../../store/contract.ts'
import { openMemoryStore } from '../../store/memory.ts'

const at = (port: number): Place => ({ datapathId: '0000000000000001', port })
const link = (port: number) => ({ from: at(port), to: { datapathId: '0000000000000002', port } })

describe('hints', () => {
  const told: string[] = []
  const tell = (type: string): void => void told.push(type)
  /** What one controller writes from start to stop. */
  const lifetime = async (store: Store, act: (hints: Hints) => void): Promise<void> => {
    const hints = new Hints(store, tell)
    act(hints)
    await hints.close()
  }
  beforeEach(() => told.splice(0))

  it('are there at the next start', async () => {
    const store = openMemoryStore()
    await lifetime(store, (hints) => {
      hints.place('a', at(1))
      hints.place('b', at(2))
      hints.place('b', undefined)
      hints.setLinks([link(2), link(1)])
    })
    const next = new Hints(store, tell)
    expect(next.places()).to.deep.equal([['a', at(1)]])
    expect(next.links()).to.have.deep.members([link(1), link(2)])
    await next.close()
  })

  it('have ends of tunnels beside places, each for itself', async () => {
    const store = openMemoryStore()
    const id = '0000000000000001'
    const end = (address: string) => ({ kind: 'geneve', address }) as const
    await lifetime(store, (hints) => {
      hints.end(id, end('198.18.0.1'))
      hints.end('0000000000000002', end('198.18.0.2'))
      hints.place(id, at(1))
    })
    await lifetime(store, (hints) => {
      expect(hints.ends()).to.deep.equal([
        [id, end('198.18.0.1')],
        ['0000000000000002', end('198.18.0.2')],
      ])
      expect(hints.places()).to.deep.equal([[id, at(1)]])
      hints.end(id, undefined)
      hints.end(id, { ...end('198.18.0.1') })
      hints.end('0000000000000002', undefined)
    })
    expect(store.revision()).to.equal(2)
    await lifetime(store, (hints) => expect(hints.ends()).to.deep.equal([[id, end('198.18.0.1')]]))
  })

  it('write nothing where nothing is new: the same again, another order, there and back', async () => {
    const store = openMemoryStore()
    await lifetime(store, (hints) => {
      hints.place('a', at(1))
      hints.setLinks([link(1), link(2)])
    })
    expect(store.revision()).to.equal(1)
    await lifetime(store, (hints) => {
      hints.place('a', undefined)
      hints.place('a', { ...at(1) })
      hints.place('never', undefined)
      hints.setLinks([])
      hints.setLinks([link(2), link(1)])
    })
    expect(store.revision()).to.equal(1)
    await lifetime(store, (hints) => hints.place('a', at(2)))
    expect(store.revision()).to.equal(2)
  })

  it('tell no links, where that was found, from not knowing any', async () => {
    const store = openMemoryStore()
    const fresh = new Hints(store, tell)
    expect(fresh.links()).to.equal(undefined)
    fresh.setLinks([])
    await fresh.close()
    await lifetime(store, (hints) => {
      expect(hints.links()).to.deep.equal([])
      hints.setLinks([])
    })
    expect(store.revision()).to.equal(1)
  })

  it('write many places in several pieces, each of them once', async () => {
    const store = openMemoryStore()
    await lifetime(store, (hints) => {
      for (let port = 0; port < 5000; port++) hints.place(`if-${port}`, at(port))
    })
    expect(store.list('hint/place/')).to.have.length(5000)
    expect(store.revision()).to.be.within(2, 5)
  })

  it('are told once when the store refuses them', async () => {
    const store = openMemoryStore()
    const refusing = Object.assign(Object.create(store) as Store, {
      get: store.get.bind(store),
      list: store.list.bind(store),
      commit: () => Promise.reject(new Error('the disk is full')),
    })
    await lifetime(refusing, (hints) => {
      for (let port = 0; port < 5000; port++) hints.place(`if-${port}`, at(port))
    })
    expect(told).to.deep.equal(['store-failed'])
    expect(store.revision()).to.equal(0)
  })
})
