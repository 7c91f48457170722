/** The DHCPv4 codec against itself, against anything, and against a message as it stands in RFC 2131 and 3396. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  addressesOf,
  classlessRoutes,
  DHCP4_OPTION,
  type Dhcp4,
  decodeDhcp4,
  domainNames,
  encodeDhcp4,
  octetsOf,
} from '../../packet/dhcp4.ts'

const u = (bits: number) => fc.nat({ max: 2 ** bits - 1 })
const HANDLED: readonly number[] = [0, DHCP4_OPTION.overload, DHCP4_OPTION.messageType, 255]
const code = fc.integer({ min: 1, max: 254 }).filter((value) => !HANDLED.includes(value))
const message: fc.Arbitrary<Dhcp4> = fc.record({
  ...{ op: fc.constantFrom(1 as const, 2 as const), hops: u(8), xid: u(32), secs: u(16), broadcast: fc.boolean() },
  ...{ ciaddr: u(32), yiaddr: u(32), siaddr: u(32), giaddr: u(32), type: u(8) },
  chaddr: fc.maxSafeNat().map((value) => value % 2 ** 48),
  options: fc
    .array(fc.tuple(code, fc.uint8Array({ maxLength: 600 })), { maxLength: 6 })
    .map((entries) => new Map(entries)),
})

describe('DHCPv4 messages', () => {
  it('are read as they were written, options of any length too', () => {
    fc.assert(
      fc.property(message, (written) => {
        const octets = encodeDhcp4(written)
        expect(octets.length).to.be.at.least(300)
        const read = decodeDhcp4(octets)
        expect(read.ok).to.equal(true)
        if (!read.ok) return
        expect({ ...read.message, options: undefined }).to.deep.equal({ ...written, options: undefined })
        expect([...read.message.options].sort(byCode)).to.deep.equal([...written.options].sort(byCode))
      }),
    )
  })

  it('have the relay’s option last', () => {
    const options = new Map([
      [DHCP4_OPTION.relayAgent as number, Uint8Array.of(1, 1, 7)],
      [DHCP4_OPTION.hostName as number, Uint8Array.of(65)],
    ])
    const read = decodeDhcp4(encodeDhcp4({ ...PLAIN, options }))
    expect(read.ok && [...read.message.options.keys()]).to.deep.equal([12, 82])
  })

  it('are a message or a fault, whatever the octets', () => {
    const faults = new Set<string>()
    const anyOctets = fc.uint8Array({ maxLength: 700 })
    const near = fc
      .tuple(message, fc.array(fc.tuple(u(10), u(8)), { maxLength: 8 }), u(10))
      .map(([its, edits, cut]) => {
        const octets = encodeDhcp4(its).slice(0, 1024 - (cut % 900))
        for (const [at, value] of edits) octets[at % Math.max(1, octets.length)] = value
        return octets
      })
    fc.assert(
      fc.property(fc.oneof(anyOctets, near), (octets) => {
        const read = decodeDhcp4(octets)
        faults.add(read.ok ? 'none' : read.fault)
        if (read.ok) expect(decodeDhcp4(encodeDhcp4(read.message)).ok).to.equal(true)
      }),
      { numRuns: 2000 },
    )
    expect([...faults]).to.include.members(['none', 'short', 'bad-option'])
  })

  it('say which fault they have', () => {
    const octets = encodeDhcp4(PLAIN)
    const changed = (at: number, ...values: number[]): Uint8Array => {
      const its = octets.slice()
      its.set(values, at)
      return its
    }
    const faultOf = (its: Uint8Array): string => {
      const read = decodeDhcp4(its)
      return read.ok ? 'none' : read.fault
    }
    expect(faultOf(octets)).to.equal('none')
    expect(faultOf(octets.subarray(0, 239))).to.equal('short')
    expect(faultOf(changed(0, 3))).to.equal('not-ethernet')
    expect(faultOf(changed(2, 8))).to.equal('not-ethernet')
    expect(faultOf(changed(236, 0))).to.equal('no-cookie')
    expect(faultOf(changed(240, 255))).to.equal('no-type')
    expect(faultOf(changed(240, 53, 2, 1, 1, 255))).to.equal('no-type')
    expect(faultOf(octets.slice(0, 242))).to.equal('bad-option')
  })

  it('may have options where names of servers and files are', () => {
    const octets = encodeDhcp4(PLAIN)
    octets.set([DHCP4_OPTION.overload, 1, 3, 53, 1, 1, 255], 240)
    octets.set([DHCP4_OPTION.hostName, 2, 97, 98, 255], 108)
    octets.set([DHCP4_OPTION.hostName, 1, 99, 255], 44)
    const read = decodeDhcp4(octets)
    expect(read.ok && [...read.message.options]).to.deep.equal([[DHCP4_OPTION.hostName, Uint8Array.of(97, 98, 99)]])
  })

  it('carry addresses, names and routes as their standards say', () => {
    expect(addressesOf(octetsOf(4, 0x0a000001, 0xffffffff))).to.deep.equal([0x0a000001, 0xffffffff])
    expect(addressesOf(Uint8Array.of(1, 2, 3))).to.equal(undefined)
    expect(addressesOf(new Uint8Array(0))).to.equal(undefined)
    const names = Buffer.from(domainNames(['eng.apple.com', 'a'])).toString('latin1')
    expect(names).to.equal('\u0003eng\u0005apple\u0003com\u0000\u0001a\u0000')
    // RFC 3442: width, the significant octets, the router.
    const routes = classlessRoutes([
      { prefix: 0, length: 0, gateway: 0x0a000001 },
      { prefix: 0x0a1100c0, length: 26, gateway: 0x0a000002 },
    ])
    expect([...routes]).to.deep.equal([0, 10, 0, 0, 1, 26, 10, 17, 0, 192, 10, 0, 0, 2])
  })
})

const byCode = ([one]: [number, unknown], [other]: [number, unknown]): number => one - other

const PLAIN: Dhcp4 = {
  ...{
    op: 1,
    hops: 0,
    xid: 1,
    secs: 0,
    broadcast: false,
    ciaddr: 0,
    yiaddr: 0,
    siaddr: 0,
    giaddr: 0,
    chaddr: 5,
    type: 1,
  },
  options: new Map(),
}
