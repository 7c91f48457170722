/** Certificates of the address bench, and what its clients and servers make of them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ChannelCredentials, credentials, ServerCredentials } from '@grpc/grpc-js'
import { ensureCerts } from '../host/certs.ts'
import type { TlsFiles } from '../host/config.ts'

const CLIENT = 'cloud'

export async function makeCerts(directory: string): Promise<void> {
  const holders = [
    { kind: 'server', hosts: [] },
    { kind: 'client', name: CLIENT, role: 'admin' },
  ] as const
  await ensureCerts({ directory, holders, now: Date.now() })
}

export const serverFiles = (directory: string): TlsFiles => ({
  cert: join(directory, 'server.crt'),
  key: join(directory, 'server.key'),
  ca: join(directory, 'ca.crt'),
})

export function clientChannel(directory: string): ChannelCredentials {
  const read = (file: string): Buffer => readFileSync(join(directory, file))
  return credentials.createSsl(read('ca.crt'), read(`${CLIENT}.key`), read(`${CLIENT}.crt`))
}

export function echoCredentials(directory: string): ServerCredentials {
  const { cert, key, ca } = serverFiles(directory)
  const pair = { cert_chain: readFileSync(cert), private_key: readFileSync(key) }
  return ServerCredentials.createSsl(readFileSync(ca), [pair], true)
}
