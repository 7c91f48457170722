/**
 * Where the control socket of an Open vSwitch daemon on this machine is: found through the pid file beside the OVSDB
 * socket. What is asked there (as ovs-appctl(8) does) is the caller's: settle.ts.
 */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readTarget } from './rpc.ts'

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
