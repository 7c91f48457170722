/**
 * The handshake, given any messages in any order on either side: it throws nothing, answers at most twice with what
 * can be sent, and once done or failed remains so. The version that two hellos come to is the same from both sides.
 */
import { cut, law, type Target } from '../engine/target.ts'
import { encode, Handshake, type Message, negotiate, type Version, WireError } from '../subject.ts'
import { decoded, sendable } from './shape.ts'

const VERSIONS: ReadonlyArray<readonly Version[]> = [[4], [1], [1, 4], [4, 5, 6], [1, 4, 5, 6], [6], [5]]
const ANSWERS = 2
const REASON = 1000

function answered(messages: readonly Message[]): void {
  law(messages.length <= ANSWERS, 'too many answers', () => `${messages.length}`)
  for (const message of messages) sendable(message, 'an answer of the handshake')
}

/** An error as a connection answers what it cannot decode. */
function refusal(octets: Uint8Array): Message {
  const data = octets.subarray(0, 64)
  return { type: 'error', xid: xidOf(octets), error_type: 'bad_request', code: 'bad_len', data }
}

const xidOf = (octets: Uint8Array): number =>
  octets.length < 8 ? 0 : new DataView(octets.buffer, octets.byteOffset + 4, 4).getUint32(0)

export const handshakeTarget: Target = {
  name: 'handshake',
  form: 'stream',
  options: 2,
  limit: 50,
  run(input, feature) {
    const [choice = 0, limits = 0] = input
    const side = choice & 1 ? 'switch' : 'controller'
    const versions = VERSIONS[(choice >> 1) % VERSIONS.length]!
    let xid = 0
    const machine = new Handshake({
      side,
      nextXid: () => ++xid,
      versions,
      ...(limits & 1 ? { maxMessages: limits >> 4 } : {}),
      ...(limits & 2 ? { maxOctets: (limits >> 4) * 32 } : {}),
    })
    answered(machine.start())
    let hello: Message | undefined
    let passed = 0
    let state: string = machine.state
    for (const octets of cut(input.subarray(2))) {
      const message = decoded(octets)
      const before: string = machine.state
      if (message instanceof WireError) {
        answered(machine.undecodable(message, xidOf(octets), refusal(octets)))
      } else {
        answered(machine.receive(message, octets.length))
        if (message.type === 'hello') {
          if (hello?.type === 'hello') {
            const version = negotiate(hello, message)
            law(version === negotiate(message, hello), 'negotiation by sides', () => `${version}`)
          }
          hello = message
        }
      }
      passed++
      state = machine.state
      const ended = before === 'done' || before === 'failed'
      law(!ended || state === before, 'an end that is none', () => `${before} to ${state}`)
      feature(`${side} ${before} to ${state} by ${message instanceof WireError ? message.code : message.type}`)
    }
    law(machine.kept.length <= passed, 'more kept than came', () => `${machine.kept.length} of ${passed}`)
    law((state === 'failed') === (machine.reason !== ''), 'reason and state', () => `${state}: ${machine.reason}`)
    law(machine.reason.length <= REASON, 'long reason', () => `${machine.reason.length} characters`)
    feature(`${side} ${versions} ends ${state}: ${machine.reason.replace(/[^a-z ].*/, '')}`)
    for (const message of machine.kept.slice(0, 50)) encode(message)
  },
}
