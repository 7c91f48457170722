/**
 * A connection, given any octets in any chunks on either side, in front of a socket that is none: it throws nothing
 * at whoever reads the socket (in a process, that is its end), and once closed it stays so.
 */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { law, type Target } from '../engine/target.ts'
import { Connection, type Version } from '../subject.ts'
import { sliced } from './framer.ts'

const VERSIONS: ReadonlyArray<readonly Version[]> = [[4], [1], [1, 4], [4, 5, 6], [1, 4, 5, 6], [6], [5]]
const FEATURES = { datapath_id: 1n, n_buffers: 0, n_tables: 254, auxiliary_id: 0, capabilities: 0, reserved: 0 }

/** A socket that takes everything, and gives what it is told to, at once. */
class Wire extends EventEmitter {
  writable = true
  readonly writableLength = 0
  #destroyed = false

  setNoDelay(): void {}
  pause(): void {}
  resume(): void {}

  write(_octets: Uint8Array, written?: () => void): boolean {
    written?.()
    return true
  }

  end(): void {
    this.writable = false
  }

  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.writable = false
    this.emit('close')
  }
}

export const connectionTarget: Target = {
  name: 'connection',
  form: 'stream',
  options: 2,
  limit: 50,
  run(input, feature) {
    const [choice = 0, how = 0] = input
    const side = choice & 1 ? 'switch' : 'controller'
    const versions = VERSIONS[(choice >> 1) % VERSIONS.length]!
    const wire = new Wire()
    const terms = { side, remote: 'nowhere', versions, maxKept: 1 << 20, maxMultipartOctets: 1 << 20 } as const
    const answers = { features: () => FEATURES, ports: () => [] }
    const connection = new Connection(wire as unknown as Socket, side === 'switch' ? { ...terms, answers } : terms, {
      established(own) {
        feature(`${side} ${own.version} established`)
        own.onMessage = ({ type }) => feature(`${side} ${own.version} told ${type}`)
        own.onError = ({ code }) => feature(`${side} ${own.version} error ${code}`)
        if (side === 'switch') return
        own.request({ type: 'barrier_request' }).catch(() => {})
        own.request({ type: 'echo_request', data: new Uint8Array(4) }).catch(() => {})
      },
      refused: (reason) => feature(`${side} refused ${reason.replace(/[^a-z ].*/, '')}`),
    })
    try {
      for (const chunk of sliced(input.subarray(2), how)) {
        const { closed } = connection
        wire.emit('data', chunk)
        law(!closed || connection.closed, 'closed', () => 'a closed connection is open again')
      }
    } finally {
      wire.destroy()
    }
  },
}
