/**
 * Carries out one batch of the ledger on a connection, and says whether the switch did it. It refuses to decide what
 * is sent and what follows from a failure; the ledger does.
 *
 * Atomic batch (EXT-230): open, add every flow and group, then a barrier, so that every refusal of an addition has
 * arrived; only without any is the bundle committed, otherwise discarded. (A switch may commit what is left of a
 * bundle from which it refused a message.) Open vSwitch takes neither meters nor, atomically, ports into a bundle;
 * meters and silenced ports go before it, unsilenced ports and meters that go away after it, each with a barrier.
 *
 * A confirmed batch has been processed by the switch: the answer to the commit, or to the barrier that follows
 * messages sent one by one, has come, and no error for any of its transaction ids.
 */
import { setImmediate as turn } from 'node:timers/promises'
import {
  BUNDLE_ATOMIC,
  BUNDLE_ORDERED,
  type ErrorMessage,
  encode,
  type Message,
  type OpenFlowConnection,
  OpenFlowError,
} from 'node-openflow'
import type { Operation } from '../flows/diff.ts'
import { operationMessage, type PortAddresses } from '../flows/messages.ts'
import type { Batch } from '../flows/order.ts'
import type { Flow, SwitchProgram } from '../policy/program.ts'
import { mapOptions } from './options.ts'

/** Messages per write. Between writes the event loop turns, and a connection that is full is waited for. */
const PER_WRITE = 500
/**
 * Messages between barriers, and at most twice as many that the switch has not taken in yet. Without, a switch that is
 * busy with those before it would answer nothing, echo neither, and be taken for dead.
 */
const PER_BARRIER = 2000
const FLAGS = BUNDLE_ATOMIC | BUNDLE_ORDERED
/** Milliseconds for an answer that each operation before it adds. Open vSwitch 3.1 takes some 0.02 to read and commit one. */
export const PER_OPERATION_MS = 0.2

/** The switch refused an operation, and which. */
export class Refused extends Error {
  constructor(error: ErrorMessage, operation: Operation | undefined) {
    const what = operation === undefined ? '' : ` to ${describe(operation)}`
    super(`error ${error.error_type}/${error.code}${what}`)
    this.name = 'Refused'
  }
}

export class Push {
  readonly #connection: OpenFlowConnection
  readonly #addresses: PortAddresses
  #answerMs: number
  /** Operations at the switch, by transaction id. */
  readonly #sent = new Map<number, Operation>()
  /** What is sent takes effect as a whole, with the commit. */
  #bundling = false
  #refusal: Error | undefined
  #operations: readonly Operation[] = []

  constructor(connection: OpenFlowConnection, addresses: PortAddresses, answerMs: number) {
    this.#connection = connection
    this.#addresses = addresses
    this.#answerMs = answerMs
  }

  /** True where the error answers a message of this push, which then fails. */
  error(message: ErrorMessage): boolean {
    const operation = this.#sent.get(message.xid)
    if (operation === undefined) return false
    this.#refusal ??= new Refused(message, operation)
    return true
  }

  /**
   * What the switch has carried out when it says that it did the message with this xid: that operation, or the bundle
   * that it was in. undefined where it was none of this push.
   */
  written(xid: number): Iterable<Operation> | undefined {
    const operation = this.#sent.get(xid)
    if (operation === undefined) return undefined
    return this.#bundling ? this.#sent.values() : [operation]
  }

  /** Nothing more of it is sent; a bundle that is not committed yet will not be. */
  cancel(reason: string): void {
    this.#refusal ??= new Error(reason)
  }

  /** Resolves when the switch confirmed all of it. Rejects otherwise. */
  async run({ atomic, operations: asked }: Batch): Promise<void> {
    // A port that is gone floods nothing; how it floods when it comes again is looked at then.
    const operations = asked.filter((its) => its.what !== 'port' || this.#addresses.get(its.port) !== undefined)
    this.#operations = operations
    this.#answerMs += operations.length * PER_OPERATION_MS
    await mapOptions(this.#connection, operations, this.#answerMs)
    // Cancelled meanwhile.
    if (this.#refusal !== undefined) throw this.#refusal
    if (!atomic) return this.#plain(operations)
    const bundled: Operation[] = []
    const before: Operation[] = []
    const after: Operation[] = []
    for (const operation of operations) {
      if (operation.what === 'flow' || operation.what === 'group') bundled.push(operation)
      else if (operation.what === 'meter') (operation.act === 'delete' ? after : before).push(operation)
      else (operation.noFlood ? before : after).push(operation)
    }
    await this.#plain(before)
    await this.#bundle(bundled)
    await this.#plain(after)
  }

  /**
   * Writes one flow that is there as it is: the switch looks at its datapath anew, and nothing changes, counters
   * included. Without any flow of ours it does nothing.
   */
  async prompt(installed: SwitchProgram | undefined): Promise<void> {
    const flow = this.#standing(installed)
    if (flow === undefined) return
    await this.#deliver([{ what: 'flow', act: 'modify', ...flow }], (message) => message)
  }

  /** A flow that the switch has now. */
  #standing(installed: SwitchProgram | undefined): { key: string; flow: Flow } | undefined {
    const gone = new Set<string>()
    for (const operation of this.#operations) {
      if (operation.what !== 'flow') continue
      if (operation.act !== 'delete') return operation
      gone.add(operation.key)
    }
    for (const [key, flow] of installed?.flows ?? []) if (!gone.has(key)) return { key, flow }
    return undefined
  }

  async #plain(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return
    await this.#deliver(operations, (message) => message)
  }

  async #bundle(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return
    const bundle_id = this.#connection.nextXid()
    this.#bundling = true
    const opened = bundleControl(this.#connection, bundle_id, 'open_request', this.#answerMs)
    try {
      // Nothing is gained by waiting for the bundle to be open: where it is not, every addition is refused.
      const delivered = this.#deliver(operations, (message) => ({
        type: 'bundle_add_message',
        xid: message.xid,
        bundle_id,
        flags: FLAGS,
        message,
        properties: [],
      }))
      await Promise.all([opened, delivered])
    } catch (error) {
      // What waits for room must not be sent any more.
      this.cancel('the bundle was given up')
      // What was added expires with the bundle, or goes with the connection.
      bundleControl(this.#connection, bundle_id, 'discard_request', this.#answerMs).catch(() => {})
      throw error
    }
    try {
      await bundleControl(this.#connection, bundle_id, 'commit_request', this.#answerMs)
    } catch (error) {
      // A refused commit is preceded by the error of the message that caused it.
      throw this.#refusal ?? error
    }
    this.#settle()
  }

  /** Throws the refusal that has arrived, if any. */
  #settle(): void {
    this.#sent.clear()
    this.#bundling = false
    if (this.#refusal !== undefined) throw this.#refusal
  }

  async #barrier(): Promise<void> {
    await this.#connection.request({ type: 'barrier_request' }, { timeoutMs: this.#answerMs })
    if (this.#refusal !== undefined) throw this.#refusal
  }

  /** A switch that is heard but does not read must not hold up its ledger for ever. */
  async #room(): Promise<void> {
    const connection = this.#connection
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const why = (): Error =>
        new Error(`it does not read: ${connection.queued} octets wait after ${this.#answerMs} ms`)
      timer = setTimeout(() => reject(why()), this.#answerMs)
    })
    try {
      await Promise.race([connection.drained(), late])
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Sends the operations and a barrier right behind the last, in the same write where they are few, and barriers in
   * between where they are many. Resolves when the switch has processed all and refused none.
   */
  async #deliver(operations: readonly Operation[], wrap: (message: Message) => Message): Promise<void> {
    let taken: Promise<void> | undefined
    for (let at = 0; at < operations.length; at += PER_WRITE) {
      if (at > 0) await turn()
      if (at > 0 && at % PER_BARRIER === 0) {
        await taken
        taken = this.#barrier()
        // Whoever waits for it next is told.
        taken.catch(() => {})
      }
      if (this.#refusal !== undefined) throw this.#refusal
      const messages = operations.slice(at, at + PER_WRITE).map((operation) => {
        const message = operationMessage(operation, this.#addresses)
        message.xid = this.#connection.nextXid()
        this.#sent.set(message.xid, operation)
        return wrap(message)
      })
      let room: boolean
      try {
        room = this.#connection.sendAll(messages)
      } catch (error) {
        throw unsendable(error, messages, this.#sent)
      }
      if (at + PER_WRITE >= operations.length) return this.#barrier()
      if (!room) await this.#room()
    }
  }
}

/**
 * Whether a switch speaks bundles: asked by opening one and discarding it.
 * @param trial The flow of which the switch is asked whether it would take it; none where it has no bundles.
 * @param asked Called with the transaction id of the trial: an error that has it says no, and comes before this resolves.
 */
export async function hasBundles(
  connection: OpenFlowConnection,
  answerMs: number,
  trial: Flow,
  asked: (xid: number) => void,
): Promise<boolean> {
  const bundle_id = connection.nextXid()
  try {
    await bundleControl(connection, bundle_id, 'open_request', answerMs)
  } catch (error) {
    if (error instanceof OpenFlowError) return false
    throw error
  }
  const xid = connection.nextXid()
  asked(xid)
  const message = { ...operationMessage({ what: 'flow', act: 'add', key: '', flow: trial }), xid }
  connection.send({ type: 'bundle_add_message', xid, bundle_id, flags: FLAGS, message, properties: [] })
  await bundleControl(connection, bundle_id, 'discard_request', answerMs)
  return true
}

function bundleControl(
  connection: OpenFlowConnection,
  bundle_id: number,
  bundle_type: 'open_request' | 'commit_request' | 'discard_request',
  timeoutMs: number,
): Promise<Message[]> {
  return connection.request(
    { type: 'bundle_control', bundle_id, bundle_type, flags: FLAGS, properties: [] },
    { timeoutMs },
  )
}

/** The error of the one message that cannot be encoded, with its operation. */
function unsendable(error: unknown, messages: readonly Message[], sent: ReadonlyMap<number, Operation>): unknown {
  for (const message of messages) {
    try {
      encode(message)
    } catch (cause) {
      const operation = sent.get(message.xid)
      if (operation === undefined) return cause
      return new Error(`cannot ${describe(operation)}: ${(cause as Error).message}`, { cause })
    }
  }
  return error
}

function describe(operation: Operation): string {
  switch (operation.what) {
    case 'flow':
      return `${operation.act} flow ${operation.key}${operation.flow.unit === '' ? '' : ` of ${operation.flow.unit}`}`
    case 'group':
      return `${operation.act} group ${operation.group.groupId}`
    case 'meter':
      return `${operation.act} meter ${operation.meter.meterId}`
    case 'port':
      return `${operation.noFlood ? 'silence' : 'unsilence'} port ${operation.port}`
  }
}
