/** Bundles a TypeScript program of the tests for plain Node, so that a child process starts in milliseconds. */
import { join } from 'node:path'
import { build } from 'esbuild'

export async function bundle(source: string, directory: string): Promise<string> {
  const outfile = join(directory, 'child.mjs')
  await build({ entryPoints: [source], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' })
  return outfile
}
