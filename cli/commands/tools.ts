/** Commands that need no controller: schema, version; and the completion script. */
import { CONFIG_SCHEMA } from '../../host/config.ts'
import type { CommandRow } from '../command.ts'
import { completionScript } from '../completion.ts'
import { CliError } from '../failure.ts'
import { manifestSchema, SCHEMAS, type Schema, schemaAt } from '../schema.ts'
import { table } from '../table.ts'

export const schema: CommandRow = {
  usage: 'schema [path]',
  summary: 'Describe the fields of manifests and of the settings (config); --print gives the JSON Schema for editors',
  options: [{ flags: '--print', description: 'print the JSON Schema (draft-07) of all manifests' }],
  examples: ['tagsteer schema policy.rules.peer', 'tagsteer schema --print > tagsteer.schema.json'],
  shared: [],
  async run({ arguments: [path], options, terminal }) {
    if (options['print'] === true) {
      terminal.out(`${JSON.stringify(manifestSchema(), null, 2)}\n`)
      return undefined
    }
    if (path === undefined) {
      terminal.out(
        `${table(
          [
            { header: 'KIND', cell: ([title]) => title },
            { header: 'DESCRIPTION', cell: ([, row]) => row.description ?? '' },
          ],
          Object.entries({ ...SCHEMAS, Config: CONFIG_SCHEMA } as Record<string, Schema>),
          false,
        ).join('\n')}\n`,
      )
      return undefined
    }
    const found = schemaAt(path)
    if (found === undefined)
      throw new CliError(`no field ${path}`, 1, ['begin with a kind, for example: tagsteer schema policy.rules'])
    const shape = found.type === 'array' ? found.items : found
    const required = shape?.required ?? []
    const rows = Object.entries(shape?.properties ?? {})
    terminal.out(`${path}: ${found.description ?? typeText(found)}\n`)
    if (rows.length > 0) {
      const lines = table(
        [
          { header: 'FIELD', cell: ([key]) => `${key}${required.includes(key) ? '*' : ''}` },
          { header: 'TYPE', cell: ([, row]) => typeText(row) },
          { header: 'DESCRIPTION', cell: ([, row]) => row.description ?? '' },
        ],
        rows,
        false,
      )
      terminal.out(`${lines.join('\n')}\n`)
    }
    return undefined
  },
}

function typeText(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.join('|')
  if (schema.const !== undefined) return schema.const
  if (schema.type === 'array') return `${schema.items === undefined ? 'any' : typeText(schema.items)}[]`
  return Array.isArray(schema.type) ? (schema.type.length > 3 ? 'any' : schema.type.join('|')) : (schema.type ?? 'any')
}

export const completion: CommandRow = {
  usage: 'completion <shell>',
  summary: 'Print the completion script for bash, zsh or fish',
  examples: [
    'source <(tagsteer completion bash)',
    'tagsteer completion fish > ~/.config/fish/completions/tagsteer.fish',
  ],
  shared: [],
  async run({ arguments: [shell], terminal }) {
    terminal.out(completionScript(shell!))
    return undefined
  },
}

export const version: CommandRow = {
  usage: 'version',
  summary: 'Print the version',
  shared: [],
  async run({ terminal }) {
    terminal.out(`tagsteer ${VERSION}\n`)
    return undefined
  },
}

/** Kept equal to package.json by a test. */
export const VERSION = '0.1.0'
