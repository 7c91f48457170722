// Builds what is run: the tagsteer command and the node-openflow package, each bundled by esbuild. Types are checked by
// `npm run check`, not here. Safe to run again; takes about a second.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import protobuf from 'protobufjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  conditions: ['source'],
  logLevel: 'warning',
  sourcemap: 'linked',
  minifySyntax: true,
}
// CommonJS packages inside an ES module bundle call require(); give them one.
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
}

// Names of chunks change with their content: without this, old ones would stay, and be packed.
rmSync('openflow/dist', { recursive: true, force: true })
await build({
  ...common,
  entryPoints: { index: 'openflow/index.ts', cli: 'openflow/cli.ts' },
  outdir: 'openflow/dist',
  splitting: true,
})
chmodSync('openflow/dist/cli.js', 0o755)

// With `openflow` the package alone, for `npm pack` in its folder.
if (process.argv[2] !== 'openflow') {
  mkdirSync('dist', { recursive: true })
  // One descriptor set, made by buf: the CLI and the server load it instead of parsing .proto files at every start.
  execFileSync('node_modules/.bin/buf', ['build', 'proto', '-o', 'dist/tagsteer.binpb'], { stdio: 'inherit' })
  // The same as protobufjs keeps it: descriptor sets lose which repeated fields are maps, and names in camelCase.
  const protos = readdirSync('proto', { recursive: true }).filter((name) => name.endsWith('.proto'))
  const schema = new protobuf.Root()
  schema.resolvePath = (_origin, target) => (existsSync(`proto/${target}`) ? `proto/${target}` : target)
  schema.loadSync(protos)
  writeFileSync('dist/tagsteer.json', JSON.stringify(schema.resolveAll().toJSON()))
  await build({
    ...common,
    entryPoints: { tagsteer: 'cli/main.ts' },
    outdir: 'dist',
    splitting: true,
    banner,
    // Native addons and packages that find files beside themselves stay outside the bundle.
    external: ['xxhash-wasm', '@peculiar/x509'],
  })
  chmodSync('dist/tagsteer.js', 0o755)
  // What `tagsteer lab` runs.
  const scripts = ['hosts', 'hypervisor', 'hypervisors', 'lab_state', 'observer', 'probe', 'relay', 'sender']
  mkdirSync('dist/lab', { recursive: true })
  for (const name of scripts) copyFileSync(`mininet/${name}.py`, `dist/lab/${name}.py`)
}
