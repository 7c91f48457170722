/**
 * Sixteen clients that ask a controller of its own process for addresses and give them back, all at once, while it is
 * killed now and then; and the comparison of all that they were told, and of all that is there, with the naive model.
 * Operations of other kinds can be mixed in. A run is told by its seed, as far as the scheduler lets it.
 */
import { randomUUID } from 'node:crypto'
import { Random } from '../fuzz/engine/random.ts'
import { type Call, type Caller, CallFailure, caller } from './api-server.ts'
import { type Fact, LeaseModel, type Maybe, type SeenLease } from './lease-model.ts'
import { RunningController } from './running-controller.ts'

/** Something else that clients do meanwhile, with what must hold when nobody does anything. */
export interface MixedIn {
  /** One operation; a call that rejects with status 14 was not answered. */
  act(call: Call, random: Random): Promise<void>
  /** Sentences about what does not hold. */
  check(call: Call): Promise<string[]>
}

export interface StormOptions {
  seed: number
  operations: number
  kills: number
  mixedIn?: MixedIn
}

export interface StormReport {
  operations: number
  given: number
  ended: number
  refused: number
  /** Requests without an answer, and how many of those that were not repeated turned out to have happened. */
  unanswered: number
  happened: number
  repeated: number
  kills: number
  faults: string[]
}

const CLIENTS = 16
const INTERFACES = 3
const COOL_SECONDS = 1
/** Small ones run out, so that cooled addresses are given again. */
const POOLS = [
  { name: 'tight', ranges: [{ first: '10.20.0.1', last: '10.20.0.24' }], coolSeconds: COOL_SECONDS },
  { name: 'wide', ranges: [{ first: '10.20.4.1', last: '10.20.5.254' }], coolSeconds: COOL_SECONDS },
  { name: 'six', ranges: [{ first: '2001:db8::10', last: '2001:db8::4f' }], coolSeconds: 0 },
]
const REFUSALS = new Set([
  ...['POOL_EXHAUSTED', 'NO_NAP_FITS', 'ADDRESS_TAKEN', 'TOO_MANY', 'LEASE_SUPERSEDED', 'LEASE_ENDED', 'NO_LEASE'],
])
const UNAVAILABLE = [1, 14]

interface Inheriting {
  name: string
  addresses: string[]
  naps: string[]
  status: { tags: { from: string; counts: boolean }[] }
}

interface LeaseMessage {
  address: string
  nap: string
  interface: string
  client: string
  state: string
  generation: string
  revision: string
  since: { seconds: string; nanos: number }
  coolUntil: { seconds: string; nanos: number } | null
}

const ms = ({ seconds, nanos }: { seconds: string; nanos: number }): number => Number(seconds) * 1000 + nanos / 1e6

function seenOf(message: LeaseMessage): SeenLease {
  const { address, nap, interface: name, client, coolUntil } = message
  return {
    ...{ address, nap, interface: name, client },
    state: message.state.slice('LEASE_STATE_'.length).toLowerCase() as SeenLease['state'],
    generation: Number(message.generation),
    revision: Number(message.revision),
    since: ms(message.since),
    ...(coolUntil === null ? {} : { coolUntil: ms(coolUntil) }),
  }
}

/** A request whose answer may never come. */
interface Asked {
  method: string
  request: Record<string, unknown>
  maybe: Maybe
  facts(answer: never): Fact[]
}

export async function leaseStorm({ seed, operations, kills, mixedIn }: StormOptions): Promise<StormReport> {
  const controller = await RunningController.start()
  try {
    return await new Storm(controller, seed, mixedIn).run(operations, kills)
  } finally {
    await controller.remove()
  }
}

class Storm {
  readonly #controller: RunningController
  readonly #random: Random
  readonly #mixedIn: MixedIn | undefined
  readonly #model = new LeaseModel()
  readonly #report = { operations: 0, given: 0, ended: 0, refused: 0, unanswered: 0, repeated: 0, kills: 0 }
  #connection: Caller
  #facts: Fact[] = []
  #open: Asked[] = []
  /** By client, the leases that it knows it has. */
  #own: SeenLease[][] = Array.from({ length: CLIENTS }, () => [])
  #isDown = false

  constructor(controller: RunningController, seed: number, mixedIn: MixedIn | undefined) {
    this.#controller = controller
    this.#connection = caller(controller.api)
    this.#random = new Random(seed)
    this.#mixedIn = mixedIn
  }

  async run(operations: number, kills: number): Promise<StormReport> {
    await this.#connection.call('ApplyService.Apply', {
      records: [
        ...POOLS.map((nap) => ({ nap: { ...nap, tags: [{ text: `from-${nap.name}` }] } })),
        ...Array.from({ length: CLIENTS * INTERFACES }, (_, index) => ({ interface: interfaceOf(index) })),
      ],
    })
    const rounds = kills + 1
    for (let round = 1; round <= rounds && this.#model.faults.length === 0; round++) {
      const share = Math.ceil(operations / rounds)
      const until = this.#report.operations + share
      const killAt =
        round === rounds ? Number.POSITIVE_INFINITY : until - this.#random.below(Math.max(1, share >> 3)) - CLIENTS
      await Promise.all(this.#own.map((_, client) => this.#client(client, until, killAt)))
      if (this.#isDown) await this.#restart()
      await this.#settle()
    }
    this.#connection.close()
    const { happened, faults } = this.#model
    return { ...this.#report, happened, faults }
  }

  async #client(index: number, until: number, killAt: number): Promise<void> {
    while (this.#report.operations < until && !this.#isDown && this.#model.faults.length === 0) {
      const number = ++this.#report.operations
      const acting = this.#act(index)
      if (number >= killAt && !this.#isDown) {
        this.#isDown = true
        this.#report.kills++
        process.kill(this.#controller.pid!, 'SIGKILL')
      }
      await acting
    }
  }

  async #act(index: number): Promise<void> {
    const random = this.#random
    if (this.#mixedIn !== undefined && random.oneIn(5)) {
      await this.#mixedIn
        .act(this.#connection.call, random)
        .catch((error: unknown) => this.#unexpected(error, 'mixed in'))
      return
    }
    const asked = this.#draw(index)
    const answer = await this.#ask(asked)
    if (answer === undefined || !random.oneIn(20)) return
    // As if the answer had been lost on its way.
    this.#report.repeated++
    const again = await this.#ask(asked)
    if (again !== undefined && JSON.stringify(again) !== JSON.stringify(answer))
      this.#model.faults.push(
        `${asked.method} is answered differently when repeated: ${JSON.stringify([answer, again])}`,
      )
  }

  #draw(index: number): Asked {
    const random = this.#random
    const own = this.#own[index]!
    const kind = random.below(20)
    const name = `vm-${index * INTERFACES + random.below(INTERFACES)}`
    if (kind < 8 && own.length > 0) return this.#release(own, random.below(own.length))
    if (kind === 8) return this.#delete(index, name)
    if (kind === 9) return this.#batch(index)
    if (kind === 10 && own.length > 0) return this.#stale(random.pick(own))
    return this.#allocate(index, name)
  }

  #allocate(index: number, name: string): Asked {
    const random = this.#random
    const client = `c-${index}`
    const isPromise = random.oneIn(8)
    const choice = random.below(10)
    const asked =
      choice < 8
        ? { nap: random.pick(['tight', 'tight', 'wide', 'six']) }
        : { address: `10.20.0.${1 + random.below(24)}` }
    const target = isPromise
      ? { client, network: 'default' }
      : random.oneIn(3)
        ? { interface: name, client }
        : { interface: name }
    const who = { interface: isPromise ? '' : name, client: 'client' in target ? client : name }
    return {
      method: 'LeaseService.Allocate',
      request: { ...target, ...asked, requestId: randomUUID() },
      maybe: { what: 'give', ...who, count: 1 },
      facts: (answer: LeaseMessage) => this.#given(index, [answer]),
    }
  }

  #batch(index: number): Asked {
    const name = `vm-${index * INTERFACES}`
    const count = 2 + this.#random.below(6)
    const requests = Array.from({ length: count }, () => ({ interface: name, nap: 'wide' }))
    return {
      method: 'LeaseService.BatchAllocate',
      request: { requests, requestId: randomUUID() },
      maybe: { what: 'give', interface: name, client: name, count },
      facts: ({ leases }: { leases: LeaseMessage[] }) => this.#given(index, leases),
    }
  }

  #given(index: number, messages: LeaseMessage[]): Fact[] {
    return messages.map((message) => {
      const lease = seenOf(message)
      const own = this.#own[index]!
      // A promise that is bound is the same address under another generation.
      this.#own[index] = [...own.filter(({ address }) => address !== lease.address), lease]
      this.#report.given++
      return { what: 'given', lease }
    })
  }

  #release(own: SeenLease[], at: number): Asked {
    const [lease] = own.splice(at, 1) as [SeenLease]
    const { address, generation } = lease
    return {
      method: 'LeaseService.Release',
      request: { address, generation: String(generation), requestId: randomUUID() },
      maybe: { what: 'end', address, generation },
      facts: (answer: LeaseMessage) => {
        this.#report.ended++
        return [{ what: 'ended', lease: seenOf(answer) }]
      },
    }
  }

  /** Names a generation that the lease never had: it must be refused. */
  #stale({ address, generation }: SeenLease): Asked {
    return {
      method: 'LeaseService.Release',
      request: { address, generation: String(generation - 1), requestId: randomUUID() },
      maybe: { what: 'end', address, generation: generation - 1 },
      facts: () => {
        this.#model.faults.push(`${address} was released by a generation that it has not`)
        return []
      },
    }
  }

  #delete(index: number, name: string): Asked {
    this.#own[index] = this.#own[index]!.filter((lease) => lease.interface !== name)
    return {
      method: 'InterfaceService.DeleteInterface',
      request: { name, requestId: randomUUID() },
      maybe: { what: 'delete', interface: name },
      facts: ({ generation }: { generation: string }) => [
        { what: 'deleted', interface: name, revision: Number(generation) },
      ],
    }
  }

  /** The answer; undefined where there is none, or where it is a refusal. */
  async #ask(asked: Asked): Promise<object | undefined> {
    const { method, request, maybe } = asked
    try {
      const answer = await this.#connection.call(method, request)
      this.#facts.push(...asked.facts(answer as never))
      if (maybe.what === 'delete') await this.#create(maybe.interface)
      return answer
    } catch (error) {
      if (error instanceof CallFailure && UNAVAILABLE.includes(error.status)) {
        this.#report.unanswered++
        this.#open.push(asked)
      } else this.#unexpected(error, method)
      return undefined
    }
  }

  #unexpected(error: unknown, what: string): void {
    if (error instanceof CallFailure && UNAVAILABLE.includes(error.status)) return
    const reason = error instanceof CallFailure ? (error.details.reason ?? '') : ''
    if (REFUSALS.has(reason)) this.#report.refused++
    else this.#model.faults.push(`${what}: ${String(error)} ${reason}`)
  }

  async #create(name: string): Promise<void> {
    const request = { interface: interfaceOf(Number(name.slice('vm-'.length))), allowMissing: true }
    await this.#connection.call('InterfaceService.UpdateInterface', request).catch((error: unknown) => {
      this.#unexpected(error, 'creating again')
    })
  }

  /** Starts it again and asks for half of what was not answered once more: that must be done once. */
  async #restart(): Promise<void> {
    await this.#controller.kill()
    this.#connection.close()
    await this.#controller.run()
    this.#connection = caller(this.#controller.api)
    this.#isDown = false
    const open = this.#open.splice(0)
    for (const asked of open) {
      if (this.#random.oneIn(2)) this.#open.push(asked)
      else {
        this.#report.repeated++
        await this.#ask(asked)
      }
    }
  }

  /** Nobody asks for anything: what is there is held against the model, and against itself. */
  async #settle(): Promise<void> {
    const { call } = this.#connection
    const maybes = this.#open.splice(0).map(({ maybe }) => maybe)
    this.#model.replay(this.#facts.splice(0), maybes)
    const leases = (await pagesOf<LeaseMessage>(call, 'LeaseService.ListLeases', 'leases')).map(seenOf)
    this.#model.settle(leases, Date.now())
    for (let index = 0; index < CLIENTS * INTERFACES; index++) await this.#create(`vm-${index}`)
    const faults = this.#model.faults
    const interfaces = await pagesOf<Inheriting>(call, 'InterfaceService.ListInterfaces', 'interfaces')
    for (const { name, addresses, naps, status } of interfaces) {
      const held = leases.filter((lease) => lease.state === 'held' && lease.interface === name)
      const same = (one: string[], other: string[]): boolean => one.sort().join() === other.sort().join()
      if (
        !same(
          [...addresses],
          held.map(({ address }) => address),
        )
      )
        faults.push(`${name} has ${addresses.join()}`)
      if (!same([...naps], [...new Set(held.map(({ nap }) => nap))]))
        faults.push(`${name} inherits from ${naps.join()}`)
      const sources = status.tags.flatMap(({ from, counts }) => (counts ? [from] : []))
      if (!same(sources, [...naps]))
        faults.push(`${name} has tags of ${sources.join()}, and addresses of ${naps.join()}`)
    }
    const { naps } = await call<{ naps: Record<string, string>[] }>('NapService.GetUtilisation', {})
    for (const counts of naps) {
      const { nap, size, free, fixed, excluded } = counts as Record<string, string> & { nap: string }
      const states = ['held', 'standby', 'cooling'] as const
      const sum = [free, fixed, excluded, ...states.map((state) => counts[state])].reduce(
        (all, one) => all + BigInt(one!),
        0n,
      )
      if (sum !== BigInt(size!)) faults.push(`NAP ${nap}: ${JSON.stringify(counts)} is not its size`)
      for (const state of states) {
        const count = leases.filter((lease) => lease.nap === nap && lease.state === state).length
        if (counts[state] !== String(count))
          faults.push(`NAP ${nap} counts ${counts[state]} ${state}, and has ${count}`)
      }
    }
    if (this.#mixedIn !== undefined) faults.push(...(await this.#mixedIn.check(call)))
    this.#own = this.#own.map((_, index) => leases.filter((lease) => lease.state !== 'cooling' && isOf(lease, index)))
  }
}

const isOf = ({ interface: name, client }: SeenLease, index: number): boolean =>
  name === '' ? client === `c-${index}` : Math.floor(Number(name.slice('vm-'.length)) / INTERFACES) === index

const interfaceOf = (index: number): object => ({
  name: `vm-${index}`,
  mac: `02:00:00:00:00:${index.toString(16).padStart(2, '0')}`,
})

async function pagesOf<Item>(call: Call, method: string, member: string): Promise<Item[]> {
  const items: Item[] = []
  let pageToken = ''
  do {
    const page = await call<Record<string, unknown>>(method, { pageSize: 1000, pageToken })
    items.push(...(page[member] as Item[]))
    pageToken = page['nextPageToken'] as string
  } while (pageToken !== '')
  return items
}
