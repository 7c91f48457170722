/** Listeners and dialled connections of real streams for the tests of connections; everything is closed at the end. */
import {
  type ConnectOptions,
  type Listener,
  type ListenHandlers,
  type ListenOptions,
  listen,
  type OpenFlowConnection,
} from 'node-openflow'
import { answers, Told } from './openflow-peer.ts'

/** A listener, and what it told. */
export interface Controller {
  readonly listener: Listener
  readonly port: number
  readonly connections: Told<OpenFlowConnection>
  readonly refusals: Told<{ remote: string; reason: string }>
}

export class Network {
  readonly cleanups: Array<() => unknown> = []

  async controller(
    options: Partial<ListenOptions> = {},
    handlers: Partial<Pick<ListenHandlers, 'auxiliary'>> = {},
  ): Promise<Controller> {
    const connections = new Told<OpenFlowConnection>()
    const refusals = new Told<{ remote: string; reason: string }>()
    const listener = await listen(
      { host: '127.0.0.1', port: 0, ...options },
      {
        connection: (connection) => connections.add(connection),
        refused: (remote, reason) => refusals.add({ remote, reason }),
        ...handlers,
      },
    )
    this.cleanups.push(() => listener.close())
    return { listener, port: listener.address.port, connections, refusals }
  }

  /** In the opposite order of what was opened. */
  async close(): Promise<void> {
    for (const cleanup of this.cleanups.splice(0).reverse()) await cleanup()
  }
}

/** How a switch dials a controller here. */
export const toSwitch = (port: number, options: object = {}): ConnectOptions => ({
  host: '127.0.0.1',
  port,
  side: 'switch',
  answers: answers(2000),
  ...options,
})

/** The reason with which a connection closes. */
export const closing = (connection: OpenFlowConnection): Promise<string> =>
  new Promise((resolve) => {
    connection.onClose = resolve
  })
