/**
 * The last step of a confirmation: a switch has processed a change, but its datapath may still act on decisions that
 * it made before. Open vSwitch revises those (its megaflows) in threads of their own; `revalidator/wait` answers when
 * they have. Only a daemon on this machine can be asked, through the control socket beside its OVSDB socket. It
 * refuses to judge what it means that nobody could be asked: then the barrier is all there is.
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
