/**
 * The controller as another epoch of the pipeline would have it: the same source, compiled with another PIPELINE_EPOCH,
 * so with other cookies and other tables, and with every register in another one's place, so that rows of the two
 * layouts make no sense together. For tests of upgrades and rollbacks.
 */
import { readFileSync, symlinkSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LAST_REGISTER = 9

/** Makes the program in a directory, and gives its path. */
export async function buildVariant(epoch: number, directory: string): Promise<string> {
  let changed = 0
  const variant: Plugin = {
    name: 'another epoch',
    setup(made) {
      made.onLoad({ filter: /\/controller\/policy\/[^/]+\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8')
          .replace(/PIPELINE_EPOCH = [0-9]+/, () => {
            changed++
            return `PIPELINE_EPOCH = ${epoch}`
          })
          .replace(/'reg([0-9])'/g, (_, number) => `'reg${LAST_REGISTER - Number(number)}'`)
        return { contents: text, loader: 'ts' }
      })
    },
  }
  await build({
    absWorkingDir: ROOT,
    entryPoints: { tagsteer: 'cli/main.ts' },
    outdir: directory,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['source'],
    logLevel: 'error',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    external: ['xxhash-wasm', '@peculiar/x509'],
    outExtension: { '.js': '.mjs' },
    plugins: [variant],
  })
  if (changed !== 1) throw new Error(`PIPELINE_EPOCH was found ${changed} times`)
  for (const name of ['tagsteer.binpb', 'tagsteer.json']) {
    await copyFile(join(ROOT, 'dist', name), join(directory, name))
  }
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  return join(directory, 'tagsteer.mjs')
}
