/** ProveService: whether the tables of switches let pass exactly what policy permits (controller/prove). */
import { setImmediate as turn } from 'node:timers/promises'
import { fail, invalid, ok, type Result } from '../../../model/errors.ts'
import type { Counterexample as ExampleMessage } from '../../../proto/gen/tagsteer/v1/Counterexample.ts'
import type { NotProved } from '../../../proto/gen/tagsteer/v1/NotProved.ts'
import type { ProveRequest__Output } from '../../../proto/gen/tagsteer/v1/ProveRequest.ts'
import type { ProveResponse } from '../../../proto/gen/tagsteer/v1/ProveResponse.ts'
import type { WatchProofsRequest__Output } from '../../../proto/gen/tagsteer/v1/WatchProofsRequest.ts'
import { withoutWatches } from '../../policy/compile-watch.ts'
import { STAGE_OF } from '../../policy/pipeline.ts'
import type { Flow } from '../../policy/program.ts'
import type { NetworkState, Place } from '../../policy/state.ts'
import { type FollowedProof, ProofFollower, type TablesRead } from '../../proof-follower.ts'
import { assumptionsOf } from '../../prove/assumptions.ts'
import type { Counterexample } from '../../prove/confirm.ts'
import { isProved, type Proof, type ProofInput, Prover } from '../../prove/prove.ts'
import type { Sink, Source } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import type { ServiceMethods } from '../server.ts'
import { datapathNamed } from '../services/flow.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 100
const DEFAULT_SECONDS = 30
const MAX_SECONDS = 86_400
/** Milliseconds for which a switch may be behind before its state is asked again. */
const WAIT_MS = 5000
/** Proofs that wait for a slow reader. */
const MOST_WAITING = 16

export function proveService(deps: ApiDependencies): ServiceMethods {
  const { network, intent } = deps
  const state: NetworkState = { intent, observed: network.observed, backend: network.backend }
  let last: Promise<unknown> = Promise.resolve()

  function asked({ limit, switches }: Pick<ProveRequest__Output, 'limit' | 'switches'>): Result<Set<string>> {
    if (limit > MAX_LIMIT) return invalid([{ field: 'limit', description: `must be at most ${MAX_LIMIT}` }])
    const datapathIds = new Set<string>()
    for (const name of switches) {
      const datapathId = datapathNamed(deps, name)
      if (datapathId === undefined) return fail('NOT_FOUND', { kind: 'switch', name })
      datapathIds.add(datapathId)
    }
    return ok(datapathIds)
  }

  async function prove(request: ProveRequest__Output): Promise<Result<ProveResponse>> {
    const named = asked(request)
    if (!named.ok) return named
    const datapathIds = named.value
    if (datapathIds.size === 0) for (const datapathId of network.switches.keys()) datapathIds.add(datapathId)
    const run = last.then(
      () => proveNow(datapathIds, request),
      () => proveNow(datapathIds, request),
    )
    last = run
    return ok(await run)
  }

  async function proveNow(asked: ReadonlySet<string>, request: ProveRequest__Output): Promise<ProveResponse> {
    const { inputs, absent } = await read(request.desired)
    await turn()
    const started = performance.now()
    const { generation } = intent
    const prover = new Prover()
    for (const [datapathId, input] of inputs) prover.set(datapathId, input)
    const proof = prover.prove(state, network.links, { limit: request.limit || DEFAULT_LIMIT, switches: asked })
    return responseOf(proof, generation, performance.now() - started, notProved(absent, asked), inputs)
  }

  /** A packet's way leads through switches that were not asked about, too. */
  async function read(desired: boolean): Promise<TablesRead> {
    const inputs = new Map<string, ProofInput>()
    const absent = new Map<string, string>()
    await Promise.all(
      [...network.switches.keys()].map(async (datapathId) => {
        try {
          const input = desired ? desiredOf(datapathId) : await network.readTables(datapathId)
          inputs.set(datapathId, { ...input, program: withoutWatches(input.program) })
        } catch (error) {
          absent.set(datapathId, (error as Error).message)
        }
      }),
    )
    return { inputs, absent }
  }

  /** @param asked Switches that were asked about; undefined: all. */
  function notProved(absent: TablesRead['absent'], asked: ReadonlySet<string> | undefined): NotProved[] {
    return [...absent]
      .filter(([datapathId]) => asked?.has(datapathId) !== false)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([datapathId, reason]) => ({ datapathId, switch: network.nameOf(datapathId), reason }))
  }

  function responseOf(
    proof: Proof,
    generation: number,
    milliseconds: number,
    absent: NotProved[],
    inputs: TablesRead['inputs'],
  ): ProveResponse {
    return {
      proved: isProved(proof) && absent.length === 0,
      switches: proof.switches,
      flows: proof.flows,
      milliseconds: Math.round(milliseconds),
      generation: String(generation),
      counterexamples: proof.counterexamples.map(exampleMessage),
      open: proof.open.map(({ why, datapathId, port, needs }) => ({
        switch: nameOf(datapathId),
        port,
        why,
        needs: [...needs],
      })),
      notProved: absent,
      assumptions: assumptionsOf(state, flowsOf(inputs)),
    }
  }

  function watch(request: WatchProofsRequest__Output, sink: Sink): Result<Source<ProveResponse>> {
    const { everySeconds, limit } = request
    if (everySeconds > MAX_SECONDS)
      return invalid([{ field: 'every_seconds', description: `must be at most ${MAX_SECONDS}` }])
    const named = asked(request)
    if (!named.ok) return named
    const switches = named.value.size === 0 ? undefined : named.value
    const found: ProveResponse[] = []
    const abort = new AbortController()
    const follower = new ProofFollower(
      {
        state,
        links: () => network.links,
        generation: () => intent.generation,
        applied: (generation, signal) => deps.applied.wait(generation, WAIT_MS, signal),
        read: () => read(false),
      },
      deps.changes,
      {
        limit: limit || DEFAULT_LIMIT,
        everyMs: (everySeconds || DEFAULT_SECONDS) * 1000,
        ...(switches && { switches }),
      },
    )
    const told = ({ proof, generation, milliseconds, absent, inputs }: FollowedProof): void => {
      // Who reads slowly sees the newest.
      if (found.length >= MOST_WAITING) found.shift()
      found.push(responseOf(proof, generation, milliseconds, notProved(absent, switches), inputs))
      sink.wake()
    }
    follower
      .run(told, abort.signal)
      .catch((error: Error) => sink.end(fail('INTERNAL', { reason: error.message }).failure))
    return ok({ next: () => found.shift(), stop: () => abort.abort() })
  }

  function desiredOf(datapathId: string): ProofInput {
    const program = network.desired(datapathId)
    if (program === undefined) throw new Error('nothing is compiled for it yet')
    return { program, foreign: [] }
  }

  const nameOf = (datapathId: string): string => network.nameOf(datapathId) || datapathId
  const placeText = ({ datapathId, port }: Place): string => `${nameOf(datapathId)}:${port}`

  function exampleMessage(example: Counterexample): ExampleMessage {
    const { kind, datapathId, port, flow, reply, from, to, packet, why, expected, arrivals, legs } = example
    return {
      kind: KINDS[kind],
      ...{ datapathId, switch: nameOf(datapathId), port, flow, reply, from, to, packet, why },
      expected: expected === undefined ? '' : placeText(expected),
      arrivals: arrivals.map(placeText),
      rows: legs.flatMap((leg) =>
        leg.rows.map(({ table, priority, cookie }) => ({
          switch: nameOf(leg.datapathId),
          table: STAGE_OF.get(table) ?? String(table),
          priority,
          cookie: `0x${cookie.toString(16).padStart(16, '0')}`,
        })),
      ),
    }
  }

  return { Prove: { unary: prove }, Watch: { stream: watch } }
}

function* flowsOf(inputs: TablesRead['inputs']): IterableIterator<Flow> {
  for (const { program, foreign } of inputs.values()) {
    yield* program.flows.values()
    yield* foreign
  }
}

const KINDS = {
  leak: 'COUNTEREXAMPLE_KIND_LEAK',
  loss: 'COUNTEREXAMPLE_KIND_LOSS',
  loop: 'COUNTEREXAMPLE_KIND_LOOP',
  altered: 'COUNTEREXAMPLE_KIND_ALTERED',
} as const
