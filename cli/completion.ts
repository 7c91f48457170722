/**
 * Shell completion: short scripts that ask `tagsteer __complete WORDS...` and the answers to it. Live names come from
 * the controller within 300 ms or not at all: completion must never hang or print an error.
 */
import type { Generation__Output } from '../proto/gen/tagsteer/v1/Generation.ts'
import type { Interface__Output } from '../proto/gen/tagsteer/v1/Interface.ts'
import type { Client } from './client.ts'
import type { CommandRow } from './command.ts'
import { CliError } from './failure.ts'
import { KINDS, kindNamed } from './kinds.ts'

const DEADLINE_MS = 300

const SCRIPTS: Record<string, string> = {
  bash: `_tagsteer() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(tagsteer __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tagsteer tagsteer
`,
  zsh: `#compdef tagsteer
_tagsteer() {
  local -a found
  found=(\${(f)"$(tagsteer __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#found} )); then compadd -a found; else _files; fi
}
compdef _tagsteer tagsteer
`,
  fish: `function __tagsteer_complete
  set -l words (commandline -opc) (commandline -ct)
  tagsteer __complete $words[2..-1] 2>/dev/null
end
complete -c tagsteer -a '(__tagsteer_complete)'
`,
}

export function completionScript(shell: string): string {
  const script = SCRIPTS[shell]
  if (script === undefined) throw new CliError(`no completion for ${shell}: use ${Object.keys(SCRIPTS).join(', ')}`)
  return script
}

const commandName = (row: CommandRow): string => row.usage.split(' ')[0]!

/** Words that can stand where the last of `words` stands. */
export async function complete(
  words: readonly string[],
  rows: readonly CommandRow[],
  client: () => Client,
): Promise<string[]> {
  const current = words[words.length - 1] ?? ''
  if (words.length <= 1) return rows.map(commandName).filter((name) => name.startsWith(current))
  const row = rows.find((candidate) => commandName(candidate) === words[0])
  if (row === undefined) return []
  if (current.startsWith('-'))
    return (row.options ?? []).map(({ flags }) => /--[\w-]+/.exec(flags)![0]).filter((name) => name.startsWith(current))
  const typed = words.slice(1).filter((word) => !word.startsWith('-'))
  const what = row.complete?.[Math.min(typed.length, row.complete.length) - 1]
  if (what === 'kind') return KINDS.map(({ plural }) => plural).filter((name) => name.startsWith(current))
  if (what === undefined) return []
  const live = async (): Promise<string[]> => {
    if (what === 'interface') {
      return (
        await client().call<{ interfaces: Interface__Output[] }>(
          'InterfaceService',
          'listInterfaces',
          { pageSize: 1000 },
          DEADLINE_MS,
        )
      ).interfaces.map(({ name }) => name)
    }
    if (what === 'generation') {
      const request = { pageSize: 50 }
      const { generations } = await client().call<{ generations: Generation__Output[] }>(
        'HistoryService',
        'listGenerations',
        request,
        DEADLINE_MS,
      )
      return generations.map(({ generation }) => generation)
    }
    const kind = kindNamed(what === 'switch' ? 'switch' : typed[0]!)
    return (await kind.list(client())).map(({ name }) => name)
  }
  const found = await Promise.race([
    live().catch(() => []),
    new Promise<string[]>((resolve) => setTimeout(resolve, DEADLINE_MS, []).unref()),
  ])
  return found.filter((name) => name.startsWith(current))
}
