/**
 * The gRPC services as loaded objects: made at build time (dist/tagsteer.json for messages, dist/tagsteer.binpb for
 * reflection and the check against unknown fields), read once. The server, the CLI and the tests take their service
 * definitions and clients from here; TypeScript types are generated
 * into proto/gen by `npm run generate`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type GrpcObject, loadPackageDefinition } from '@grpc/grpc-js'
import { fromJSON, type Options, type PackageDefinition } from '@grpc/proto-loader'
import { type Descriptors, readDescriptors } from './descriptors.ts'
import type { ProtoGrpcType } from './gen/tagsteer.ts'

export { type Descriptors, unknownField } from './descriptors.ts'

/** How messages look in memory; proto/gen is generated with the same options. */
export const LOAD: Options = { longs: String, enums: String, defaults: true, oneofs: true }

export interface Services {
  /** Client constructors by package: `services.grpc.tagsteer.v1.InterfaceService`. */
  grpc: ProtoGrpcType
  definition: PackageDefinition
  descriptors: Descriptors
}

let loaded: Services | undefined

/** Loads the descriptor set; throws where the build has not been run. */
export function loadServices(): Services {
  if (loaded !== undefined) return loaded
  const definition = fromJSON(JSON.parse(readFileSync(built('tagsteer.json'), 'utf8')), LOAD)
  loaded = {
    grpc: loadPackageDefinition(definition) as GrpcObject as unknown as ProtoGrpcType,
    definition,
    descriptors: readDescriptors(readFileSync(built('tagsteer.binpb'))),
  }
  return loaded
}

/** Beside the bundle when built, in dist/ when run from source. */
function built(file: string): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const found = [here, join(here, '..', 'dist')].map((folder) => join(folder, file)).find(existsSync)
  if (found === undefined) throw new Error(`${file} is missing: run \`npm run build\``)
  return found
}
