/**
 * A certificate authority for development: ECDSA P-256, one folder of PEM files, one certificate each for the server,
 * for clients (their role is the organisational unit of the subject, which controller/api/auth.ts reads) and for
 * switches. What is there and still good is kept; what expires soon is renewed with the same authority and key; what
 * this authority did not make is never touched. Not for production: the authority's key lies beside the certificates.
 */
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { X509CertificateCreateParams } from '@peculiar/x509'
import type { Role } from '../model/roles.ts'
import { installReflectMetadata } from './reflect.ts'

/** For whom a certificate is. A client's name is the caller that the controller logs. */
export type Holder =
  | { kind: 'server'; hosts: readonly string[] }
  | { kind: 'client'; name: string; role: Role }
  | { kind: 'switch'; name: string }

export interface CertsOptions {
  /** Made with mode 0700 where absent. */
  directory: string
  holders: readonly Holder[]
  /** Milliseconds since the epoch. */
  now: number
  /** Days that a certificate is good for; 365 where absent. */
  days?: number
}

/** What was done about one certificate. */
export interface CertOutcome {
  cert: string
  key: string
  subject: string
  action: 'made' | 'kept' | 'renewed'
  /** Milliseconds since the epoch. */
  expires: number
}

/** A folder that cannot be used as it is; the message says which file and what to do. */
export class CertsError extends Error {
  override name = 'CertsError'
}

const DAY = 86_400_000
const CA_DAYS = 3650
/** Renewed where less than this is left; for short lives a third of the life. */
const RENEW_DAYS = 30
/** Clocks of other machines may be behind by this much. */
const SKEW = 300_000
const CA_SUBJECT = 'CN=tagsteer development authority, O=tagsteer'
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** Every server certificate is also good for the machine itself. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1']
const NAME = /^[A-Za-z0-9]([-A-Za-z0-9._]{0,61}[A-Za-z0-9])?$/
/** The organisational unit of a switch's certificate. */
export const SWITCH_UNIT = 'switch'

type Library = typeof import('@peculiar/x509')
type Keys = webcrypto.CryptoKeyPair

/** Makes, keeps or renews the authority and the certificates named. Rejects with CertsError. */
export async function ensureCerts(options: CertsOptions): Promise<CertOutcome[]> {
  const { directory, holders, now, days = 365 } = options
  const names = holders.map(fileName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new CertsError(`two certificates would be named ${twice}.crt`)
  installReflectMetadata()
  const library = await import('@peculiar/x509')
  library.cryptoProvider.set(webcrypto)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const authority = new Authority(library, directory, now)
  const outcomes = [await authority.open()]
  for (const holder of holders) outcomes.push(await authority.ensure(holder, days))
  return outcomes
}

/** Name of a holder's files without their endings. */
export function fileName(holder: Holder): string {
  if (holder.kind === 'server') return 'server'
  const { name } = holder
  if (!NAME.test(name)) throw new CertsError(`${JSON.stringify(name)} is no name for a certificate`)
  if (name === 'ca' || name === 'server') throw new CertsError(`the name ${name} is taken by the ${name} certificate`)
  return name
}

class Authority {
  readonly #library: Library
  readonly #directory: string
  readonly #now: number
  #cert: X509Certificate | undefined
  #keys: Keys | undefined

  constructor(library: Library, directory: string, now: number) {
    this.#library = library
    this.#directory = directory
    this.#now = now
  }

  async open(): Promise<CertOutcome> {
    const [cert, key] = this.#paths('ca')
    const present = readCert(cert)
    if (present !== undefined && !present.ca) throw new CertsError(`${cert} is not an authority's; move it away`)
    if (present !== undefined && existsSync(key)) checkKey(present, cert, key)
    this.#cert = present
    if (present !== undefined && expiry(present) - this.#now > RENEW_DAYS * DAY) return this.#outcome('ca', 'kept')
    if (present !== undefined && !existsSync(key))
      throw new CertsError(`${cert} expires and its key ${key} is not here; move the folder away to begin anew`)
    const keys = await this.#keysAt(key, present !== undefined)
    const { BasicConstraintsExtension, KeyUsagesExtension, KeyUsageFlags } = this.#library
    const made = await this.#library.X509CertificateGenerator.createSelfSigned({
      name: CA_SUBJECT,
      keys: keys,
      ...this.#terms(CA_DAYS),
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await this.#library.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    write(cert, made.toString('pem'), present !== undefined)
    this.#cert = new X509Certificate(made.toString('pem'))
    this.#keys = keys
    return this.#outcome('ca', present === undefined ? 'made' : 'renewed')
  }

  async ensure(holder: Holder, days: number): Promise<CertOutcome> {
    const name = fileName(holder)
    const [cert, key] = this.#paths(name)
    const authority = this.#cert!
    const present = readCert(cert)
    if (present !== undefined) {
      if (!present.checkIssued(authority) || !present.verify(authority.publicKey))
        throw new CertsError(`${cert} was not made by the authority in this folder; move it away`)
      if (!existsSync(key)) throw new CertsError(`${key} is missing; move ${cert} away to have both made anew`)
      checkKey(present, cert, key)
      const { CN, OU } = present.toLegacyObject().subject as { CN?: unknown; OU?: unknown }
      if (CN !== name || OU !== unitOf(holder))
        throw new CertsError(
          `${cert} is for ${String(CN)}${OU === undefined ? '' : ` as ${String(OU)}`}; move it away to have it made for ${name}${unitOf(holder) === undefined ? '' : ` as ${unitOf(holder)}`}`,
        )
      const left = expiry(present) - this.#now
      const life = expiry(present) - Date.parse(present.validFrom)
      if (left > Math.min(RENEW_DAYS * DAY, life / 3) && covers(present, holder)) return this.#outcome(name, 'kept')
    }
    const signer = await this.#signer()
    const keys = await this.#keysAt(key, present !== undefined)
    const made = await this.#issue(holder, name, signer, keys, days, present)
    write(cert, made, present !== undefined)
    return this.#outcome(name, present === undefined ? 'made' : 'renewed')
  }

  async #signer(): Promise<Keys> {
    const [cert, key] = this.#paths('ca')
    if (this.#keys === undefined && !existsSync(key))
      throw new CertsError(`${key} is not here: no certificate can be made with the authority of ${cert}`)
    this.#keys ??= await this.#keysAt(key, true)
    return this.#keys
  }

  async #issue(
    holder: Holder,
    name: string,
    signer: Keys,
    keys: Keys,
    days: number,
    present: X509Certificate | undefined,
  ): Promise<string> {
    const library = this.#library
    const unit = unitOf(holder)
    const issuer = new library.X509Certificate(this.#cert!.raw)
    const { serverAuth, clientAuth } = library.ExtendedKeyUsage
    // Databases of switches connect to a controller, or are connected to.
    const usages = { server: [serverAuth], client: [clientAuth], switch: [clientAuth, serverAuth] }[holder.kind]
    const certificate = await library.X509CertificateGenerator.create({
      subject: [{ CN: [name] }, ...(unit === undefined ? [] : [{ OU: [unit] }])],
      issuer: issuer.subjectName,
      publicKey: keys.publicKey,
      signingKey: signer.privateKey,
      ...this.#terms(days, expiry(this.#cert!)),
      extensions: [
        new library.BasicConstraintsExtension(false, undefined, true),
        new library.KeyUsagesExtension(library.KeyUsageFlags.digitalSignature, true),
        new library.ExtendedKeyUsageExtension(usages),
        new library.SubjectAlternativeNameExtension(
          hostsOf(holder, present).map((host) => ({
            type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
            value: host,
          })),
        ),
        await library.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await library.AuthorityKeyIdentifierExtension.create(issuer),
      ],
    })
    return certificate.toString('pem')
  }

  /** Serial number, dates and algorithm of a new certificate. */
  #terms(days: number, atMost = Number.POSITIVE_INFINITY) {
    // RFC 5280 section 4.1.2.2: positive, at most 20 octets.
    const serial = randomBytes(16)
    serial[0] = (serial[0]! & 0x7f) | 0x40
    return {
      serialNumber: serial.toString('hex'),
      notBefore: new Date(this.#now - SKEW),
      notAfter: new Date(Math.min(this.#now + days * DAY, atMost)),
      signingAlgorithm: ALGORITHM,
    } satisfies X509CertificateCreateParamsPart
  }

  /** The keys in a file; where there is none, fresh ones that are written there. */
  async #keysAt(path: string, required: boolean): Promise<Keys> {
    if (existsSync(path)) return readKeys(path)
    if (required) throw new CertsError(`${path} is missing`)
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
    const octets = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
    write(path, pem('PRIVATE KEY', octets), false)
    return keys
  }

  #paths(name: string): [cert: string, key: string] {
    return [join(this.#directory, `${name}.crt`), join(this.#directory, `${name}.key`)]
  }

  #outcome(name: string, action: CertOutcome['action']): CertOutcome {
    const [cert, key] = this.#paths(name)
    const made = readCert(cert)!
    return { cert, key, subject: made.subject.replaceAll('\n', ', '), action, expires: expiry(made) }
  }
}

type X509CertificateCreateParamsPart = Pick<
  X509CertificateCreateParams,
  'serialNumber' | 'notBefore' | 'notAfter' | 'signingAlgorithm'
>

/** The organisational unit of a holder's subject. The server has none, so its certificate names no caller. */
function unitOf(holder: Holder): string | undefined {
  return holder.kind === 'client' ? holder.role : holder.kind === 'switch' ? SWITCH_UNIT : undefined
}

/** Names and addresses that a holder's certificate is for. A server keeps those it had. */
function hostsOf(holder: Holder, present: X509Certificate | undefined): string[] {
  if (holder.kind !== 'server') return [holder.name]
  const before = [...(present?.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, host]) => host!)
  return [...new Set([...LOCAL_HOSTS, ...before.map(plainAddress), ...holder.hosts.map(plainAddress)])]
}

/** One spelling of each address: OpenSSL prints IPv6 in its own. */
function plainAddress(host: string): string {
  return isIP(host) === 6 ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host
}

function covers(cert: X509Certificate, holder: Holder): boolean {
  if (holder.kind !== 'server') return true
  return [...LOCAL_HOSTS, ...holder.hosts].every((host) =>
    isIP(host) === 0 ? cert.checkHost(host) !== undefined : cert.checkIP(host) !== undefined,
  )
}

const expiry = (cert: X509Certificate): number => Date.parse(cert.validTo)

function readCert(path: string): X509Certificate | undefined {
  if (!existsSync(path)) return undefined
  try {
    return new X509Certificate(readFileSync(path))
  } catch (error) {
    throw new CertsError(`${path} cannot be read as a certificate (${(error as Error).message}); move it away`)
  }
}

function checkKey(cert: X509Certificate, certPath: string, keyPath: string): void {
  let fits: boolean
  try {
    fits = cert.checkPrivateKey(createPrivateKey(readFileSync(keyPath)))
  } catch (error) {
    throw new CertsError(`${keyPath} cannot be read as a key (${(error as Error).message}); move it away`)
  }
  if (!fits) throw new CertsError(`${keyPath} is not the key of ${certPath}; move both away`)
}

async function readKeys(path: string): Promise<Keys> {
  try {
    const key = createPrivateKey(readFileSync(path))
    const { d, ...open } = key.export({ format: 'jwk' })
    const [privateKey, publicKey] = await Promise.all([
      webcrypto.subtle.importKey('jwk', { ...open, ...(d === undefined ? {} : { d }) }, ALGORITHM, true, ['sign']),
      webcrypto.subtle.importKey('jwk', open, ALGORITHM, true, ['verify']),
    ])
    return { privateKey, publicKey }
  } catch (error) {
    throw new CertsError(`${path} cannot be read as an ECDSA P-256 key (${(error as Error).message}); move it away`)
  }
}

/** Whole or not at all, mode 0600. Where the file is not to be replaced, one that appeared meanwhile wins. */
function write(path: string, text: string, replace: boolean): void {
  const fresh = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(fresh, text.endsWith('\n') ? text : `${text}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    if (replace) renameSync(fresh, path)
    else linkSync(fresh, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new CertsError(`${path} appeared while it was being made; run the command again`)
    throw error
  } finally {
    rmSync(fresh, { force: true })
  }
}

function pem(label: string, octets: Buffer): string {
  const lines = octets.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
