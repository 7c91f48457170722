/** The DHCPv4 server against a model as simple as can be, and what it must never do. */
import { expect } from 'chai'
import fc from 'fast-check'
import { formatAddress } from '../../../model/address.ts'
import { DHCP4_OPTION, DHCP4_TYPE, type Dhcp4, octetsOf } from '../../../packet/dhcp4.ts'
import { MAC, ServedDhcp } from '../../support/dhcp-server.ts'

const SUBNET = [{ cidr: '10.0.0.0/24', gateway: '10.0.0.1' }]
const text = (address: number | undefined): string => formatAddress({ family: 4, value: BigInt(address ?? 0) })
const at = (last: number): number => 0x0a000000 + last
const requested = (address: number): [number, Uint8Array] => [DHCP4_OPTION.requestedAddress, octetsOf(4, address)]
const { discover, request, decline, release, inform, ack, nak, offer } = DHCP4_TYPE

describe('the DHCPv4 server', () => {
  let lab: ServedDhcp
  const begin = async (guests: number, last: string, pool: object = {}): Promise<void> => {
    lab = new ServedDhcp()
    await lab.write([
      lab.network('n', { router: 'r', subnets: SUBNET, dhcp: { dns: ['10.0.0.53'] } }),
      lab.nap('p', 'n', '10.0.0.10', last, { coolSeconds: 0, ...pool }),
      ...Array.from({ length: guests }, (_, index) => lab.guest(index + 1, 'n')),
    ])
  }
  afterEach(() => lab.close())

  it('offers without giving, and acknowledges what is given and confirmed', async () => {
    await begin(1, '10.0.0.20')
    const offered = await lab.say(1, { type: discover })
    expect([offered?.message.type, text(offered?.message.yiaddr)]).to.deep.equal([offer, '10.0.0.10'])
    expect(lab.record(1).addresses).to.deep.equal([])
    let confirm: (is: boolean) => void = () => {}
    let asked = 0
    lab.confirms = (generation) => {
      asked = generation
      return new Promise((resolve) => {
        confirm = resolve
      })
    }
    expect(await lab.take(1, offered!), 'not yet').to.equal(undefined)
    expect(lab.record(1).addresses, 'durable by now').to.deep.equal(['10.0.0.10'])
    expect(asked).to.equal(lab.intent.modRevision('interface', 'g1'))
    confirm(false)
    await lab.settle()
    expect(lab.answers.length, 'no answer to what is not enforced').to.equal(1)
    lab.confirms = async () => true
    expect(text(await lab.take(1, offered!)), 'the client asks again').to.equal('10.0.0.10')
  })

  it('offers no two guests the same, and refuses what was given to another meanwhile', async () => {
    await begin(3, '10.0.0.11')
    const [one, two, three] = [
      await lab.say(1, { type: discover }),
      await lab.say(2, { type: discover }),
      await lab.say(3, { type: discover }),
    ]
    expect([text(one?.message.yiaddr), text(two?.message.yiaddr)]).to.deep.equal(['10.0.0.10', '10.0.0.11'])
    expect(three, 'both are promised').to.equal(undefined)
    lab.time += 31_000
    const again = await lab.say(3, { type: discover })
    expect(text(again?.message.yiaddr), 'offers end').to.equal('10.0.0.10')
    expect(text(await lab.take(3, again!))).to.equal('10.0.0.10')
    expect(await lab.take(1, one!)).to.equal(undefined)
    expect(lab.answers.at(-1)?.message.type).to.equal(nak)
  })

  it('answers interfaces with fixed addresses, and those that others lease for them, without a pool', async () => {
    await begin(2, '10.0.0.20')
    await lab.write([lab.guest(1, 'n', { addresses: ['10.0.0.77'] })])
    expect(text(await lab.boot(1))).to.equal('10.0.0.77')
    expect(lab.answers.at(-1)?.message.options.get(DHCP4_OPTION.leaseTime)).to.deep.equal(octetsOf(4, 3600))
    await lab.allocate(2, 'cloud')
    expect(text(await lab.boot(2))).to.equal('10.0.0.10')
    await lab.say(2, { type: release, ciaddr: at(10) }, { source: at(10) })
    expect(lab.record(2).addresses, 'a guest gives back only what it asked for itself').to.deep.equal(['10.0.0.10'])
  })

  it('refuses what is forged, and changes nothing for it', async () => {
    await begin(2, '10.0.0.20')
    expect(text(await lab.boot(1))).to.equal('10.0.0.10')
    const before = lab.store.revision()
    const ofOne: Partial<Dhcp4> = { chaddr: MAC + 1, ciaddr: at(10) }
    for (const type of [discover, request, decline, release, inform]) {
      expect(await lab.say(2, { ...ofOne, type }, { source: 0 }), `${type}`).to.equal(undefined)
      const options = new Map([[DHCP4_OPTION.clientId as number, Uint8Array.of(1, 0, 0, 0x5e, 0, 0x53, 1)]])
      expect(await lab.say(2, { type, options })).to.equal(undefined)
      expect(await lab.say(2, { type, ciaddr: at(10) }, { source: at(10) })).to.equal(undefined)
      expect(await lab.say(2, { type, giaddr: at(1) })).to.equal(undefined)
    }
    expect(lab.store.revision()).to.equal(before)
    const counts = Object.fromEntries(lab.server.counts())
    expect(counts).to.include({ 'forged-mac': 5, 'forged-client': 5, 'forged-address': 5, 'forged-relay': 5 })
    expect(lab.told.filter(({ type }) => type === 'dhcp-forged').length, 'told once for each reason').to.equal(4)
  })

  it('withholds what a guest declines, from all others and from itself', async () => {
    await begin(2, '10.0.0.11')
    expect(text(await lab.boot(1))).to.equal('10.0.0.10')
    await lab.say(1, { type: decline, options: new Map([requested(at(10))]) })
    expect(lab.record(1).addresses).to.deep.equal([])
    expect(lab.told.at(-1)).to.deep.include({ type: 'address-declined', subject: 'g1' })
    expect(text(await lab.boot(1)), 'another').to.equal('10.0.0.11')
    expect(await lab.say(2, { type: discover })).to.equal(undefined)
    lab.time += 3_600_001
    expect(text(await lab.boot(2)), 'after an hour').to.equal('10.0.0.10')
  })

  it('serves relays that the network names, and nobody else', async () => {
    await begin(3, '10.0.0.20')
    await lab.write([
      lab.guest(1, 'n', { addresses: ['10.0.0.9'] }),
      lab.network('n', { router: 'r', subnets: SUBNET, dhcp: { relays: ['g1'] } }),
    ])
    const agent = new Map([[DHCP4_OPTION.relayAgent as number, Uint8Array.of(1, 2, 7, 7)]])
    const through = { giaddr: at(9), chaddr: MAC + 2, options: agent }
    const offered = await lab.say(1, { type: discover, ...through }, { source: at(9) })
    expect(offered).to.include({ port: 1, mac: MAC + 1, destination: at(9) })
    expect(offered?.message.options.get(DHCP4_OPTION.relayAgent)).to.deep.equal(Uint8Array.of(1, 2, 7, 7))
    const options = new Map([...agent, requested(offered!.message.yiaddr)])
    const given = await lab.say(1, { type: request, ...through, options }, { source: at(9) })
    expect([given?.message.type, lab.record(2).addresses]).to.deep.equal([ack, [text(offered?.message.yiaddr)]])
    expect(await lab.say(3, { type: discover, ...through }, { source: 0 })).to.equal(undefined)
    expect(Object.fromEntries(lab.server.counts())).to.include({ 'forged-relay': 1 })
  })

  it('does what a map of guests and addresses says, whatever guests say', async function () {
    this.timeout(60_000)
    const step = fc.record({
      guest: fc.integer({ min: 1, max: 4 }),
      type: fc.constantFrom(discover, discover, request, request, request, release, decline, inform, 9),
      last: fc.integer({ min: 8, max: 14 }),
      how: fc.constantFrom('offered', 'selecting', 'init', 'renew', 'other-server'),
      forged: fc.nat({ max: 9 }),
    })
    let acknowledged = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 25 }), async (steps) => {
        await begin(4, '10.0.0.12')
        const has = new Map<number, number>()
        for (const { guest, type, last, how, forged } of steps) {
          lab.time += 3000
          const own = has.get(guest)
          const before = lab.store.revision()
          if (forged === 0) {
            expect(await lab.say(guest, { type, chaddr: MAC + 9 })).to.equal(undefined)
            expect(lab.store.revision()).to.equal(before)
            continue
          }
          if (type === request && how === 'offered') {
            const given = await lab.boot(guest)
            const free = [10, 11, 12].some((each) => ![...has.values()].includes(at(each)))
            if (own !== undefined) expect(given).to.equal(own)
            else if (given !== undefined) {
              expect([...has.values()]).to.not.include(given)
              expect(given).to.be.within(at(10), at(12))
              has.set(guest, given)
            } else expect(free && lab.server.offers.size === 0).to.equal(false)
          } else {
            const isRenewal = how === 'renew' || type === release || type === inform
            const options = new Map<number, Uint8Array>()
            if (!isRenewal) options.set(...requested(at(last)))
            if (how === 'selecting') options.set(DHCP4_OPTION.server, octetsOf(4, at(1)))
            if (how === 'other-server') options.set(DHCP4_OPTION.server, octetsOf(4, at(2)))
            const source = isRenewal && own === at(last) ? at(last) : 0
            const promised = lab.server.offers.of(`g${guest}`, 4, lab.time)
            const answer = await lab.say(guest, { type, ciaddr: isRenewal ? at(last) : 0, options }, { source })
            const isOurs = how !== 'other-server'
            if (type === request && isOurs) {
              const isOwn = own === at(last)
              const isTaken = !isRenewal && own === undefined && promised === BigInt(at(last))
              expect(answer?.message.type).to.equal(isOwn || isTaken ? ack : nak)
              if (isTaken) has.set(guest, at(last))
            } else if (type === release && isOurs && own === at(last)) has.delete(guest)
            else if (type === decline && isOurs && !isRenewal && own === at(last)) has.delete(guest)
            else if (type === inform && own === at(last)) expect(answer?.message.type).to.equal(ack)
            else if (type !== discover) expect(answer).to.equal(undefined)
          }
          if (lab.answers.at(-1)?.message.type === ack) acknowledged++
          const held = [1, 2, 3, 4].map((each) => lab.record(each).addresses.join())
          expect(held).to.deep.equal([1, 2, 3, 4].map((each) => (has.has(each) ? text(has.get(each)) : '')))
        }
        await lab.close()
      }),
      { numRuns: 60 },
    )
    expect(acknowledged).to.be.greaterThan(20)
    await begin(0, '10.0.0.12')
  })
})
