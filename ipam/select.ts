/**
 * Which pool fits a profile best. Pure arithmetic over records and whether an address can be had; every pool gets its
 * score with its parts, or the reason why it was left out. The score is
 *
 *     application · 100                            where both name the same application type
 *   + volume · (100 − |expected − current| / max · 100)
 *   + security · 100                               where the pool's level is at least the one required
 *   + region · 100                                 where both name the same region
 *
 * with the weights of the pool, 0.4, 0.3, 0.3 and 0 where it names none. A volume far from what is expected takes away
 * more than the weight: the second line has no floor. Called by controller/addresses.
 */
import type { Nap, NapWeights, Profile } from '../model/records.ts'

export const DEFAULT_WEIGHTS: Readonly<NapWeights> = { application: 0.4, volume: 0.3, security: 0.3, region: 0 }

export type Behaviour = Pick<
  Profile,
  'applicationType' | 'currentVolume' | 'requiredSecurityLevel' | 'strictSecurity' | 'region'
>

/** Of an instance about which nothing is known. */
export const DEFAULT_BEHAVIOUR: Behaviour = {
  applicationType: '',
  currentVolume: 0,
  requiredSecurityLevel: 0,
  region: '',
}

/** Why a pool was not considered. */
export type LeftOut = 'draining' | 'exhausted' | 'security'

export type ScoreParts = NapWeights

export interface Scored {
  nap: string
  /** The sum of the parts; of pools that were left out, too. */
  score: number
  parts: ScoreParts
  leftOut?: LeftOut
}

/** What one pool offers. */
export interface Offer {
  nap: Nap
  /** Whether it has an address that can be given now. */
  hasFree: boolean
}

export function scoreParts(nap: Nap, behaviour: Behaviour): ScoreParts {
  const weights = nap.weights ?? DEFAULT_WEIGHTS
  const difference = Math.abs(nap.expectedVolume - behaviour.currentVolume)
  return {
    application: nap.applicationType === behaviour.applicationType ? weights.application * 100 : 0,
    volume: weights.volume * (100 - (difference / nap.maxVolume) * 100),
    security: nap.securityLevel >= behaviour.requiredSecurityLevel ? weights.security * 100 : 0,
    region: nap.region === behaviour.region ? weights.region * 100 : 0,
  }
}

/** Every pool, those that can be chosen first and the best of them first; of equals, by name. */
export function scorePools(offers: Iterable<Offer>, behaviour: Behaviour): Scored[] {
  const scored = [...offers].map(({ nap, hasFree }): Scored => {
    const parts = scoreParts(nap, behaviour)
    const score = parts.application + parts.volume + parts.security + parts.region
    const leftOut = leaveOut(nap, hasFree, behaviour)
    return { nap: nap.name, score, parts, ...(leftOut === undefined ? {} : { leftOut }) }
  })
  const out = ({ leftOut }: Scored): number => Number(leftOut !== undefined)
  return scored.sort((a, b) => out(a) - out(b) || b.score - a.score || (a.nap < b.nap ? -1 : 1))
}

function leaveOut(nap: Nap, hasFree: boolean, behaviour: Behaviour): LeftOut | undefined {
  if (nap.draining === true) return 'draining'
  const { strictSecurity, requiredSecurityLevel } = behaviour
  if (strictSecurity === true && nap.securityLevel < requiredSecurityLevel) return 'security'
  return hasFree ? undefined : 'exhausted'
}
