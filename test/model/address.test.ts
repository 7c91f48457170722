/** Addresses against Node's own readers: what is an address, its canonical text (RFC 5952), what lies in a prefix. */
import { BlockList, isIP } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  type Address,
  formatAddress,
  formatMac,
  formatPrefix,
  isGroupMac,
  networkPrefix,
  parseAddress,
  parseMac,
  parsePrefix,
  prefixContains,
  prefixHolds,
  unusableAddress,
} from '../../model/address.ts'

const sparse = fc.array(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn })), { minLength: 8, maxLength: 8 })
const address: fc.Arbitrary<Address> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => ({ family: 4 as const, value })),
  sparse.map((groups) => ({ family: 6 as const, value: groups.reduce((value, group) => (value << 16n) | group, 0n) })),
)
/** Texts that are addresses, or nearly. */
const nearly = fc
  .tuple(
    fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended()),
    fc.nat(20),
    fc.constantFrom('', ':', '::', '.', '0', 'f', 'g', ' ', '1.2.3.4', '/', '-'),
  )
  .chain(([text, at, more]) => fc.nat(2).map((cut) => text.slice(0, at) + more + text.slice(at + cut)))

describe('addresses', () => {
  it('are exactly what Node takes for one', () => {
    fc.assert(
      fc.property(nearly, (text) => {
        expect(parseAddress(text)?.family ?? 0, text).to.equal(isIP(text))
      }),
      { numRuns: 3000 },
    )
    for (const text of [
      '',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
      '256.1.1.1',
      '0x1.2.3.4',
      ' 1.2.3.4',
      '1.2.3.4 ',
      '1::2::3',
      ':::',
      '12345::',
      'fe80::1%eth0',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '::1.2.3',
      '1.2.3.4::',
      '::ffff:1.2.3.4:5',
    ])
      expect(parseAddress(text), text).to.equal(undefined)
  })

  it('have the text of RFC 5952, as URLs have it, and are read back from it', () => {
    fc.assert(
      fc.property(address, (given) => {
        const text = formatAddress(given)
        expect(parseAddress(text)).to.deep.equal(given)
        if (given.family === 6) expect(`[${text}]`).to.equal(new URL(`http://[${text}]`).hostname)
        else expect(text).to.equal(new URL(`http://${text}`).hostname)
      }),
      { numRuns: 500 },
    )
    for (const [text, canonical] of [
      ['2001:0DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['0:0:0:0:0:0:0:0', '::'],
      ['::ffff:192.0.2.1', '::ffff:c000:201'],
      ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ] as const)
      expect(formatAddress(parseAddress(text)!)).to.equal(canonical)
  })

  it('lie in a prefix exactly where Node says so', () => {
    fc.assert(
      fc.property(address, address, fc.nat(128), fc.boolean(), (base, other, long, near) => {
        const width = base.family === 4 ? 32 : 128
        const prefix = { ...base, length: Math.min(long, width) }
        // A neighbour: the base with one bit turned.
        const asked: Address = near ? { ...base, value: base.value ^ (1n << (other.value % BigInt(width))) } : other
        const list = new BlockList()
        list.addSubnet(formatAddress(base), prefix.length, base.family === 4 ? 'ipv4' : 'ipv6')
        const mapped = asked.family === 6 && asked.value >> 32n === 0xffffn
        if (!mapped && asked.family === base.family)
          expect(prefixHolds(prefix, asked)).to.equal(
            list.check(formatAddress(asked), asked.family === 4 ? 'ipv4' : 'ipv6'),
          )
        if (asked.family !== base.family) expect(prefixHolds(prefix, asked)).to.equal(false)
      }),
      { numRuns: 500 },
    )
  })

  it('have prefixes that contain what all their addresses say', () => {
    fc.assert(
      fc.property(address, fc.nat(128), fc.nat(128), fc.boolean(), (base, a, b, near) => {
        const width = base.family === 4 ? 32 : 128
        const outer = networkPrefix({ ...base, length: Math.min(a, width) })
        const start = near ? base.value : base.value ^ (1n << BigInt(width - 1))
        const inner = networkPrefix({ family: base.family, value: start, length: Math.min(b, width) })
        const last = inner.value | ((1n << BigInt(width - inner.length)) - 1n)
        const both = prefixHolds(outer, inner) && prefixHolds(outer, { family: base.family, value: last })
        expect(prefixContains(outer, inner)).to.equal(both && outer.length <= inner.length)
        expect(parsePrefix(formatPrefix(outer))).to.deep.equal(outer)
        expect(networkPrefix(outer)).to.deep.equal(outer)
      }),
      { numRuns: 300 },
    )
    for (const text of [
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/',
      '10.0.0.0/08',
      '10.0.0.0/-1',
      '/8',
      '10.0.0.0/8/8',
      '10/8',
    ])
      expect(parsePrefix(text), text).to.equal(undefined)
    expect(parsePrefix('10.0.0.1')).to.include({ length: 32 })
  })

  it("are refused as an interface's own where they belong to nobody", () => {
    for (const text of [
      '0.0.0.0',
      '0.1.2.3',
      '127.0.0.1',
      '224.0.0.1',
      '239.255.255.255',
      '255.255.255.255',
      '::',
      '::1',
      'ff02::1',
      '::ffff:10.0.0.1',
    ])
      expect(unusableAddress(parseAddress(text)!), text).to.be.a('string')
    for (const text of ['10.0.0.1', '192.0.2.255', '169.254.0.1', 'fe80::1', 'fd00::1', '2001:db8::1'])
      expect(unusableAddress(parseAddress(text)!), text).to.equal(undefined)
  })

  it('have MACs of six octets, and know group addresses', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (octets) => {
        const text = Buffer.from(octets)
          .toString('hex')
          .replace(/..(?!$)/g, '$&:')
        const mac = parseMac(text)!
        expect(formatMac(mac)).to.equal(text)
        expect(parseMac(text.toUpperCase())).to.equal(mac)
        expect(isGroupMac(mac)).to.equal((octets[0]! & 1) === 1)
      }),
    )
    for (const text of [
      '',
      '00:00:5e:00:53',
      '00:00:5e:00:53:01:02',
      '00-00-5e-00-53-01',
      '00005e005301',
      '0:0:5e:0:53:1',
      '00:00:5e:00:53:0g',
    ])
      expect(parseMac(text), text).to.equal(undefined)
  })
})
