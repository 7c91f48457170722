/**
 * The last step of a confirmation: a switch has processed a change, but its datapath may still act on decisions that
 * it made before. Open vSwitch revises those (its megaflows) in threads of their own; `revalidator/wait` answers when
 * they have.
 *
 * Measured on Open vSwitch 3.1 (userspace datapath, 1000 megaflows, 5000 packets/s, 8 changes from allow to deny):
 * after the answer to commit and barrier, 2 to 84 forbidden packets passed, the last up to 16 ms later; after
 * `revalidator/wait` as well, none, for 20 to 25 ms more per change. So a change is confirmed after it where it can be
 * asked for: the daemon runs on this machine, its control socket beside its OVSDB socket. Elsewhere the barrier is all
 * there is. It refuses to hold up a confirmation for a daemon that does not answer.
 */
import { switchControlSocket, unixctl } from './unixctl.ts'

/** True where the daemon beside this database has said that its datapath follows its tables. */
export async function settle(ovsdbTarget: string | undefined): Promise<boolean> {
  const socket = ovsdbTarget === undefined ? undefined : await switchControlSocket(ovsdbTarget)
  if (socket === undefined) return false
  try {
    await unixctl(socket, 'revalidator/wait', [])
    return true
  } catch {
    return false
  }
}
