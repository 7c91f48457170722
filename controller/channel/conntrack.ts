/**
 * The connections that a switch tracks now, as text: asked of an Open vSwitch daemon on this machine through its control
 * socket, as `ovs-appctl dpctl/dump-conntrack` does. Elsewhere nobody can be asked. It refuses to read the text;
 * plan/conntrack.ts does.
 */
import { RpcConnection } from './rpc.ts'
import { switchControlSocket } from './unixctl.ts'

const TIMEOUT_MS = 5000

/**
 * The dumps of these zones, one text each.
 * @param bridge Its name in the database: the datapath behind it is asked.
 * @throws Error where the daemon cannot be asked; the message says why, for people.
 */
export async function dumpConnections(
  ovsdbTarget: string,
  bridge: string,
  zones: readonly number[],
): Promise<Map<number, string>> {
  const socket = await switchControlSocket(ovsdbTarget)
  if (socket === undefined) throw new Error('its daemon is not on this machine')
  const control = await RpcConnection.open(`unix:${socket}`, {}, TIMEOUT_MS)
  try {
    const datapath = datapathOf(String(await control.request('dpif/show', [], TIMEOUT_MS)), bridge)
    if (datapath === undefined) throw new Error(`its daemon has no bridge ${bridge}`)
    const dumps = new Map<number, string>()
    for (const zone of zones) {
      dumps.set(zone, String(await control.request('dpctl/dump-conntrack', [datapath, `zone=${zone}`], TIMEOUT_MS)))
    }
    return dumps
  } finally {
    control.close()
  }
}

/** The datapath (`netdev@ovs-netdev`) under which `dpif/show` lists a bridge. */
export function datapathOf(shown: string, bridge: string): string | undefined {
  let datapath: string | undefined
  for (const line of shown.split('\n')) {
    const head = /^(\S+): hit:/.exec(line)
    if (head !== null) datapath = head[1]
    else if (line.trimEnd() === `  ${bridge}:`) return datapath
  }
  return undefined
}
