/** CSV in NetBox's columns: what is written is read back as it was, mistakes have their place, hostile text is harmless. */
import { expect } from 'chai'
import fc from 'fast-check'
import { CSV_LIMITS, csvText, parseCsv, plainText } from '../../../ipam/external/csv.ts'
import type { IpamAddress, IpamBlock } from '../../../ipam/external/entry.ts'
import { readAddresses, readBlocks, writeAddresses, writeBlocks } from '../../../ipam/external/netbox-csv.ts'
import { formatAddress, formatPrefix, networkPrefix } from '../../../model/address.ts'

const texts = (text: string): string[][] => {
  const parsed = parseCsv(text)
  if (!parsed.ok) throw new Error(`${parsed.problem.line}:${parsed.problem.column} ${parsed.problem.message}`)
  return parsed.records.map((record) => record.map((field) => field.text))
}

const problemOf = (text: string): string => {
  const parsed = parseCsv(text)
  if (parsed.ok) throw new Error('it was read')
  return `${parsed.problem.line}:${parsed.problem.column} ${parsed.problem.message}`
}

describe('comma-separated values', () => {
  it('read what RFC 4180 allows, and tell where each field begins', () => {
    expect(texts('a,b\r\n1,"x,""y""\r\nz"\n\n,\n2,')).to.deep.equal([
      ['a', 'b'],
      ['1', 'x,"y"\r\nz'],
      ['', ''],
      ['2', ''],
    ])
    const parsed = parseCsv('\ufeffa,"b\nc",d\n1,2,3')
    expect(
      parsed.ok && parsed.records.map((record) => record.map(({ line, column }) => `${line}:${column}`)),
    ).to.deep.equal([
      ['1:1', '1:3', '2:4'],
      ['3:1', '3:3', '3:5'],
    ])
  })

  it('refuse what is broken, with its place', () => {
    expect(problemOf('a\n"b')).to.equal('2:1 a quoted field does not end')
    expect(problemOf('a,"b"c')).to.equal('1:6 text after the closing quote of a field')
    expect(problemOf('a\nb"c')).to.equal('2:2 a quote inside a field that has none around it')
    expect(problemOf('a\n\0')).to.equal('2:1 holds a NUL character')
    expect(problemOf(`a\n${'x'.repeat(CSV_LIMITS.field + 1)}`)).to.contain('longer than')
    expect(problemOf(','.repeat(CSV_LIMITS.fields))).to.contain('64 fields or more')
    expect(problemOf('x\n'.repeat(CSV_LIMITS.records + 1))).to.contain('more than 50000 lines')
    expect(problemOf('x'.repeat(CSV_LIMITS.length + 1))).to.contain('longer than')
  })

  it('come back as they were written, and no spreadsheet takes a cell for a formula', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.stringMatching(/^['=+@-]{1,3}[a-z0-9()|! ]{0,6}$/),
      fc.constantFrom('=HYPERLINK("http://x")', "'=1", '@SUM(A1)', 'a,b', 'a"b', ' a ', 'a\r\nb', '\t=1'),
    )
    const rows = fc.array(
      fc.array(
        cell.filter((text) => !text.includes('\0')),
        { minLength: 2, maxLength: 5 },
      ),
      {
        maxLength: 8,
      },
    )
    fc.assert(
      fc.property(rows, (written) => {
        const text = csvText(written)
        const raw = texts(text)
        expect(raw.flat().filter((field) => /^[=+\-@\t\r]/.test(field))).to.deep.equal([])
        expect(raw.map((record) => record.map(plainText))).to.deep.equal(written)
      }),
      { numRuns: 300 },
    )
  })

  it('are read or refused, whatever they hold, in time that follows their length', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^["\r\n,a=]{0,40}$/), (text) => {
        const parsed = parseCsv(text)
        if (parsed.ok) expect(parsed.records.every((record) => record.length > 0)).to.equal(true)
        else expect(parsed.problem.line).to.be.greaterThan(0)
      }),
      { numRuns: 1000 },
    )
    const quotes = '"a\n",'.repeat(60)
    expect(texts(`${quotes}x\n`.repeat(5000))).to.have.length(5000)
  })
})

const network = fc.constantFrom('default', 'blue', 'red.lab')
const slugs = fc.uniqueArray(fc.stringMatching(/^[a-z0-9_-]{1,8}$/), { maxLength: 3 })
const plainWord = fc.stringMatching(/^[=+@a-zA-Z0-9 ,"'-]{0,10}$/).map((text) => text.trim())
const anyAddress = fc.oneof(
  fc.record({ family: fc.constant(4 as const), value: fc.bigInt(1n << 24n, (1n << 31n) - 1n) }),
  fc.record({ family: fc.constant(6 as const), value: fc.bigInt(1n << 64n, (1n << 127n) - 1n) }),
)

describe('NetBox columns', () => {
  it('hold prefixes, ranges and addresses without loss', () => {
    const base = { role: plainWord, description: plainWord, tags: slugs, network, id: fc.constant('') }
    const prefix = fc
      .record({ ...base, at: anyAddress, length: fc.integer({ min: 8, max: 32 }), isPool: fc.boolean() })
      .map(({ at, length, isPool, ...rest }): IpamBlock => {
        const whole = networkPrefix({ ...at, length })
        const size = 1n << BigInt((at.family === 4 ? 32 : 128) - length)
        const edge = at.family === 4 && length < 31 && !isPool ? 1n : 0n
        const [first, last] = [whole.value + edge, whole.value + size - 1n - edge].map((value) =>
          formatAddress({ family: at.family, value }),
        ) as [string, string]
        return {
          ...rest,
          kind: 'prefix',
          cidr: formatPrefix(whole),
          range: { first, last },
          status: 'container',
          isPool,
        }
      })
    const range = fc
      .record({ ...base, at: anyAddress, more: fc.bigInt(0n, 4000n), length: fc.integer({ min: 8, max: 32 }) })
      .map(({ at, more, length, ...rest }): IpamBlock => {
        const last = formatAddress({ family: at.family, value: at.value + more })
        const cidr = formatPrefix(networkPrefix({ ...at, length }))
        const shape = { kind: 'range', status: 'reserved', isPool: false } as const
        return { ...rest, ...shape, cidr, range: { first: formatAddress(at), last } }
      })
    const address = fc
      .record({ at: anyAddress, network, description: plainWord, tags: slugs, dnsName: fc.constantFrom('', 'web-1') })
      .map(({ at, ...rest }): IpamAddress => {
        return { ...rest, address: formatAddress(at), status: 'dhcp', id: '', version: '' }
      })
    fc.assert(
      fc.property(fc.array(prefix), fc.array(range), fc.array(address), (prefixes, ranges, addresses) => {
        const got = readBlocks('prefixes', writeBlocks('prefixes', prefixes))
        expect(got.problems).to.deep.equal([])
        expect(got.entries.map(({ entry }) => entry)).to.deep.equal(prefixes)
        const gotRanges = readBlocks('ip-ranges', writeBlocks('ip-ranges', ranges))
        expect(gotRanges.problems).to.deep.equal([])
        expect(gotRanges.entries.map(({ entry }) => entry)).to.deep.equal(ranges)
        const gotAddresses = readAddresses(writeAddresses(addresses, () => 24))
        expect(gotAddresses.problems).to.deep.equal([])
        expect(gotAddresses.entries.map(({ entry }) => entry)).to.deep.equal(addresses)
      }),
      { numRuns: 100 },
    )
  })

  it("take NetBox's own labels, and pass over what it has besides", () => {
    const { entries, problems } = readAddresses(
      'ID,IP Address,VRF,Status,DNS Name,Tenant,Tags,cf_rack\n7,10.0.1.5/24,Global,Active,Web-1,acme,"a,b",3\n',
    )
    expect(problems).to.deep.equal([])
    expect(entries).to.deep.equal([
      {
        line: 2,
        entry: {
          ...{ network: 'default', address: '10.0.1.5', status: 'active', dnsName: 'web-1', description: '' },
          ...{ tags: ['a', 'b'], id: '', version: '' },
        },
      },
    ])
  })

  it('tell every mistake with its line and column', () => {
    const told = ({ problems }: { problems: { line: number; column: number; message: string }[] }): string[] =>
      problems.map(({ line, column, message }) => `${line}:${column} ${message}`)
    expect(told(readAddresses('address,colour\n'))).to.deep.equal([
      '1:9 NetBox has no column "colour" of ip-addresses',
      '1:1 the column status is missing',
    ])
    expect(
      told(readAddresses('address,status,tags\n10.0.0.300/24,active,\n10.0.0.1/24,on,x\n10.0.0.1/24,active,a b\n1\n')),
    ).to.deep.equal([
      '2:1 address: must be an address with a mask, as in 10.0.1.5/24',
      '3:13 status: must be one of active, reserved, deprecated, dhcp, slaac',
      '4:20 tags: a b is no slug: letters, digits, hyphens and underscores',
      '5:1 has 1 fields; there are 3 columns',
    ])
    expect(told(readBlocks('prefixes', 'prefix,status\n10.0.0.1/24,active\n'))).to.deep.equal([
      '2:1 prefix: must be a prefix without host bits, as in 10.0.1.0/24',
    ])
    expect(
      told(readBlocks('ip-ranges', 'start_address,end_address,status\n10.0.0.9/24,10.0.0.1/24,active\n')),
    ).to.deep.equal(['2:13 end_address: is before start_address'])
    expect(told(readAddresses('address,address,status\n'))).to.deep.equal(['1:9 address: stands twice'])
    expect(told(readAddresses(''))).to.deep.equal(['1:1 is empty'])
  })
})
