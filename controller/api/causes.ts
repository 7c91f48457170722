/**
 * From a cookie to the record that caused a flow, with who wrote it and in which generation. Made once per request from
 * intent; it holds nothing.
 */
import type { AnyRecord } from '../../model/records.ts'
import type { Cause } from '../../proto/gen/tagsteer/v1/Cause.ts'
import { type CookieKind, readCookie, readRuleObject } from '../policy/cookie.ts'
import type { Intent } from '../policy/intent.ts'
import { numberKey } from '../policy/numbers.ts'
import { ruleAt } from '../policy/order.ts'
import { refusalOf } from '../policy/refusals.ts'

export interface Causes {
  /** What caused the flow that carries this cookie. */
  of(cookie: bigint): Cause
  /** The cause that a record is. */
  ofRecord(record: AnyRecord, rule?: number): Cause
}

const SYSTEM: Cause = { kind: 'system', name: '', caller: '', generation: '0' }

export function causesOf(intent: Intent): Causes {
  const byNumber = <R extends AnyRecord>(records: ReadonlyMap<string, R>): Map<number, R> =>
    new Map([...records.values()].map((record) => [record.number, record]))
  const interfaces = byNumber(intent.interfaces)
  const vnps = byNumber(intent.vnps)
  const policies = byNumber(intent.policies)
  const networks = byNumber(intent.networks)
  const switches = new Map(
    [...intent.switches.values()].map((record) => [intent.number('switch', record.datapathId), record]),
  )

  function ofRecord(record: AnyRecord, rule?: number): Cause {
    return {
      kind: record.kind,
      name: record.name,
      caller: record.updatedBy,
      generation: String(intent.modRevision(record.kind, record.name) ?? 0),
      ...(rule === undefined ? {} : { rule }),
    }
  }

  const ofRule = (object: number): Cause => {
    const { policyNumber, slot } = readRuleObject(object)
    const policy = policies.get(policyNumber)
    return policy === undefined ? { ...SYSTEM, kind: 'policy' } : ofRecord(policy, ruleAt(policy, slot))
  }
  const found = (record: AnyRecord | undefined, kind: string, name: string): Cause =>
    record === undefined ? { ...SYSTEM, kind, name } : ofRecord(record)

  const READ: Readonly<Record<CookieKind, (object: number) => Cause>> = {
    system: () => SYSTEM,
    probe: () => ({ ...SYSTEM, kind: 'link', name: 'probes' }),
    unattached: (port) => ({ ...SYSTEM, name: `unattached port ${port}` }),
    link: (port) => ({ ...SYSTEM, kind: 'link', name: `port ${port}` }),
    interface: (number) => found(interfaces.get(number), 'interface', ''),
    destination: (number) => found(interfaces.get(number), 'interface', ''),
    neighbour: (number) => found(interfaces.get(number), 'interface', ''),
    rule: ofRule,
    log: ofRule,
    reject: ofRule,
    vnp: (number) => found(vnps.get(number), 'vnp', ''),
    switch: (number) => found(switches.get(number), 'switch', `number ${number}`),
    steer: (number) => ({
      ...SYSTEM,
      name: intent.pools.steer.holder(number)?.slice(numberKey('steer', '').length) ?? '',
    }),
    network: (number) => found(networks.get(number), 'network', ''),
    unrouted: () => ({ ...SYSTEM, name: 'packets that are not routed' }),
    oversize: () => ({ ...SYSTEM, name: 'packets that are too large for their way' }),
    dhcp: (number) =>
      number === 0 ? { ...SYSTEM, name: 'asked of gateways by DHCP' } : found(interfaces.get(number), 'interface', ''),
    watch: (number) => ({ ...SYSTEM, name: `probe ${number}` }),
    ask: () => ({ ...SYSTEM, name: 'asked of the controller' }),
    refused: (code) => ({ ...SYSTEM, name: `what is refused: ${refusalOf(code) ?? 'no reason known'}` }),
    prefix: (identity) => ({ ...SYSTEM, name: intent.identities.get(identity)?.key ?? '' }),
  }

  return {
    of(cookie) {
      const meaning = readCookie(cookie)
      return meaning === undefined ? SYSTEM : READ[meaning.kind](meaning.object)
    },
    ofRecord,
  }
}
