/**
 * The reference switch: whatever messages of 1.3 decode, it answers them with messages that can be sent, throws nothing, and
 * passes packets afterwards.
 */
import { cut, law, type Target } from '../engine/target.ts'
import { ReferenceSwitch, WireError } from '../subject.ts'
import { decoded, sendable } from './shape.ts'

/** Ethernet, IPv4, UDP: 10.0.0.1:1000 to 10.0.0.2:2000. */
const PACKET = Uint8Array.from(
  Buffer.from('020000000002020000000001080045000020000100004011669a0a0000010a00000203e807d0000c000001020304', 'hex'),
)

export const switchTarget: Target = {
  name: 'switch',
  form: 'stream',
  options: 1,
  limit: 200,
  run(input, feature) {
    let now = 0
    const reference = new ReferenceSwitch({ datapathId: 1n, ports: [1, 2, 3, 0xfffffffe], now: () => now })
    for (const octets of cut(input.subarray(1))) {
      const message = decoded(octets)
      // The switch stands behind a connection, which lets one version pass.
      if (message instanceof WireError || message.version !== undefined) continue
      const answers = reference.handle(message)
      now += input[0] ?? 0
      const flows = [...reference.state.tables.values()].reduce((sum, table) => sum + table.flows.length, 0)
      law(answers.length <= 1000 + flows, 'too many answers', () => `${answers.length}`)
      for (const answer of answers) {
        sendable(answer, 'an answer of the switch')
        const why = answer.type === 'error' ? `${answer.error_type}/${answer.code}` : ''
        feature(`${message.type} answered by ${answer.type} ${why}`)
      }
      if (answers.length === 0) feature(`${message.type} taken`)
    }
    for (const port of [1, 2]) {
      const outputs = reference.inject(port, PACKET)
      for (const out of outputs) if (out.port === 'controller') sendable(out.message, 'a packet_in')
      feature(`packet goes ${Math.min(3, outputs.length)} ways`)
      for (const { actions } of reference.trace(port, PACKET).steps) {
        for (const { type } of actions) feature(`does ${type}`)
        feature(`actions=${actions.map(({ type }) => type).slice(0, 3)}`)
      }
    }
    reference.takeSent()
    for (const message of reference.tick(now + 10_000)) sendable(message, 'what time brings')
  },
}
