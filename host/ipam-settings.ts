/**
 * The file of external IPAMs: which there are, which networks of ours they know under which names, how often they are
 * reconciled with, and where the secret of each is kept, since none stands in the file itself. Every mistake is found at
 * once and named with its place. It opens nothing but through what it is given.
 */
import { dirname, resolve } from 'node:path'
import { isLoopback } from './config.ts'
import { checkDocument, problemText, readYaml } from './yaml.ts'

export interface IpamSettings {
  name: string
  kind: 'netbox' | 'kea'
  url: string
  /** Our networks, and what each is called over there: a VRF of NetBox, empty for the global table. */
  networks: Readonly<Record<string, string>>
  /** Kea's control agent. */
  user?: string
  /** Token of NetBox, password of Kea's control agent. */
  secret?: string
  /** PEM text of authorities. */
  ca?: string
  /** Slug of the tag of entries that we make. */
  tag: string
  /** 0 is never. */
  intervalSeconds: number
  claims: ClaimSettings[]
}

/** Addresses that are claimed for a pool beforehand. */
export interface ClaimSettings {
  nap: string
  network: string
  /** Canonical text of a prefix over there. */
  prefix: string
  /** Addresses of one claim. */
  count: number
  /** It is claimed where fewer are free. */
  low: number
}

export type IpamSettingsResult = { ok: true; connectors: IpamSettings[] } | { ok: false; problems: string[] }

const NAME = '^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$'
const word = { type: 'string', minLength: 1, maxLength: 255 }
const CLAIM = {
  type: 'object',
  additionalProperties: false,
  required: ['nap', 'prefix'],
  properties: {
    nap: { ...word, description: 'pool that the addresses are for; it is made where it is missing' },
    network: { ...word, description: 'network of the pool' },
    prefix: { ...word, description: 'prefix of the external IPAM' },
    count: { type: 'integer', minimum: 1, maximum: 1024, description: 'addresses of one claim' },
    low: { type: 'integer', minimum: 1, maximum: 100_000, description: 'claim more where fewer are free' },
  },
}
const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['connectors'],
  properties: {
    connectors: {
      type: 'array',
      maxItems: 16,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'kind', 'url'],
        properties: {
          name: { type: 'string', pattern: NAME },
          kind: { type: 'string', enum: ['netbox', 'kea'] },
          url: { type: 'string', pattern: '^https?://[^\\s@]+$' },
          networks: { type: 'object', minProperties: 1, additionalProperties: { type: 'string' } },
          user: word,
          secretFile: word,
          secretEnv: { type: 'string', pattern: '^[A-Z_][A-Z0-9_]*$' },
          ca: word,
          tag: { type: 'string', pattern: '^[-a-zA-Z0-9_]{1,100}$' },
          intervalSeconds: { type: 'integer', minimum: 0, maximum: 86_400 },
          plaintext: { type: 'boolean' },
          claims: { type: 'array', maxItems: 64, items: CLAIM },
        },
      },
    },
  },
}

interface Written extends Omit<IpamSettings, 'claims'> {
  secretFile?: string
  secretEnv?: string
  plaintext?: boolean
  claims?: (Pick<ClaimSettings, 'nap' | 'prefix'> & Partial<ClaimSettings>)[]
}

/** @param read The text of a file, or undefined where it cannot be read. */
export function readIpamSettings(
  text: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  read: (path: string) => string | undefined,
): IpamSettingsResult {
  const yaml = readYaml(text, file)
  if (!yaml.ok) return { ok: false, problems: yaml.problems.map(problemText) }
  const [document] = yaml.documents
  if (document === undefined) return { ok: true, connectors: [] }
  const wrong = checkDocument(document, SCHEMA, file)
  if (wrong.length > 0) return { ok: false, problems: wrong.map(problemText) }
  const problems: string[] = []
  const folder = dirname(resolve(file))
  const { connectors: written } = document.value as { connectors: Written[] }
  const connectors = written.map((each, index): IpamSettings => {
    const { secretFile, secretEnv, plaintext = false, claims = [], ca, ...rest } = each
    const at = (message: string): void => {
      problems.push(problemText({ file, ...document.position(`/connectors/${index}`), path: each.name, message }))
    }
    if (written.findIndex(({ name }) => name === each.name) < index) at('stands twice')
    if (each.name === 'csv') at('is what files are called; choose another name')
    if (secretFile !== undefined && secretEnv !== undefined) at('has either secretFile or secretEnv')
    const secret = secretFile === undefined ? environment[secretEnv ?? ''] : read(resolve(folder, secretFile))?.trim()
    if (secretFile !== undefined && secret === undefined) at(`secretFile ${secretFile} cannot be read`)
    if (secretEnv !== undefined && secret === undefined) at(`the variable ${secretEnv} of secretEnv is not set`)
    if (each.kind === 'netbox' && (secret ?? '') === '') at('needs its token: secretFile or secretEnv')
    if (secret !== undefined && /[^!-~]/.test(secret)) at('the secret holds white space or what is not printable')
    const url = URL.canParse(each.url) ? new URL(each.url) : undefined
    if (url === undefined) at('the url is none')
    else if (
      url.protocol === 'http:' &&
      secret !== undefined &&
      !plaintext &&
      !isLoopback(url.hostname.replace(/^\[|\]$/g, ''))
    )
      at('would send its secret in the clear: use https, or say plaintext: true')
    const pem = ca === undefined ? undefined : read(resolve(folder, ca))
    if (ca !== undefined && pem === undefined) at(`ca ${ca} cannot be read`)
    if (each.kind === 'kea' && claims.length > 0) at('Kea gives no addresses to claim')
    const networks = each.networks ?? { default: '' }
    for (const { network = 'default' } of claims)
      if (!(network in networks)) at(`claims for network ${network}, which it does not serve`)
    if (each.kind === 'kea' && Object.keys(networks).length !== 1) at('serves one network: Kea has no VRFs')
    return {
      ...rest,
      networks,
      tag: each.tag ?? 'tagsteer',
      intervalSeconds: each.intervalSeconds ?? 0,
      ...(secret === undefined ? {} : { secret }),
      ...(pem === undefined ? {} : { ca: pem }),
      claims: claims.map((claim) => ({ network: 'default', count: 64, low: 32, ...claim })),
    }
  })
  return problems.length > 0 ? { ok: false, problems } : { ok: true, connectors }
}
