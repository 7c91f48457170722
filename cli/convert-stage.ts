/** Stage policies: manifests and protocol messages, each into the other. Shape only, as in convert.ts. */
import type { StagePolicy, StagePolicy__Output } from '../proto/gen/tagsteer/v1/StagePolicy.ts'
import type { StagePolicyManifest } from './manifest-kinds.ts'

const wire = (prefix: string, word: string): string => `${prefix}_${word.toUpperCase().replaceAll('-', '_')}`
const plain = (prefix: string, word: string): string =>
  word
    .slice(prefix.length + 1)
    .toLowerCase()
    .replaceAll('_', '-')

export function stagePolicyMessage(manifest: StagePolicyManifest): StagePolicy {
  const { name, rateKbps, burstKb = 0, applications = [], restrictions = [], silence, escalations = [] } = manifest
  return {
    name,
    ...(rateKbps === undefined ? {} : { rateLimit: { kilobitsPerSecond: rateKbps, burstKilobits: burstKb } }),
    applications: applications.map(({ protocols, ports = [] }) => ({
      protocols: protocols.map(String),
      ports: ports.map(String),
    })),
    restrictions: restrictions.map((each) => wire('RESTRICTION', each) as 'RESTRICTION_NO_WORLD'),
    ...(silence && { silence: { seconds: silence.seconds, to: wire('STAGE', silence.to) as 'STAGE_IDLE' } }),
    retentionSeconds: manifest.retentionSeconds ?? 0,
    escalations: escalations.map(({ trigger, above, seconds, restrict = false }) => ({
      trigger: wire('TRIGGER', trigger) as 'TRIGGER_BANDWIDTH',
      above: String(above),
      ...{ seconds, restrict },
    })),
  }
}

export function stagePolicyManifest(message: StagePolicy__Output): StagePolicyManifest {
  const { name, rateLimit, applications, restrictions, silence, retentionSeconds, escalations } = message
  return {
    kind: 'StagePolicy',
    name,
    ...(rateLimit && { rateKbps: rateLimit.kilobitsPerSecond, burstKb: rateLimit.burstKilobits }),
    ...(applications.length > 0 && {
      applications: applications.map(({ protocols, ports }) => ({ protocols, ...(ports.length > 0 && { ports }) })),
    }),
    ...(restrictions.length > 0 && { restrictions: restrictions.map((each) => plain('RESTRICTION', each)) }),
    ...(silence && { silence: { seconds: silence.seconds, to: plain('STAGE', silence.to) } }),
    ...(retentionSeconds > 0 && { retentionSeconds }),
    ...(escalations.length > 0 && {
      escalations: escalations.map(({ trigger, above, seconds, restrict }) => ({
        ...{ trigger: plain('TRIGGER', trigger), above: Number(above), seconds },
        ...(restrict && { restrict }),
      })),
    }),
  }
}
