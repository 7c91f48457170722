/**
 * The codec against octets that others wrote (test/golden/wire, made by capture.py): ovs-ofctl, ovs-vswitchd and
 * os-ken. All decode and encode to the same octets. What they mean is held against Open vSwitch's own reading of
 * them, against the values that the recorded commands name, and against os-ken's account, member by member.
 */
import { expect } from 'chai'
import { formatMessage, MULTIPART } from 'node-openflow'
import { hasMultipart } from '../../openflow/spec/multipart.ts'
import { VERSIONS } from '../../openflow/wire/version.ts'
import { golden, read } from './golden.ts'
import { type Account, agree, leaves } from './os-ken-account.ts'

interface Entry {
  command: string[]
  messages: string[]
  texts: string[]
  field?: string
  value?: string
  mask?: string
}

/** Every value under a key, at any depth. */
function* under(value: unknown, key: string): Generator<unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const [name, member] of Object.entries(value)) {
    if (name === key) yield member
    yield* under(member, key)
  }
}

/** Messages that Open vSwitch's printer tells less of, or otherwise, than is in them. */
const PRINTED_OTHERWISE: ReadonlyArray<readonly [RegExp, string]> = [
  [/^del-flows TCP cookie/, 'leaves out out_group'],
  [/^dump-flows TCP table=3,cookie/, 'leaves out out_group and cookie'],
  [/^del-tlv-map TCP$/, 'an empty table has no heading'],
  [/^set-frags/, 'names the value 3, which OpenFlow does not have'],
  [/^ct-flush/, 'another layout'],
  [/monitor TCP watch/, 'leaves out priority; names of flags'],
  [/actions=drop$/, 'ct_nw_*: refuses to read what ovs-ofctl wrote; tun_erspan_*: leaves out; tun_gtpu_*: other names'],
  [/^dump-table-features/, 'another layout'],
  [/^queue-get-config|^\(os-ken\)/, 'refuses to read the request inside the error'],
  [/^monitor TCP 65534$/, 'reads its continuations'],
  [/tun_metadata0=0x1234\/0xffff/, 'leaves out a mask of all bits; read again, its text is another match'],
]

describe('openflow goldens', () => {
  for (const name of ['ovs-ofctl', 'ovs-vswitchd'] as const) {
    const { source, entries } = golden<Entry>(name)

    it(`${source}: the same octets, nothing unknown, nothing in padding`, () => {
      let count = 0
      for (const { command, messages } of entries) {
        for (const octets of messages) {
          const message = read(octets)
          expect(message.type, command.join(' ')).not.to.equal('experimenter')
          expect([...under(message, 'field')], command.join(' ')).not.to.include('unknown')
          for (const list of [...under(message, 'actions'), ...under(message, 'instructions')]) {
            for (const { type } of (Array.isArray(list) ? list : []) as Array<{ type: string }>) {
              expect(type, command.join(' ')).not.to.equal('experimenter')
            }
          }
          count++
        }
      }
      expect(count).to.be.greaterThan(50)
    })

    it(`${source}: Open vSwitch reads them as we do`, () => {
      let alike = 0
      const different: string[] = []
      for (const { command, messages, texts } of entries) {
        messages.forEach((octets, i) => {
          // The packet itself, which ovs-ofctl prints as a flow of its own, is not part of the codec.
          const theirs = texts[i]!.replace(/(data_len=\d+.*)\n[^\n]*nw_frag=no$/, '$1')
          if (formatMessage(read(octets)).trimEnd() === theirs) alike++
          else if (!PRINTED_OTHERWISE.some(([pattern]) => pattern.test(command.join(' '))))
            different.push(`${command.join(' ')}: ${theirs}`)
        })
      }
      expect(different).to.deep.equal([])
      // Exceptions must stay exceptions.
      const all = entries.reduce((sum, { messages }) => sum + messages.length, 0)
      expect(alike / all).to.be.greaterThan(name === 'ovs-ofctl' ? 0.95 : 0.7)
    })
  }

  it('ovs-ofctl: every field has the value and mask of the command', () => {
    const entries = golden<Entry>('ovs-ofctl').entries.filter(({ field }) => field !== undefined)
    expect(entries.length).to.be.greaterThan(100)
    for (const { command, messages, field, value, mask } of entries) {
      const message = read(messages.at(-2)!) as {
        match?: Array<{ field: string; value: number | bigint; mask?: number | bigint }>
      }
      const oxm = message.match?.find((one) => one.field === field) ?? register(field!, message.match ?? [])
      expect(oxm, command.join(' ')).not.to.equal(undefined)
      expect(
        [BigInt(oxm!.value), oxm!.mask === undefined ? undefined : BigInt(oxm!.mask)],
        command.join(' '),
      ).to.deep.equal([BigInt(value!), mask === undefined ? undefined : BigInt(mask)])
    }
  })

  it('os-ken: the same octets, and every member has the value that os-ken tells', () => {
    const { entries } = golden<{ name: string; octets: string; osken: Account }>('os-ken')
    expect(entries.length).to.be.greaterThan(250)
    const types = new Set<string>()
    for (const { name, octets, osken } of entries) {
      const message = read(octets)
      types.add('mp_type' in message ? `${message.type} ${message.mp_type}` : message.type)
      const seen = new Set<string>()
      agree(osken, message, { name, version: VERSIONS.of13 }, '', seen)
      expect(
        leaves(message, '').filter((path) => !seen.has(path) && path !== '.reserved'),
        name,
      ).to.deep.equal([])
    }
    // Every message type of OpenFlow 1.3.5, both sides of every multipart type.
    expect([...types].filter((type) => !type.startsWith('multipart'))).to.have.length(28)
    const standard = (Object.keys(MULTIPART) as Array<keyof typeof MULTIPART>).filter(
      (name) => hasMultipart(name, VERSIONS.of13) && !name.startsWith('nx_'),
    )
    expect([...types].filter((type) => type.startsWith('multipart'))).to.have.length(2 * (standard.length - 1))
  })
})

/** Wide registers, which ovs-ofctl matches by the 32 bit registers that they consist of; zero is matched too. */
function register(
  field: string,
  match: ReadonlyArray<{ field: string; value: number | bigint }>,
): { value: bigint; mask?: never } | undefined {
  const parts = /^(x+)reg(\d+)$/.exec(field)
  if (parts === null) return undefined
  const count = 2 ** parts[1]!.length
  const first = Number(parts[2]) * count
  const values = Array.from({ length: count }, (_, i) => match.find((one) => one.field === `reg${first + i}`)?.value)
  if (values.includes(undefined)) return undefined
  return { value: values.reduce<bigint>((sum, value) => (sum << 32n) | BigInt(value!), 0n) }
}
