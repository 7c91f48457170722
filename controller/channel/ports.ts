/**
 * The ports of one switch as its connection tells them: from the handshake, changed by port_status. Pure. It refuses to
 * tell anybody; session.ts does.
 */
import { type MessageNamed, OFPPC_NO_FLOOD, PORT_MAX, type Port } from 'node-openflow'
import type { PortAddresses } from '../flows/messages.ts'
import { portView, type SwitchPort } from './types.ts'

export interface PortChange {
  what: 'added' | 'removed' | 'changed'
  port: SwitchPort
  /** Name or state differ; otherwise only what nobody is told of in words. */
  worthTelling: boolean
}

export class SwitchPorts {
  /** With reserved ports, as the switch describes them. */
  readonly rows = new Map<number, Port>()
  /** Without reserved ports. */
  readonly views = new Map<number, SwitchPort>()

  reset(ports: readonly Port[]): void {
    this.rows.clear()
    this.views.clear()
    for (const port of ports) this.#set(port)
  }

  /** Hardware addresses as they are now. */
  readonly addresses: PortAddresses = { get: (number) => this.rows.get(number)?.hw_addr }

  /** undefined where nothing about a port that anybody sees has changed. */
  change({ reason, desc }: MessageNamed<'port_status'>): PortChange | undefined {
    const number = desc.port_no
    const before = this.views.get(number)
    const port = portView(desc)
    if (reason === 'delete') {
      this.rows.delete(number)
      this.views.delete(number)
      return before === undefined ? undefined : { what: 'removed', port, worthTelling: true }
    }
    this.#set(desc)
    if (number > PORT_MAX) return undefined
    if (before === undefined) return { what: 'added', port, worthTelling: true }
    const worthTelling = before.up !== port.up || before.name !== port.name
    return worthTelling || before.hwAddr !== port.hwAddr ? { what: 'changed', port, worthTelling } : undefined
  }

  /** Notes a port_mod that was confirmed: a switch need not tell of a change that it was asked for. */
  noteFlood(number: number, noFlood: boolean): void {
    const port = this.rows.get(number)
    if (port === undefined) return
    const config = noFlood ? port.config | OFPPC_NO_FLOOD : port.config & ~OFPPC_NO_FLOOD
    this.rows.set(number, { ...port, config: config >>> 0 })
  }

  #set(port: Port): void {
    this.rows.set(port.port_no, port)
    if (port.port_no <= PORT_MAX) this.views.set(port.port_no, portView(port))
  }
}
