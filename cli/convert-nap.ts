/**
 * Pools and profiles: manifests and protocol messages, each into the other. Shape only, as in convert.ts, which has the
 * other kinds.
 */
import type { Nap, Nap__Output } from '../proto/gen/tagsteer/v1/Nap.ts'
import type { Profile, Profile__Output } from '../proto/gen/tagsteer/v1/Profile.ts'
import { tagFromJson, tagToJson } from './convert.ts'
import type { NapManifest, ProfileManifest } from './manifest-kinds.ts'

export function napMessage(manifest: NapManifest): Nap {
  const { kind: _, tags = [], watermarks, expectedVolume = 0, maxVolume = 0, ...rest } = manifest
  return {
    ...rest,
    expectedVolume: String(expectedVolume),
    maxVolume: String(maxVolume),
    tags: tags.map(tagFromJson),
    ...(watermarks === undefined ? {} : { watermarks }),
  }
}

export function napManifest(message: Nap__Output): NapManifest {
  const { applicationType, securityLevel, region, weights, watermarks } = message
  const range = ({ first, last }: { first: string; last: string }) => ({ first, last })
  return {
    kind: 'Nap',
    name: message.name,
    network: message.network,
    ranges: message.ranges.map(range),
    ...(message.exclusions.length === 0 ? {} : { exclusions: message.exclusions.map(range) }),
    ...(applicationType === '' ? {} : { applicationType }),
    expectedVolume: Number(message.expectedVolume),
    maxVolume: Number(message.maxVolume),
    securityLevel,
    ...(region === '' ? {} : { region }),
    ...(weights && { weights }),
    ...(message.tags.length === 0 ? {} : { tags: message.tags.map(tagToJson) }),
    leaseSeconds: message.leaseSeconds,
    coolSeconds: message.coolSeconds ?? 0,
    ...(watermarks && { watermarks: { low: watermarks.low ?? 0, high: watermarks.high ?? 0 } }),
    ...(message.draining ? { draining: true } : {}),
  }
}

export function profileMessage({ kind: _, currentVolume = 0, ...rest }: ProfileManifest): Profile {
  return { ...rest, currentVolume: String(currentVolume) }
}

export function profileManifest(message: Profile__Output): ProfileManifest {
  const { name, applicationType, requiredSecurityLevel, strictSecurity, region } = message
  return {
    kind: 'Profile',
    name,
    ...(applicationType === '' ? {} : { applicationType }),
    currentVolume: Number(message.currentVolume),
    requiredSecurityLevel,
    ...(strictSecurity ? { strictSecurity } : {}),
    ...(region === '' ? {} : { region }),
  }
}
