/**
 * The last step of a confirmation: a switch has processed a change, but its datapath may still act on decisions that
 * it made before. Open vSwitch revises those (its megaflows) in threads of their own, in rounds: one begins at once
 * when a table changes, otherwise twice a second. `revalidator/wait` answers when the next round ends.
 *
 * The round that ends next may have begun before the change; the one after it has not. So two ends are waited for, and
 * each round is prompted by a change that changes nothing, lest it comes half a second later.
 *
 * Measured on Open vSwitch 3.1 (userspace datapath, 1000 megaflows, 5000 packets/s, 8 changes from allow to deny):
 * after the answers to commit and barrier alone, 2 to 84 forbidden packets passed, the last up to 16 ms later; after
 * this, none. So a change is confirmed after it where it can be asked for: the daemon runs on this machine, its control
 * socket beside its OVSDB socket, and it has datapaths of one type. Elsewhere the barrier is all there is. It refuses
 * to hold up a confirmation for a daemon that does not answer.
 */
import { RpcConnection } from './rpc.ts'
import { switchControlSocket } from './unixctl.ts'

const ROUNDS = 2
const TIMEOUT_MS = 2000

/**
 * Resolves with true when the datapath of the daemon beside this database follows its tables, with false where it
 * cannot be asked.
 * @param prompt Makes the switch begin a round; resolves when it has been told to.
 */
export async function settle(ovsdbTarget: string | undefined, prompt: () => Promise<unknown>): Promise<boolean> {
  const socket = ovsdbTarget === undefined ? undefined : await switchControlSocket(ovsdbTarget)
  if (socket === undefined) return false
  let control: RpcConnection | undefined
  try {
    control = await RpcConnection.open(`unix:${socket}`, {}, TIMEOUT_MS)
    for (let round = 0; round < ROUNDS; round++) {
      const ended = control.request('revalidator/wait', [], TIMEOUT_MS)
      ended.catch(() => {})
      await prompt()
      await ended
    }
    return true
  } catch {
    return false
  } finally {
    control?.close()
  }
}
