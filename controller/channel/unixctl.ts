/**
 * Questions to the control socket of an Open vSwitch daemon on this machine: what `ovs-appctl` does, in process. The
 * socket is found through the pid file beside the OVSDB socket. It refuses to keep a connection or to retry. Called by
 * settle.ts.
 */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RpcConnection, readTarget } from './rpc.ts'

/** The control socket of the ovs-vswitchd that runs beside an OVSDB socket; undefined where there is none. */
export async function switchControlSocket(ovsdbTarget: string): Promise<string | undefined> {
  const where = readTarget(ovsdbTarget)
  if (where === undefined || !('path' in where)) return undefined
  const directory = dirname(where.path)
  try {
    const pid = (await readFile(join(directory, 'ovs-vswitchd.pid'), 'utf8')).trim()
    return /^[0-9]+$/.test(pid) ? join(directory, `ovs-vswitchd.${pid}.ctl`) : undefined
  } catch {
    return undefined
  }
}

/** Runs one command and gives its text. Rejects where the daemon refuses the command or does not answer in time. */
export async function unixctl(socketPath: string, command: string, args: string[], timeoutMs = 2000): Promise<string> {
  const connection = await RpcConnection.open(`unix:${socketPath}`, {}, timeoutMs)
  try {
    return String(await connection.request(command, args, timeoutMs))
  } finally {
    connection.close()
  }
}
