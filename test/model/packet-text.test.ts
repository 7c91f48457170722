/** A packet's line is read back as the packet, whatever it is; other texts are no packets. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Address, formatAddress } from '../../model/address.ts'
import { formatPacket, readPacketText, type TextPacket } from '../../model/packet-text.ts'

const port = fc.integer({ min: 0, max: 65535 })
const octet = fc.integer({ min: 0, max: 255 })
const addresses = (family: 4 | 6): fc.Arbitrary<Address> =>
  fc.bigInt({ min: 0n, max: family === 4 ? 2n ** 32n - 1n : 2n ** 128n - 1n }).map((value) => ({ family, value }))

const packets: fc.Arbitrary<TextPacket> = fc.constantFrom<4 | 6>(4, 6).chain((family) =>
  fc
    .record({
      source: addresses(family),
      destination: addresses(family),
      rest: fc.oneof(
        fc.record({
          protocol: fc.constantFrom(6, 17, 132),
          sourcePort: port,
          destinationPort: port,
        }),
        fc.record({ protocol: fc.constant(family === 4 ? 1 : 58), type: octet, code: octet }),
        fc.record({ protocol: octet }),
      ),
    })
    .map(({ rest, ...ends }) => ({ ...ends, ...rest })),
)

const word = ({ protocol }: TextPacket): string =>
  ({ 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6', 132: 'sctp' })[protocol] ?? String(protocol)

describe('packets as text', () => {
  it('are read back as they were, from a line or from the middle of a sentence', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const text = formatPacket(packet)
        const read = readPacketText(text)
        const { source, destination, sourcePort, destinationPort, type, code } = packet
        const last = destinationPort ?? (type === undefined ? undefined : `${type}/${code}`)
        expect(read, text).to.deep.equal({
          source,
          destination,
          ...(sourcePort === undefined ? {} : { sourcePort, destinationPort }),
          layer4: last === undefined ? word(packet) : `${word(packet)}/${last}`,
        })
        expect(readPacketText(`${text}.`), 'with the stop of a sentence').to.deep.equal(read)
        const compact = text
          .replace(/^protocol /, '')
          .replace(' -> ', '>')
          .replace(' ', ',')
        expect(readPacketText(compact), compact).to.deep.equal(read)
      }),
    )
  })

  it('are nothing else', () => {
    const address = formatAddress({ family: 4, value: 0x0a000001n })
    for (const text of [
      '',
      'tcp/443',
      'tcp',
      `tcp ${address}`,
      `tcp ${address} -> web`,
      `tcp ${address}:1 -> ${address}`,
    ])
      expect(readPacketText(text), text).to.equal(undefined)
  })
})
