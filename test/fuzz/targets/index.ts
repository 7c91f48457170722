/** Everything that is fuzzed. */
import type { Target } from '../engine/target.ts'
import { connectionTarget } from './connection.ts'
import { decodeTarget } from './decode.ts'
import { framerTarget } from './framer.ts'
import { handshakeTarget } from './handshake.ts'
import { pcapTarget } from './pcap.ts'
import { switchTarget } from './switch.ts'
import { textTarget } from './text.ts'

export const TARGETS: readonly Target[] = [
  decodeTarget,
  textTarget,
  switchTarget,
  connectionTarget,
  handshakeTarget,
  framerTarget,
  pcapTarget,
]

export function targetNamed(name: string): Target {
  const found = TARGETS.find((target) => target.name === name)
  if (found === undefined) throw new Error(`no target ${name}; there are ${TARGETS.map((t) => t.name).join(', ')}`)
  return found
}
