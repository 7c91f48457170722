/** What the switch side answers by itself: its features, and its ports in as many parts as they need. No stream here. */
import { OFPMPF_MORE, PORT_ANY } from '../spec/constants.ts'
import type { Message } from '../spec/message.ts'
import type { Port } from '../spec/ports.ts'
import { WireError } from '../wire/error.ts'
import { VERSIONS, type Version } from '../wire/version.ts'
import type { SwitchAnswers } from './types.ts'

/** Ports of 72 octets that fit one part; a version may tell more of them, and then fewer do. */
const PORTS_PER_PART = 900

/** Sends what answers the message; false where that is for the user to do. `send` is all or nothing. */
export function answer(
  answers: SwitchAnswers,
  version: Version,
  message: Message,
  send: (replies: readonly Message[]) => void,
): boolean {
  const { xid } = message
  if (message.type === 'features_request') {
    // 1.0 tells the ports here.
    const ports = version === VERSIONS.of10 ? { ports: [...answers.ports()] } : {}
    send([{ type: 'features_reply', ...answers.features(), ...ports, xid }])
    return true
  }
  if (message.type !== 'multipart_request' || message.mp_type !== 'port_desc') return false
  const { port_no = PORT_ANY } = message.body
  const all = answers.ports()
  const ports = port_no === PORT_ANY ? all : all.filter((port) => port.port_no === port_no)
  for (let most = PORTS_PER_PART; ; most = Math.ceil(most / 2)) {
    try {
      send(parts(ports, xid, most))
      return true
    } catch (error) {
      if (!(error instanceof WireError) || error.code !== 'too_long' || most === 1) throw error
    }
  }
}

function parts(ports: readonly Port[], xid: number, most: number): Message[] {
  const all: Message[] = []
  for (let at = 0; at === 0 || at < ports.length; at += most) {
    const flags = at + most < ports.length ? OFPMPF_MORE : 0
    all.push({ type: 'multipart_reply', xid, flags, mp_type: 'port_desc', body: ports.slice(at, at + most) })
  }
  return all
}
