/** What manifests of pools and profiles look like once YAML is read; convert.ts has those of the other kinds. Types only. */
import type { Json } from '../model/tag.ts'

export interface RangeManifest {
  first?: string
  last?: string
  cidr?: string
}

export interface NapManifest {
  kind: 'Nap'
  name: string
  network?: string
  ranges: RangeManifest[]
  exclusions?: RangeManifest[]
  applicationType?: string
  expectedVolume?: number
  maxVolume?: number
  securityLevel?: number
  region?: string
  weights?: { application?: number; volume?: number; security?: number; region?: number }
  tags?: Json[]
  leaseSeconds?: number
  coolSeconds?: number
  watermarks?: { low?: number; high?: number }
  draining?: boolean
}

export interface ProfileManifest {
  kind: 'Profile'
  name: string
  applicationType?: string
  currentVolume?: number
  requiredSecurityLevel?: number
  strictSecurity?: boolean
  region?: string
}

export interface StagePolicyManifest {
  kind: 'StagePolicy'
  /** The stage. */
  name: string
  rateKbps?: number
  burstKb?: number
  applications?: { protocols: (string | number)[]; ports?: (string | number)[] }[]
  restrictions?: string[]
  silence?: { seconds: number; to: string }
  retentionSeconds?: number
  escalations?: { trigger: string; above: number; seconds: number; restrict?: boolean }[]
}
