/**
 * Arguments, input, output and exit codes of the node-openflow command. Input is taken in pieces, output is written
 * in pieces and waits for whoever reads it, so files of any size pass through in little memory.
 */
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { isCapture, PcapError, PcapReader } from '../pcap.ts'
import { COMMANDS, type Command } from './commands.ts'
import { LINK_TYPES, Streams } from './streams.ts'

const OK = 0
const FAILED = 1

interface Console {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Writable
  readonly stderr: Writable
}

const USAGE = `usage: node-openflow <command> [file ...]

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

Input: standard input when no file or - is named. A line is one OpenFlow 1.3 message
in hexadecimal digits, or several back to back; empty lines and lines that begin with
# are passed over. decode and print also take captures (pcap and pcapng; Ethernet,
Linux cooked, raw IP): TCP streams that look like OpenFlow, on any port.

A message that cannot be decoded gives the line
  ERR <code> <offset> <path>
with the offset in octets from the start of the line (in captures: of the message)
and - where there is no path. It does not stop the rest.

Options:
  -h, --help     this text

Exit codes: 0 all input was read, whatever was in it; 1 wrong usage, or input that
cannot be read.
`

class InputError extends Error {}

/** Runs one command line; the result is the exit code. */
export async function run(args: readonly string[], io: Console): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(USAGE)
    return OK
  }
  const [name, ...rest] = args
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  const option = rest.find((argument) => argument.startsWith('-') && argument !== '-')
  if (command === undefined || option !== undefined) {
    const wrong =
      name === undefined
        ? ''
        : `node-openflow: ${command === undefined ? `no command ${name}` : `no option ${option}`}\n`
    io.stderr.write(`${wrong}${USAGE.slice(0, USAGE.indexOf('\n\nInput'))}\n\nnode-openflow --help says more.\n`)
    return FAILED
  }
  let code = OK
  for (const file of rest.length === 0 ? ['-'] : rest) {
    try {
      await passThrough(command, file === '-' ? io.stdin : createReadStream(file), io)
    } catch (error) {
      if (!(error instanceof PcapError || error instanceof InputError || isSystemError(error))) throw error
      io.stderr.write(`node-openflow: ${file === '-' ? 'standard input' : file}: ${error.message}\n`)
      code = FAILED
    }
  }
  return code
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

/** Output in large pieces: a write for each line would cost more than decoding it. */
class Output {
  readonly #to: Writable
  #pending = ''

  constructor(to: Writable) {
    this.#to = to
  }

  async write(text: string): Promise<void> {
    this.#pending += text
    if (this.#pending.length >= 65536) await this.flush()
  }

  async flush(): Promise<void> {
    const text = this.#pending
    this.#pending = ''
    if (text !== '' && !this.#to.write(text)) await once(this.#to, 'drain')
  }
}

async function passThrough(command: Command, input: AsyncIterable<Uint8Array>, io: Console): Promise<void> {
  const output = new Output(io.stdout)
  let sink: Sink | undefined
  let head: Uint8Array = new Uint8Array(0)
  for await (const piece of input) {
    const octets = head.length === 0 ? piece : Buffer.concat([head, piece])
    if (sink === undefined) {
      head = octets
      if (octets.length < 4) continue
      sink = open(command, octets, io)
      head = new Uint8Array(0)
    }
    await sink.piece(octets, output)
    // What has been read is told now: somebody may watch a pipe that goes on.
    await output.flush()
  }
  if (sink === undefined) {
    sink = open(command, head, io)
    await sink.piece(head, output)
  }
  await sink.end(output)
  await output.flush()
}

interface Sink {
  piece(octets: Uint8Array, output: Output): Promise<void>
  end(output: Output): Promise<void>
}

function open(command: Command, head: Uint8Array, io: Console): Sink {
  if (!isCapture(head)) return new Lines(command)
  if (command.captured === undefined)
    throw new InputError('captures are not taken here, only lines of hexadecimal digits')
  return new Capture(command.captured, io.stderr)
}

/** A line is not kept beyond this: 8 messages of the greatest length. */
const LONGEST_LINE = 1 << 20

class Lines implements Sink {
  readonly #command: Command
  #rest = ''

  constructor(command: Command) {
    this.#command = command
  }

  async piece(octets: Uint8Array, output: Output): Promise<void> {
    // One code unit for each octet: what is no ASCII is no hex either.
    const text = this.#rest + Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      await this.#line(text.slice(start, end), output)
      start = end + 1
    }
    this.#rest = text.slice(start)
    if (this.#rest.length > LONGEST_LINE) throw new InputError(`a line of more than ${LONGEST_LINE} characters`)
  }

  async end(output: Output): Promise<void> {
    await this.#line(this.#rest, output)
  }

  async #line(raw: string, output: Output): Promise<void> {
    const text = raw.trim()
    if (text !== '' && !text.startsWith('#')) await output.write(this.#command.line(text))
  }
}

class Capture implements Sink {
  readonly #show: NonNullable<Command['captured']>
  readonly #stderr: Writable
  readonly #reader = new PcapReader()
  readonly #streams = new Streams()
  readonly #strange = new Set<number>()

  constructor(show: NonNullable<Command['captured']>, stderr: Writable) {
    this.#show = show
    this.#stderr = stderr
  }

  async piece(octets: Uint8Array, output: Output): Promise<void> {
    for (const packet of this.#reader.push(octets)) {
      if (!LINK_TYPES.has(packet.link)) this.#strange.add(packet.link)
      for (const captured of this.#streams.push(packet)) await output.write(this.#show(captured))
    }
  }

  async end(output: Output): Promise<void> {
    for (const captured of this.#streams.end()) await output.write(this.#show(captured))
    const { gaps, fragments } = this.#streams.losses
    const warn = (count: number, text: string): void => {
      if (count > 0) this.#stderr.write(`node-openflow: warning: ${count} ${text}\n`)
    }
    warn(gaps, 'gaps in OpenFlow streams; messages in and around them are missing')
    warn(fragments, 'IP fragments of TCP passed over')
    warn(this.#reader.waiting, 'octets of a packet that is cut off at the end of the capture')
    if (this.#strange.size > 0) throw new InputError(`link type ${[...this.#strange].join(', ')} is not supported`)
  }
}
