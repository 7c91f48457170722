/** External IPAMs as the settings name them: the file read, connectors made. It refuses to decide anything. Used by main.ts. */
import { readFileSync } from 'node:fs'
import type { IpamConnector } from '../../connectors/connector.ts'
import { KeaConnector } from '../../connectors/kea.ts'
import { NetboxConnector } from '../../connectors/netbox.ts'
import { type IpamSettings, readIpamSettings } from '../../host/ipam-settings.ts'
import type { SyncedConnector } from './sync.ts'

/** @throws {Error} that names every mistake of the file. */
export function openConnectors(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): SyncedConnector[] {
  if (file === undefined) return []
  const text = textOf(file)
  if (text === undefined) throw new Error(`the file of external IPAMs cannot be read: ${file}`)
  const read = readIpamSettings(text, file, environment, textOf)
  if (!read.ok) throw new Error(read.problems.join('; '))
  return read.connectors.map((settings) => ({
    connector: connectorOf(settings),
    networks: new Set(Object.keys(settings.networks)),
    intervalMs: settings.intervalSeconds * 1000,
    claims: settings.claims,
  }))
}

export function connectorOf({ name, kind, url, networks, user, secret = '', ca, tag }: IpamSettings): IpamConnector {
  const options = { name, url, ...(ca === undefined ? {} : { ca }) }
  if (kind === 'netbox') return new NetboxConnector({ ...options, token: secret, networks, tag })
  const network = Object.keys(networks)[0] ?? 'default'
  return new KeaConnector({ ...options, network, ...(user === undefined ? {} : { user, password: secret }) })
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
