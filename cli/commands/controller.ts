/**
 * `tagsteer controller`: the controller in the foreground, set up by a file, variables and flags. Also what `tagsteer
 * up` shares with it: flags from the table of settings, and running until told to stop. The controller itself is loaded
 * only when it runs, so that other commands start fast.
 */
import { existsSync, readFileSync } from 'node:fs'
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js'
import type { RunningController } from '../../controller/main.ts'
import { type ConfigSources, type ControllerConfig, readConfig, SETTINGS, type Setting } from '../../host/config.ts'
import { createLog } from '../../host/log.ts'
import type { CommandRow, Invocation, OptionRow, Terminal } from '../command.ts'
import { text } from '../command.ts'
import { CliError } from '../failure.ts'

/** Options for these settings, all where none are named. */
export function settingOptions(names: readonly Setting['name'][] = SETTINGS.map(({ name }) => name)): OptionRow[] {
  return SETTINGS.filter(({ name }) => names.includes(name)).map(({ flag, description }) => ({
    flags: flag,
    description,
  }))
}

/** `limits.events` is `limitsEvents` among commander's options. */
const optionName = (name: string): string => name.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase())

export function settingFlags(options: Invocation['options']): NonNullable<ConfigSources['flags']> {
  return Object.fromEntries(
    SETTINGS.flatMap(({ name }) => {
      const value = options[optionName(name)]
      return typeof value === 'string' || value === true ? [[name, value]] : []
    }),
  )
}

/** Settings from everywhere; throws one CliError with every mistake. Warnings go to the terminal. */
export function settings(
  flags: NonNullable<ConfigSources['flags']>,
  terminal: Terminal,
  file?: string,
): ControllerConfig {
  let source: ConfigSources['file']
  if (file !== undefined) {
    try {
      source = { text: readFileSync(file, 'utf8'), name: file }
    } catch (error) {
      throw new CliError(`cannot read the settings: ${(error as Error).message}`)
    }
  }
  const result = readConfig({ file: source, environment: process.env, flags, exists: existsSync })
  if (!result.ok) {
    const { problems } = result
    throw new CliError(`${problems.length} problem${problems.length === 1 ? '' : 's'} in the settings`, 1, problems)
  }
  for (const warning of result.warnings) terminal.note(`warning: ${warning}\n`)
  return result.config
}

/** Runs a controller until the first signal; `started` is told where it answers. Resolves when everything has stopped. */
export async function serve(
  config: ControllerConfig,
  terminal: Terminal,
  started: (addresses: RunningController['addresses']) => void,
): Promise<void> {
  const { runController } = await import('../../controller/main.ts')
  // What goes wrong is an error that is told below; the library would print it as well.
  setLogVerbosity(logVerbosity.NONE)
  const log = createLog({ level: config.logLevel, format: config.logFormat })
  let running: RunningController
  try {
    running = await runController(config, { log, stop: terminal.signal })
  } catch (error) {
    throw startFailure(error as NodeJS.ErrnoException)
  }
  try {
    started(running.addresses)
  } catch (error) {
    await running.stop()
    throw error
  }
  await running.stopped
}

/** What to do about the usual reasons why a controller does not start. */
function startFailure(error: NodeJS.ErrnoException & { details?: unknown }): CliError {
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another process listens there: stop it, or choose other addresses with --listen and --openflow',
    EACCES: 'permission is missing: choose a port above 1023 or a directory of your own',
    LOCKED: 'another controller has this store open: stop it, or choose another with --store or TAGSTEER_HOME',
    DAMAGED: 'restore the store from a backup; nothing was changed',
    SCHEMA: 'a newer tagsteer wrote this store: run that version',
  }
  const code = error.code ?? (/EADDRINUSE|address already in use/i.test(error.message) ? 'EADDRINUSE' : '')
  const hint = hints[code]
  return new CliError(`the controller does not start: ${error.message}`, 1, hint === undefined ? [] : [hint])
}

export const controller: CommandRow = {
  usage: 'controller',
  summary: 'Run the controller in the foreground, set up by a file, TAGSTEER_* variables and flags',
  options: [{ flags: '--config <file>', description: 'settings in YAML (or TAGSTEER_CONFIG)' }, ...settingOptions()],
  examples: [
    'tagsteer controller --config /etc/tagsteer/tagsteer.yaml',
    'tagsteer controller --config tagsteer.yaml --log-level debug',
    'tagsteer schema config',
  ],
  shared: [],
  foreground: true,
  async run({ options, terminal }) {
    const config = settings(settingFlags(options), terminal, text(options, 'config') ?? process.env['TAGSTEER_CONFIG'])
    await serve(config, terminal, ({ grpc, openflow }) => {
      terminal.out(`tagsteer is ready: gRPC ${grpc}, OpenFlow ${openflow.join(', ')}\n`)
    })
    return undefined
  },
}
