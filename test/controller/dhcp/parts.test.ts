/** The small parts of the DHCP server: offers that are reserved for a time, and turns that are bounded and fair. */
import { expect } from 'chai'
import fc from 'fast-check'
import { OFFER_MS, Offers } from '../../../controller/dhcp/offers.ts'
import { type TurnLimits, Turns } from '../../../controller/dhcp/turns.ts'

describe('offers', () => {
  it('are what a list of all that were made says', () => {
    const step = fc.tuple(
      fc.constantFrom('put', 'end', 'wait'),
      fc.nat({ max: 3 }),
      fc.nat({ max: 3 }),
      fc.nat({ max: 20 }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const offers = new Offers()
        let model: { guest: string; address: bigint; until: number }[] = []
        let now = 0
        for (const [what, guestIndex, addressIndex, seconds] of steps) {
          const [guest, address] = [`g${guestIndex}`, BigInt(addressIndex)]
          const isOthers = model.some((its) => its.address === address && its.guest !== guest && now < its.until)
          if (what === 'wait') now += seconds * 1000
          else if (what === 'end') {
            offers.end(guest, 4)
            model = model.filter((its) => its.guest !== guest)
          } else if (!isOthers) {
            offers.put('net', address, guest, 4, now)
            model = [...model.filter((its) => its.guest !== guest), { guest, address, until: now + OFFER_MS }]
          }
          for (let at = 0; at < 4; at++) {
            const name = `g${at}`
            const its = model.find((each) => each.guest === name && now < each.until)
            expect(offers.of(name, 4, now)).to.equal(its?.address)
            for (let its2 = 0n; its2 < 4n; its2++) {
              const taken = model.some((each) => each.address === its2 && each.guest !== name && now < each.until)
              expect(offers.isOthers('net', its2, name, now)).to.equal(taken)
            }
          }
        }
      }),
    )
  })

  it('are of a network and a family, and bounded', () => {
    const offers = new Offers(3)
    offers.put('a', 1n, 'x', 4, 0)
    expect(offers.isOthers('b', 1n, 'y', 0)).to.equal(false)
    expect(offers.of('x', 6, 0)).to.equal(undefined)
    for (let index = 0; index < 10; index++) offers.put('a', BigInt(index + 2), `g${index}`, 4, 0)
    expect(offers.size).to.equal(3)
    expect(offers.isOthers('a', 1n, 'y', 0), 'the oldest went').to.equal(false)
  })
})

describe('turns of those who ask', () => {
  const limits: TurnLimits = {
    port: { burst: 5, perSecond: 1, waiting: 2 },
    relay: { burst: 100, perSecond: 100, waiting: 20 },
    total: { burst: 200, perSecond: 10 },
    ports: 10,
    busy: 2,
  }

  it('are so many for a port, and a port that floods delays nobody', async () => {
    const served: string[] = []
    const going: (() => void)[] = []
    const turns = new Turns<string>((question) => {
      served.push(question)
      return new Promise((resolve) => going.push(resolve))
    }, limits)
    const asked = Array.from({ length: 50 }, (_, index) => turns.ask('flood', false, `flood ${index}`, 0))
    expect(asked.filter(Boolean).length, 'two are answered, two wait').to.equal(4)
    expect(turns.ask('calm', false, 'calm', 0)).to.equal(true)
    expect(served).to.deep.equal(['flood 0', 'flood 1'])
    going.shift()!()
    await new Promise((resolve) => setImmediate(resolve))
    going.shift()!()
    await new Promise((resolve) => setImmediate(resolve))
    expect(served, 'the calm one has its turn before the second that waits').to.deep.equal([
      'flood 0',
      'flood 1',
      'flood 2',
      'calm',
    ])
    expect(turns.ask('flood', false, 'later', 2000), 'a second later it may ask again').to.equal(true)
  })

  it('are so many in all, of which ports that may not ask take nothing', () => {
    const turns = new Turns<number>(() => new Promise(() => {}), { ...limits, busy: 1000 })
    for (let index = 0; index < 1000; index++) turns.ask('flood', false, index, 0)
    let answered = 0
    for (let port = 0; port < 100; port++)
      for (let index = 0; index < 5; index++) if (turns.ask(`p${port}`, false, index, 0)) answered++
    expect(answered).to.equal(195)
  })
})
