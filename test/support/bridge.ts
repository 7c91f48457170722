/**
 * Bridges of the machine's own Open vSwitch, for tests and benches in which real packets or the real database matter. Who
 * adds one gives it a name that nobody else has, and removes it. Where a test may harm the daemon it has one of its own
 * (ovs-bridge.ts).
 */
import { execFileSync } from 'node:child_process'

export const vsctl = (...words: string[]): string => execFileSync('ovs-vsctl', words, { encoding: 'utf8' }).trim()

export interface BridgeSettings {
  /** OpenFlow numbers of internal ports, which are called NAMEpNUMBER. */
  ports?: readonly number[]
  /** 16 hexadecimal digits; without, one of Open vSwitch's choice. */
  datapathId?: string
  /** As `tcp:HOST:PORT`; without, nobody controls it. */
  controller?: string
  /** Without, Open vSwitch's own: none, which is standalone. */
  failMode?: 'secure'
}

/** A bridge of the userspace datapath that speaks OpenFlow 1.3. */
export function addBridge(name: string, { ports = [], datapathId, controller, failMode }: BridgeSettings): void {
  const settings = ['datapath_type=netdev', 'protocols=OpenFlow13', 'other-config:disable-in-band=true']
  if (failMode !== undefined) settings.push(`fail_mode=${failMode}`)
  if (datapathId !== undefined) settings.push(`other-config:datapath-id=${datapathId}`)
  const adding = ports.flatMap((number) => [
    ...['--', 'add-port', name, `${name}p${number}`],
    ...['--', 'set', 'Interface', `${name}p${number}`, 'type=internal', `ofport_request=${number}`],
  ])
  const controlled = [
    ...['--', '--id=@c', 'create', 'Controller', `target="${controller}"`, 'max_backoff=1000'],
    ...['--', 'set', 'bridge', name, 'controller=[@c]'],
  ]
  vsctl(
    ...['add-br', name, '--', 'set', 'bridge', name, ...settings, ...adding],
    ...(controller === undefined ? [] : controlled),
  )
}

export function removeBridge(name: string): void {
  vsctl('--if-exists', 'del-br', name)
}
