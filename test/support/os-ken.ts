/**
 * os-ken of Debian's python3-os-ken as a peer for tests (os-ken.py beside this file): questions go in lines, answers come
 * in the same order. Knows the process and the form of questions and answers, no message.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { toHex } from 'node-openflow'
import type { Tree } from '../openflow/differential/tree.ts'

/** What os-ken makes of octets. Members that are not there failed, and the error says why. */
export interface Read {
  /** False for types of which os-ken has no parser; the rest is missing then. */
  readonly reads?: false
  readonly tree?: Tree
  readonly readError?: string
  /** Whether os-ken has code that writes messages of the class; what is `written` without says nothing. */
  readonly writes?: boolean
  readonly written?: string
  readonly writeError?: string
}

export interface Built {
  /** False for messages that os-ken only reads; the rest is missing then. */
  readonly builds?: false
  /** As in `Read`. */
  readonly writes?: boolean
  readonly octets?: string
  readonly buildError?: string
}

export type Question = { read: Uint8Array; version: number } | { build: Tree; version: number }

export class OsKen {
  private readonly process: ChildProcess
  private readonly lines: AsyncIterator<string>
  /** Of the package. */
  version = ''

  private constructor() {
    const script = fileURLToPath(new URL('os-ken.py', import.meta.url))
    this.process = spawn('/usr/bin/python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]()
  }

  static async start(): Promise<OsKen> {
    const peer = new OsKen()
    peer.version = ((await peer.next()) as { version: string }).version
    return peer
  }

  private async next(): Promise<unknown> {
    const { value, done } = await this.lines.next()
    if (done) throw new Error('os-ken ended; is python3-os-ken installed?')
    return JSON.parse(value)
  }

  /** Answers in the order of the questions. */
  async ask<A extends Read | Built>(questions: readonly Question[]): Promise<A[]> {
    const lines = questions.map((question) =>
      'read' in question ? { ...question, read: toHex(question.read) } : question,
    )
    this.process.stdin!.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const answers: A[] = []
    while (answers.length < questions.length) answers.push((await this.next()) as A)
    return answers
  }

  stop(): void {
    this.process.kill()
  }
}
