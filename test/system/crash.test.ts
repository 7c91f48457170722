/**
 * The controller process under kill -9 with writers in flight: several clients write over gRPC, each with a request id,
 * and the process is killed at random moments. Afterwards the store opens and is consistent, every acknowledged write is
 * there, whatever was in doubt is repeated with its request id and has one effect, and repeating what was acknowledged
 * changes nothing and answers as before. Needs dist/ to be built.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'chai'
import { openEmbeddedStore } from '../../store/embedded.ts'
import { CallFailure } from '../support/api-server.ts'
import { RunningController, until } from '../support/running-controller.ts'
import { inconsistencies } from '../support/store-consistency.ts'

const KILLS = 15
const WRITERS = 6
/** gRPC statuses with which a call may end when the process dies under it. */
const IN_DOUBT = new Set([1, 4, 13, 14])

interface Request {
  method: string
  body: Record<string, unknown> & { requestId: string }
}

/** One client: its records are its own, so its own history says what they must be. */
class Writer {
  readonly index: number
  /** Tags of its interfaces as acknowledged. */
  readonly interfaces = new Map<string, string[]>()
  /** Pairs of a partition and its policy, written together. */
  readonly pairs = new Set<string>()
  readonly answered: { request: Request; answer: object }[] = []
  doubt: Request | undefined
  #step = 0
  #last = ''

  constructor(index: number) {
    this.index = index
  }

  /** The next request, one that the state it knows allows. */
  next(): Request {
    const step = ++this.#step
    const requestId = randomUUID()
    const names = [...this.interfaces.keys()]
    const some = names[randomInt(Math.max(names.length, 1))]
    if (step % 9 === 0) {
      const name = `w${this.index}-pair-${step}`
      const tag = [{ text: `w${this.index}-tag-${step % 4}` }]
      const pair = [
        {
          policy: {
            name,
            vnp: name,
            rules: [{ direction: 'DIRECTION_INGRESS', peer: { any: {} }, action: 'ACTION_DENY' }],
          },
        },
        { vnp: { name, selector: { anyOf: tag } } },
      ]
      return { method: 'ApplyService.Apply', body: { requestId, records: pair } }
    }
    const [oldest] = this.pairs
    if (step % 9 === 5 && this.pairs.size > 2) {
      const deletions = ['vnp', 'policy'].map((kind) => ({ kind, name: oldest }))
      return { method: 'ApplyService.Apply', body: { requestId, deletions } }
    }
    if (some === undefined || step % 3 === 0) {
      const last = [10, this.index, step >> 8, step & 255]
      const name = `w${this.index}-${step}`
      const mac = [2, 0, ...last].map((octet) => octet.toString(16).padStart(2, '0')).join(':')
      const made = { name, mac, addresses: [last.join('.')], tags: [], network: `net-${step % 5}` }
      return { method: 'InterfaceService.CreateInterface', body: { requestId, interface: made } }
    }
    if (step % 7 === 0 && names.length > 4)
      return { method: 'InterfaceService.DeleteInterface', body: { requestId, name: some } }
    const add = [{ text: `w${this.index}-tag-${randomInt(4)}` }, { text: `n-${step}` }]
    return { method: 'InterfaceService.SetTags', body: { requestId, name: some, add, replace: true } }
  }

  /** Takes an acknowledged request into what must be there. */
  take({ method, body }: Request): void {
    if (method.endsWith('CreateInterface')) this.interfaces.set((body['interface'] as { name: string }).name, [])
    if (method.endsWith('DeleteInterface')) this.interfaces.delete(String(body['name']))
    if (method.endsWith('SetTags')) {
      const tags = (body['add'] as { text: string }[]).map(({ text }) => text)
      this.interfaces.set(String(body['name']), tags.sort())
    }
    for (const { vnp } of (body['records'] ?? []) as { vnp?: { name: string } }[]) if (vnp) this.pairs.add(vnp.name)
    for (const { name } of (body['deletions'] ?? []) as { name: string }[]) this.pairs.delete(name)
  }

  async send(controller: RunningController, request: Request): Promise<boolean> {
    this.doubt = request
    try {
      const answer = await controller.call(request.method, request.body)
      const generation = generationOf(answer)
      expect(BigInt(generation) > BigInt(this.#last || '0'), `${generation} after ${this.#last}`).to.equal(true)
      this.#last = generation
      this.doubt = undefined
      this.take(request)
      this.answered.push({ request, answer })
      return true
    } catch (error) {
      if (error instanceof CallFailure && IN_DOUBT.has(error.status)) return false
      throw error
    }
  }
}

/** The generation that an answer tells. */
function generationOf(answer: object): string {
  const { generation, meta } = answer as { generation?: string; meta?: { generation: string } }
  return generation ?? meta?.generation ?? ''
}

describe('a controller killed while clients write', function () {
  this.timeout(120_000)
  let controller: RunningController
  before(async () => {
    controller = await RunningController.start({ words: ['--log-level', 'warn'] })
  })
  after(() => controller.remove())

  async function all<T>(method: string, field: string): Promise<T[]> {
    const found: T[] = []
    let pageToken = ''
    do {
      const page = await controller.call(method, { pageSize: 1000, pageToken })
      found.push(...(page[field] as T[]))
      pageToken = String(page['nextPageToken'])
    } while (pageToken !== '')
    return found
  }

  it(`loses no acknowledged write and does nothing by half, ${KILLS} times`, async () => {
    const writers = Array.from({ length: WRITERS }, (_, index) => new Writer(index + 1))
    let inDoubt = 0
    let repeated = 0
    for (let round = 0; round < KILLS; round++) {
      const loops = writers.map(async (writer) => {
        while (await writer.send(controller, writer.next())) {}
      })
      await new Promise((resolve) => setTimeout(resolve, 20 + randomInt(250)))
      await controller.kill()
      await Promise.all(loops)

      const store = await openEmbeddedStore({ directory: join(controller.home, 'store') })
      const wrong = inconsistencies(store)
      await store.close()
      expect(wrong).to.deep.equal([])

      await controller.run()
      for (const writer of writers) {
        const { doubt } = writer
        if (doubt === undefined) continue
        inDoubt++
        // The client's channel may still be waiting to connect again.
        await until(`${doubt.method} repeated`, () => writer.send(controller, doubt), Boolean)
      }
      for (const writer of writers) {
        for (const { request, answer } of [writer.answered.at(-1), writer.answered.at(-2)].flatMap(
          (each) => each ?? [],
        )) {
          repeated++
          expect(generationOf(await controller.call(request.method, request.body))).to.equal(generationOf(answer))
        }
      }
      const tags = new Map(
        (await all<{ name: string; tags: { text: string }[] }>('InterfaceService.ListInterfaces', 'interfaces')).map(
          (each) => [each.name, each.tags.map(({ text }) => text).sort()],
        ),
      )
      expect(Object.fromEntries(tags)).to.deep.equal(
        Object.fromEntries(writers.flatMap(({ interfaces }) => [...interfaces])),
      )
      const pairs = writers.flatMap(({ pairs: own }) => [...own]).sort()
      for (const [method, field] of [
        ['VnpService.ListVnps', 'vnps'],
        ['PolicyService.ListPolicies', 'policies'],
      ] as const)
        expect((await all<{ name: string }>(method, field)).map(({ name }) => name)).to.deep.equal(pairs)
    }
    const acknowledged = writers.reduce((sum, { answered }) => sum + answered.length, 0)
    expect(acknowledged, 'the loops did write').to.be.above(KILLS * WRITERS)
    expect(inDoubt, 'some calls were under way').to.be.above(KILLS)
    expect(repeated).to.be.above(KILLS)
  })
})
