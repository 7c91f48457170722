/** Certificate authorities and certificates for TLS tests, made by openssl; valid for a day. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Identity {
  /** PEM. */
  readonly key: string
  /** PEM. */
  readonly cert: string
}

export interface Authority {
  /** PEM of its own certificate. */
  readonly ca: string
  /** A certificate for that common name, or without one if it is empty; `names` as in `IP:127.0.0.1` and `DNS:example.org`. */
  issue(name: string, names?: readonly string[]): Identity
  /** Deletes its folder. */
  remove(): void
}

export function authority(name: string): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'tagsteer-ca-'))
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const make = (subject: string, file: string, ...more: string[]): Identity => {
    const common = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    const out = [
      '-subj',
      subject === '' ? '/O=nobody' : `/CN=${subject}`,
      '-keyout',
      `${file}.key`,
      '-out',
      `${file}.crt`,
    ]
    execFileSync('openssl', [...common, ...out, ...more], { cwd: folder, stdio: 'pipe' })
    return { key: read(`${file}.key`), cert: read(`${file}.crt`) }
  }
  const root = make(name, 'ca')
  let count = 0
  return {
    ca: root.cert,
    issue(subject, names = []) {
      const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE']
      const extension = names.length === 0 ? [] : ['-addext', `subjectAltName=${names.join(',')}`]
      return make(subject, `leaf${count++}`, ...signed, ...extension)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
