/**
 * What a command is: a row with its usage, options, examples and a function. Rows are turned into the parser, the help
 * text, shell completion and docs/cli.md; nothing is said twice. The rows themselves are in commands.ts.
 */
import type { Client } from './client.ts'
import type { Format } from './output.ts'

export interface OptionRow {
  /** commander syntax: `-f, --filename <path...>` */
  flags: string
  description: string
  default?: string | boolean
}

/** What a command may touch of the world outside. */
export interface Terminal {
  out(text: string): void
  /** Errors and progress: never part of the output proper. */
  note(text: string): void
  /** True where standard output is a terminal: names instead of numbers, colour. */
  interactive: boolean
  now(): number
  /** Aborted on the first interrupt. */
  signal: AbortSignal
  readInput(): Promise<string>
}

export interface Invocation {
  arguments: string[]
  options: Readonly<Record<string, unknown>>
  format: Format
  terminal: Terminal
  /** Connects on first use. */
  client(): Client
}

export interface CommandRow {
  /** Name and arguments in commander syntax: `get <kind> [name]`. */
  usage: string
  summary: string
  options?: OptionRow[]
  examples?: string[]
  /** What each argument completes to. */
  complete?: ('kind' | 'name' | 'interface' | 'switch' | 'generation')[]
  /** Which groups of shared options it takes; both where absent. */
  shared?: readonly ('output' | 'call')[]
  /** Runs until a signal, which is then its orderly end and no interruption. */
  foreground?: boolean
  /** Resolves to the exit code; undefined is 0. Failures are thrown as CliError. */
  run(invocation: Invocation): Promise<number | undefined>
}

export function text(options: Invocation['options'], name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

export function texts(options: Invocation['options'], name: string): string[] {
  const value = options[name]
  return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
}

export function flag(options: Invocation['options'], name: string): boolean {
  return options[name] === true
}
