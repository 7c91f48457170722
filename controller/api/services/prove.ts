/** ProveService: whether the tables of switches let pass exactly what policy permits (controller/prove). */
import { setImmediate as turn } from 'node:timers/promises'
import { fail, invalid, ok, type Result } from '../../../model/errors.ts'
import type { Counterexample as ExampleMessage } from '../../../proto/gen/tagsteer/v1/Counterexample.ts'
import type { NotProved } from '../../../proto/gen/tagsteer/v1/NotProved.ts'
import type { ProveRequest__Output } from '../../../proto/gen/tagsteer/v1/ProveRequest.ts'
import type { ProveResponse } from '../../../proto/gen/tagsteer/v1/ProveResponse.ts'
import { STAGE_OF } from '../../policy/pipeline.ts'
import type { Place } from '../../policy/state.ts'
import type { Counterexample } from '../../prove/confirm.ts'
import { isProved, type ProofInput, Prover } from '../../prove/prove.ts'
import type { ApiDependencies } from '../deps.ts'
import type { ServiceMethods } from '../server.ts'
import { datapathNamed } from '../services/flow.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 100

export function proveService(deps: ApiDependencies): ServiceMethods {
  const { network, intent } = deps
  let last: Promise<unknown> = Promise.resolve()

  async function prove(request: ProveRequest__Output): Promise<Result<ProveResponse>> {
    if (request.limit > MAX_LIMIT) return invalid([{ field: 'limit', description: `must be at most ${MAX_LIMIT}` }])
    const datapathIds = new Set<string>()
    for (const name of request.switches) {
      const datapathId = datapathNamed(deps, name)
      if (datapathId === undefined) return fail('NOT_FOUND', { kind: 'switch', name })
      datapathIds.add(datapathId)
    }
    if (request.switches.length === 0) for (const datapathId of network.switches.keys()) datapathIds.add(datapathId)
    const run = last.then(
      () => proveNow(datapathIds, request),
      () => proveNow(datapathIds, request),
    )
    last = run
    return ok(await run)
  }

  async function proveNow(asked: ReadonlySet<string>, request: ProveRequest__Output): Promise<ProveResponse> {
    // A packet's way leads through switches that were not asked about, too.
    const inputs = new Map<string, ProofInput>()
    const absent: NotProved[] = []
    await Promise.all(
      [...network.switches.keys()].map(async (datapathId) => {
        try {
          inputs.set(datapathId, request.desired ? desiredOf(datapathId) : await network.readTables(datapathId))
        } catch (error) {
          if (!asked.has(datapathId)) return
          absent.push({ datapathId, switch: network.nameOf(datapathId), reason: (error as Error).message })
        }
      }),
    )
    await turn()
    const started = performance.now()
    const { generation } = intent
    const prover = new Prover()
    for (const [datapathId, input] of inputs) prover.set(datapathId, input)
    const proof = prover.prove({ intent, observed: network.observed, backend: network.backend }, network.links, {
      limit: request.limit || DEFAULT_LIMIT,
      switches: asked,
    })
    return {
      proved: isProved(proof) && absent.length === 0,
      switches: proof.switches,
      flows: proof.flows,
      milliseconds: Math.round(performance.now() - started),
      generation: String(generation),
      counterexamples: proof.counterexamples.map(exampleMessage),
      open: proof.open.map(({ why, datapathId, port, needs }) => ({
        switch: nameOf(datapathId),
        port,
        why,
        needs: [...needs],
      })),
      notProved: absent.sort((one, other) => ((one.datapathId ?? '') < (other.datapathId ?? '') ? -1 : 1)),
    }
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

  return { Prove: { unary: prove } }
}

const KINDS = {
  leak: 'COUNTEREXAMPLE_KIND_LEAK',
  loss: 'COUNTEREXAMPLE_KIND_LOSS',
  loop: 'COUNTEREXAMPLE_KIND_LOOP',
} as const
