/** Records as messages: what validation reads back from the message of a record is the record. */
import { expect } from 'chai'
import fc from 'fast-check'
import { readPacket } from '../../controller/api/asked.ts'
import { recordMessage } from '../../controller/api/messages.ts'
import { canonicalIcmp, ICMP_NAMES, icmpTexts, readIcmp } from '../../model/icmp.ts'
import type { AnyRecord, IcmpMatch, Rule } from '../../model/records.ts'
import { validateRecord } from '../../model/validate.ts'
import { arbitraryRecords } from '../support/arbitrary-state.ts'

const portless = (rules: Rule[]) => rules.map(({ ports: _, ...rule }) => rule)

describe('packets of questions', () => {
  it('name messages of ICMP by number and by name, of the family that is asked about', () => {
    const asked = (text: string, ipv6: boolean) => {
      const read = readPacket(text, ipv6)
      return read.ok ? Object.values(read.value).join(' ') : 'refused'
    }
    for (const [text, ipv4, ipv6] of [
      ['icmp', '1 8', '58 128'],
      ['icmp/echo-request', '1 8', '58 128'],
      ['icmp/8', '1 8', '1 8'],
      ['icmp/3/4', '1 3 4', '1 3 4'],
      ['icmpv6/1/4', '58 1 4', '58 1 4'],
      ['icmpv6/packet-too-big', '58 2', '58 2'],
      ['58/128', '58 128', '58 128'],
      ['icmp6,icmp_type=1,icmp_code=4', '58 1 4', '58 1 4'],
      ['icmp/packet-too-big', 'refused', '58 2'],
      ['icmp/256', 'refused', 'refused'],
      ['icmp/3/4/5', 'refused', 'refused'],
      ['icmp/', 'refused', 'refused'],
      ['tcp/echo-request', 'refused', 'refused'],
      // Names that every object has are no protocols.
      ['constructor', 'refused', 'refused'],
      ['toString/80', 'refused', 'refused'],
      ['hasOwnProperty', 'refused', 'refused'],
      // As logs show them: the addresses say of which family.
      ['tcp 10.0.0.1:40000 -> 10.0.0.2:443', '6 443', '6 443'],
      ['tcp,10.0.0.1:40000>10.0.0.2:443', '6 443', '6 443'],
      ['udp [fd00::1]:40000 -> [fd00::2]:53', '17 53', '17 53'],
      ['icmp/3/4 10.0.0.1 -> 10.0.0.2', '1 3 4', '1 3 4'],
      ['icmp/echo-request fd00::1 -> fd00::2', '58 128', '58 128'],
      ['icmp6/128/0 fd00::1 -> fd00::2', '58 128 0', '58 128 0'],
      ['protocol 47 10.0.0.1 -> 10.0.0.2', '47', '47'],
      ['tcp 10.0.0.1:70000 -> 10.0.0.2:443', 'refused', 'refused'],
      ['tcp 10.0.0.1:40000 -> [fd00::2]:443', 'refused', 'refused'],
      ['tcp/80 10.0.0.1:40000 -> 10.0.0.2:443', 'refused', 'refused'],
      ['constructor 10.0.0.1:1 -> 10.0.0.2:2', 'refused', 'refused'],
    ] as const) {
      expect([asked(text, false), asked(text, true)], text).to.deep.equal([ipv4, ipv6])
    }
  })
})

describe('records as messages', () => {
  it('are read back as the same records', () => {
    let policies = 0
    fc.assert(
      fc.property(arbitraryRecords, ({ records }) => {
        for (const record of records) {
          const { number, createTime, updateTime, updatedBy, ...said } = record
          // Pools are written with leases: no message of a writer says them.
          const { naps: _, ...own } = { naps: undefined, ...said }
          const read = (from: AnyRecord) => validateRecord(from.kind, recordMessage(from, 1)[from.kind])
          const once = read(record)
          // The generators make selectors that match nothing, and ICMPv6 from IPv4: those are refused.
          if (!once.ok) continue
          const twice = read({ ...once.value, number, createTime, updateTime, updatedBy } as AnyRecord)
          expect(twice).to.deep.equal(once)
          // Ranges of ports that touch are joined.
          const plain = (its: object) => ('rules' in its ? { ...its, rules: portless(its.rules as Rule[]) } : its)
          expect(plain(once.value)).to.deep.equal(plain(own))
          if (record.kind === 'policy' && record.rules.length > 0) policies++
        }
      }),
      { numRuns: 100 },
    )
    expect(policies).to.be.greaterThan(20)
  })

  it('name messages of ICMP so that they are read back, for one protocol and for both', () => {
    const number = fc.tuple(fc.nat(255), fc.option(fc.nat(255), { nil: undefined }))
    const numeric = number.map(([type, code]) => (code === undefined ? `${type}` : `${type}/${code}`))
    const one = fc.constantFrom<[1] | [58]>([1], [58])
    const asked = fc.oneof(
      fc.tuple(one, fc.array(fc.oneof(fc.constantFrom(...ICMP_NAMES), numeric), { minLength: 1 })),
      fc.tuple(fc.constant<(1 | 58)[]>([1, 58]), fc.array(fc.constantFrom(...ICMP_NAMES), { minLength: 1 })),
    )
    fc.assert(
      fc.property(asked, ([protocols, texts]) => {
        const messages = (list: string[]): IcmpMatch[] =>
          list.flatMap((text) => {
            const found = readIcmp(text, protocols)
            return typeof found === 'string' ? [] : found
          })
        const read = (list: string[]) => canonicalIcmp(messages(list))
        const matches = read(texts)
        expect(read(icmpTexts(matches, protocols))).to.deep.equal(matches)
        const named =
          (type: number, code: number, protocol: number) => (its: { protocol: number; type: number; code?: number }) =>
            its.protocol === protocol && its.type === type && (its.code ?? code) === code
        for (const { protocol, type, code = 7 } of messages(texts)) {
          expect(matches.filter(named(type, code, protocol)).length, `${protocol}/${type}/${code}`).to.equal(1)
        }
      }),
    )
    expect(readIcmp('echo-request', [1, 58])).to.deep.equal([
      { protocol: 1, type: 8 },
      { protocol: 58, type: 128 },
    ])
  })
})
