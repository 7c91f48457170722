/** Places of interfaces: what a port, a name or a MAC says, who may hold a MAC, what a restart remembers. */
import { expect } from 'chai'
import { EventLog } from '../../controller/events.ts'
import { Observed } from '../../controller/observe.ts'
import type { Place, PortView } from '../../controller/policy/state.ts'
import type { AnyRecord, Attachment, InterfaceRecord } from '../../model/records.ts'
import { draftOf, PolicyStore } from '../support/policy-store.ts'
import { iface, switchRecord } from '../support/records.ts'

const [ONE, TWO] = ['0000000000000001', '0000000000000002']
const port = (number: number, name = `p${number}`, up = true): PortView => ({ port: number, name, up })

class World {
  readonly store = new PolicyStore()
  readonly seen = new Map<number, Place>()
  fabric: Record<string, number[]> = {}
  readonly log = new EventLog(() => 0)
  readonly observed = new Observed(
    this.store.intent,
    {
      view: (datapathId) => ({
        fabricPorts: new Set(this.fabric[datapathId] ?? []),
        nextHops: new Map(),
        floodPorts: new Set(),
      }),
      sighting: (mac) => this.seen.get(mac),
    },
    this.log.tell,
  )

  put(record: AnyRecord): void {
    this.store.must({ op: 'update', record: draftOf(record), allowMissing: true })
    this.observed.intentChanged(this.store.lastDelta!)
  }

  record(name: string, index: number, attachment: Attachment): InterfaceRecord {
    const made: InterfaceRecord = { ...iface(name, index, ['t']), attachment }
    this.put(made)
    return made
  }

  see(mac: number, datapathId: string, at: number): void {
    this.seen.set(mac, { datapathId, port: at })
    this.observed.topologyChanged([], [mac])
  }

  place(name: string): string {
    const place = this.observed.places.get(name)
    return place === undefined ? 'nowhere' : `${Number(place.datapathId)}:${place.port}`
  }

  told(type: string): number {
    return this.log.since(1).events.filter((event) => event.type === type).length
  }
}

describe('places of interfaces', () => {
  it('follow the port that a record names, while it is there', () => {
    const world = new World()
    world.observed.switchUp(ONE, [port(1)])
    world.record('a', 1, { kind: 'port', datapathId: ONE, port: 1 })
    world.record('b', 2, { kind: 'port', datapathId: ONE, port: 9 })
    expect([world.place('a'), world.place('b')]).to.deep.equal(['1:1', 'nowhere'])
    world.observed.portChanged(ONE, port(9), false)
    world.observed.portChanged(ONE, port(1), true)
    expect([world.place('a'), world.place('b')]).to.deep.equal(['nowhere', '1:9'])
  })

  it('follow a port’s name from switch to switch', () => {
    const world = new World()
    world.record('a', 1, { kind: 'portName', portName: 'tap1' })
    world.observed.switchUp(ONE, [port(4, 'tap1')])
    world.observed.switchUp(TWO, [])
    expect(world.place('a')).to.equal('1:4')
    world.observed.portChanged(ONE, port(4, 'tap1'), true)
    expect(world.place('a')).to.equal('nowhere')
    world.observed.portChanged(TWO, port(7, 'tap1'), false)
    expect(world.place('a')).to.equal('2:7')
  })

  it('stay where they are when a second port of the same name appears', () => {
    const world = new World()
    world.record('a', 1, { kind: 'portName', portName: 'tap1' })
    world.observed.switchUp(TWO, [port(7, 'tap1')])
    world.observed.switchUp(ONE, [port(4, 'tap1')])
    expect(world.place('a')).to.equal('2:7')
    world.record('b', 2, { kind: 'portName', portName: 'tap2', datapathId: TWO })
    world.observed.portChanged(ONE, port(5, 'tap2'), false)
    expect(world.place('b')).to.equal('nowhere')
  })

  it('follow a MAC to where it is seen, but not away from a port that is up', () => {
    const world = new World()
    world.observed.switchUp(ONE, [port(1), port(2)])
    const { mac } = world.record('a', 1, { kind: 'mac' })
    expect(world.place('a')).to.equal('nowhere')
    world.see(mac, ONE, 1)
    expect(world.place('a')).to.equal('1:1')
    world.see(mac, ONE, 2)
    expect(world.place('a')).to.equal('1:1')
    for (let again = 0; again < 10; again++) world.see(mac, ONE, 2)
    expect(world.told('interface-contested')).to.equal(1)
    world.observed.portChanged(ONE, port(1, 'p1', false), false)
    expect(world.place('a')).to.equal('1:2')
  })

  it('are never on a link or an uplink', () => {
    const world = new World()
    world.observed.switchUp(ONE, [port(1), port(2)])
    world.record('a', 1, { kind: 'port', datapathId: ONE, port: 1 })
    const { mac } = world.record('b', 2, { kind: 'mac' })
    world.see(mac, ONE, 2)
    expect([world.place('a'), world.place('b')]).to.deep.equal(['1:1', '1:2'])
    world.fabric = { [ONE]: [1] }
    world.observed.topologyChanged([ONE], [])
    world.put(switchRecord('left', ONE, ['p2']))
    expect([world.place('a'), world.place('b')]).to.deep.equal(['nowhere', 'nowhere'])
  })

  it('are what a restart would find where a switch that lacked a port is forgotten', () => {
    const world = new World()
    world.observed.switchUp(ONE, [port(1)])
    world.record('a', 1, { kind: 'port', datapathId: ONE, port: 9 })
    expect(world.place('a')).to.equal('nowhere')
    world.observed.switchForgotten(ONE)
    const again = new World()
    again.record('a', 1, { kind: 'port', datapathId: ONE, port: 9 })
    expect([world.place('a'), again.place('a')]).to.deep.equal(['1:9', '1:9'])
  })

  it('are kept while a switch is away, believed after a restart, and gone with a switch that is forgotten', () => {
    const world = new World()
    const { mac } = world.record('a', 1, { kind: 'mac' })
    world.record('b', 2, { kind: 'portName', portName: 'tap1' })
    world.record('c', 3, { kind: 'port', datapathId: ONE, port: 3 })
    world.observed.recall([
      ['a', { datapathId: ONE, port: 1 }],
      ['b', { datapathId: ONE, port: 2 }],
      ['gone', { datapathId: ONE, port: 5 }],
    ])
    expect(['a', 'b', 'c', 'gone'].map((name) => world.place(name))).to.deep.equal(['1:1', '1:2', '1:3', 'nowhere'])
    world.observed.takeDelta()
    world.observed.switchUp(ONE, [port(1), port(2, 'tap1'), port(3)])
    expect(['a', 'b', 'c'].map((name) => world.place(name))).to.deep.equal(['1:1', '1:2', '1:3'])
    expect([...(world.observed.takeDelta()?.places ?? [])]).to.deep.equal([])
    world.observed.switchForgotten(ONE)
    expect(world.observed.datapaths.size).to.equal(0)
    expect(['a', 'b'].map((name) => world.place(name))).to.deep.equal(['nowhere', 'nowhere'])
    world.observed.switchUp(TWO, [port(6)])
    world.see(mac, TWO, 6)
    expect(world.place('a')).to.equal('2:6')
  })
})
