/**
 * Addresses that were offered and not yet taken: one for each interface and family, for a short time, so that two guests
 * that boot at once are not offered the same. Nothing of it is stored: a client whose offer is forgotten asks again. Pure;
 * the caller brings the time. Used by server.ts.
 */

export const OFFER_MS = 30_000
/** Offers kept at once; beyond it the oldest goes. */
export const OFFERS = 65_536

interface Offer {
  key: string
  by: string
  until: number
}

export class Offers {
  readonly #limit: number
  /** By who was offered it, oldest first. */
  readonly #byGuest = new Map<string, Offer & { address: bigint }>()
  readonly #byAddress = new Map<string, Offer>()

  constructor(limit = OFFERS) {
    this.#limit = limit
  }

  get size(): number {
    return this.#byGuest.size
  }

  /** What a guest was offered, and may take. */
  of(guest: string, family: 4 | 6, now: number): bigint | undefined {
    const offer = this.#byGuest.get(`${family} ${guest}`)
    return offer !== undefined && now < offer.until ? offer.address : undefined
  }

  /** Whether somebody else was offered an address. */
  isOthers(network: string, address: bigint, guest: string, now: number): boolean {
    const offer = this.#byAddress.get(`${network} ${address}`)
    return offer !== undefined && now < offer.until && !isOf(offer.by, guest)
  }

  put(network: string, address: bigint, guest: string, family: 4 | 6, now: number): void {
    const by = `${family} ${guest}`
    this.#drop(by)
    for (const [first, { until }] of this.#byGuest) {
      if (now < until && this.#byGuest.size < this.#limit) break
      this.#drop(first)
    }
    const offer = { key: `${network} ${address}`, by, until: now + OFFER_MS, address }
    this.#byGuest.set(by, offer)
    this.#byAddress.set(offer.key, offer)
  }

  /** It was taken, or its guest asks for something else. */
  end(guest: string, family: 4 | 6): void {
    this.#drop(`${family} ${guest}`)
  }

  #drop(by: string): void {
    const offer = this.#byGuest.get(by)
    if (offer === undefined) return
    this.#byGuest.delete(by)
    if (this.#byAddress.get(offer.key)?.by === by) this.#byAddress.delete(offer.key)
  }
}

const isOf = (by: string, guest: string): boolean => by.slice(2) === guest
