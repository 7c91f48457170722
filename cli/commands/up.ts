/**
 * `tagsteer up`: a controller for development with nothing to set up. State, certificates and the client's context go
 * to one home, so that every other command in that home finds the controller by itself.
 */
import { join } from 'node:path'
import { CertsError, ensureCerts, type Holder } from '../../host/certs.ts'
import { type ControllerConfig, endpointText, SETTINGS } from '../../host/config.ts'
import type { CommandRow, Terminal } from '../command.ts'
import { home, writeContext } from '../context.ts'
import { CliError } from '../failure.ts'
import { serve, settingFlags, settingOptions, settings } from './controller.ts'

export const up: CommandRow = {
  usage: 'up',
  summary: 'Start a controller for development: certificates, store and client set up by themselves',
  options: settingOptions([
    'listen',
    'openflow',
    'plaintext',
    'metrics',
    'ovsdb',
    'ovsdbListen',
    'repair',
    'backend',
    'probeMs',
    'probeSamples',
    'logLevel',
    'logFormat',
  ]),
  examples: [
    'tagsteer up',
    'tagsteer up --listen 127.0.0.1:7470 --openflow 0.0.0.0:6653',
    'TAGSTEER_HOME=/tmp/try tagsteer up --plaintext',
  ],
  shared: [],
  foreground: true,
  async run({ options, terminal }) {
    const certs = join(home(), 'certs')
    const files = { 'tls.cert': 'server.crt', 'tls.key': 'server.key', 'tls.ca': 'ca.crt' } as const
    const ours = Object.entries(files).filter(([name]) => !process.env[settingVariable(name)])
    const config = settings(
      { ...Object.fromEntries(ours.map(([name, file]) => [name, join(certs, file)])), ...settingFlags(options) },
      terminal,
    )
    if (ours.length > 0) await makeCerts(certs, config, terminal)
    await serve(config, terminal, ({ grpc, openflow }) => {
      const server = reachable(grpc)
      writeContext({ server, insecure: config.plaintext })
      terminal.out(readyText(config, server, openflow.map(reachable), certs))
    })
    return undefined
  },
}

/** Certificates for server, clients and switches of this home. */
export const DEVELOPMENT: readonly Holder[] = [
  { kind: 'client', name: 'admin', role: 'admin' },
  { kind: 'client', name: 'viewer', role: 'viewer' },
  { kind: 'switch', name: 'switch' },
]

const settingVariable = (name: string): string => SETTINGS.find((setting) => setting.name === name)!.env

async function makeCerts(directory: string, config: ControllerConfig, terminal: Terminal): Promise<void> {
  const wanted = !config.plaintext || config.openflow.some(({ tls }) => tls !== undefined)
  if (!wanted) return
  const hosts = [config.listen, ...config.openflow].map(({ host }) => host).filter((host) => !isWildcard(host))
  try {
    const outcomes = await ensureCerts({
      directory,
      holders: [{ kind: 'server', hosts }, ...DEVELOPMENT],
      now: terminal.now(),
    })
    const made = outcomes.filter(({ action }) => action !== 'kept').length
    if (made > 0) terminal.note(`${made} development certificates made or renewed in ${directory}\n`)
  } catch (error) {
    if (error instanceof CertsError) throw new CliError(`development certificates: ${error.message}`)
    throw error
  }
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** Where a client on this machine finds a listener. */
function reachable(address: string): string {
  const { host, port } = /^\[?(?<host>.*?)\]?:(?<port>\d+)$/.exec(address)!.groups as { host: string; port: string }
  const local = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return endpointText({ host: local, port: Number(port) })
}

function readyText(config: ControllerConfig, grpc: string, openflow: readonly string[], certs: string): string {
  const tls = config.openflow[0]?.tls !== undefined
  // `npx tagsteer up` has put no tagsteer on the path of another terminal.
  const tagsteer = process.env['npm_command'] === 'exec' ? 'npx tagsteer' : 'tagsteer'
  const lines = [
    `tagsteer is ready: gRPC ${grpc}, OpenFlow ${openflow.join(', ')}`,
    '',
    'Point a bridge here (it keeps enforcing when the controller is away):',
    ...(tls
      ? [`  ovs-vsctl set-ssl ${join(certs, 'switch.key')} ${join(certs, 'switch.crt')} ${join(certs, 'ca.crt')}`]
      : []),
    '  ovs-vsctl set bridge BRIDGE fail_mode=secure protocols=OpenFlow13 other-config:disable-in-band=true \\',
    `    -- set-controller BRIDGE ${tls ? 'ssl' : 'tcp'}:${openflow[0]}`,
    'Then, in another terminal:',
    ...(process.env['TAGSTEER_HOME'] ? [`  export TAGSTEER_HOME=${home()}`] : []),
    `  ${tagsteer} status`,
    `  ${tagsteer} apply -f examples/three-tenants.yaml --wait applied`,
    `  ${tagsteer} explain red-web red-db tcp/5432`,
    'Ctrl-C stops the controller; switches keep what they have.',
    '',
  ]
  return lines.join('\n')
}
