/**
 * Validation: each way in which a record can be wrong is refused with the path of the field, all of them at once, and
 * what is right comes out canonical.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Failure, Result } from '../../model/errors.ts'
import type { RecordKind } from '../../model/records.ts'
import { TAG_LIMITS } from '../../model/tag.ts'
import { LIMITS, validateRecord, validateSelector, validateTags } from '../../model/validate.ts'
import { RULE_LIMITS } from '../../model/validate-rule.ts'

const failureOf = (result: Result<unknown>): Failure => (result.ok ? expect.fail('accepted') : result.failure)
const acceptedOf = <T>(result: Result<T>): T => (result.ok ? result.value : expect.fail(JSON.stringify(result.failure)))
const fieldsOf = (result: Result<unknown>): string[] => (failureOf(result).violations ?? []).map(({ field }) => field)

const text = (value: string) => ({ text: value })
const rule = (fields: object = {}) => ({
  direction: 'DIRECTION_INGRESS',
  peer: { any: {} },
  action: 'ACTION_ALLOW',
  ...fields,
})

const GOOD: Record<RecordKind, () => Record<string, unknown>> = {
  interface: () => ({
    name: 'web-1',
    tags: [text('web'), { number: '42' }, { json: '{"b":1,"a":2}' }],
    network: 'default',
    mac: '00:00:5E:00:53:01',
    addresses: ['10.0.0.1', '2001:DB8:0:0::1'],
    attachment: { port: { datapathId: '00000000000000A1', port: 7 } },
    owner: 'team',
  }),
  vnp: () => ({ name: 'prod', selector: { allOf: [text('web')] }, priority: -5 }),
  policy: () => ({ name: 'p', vnp: 'prod', appliesTo: {}, rules: [rule(), rule(), rule(), rule(), rule()] }),
  switch: () => ({ name: 's1', datapathId: '00000000000000a1', uplinks: ['eth1', 'eth0', 'eth1'] }),
  network: () => ({
    name: 'front',
    router: 'shop',
    subnets: [
      { cidr: '10.0.1.0/24', gateway: '10.0.1.1' },
      { cidr: '2001:DB8:1::/64', gateway: '2001:db8:1::1' },
    ],
  }),
  nap: () => ({
    name: 'web-pool',
    ranges: [{ first: '2001:DB8::1', last: '2001:db8::ff' }, { cidr: '10.0.1.0/24' }],
    exclusions: [{ first: '10.0.1.9', last: '10.0.1.9' }],
    expectedVolume: '5000',
    securityLevel: 10,
  }),
  profile: () => ({ name: 'web', applicationType: 'web', currentVolume: '10', requiredSecurityLevel: 5 }),
  stagePolicy: () => ({
    name: 'revocable',
    applications: [{ protocols: ['tcp'], ports: ['443'] }],
    restrictions: ['RESTRICTION_NO_WORLD'],
    retentionSeconds: 60,
    escalations: [{ trigger: 'TRIGGER_BANDWIDTH', above: '5', seconds: 3 }],
  }),
}

interface Fault {
  kind: RecordKind
  /** Member of the message that is replaced; faults of different members do not touch each other. */
  member: string
  value: unknown
  fields: string[]
  why: RegExp
}

const many = (count: number) => Array.from({ length: count }, (_, index) => text(`t${index}`))
const fault = (kind: RecordKind, member: string, value: unknown, fields: string | string[], why: RegExp): Fault => ({
  kind,
  member,
  value,
  fields: [fields].flat(),
  why,
})
/** A fault of one rule; the others stay right. */
const ruleFault = (fields: object, path: string, why: RegExp): Fault =>
  fault('policy', 'rules', [rule(), rule(fields)], `rules[1].${path}`, why)

/** A fault of the second subnet; the first stays right. */
const subnetFault = (fields: object, path: string, why: RegExp): Fault => {
  const other = { cidr: '10.0.9.0/24', gateway: '10.0.9.1' }
  const its = { cidr: '10.0.1.0/24', gateway: '10.0.1.1', ...fields }
  return fault('network', 'subnets', [other, its], `subnets[1].${path}`, why)
}

/** A fault of the second range; the first stays right. */
const rangeFault = (its: object, path: string, why: RegExp): Fault =>
  fault('nap', 'ranges', [{ first: '10.0.9.0', last: '10.0.9.255' }, its], path, why)

const names = (kind: RecordKind): Fault[] => [
  fault(kind, 'name', undefined, 'name', /required/),
  fault(kind, 'name', 'Web', 'name', /lower-case/),
  fault(kind, 'name', '-web', 'name', /lower-case/),
  fault(kind, 'name', 'x'.repeat(64), 'name', /longer than 63/),
  fault(kind, 'name', '10.0.0.1', 'name', /looks like an address/),
  fault(kind, 'name', 7, ['name', 'name'], /must be text|is required/),
  fault(kind, 'owner', 'a b', 'owner', /lower-case/),
]

const FAULTS: Fault[] = [
  ...names('interface'),
  ...names('vnp'),
  ...names('policy'),
  ...names('switch'),
  ...names('network'),
  ...names('nap'),
  ...names('profile'),
  fault('nap', 'network', 'A', 'network', /lower-case/),
  fault('nap', 'tags', [text('stage:active')], 'tags', /says the stage/),
  fault('interface', 'tags', [text('stage:active')], 'tags', /MoveStage/),
  fault('stagePolicy', 'name', 'busy', ['name', 'retention_seconds'], /must be a stage|revocable/),
  fault('stagePolicy', 'rateLimit', { kilobitsPerSecond: 0 }, 'rate_limit.kilobits_per_second', /whole number/),
  fault(
    'stagePolicy',
    'applications',
    [{ ports: ['1'] }],
    ['applications[0].protocols', 'applications[0].ports'],
    /protocol/,
  ),
  fault('stagePolicy', 'restrictions', ['no-sleep'], 'restrictions[0]', /must be one of/),
  fault('stagePolicy', 'silence', { seconds: 5, to: 'STAGE_IDLE' }, 'silence', /nowhere/),
  fault(
    'stagePolicy',
    'escalations',
    [{ trigger: 'bandwidth', above: '1', seconds: 0 }],
    'escalations[0].seconds',
    /whole/,
  ),
  fault('nap', 'ranges', [], 'ranges', /needs a range/),
  rangeFault({ first: '10.0.1.9' }, 'ranges[1].last', /must be an IPv4 or IPv6 address/),
  rangeFault({ first: '10.0.1.9', last: '10.0.1.8' }, 'ranges[1]', /ends before/),
  rangeFault({ first: '10.0.1.9', last: 'fd00::1' }, 'ranges[1]', /different families/),
  rangeFault({ first: '10.0.1.9', last: '10.0.1.10', cidr: '10.0.1.0/24' }, 'ranges[1]', /either cidr/),
  rangeFault({ cidr: '10.0.1.1/24' }, 'ranges[1].cidr', /without host bits/),
  rangeFault({ cidr: '10.0.9.0/30' }, 'ranges[1]', /overlaps with ranges\[0\]/),
  rangeFault({ cidr: '127.0.0.0/24' }, 'ranges[1]', /loopback/),
  rangeFault({ first: '126.0.0.1', last: '128.0.0.1' }, 'ranges[1]', /no interface can have/),
  rangeFault({ first: '::2', last: '1::' }, 'ranges[1]', /no interface can have/),
  fault('nap', 'exclusions', [{ first: '10.0.2.1', last: '10.0.2.2' }], 'exclusions[0]', /not inside/),
  fault('nap', 'expectedVolume', '-5', 'expected_volume', /whole number/),
  fault('nap', 'maxVolume', '99999999999999999999', 'max_volume', /whole number/),
  fault('nap', 'securityLevel', 101, 'security_level', /from 0 to 100/),
  fault('nap', 'region', 'a b', 'region', /white space/),
  fault('nap', 'weights', { application: 2 }, 'weights.application', /from 0 to 1/),
  fault('nap', 'weights', { region: Number.NaN }, 'weights.region', /from 0 to 1/),
  fault('nap', 'watermarks', { low: 0.9, high: 0.5 }, 'watermarks.low', /not be above/),
  fault('nap', 'leaseSeconds', -1, 'lease_seconds', /from 0/),
  fault('nap', 'coolSeconds', 1e9, 'cool_seconds', /from 0/),
  fault('profile', 'requiredSecurityLevel', 0.5, 'required_security_level', /whole number/),
  fault('profile', 'applicationType', 'x'.repeat(64), 'application_type', /at most 63/),
  fault('network', 'router', 'Shop', 'router', /lower-case/),
  fault('network', 'subnets', [], 'subnets', /needs a subnet/),
  subnetFault({ cidr: '10.0.1.0' }, 'cidr', /must be a prefix/),
  subnetFault({ cidr: '10.0.1.1/24' }, 'cidr', /10\.0\.1\.0\/24 has none/),
  subnetFault({ cidr: '0.0.0.0/0' }, 'cidr', /every address/),
  subnetFault({ cidr: 'fe80::/64', gateway: 'fe80::1' }, 'cidr', /link-local/),
  subnetFault({ cidr: '224.0.1.0/24', gateway: '224.0.1.1' }, 'cidr', /multicast/),
  subnetFault({ gateway: '' }, 'gateway', /must be the router's/),
  subnetFault({ gateway: '10.0.2.1' }, 'gateway', /not in 10\.0\.1\.0\/24/),
  subnetFault({ gateway: '10.0.1.0' }, 'gateway', /subnet itself/),
  subnetFault({ gateway: '10.0.1.255' }, 'gateway', /broadcast/),
  fault(
    'network',
    'subnets',
    [
      { cidr: '10.0.0.0/8', gateway: '10.0.0.1' },
      { cidr: '10.0.1.0/24', gateway: '10.0.1.1' },
    ],
    'subnets[1].cidr',
    /overlaps with subnets\[0\]/,
  ),
  fault('interface', 'mac', '02:74:67:00:00:01', 'mac', /virtual gateways/),
  fault('interface', 'tags', many(TAG_LIMITS.perRecord + 1), 'tags', /65 entries, the limit is 64/),
  fault('interface', 'tags', [text('ok'), text('')], 'tags[1].text', /must not be empty/),
  fault('interface', 'tags', [{ text: 'a', number: '1' }], 'tags[0]', /only one of/),
  fault('interface', 'tags', [{}], 'tags[0]', /one of text, number, json is required/),
  fault('interface', 'tags', [{ number: '9223372036854775808' }], 'tags[0].number', /64-bit/),
  fault('interface', 'tags', [{ json: '{"a":1,"a":2}' }], 'tags[0].json', /occurs twice/),
  fault('interface', 'tags', 'web', 'tags', /must be a list/),
  fault('interface', 'mac', '00:00:5e:00:53', 'mac', /six pairs/),
  fault('interface', 'mac', '01:00:5e:00:53:01', 'mac', /group address/),
  fault('interface', 'mac', '00:00:00:00:00:00', 'mac', /belongs to nobody/),
  fault('interface', 'mac', undefined, 'mac', /six pairs/),
  fault('interface', 'addresses', ['10.0.0.1', '10.0.0.0/24'], 'addresses[1]', /not a prefix/),
  fault('interface', 'addresses', ['10.0.0.256'], 'addresses[0]', /must be an IPv4 or IPv6 address/),
  fault('interface', 'addresses', ['224.0.0.1', '127.0.0.1'], ['addresses[0]', 'addresses[1]'], /multicast|loopback/),
  fault('interface', 'addresses', ['fd00::1', 'FD00:0::1'], 'addresses[1]', /same address as addresses\[0\]/),
  fault(
    'interface',
    'addresses',
    Array.from({ length: LIMITS.addresses + 1 }, (_, i) => `10.0.0.${i}`),
    'addresses',
    /limit is 64/,
  ),
  fault('interface', 'attachment', {}, 'attachment', /one of port, port_name, iface_id, mac is required/),
  fault('interface', 'attachment', { mac: {}, port: {} }, 'attachment', /only one of/),
  fault(
    'interface',
    'attachment',
    { port: { datapathId: 'a1', port: 1 } },
    'attachment.port.datapath_id',
    /16 hexadecimal/,
  ),
  fault(
    'interface',
    'attachment',
    { port: { datapathId: '00000000000000a1', port: 0 } },
    'attachment.port.port',
    /from 1 to/,
  ),
  fault(
    'interface',
    'attachment',
    { port: { datapathId: '00000000000000a1', port: 0xfffffffe } },
    'attachment.port.port',
    /from 1 to/,
  ),
  fault('interface', 'attachment', { ifaceId: { ifaceId: 'a b' } }, 'attachment.iface_id.iface_id', /printable/),
  fault('interface', 'attachment', { ifaceId: { ifaceId: 'x'.repeat(256) } }, 'attachment.iface_id.iface_id', /255/),
  fault('interface', 'attachment', { portName: { portName: 'a b' } }, 'attachment.port_name.port_name', /printable/),
  fault(
    'interface',
    'attachment',
    { portName: { portName: 'x'.repeat(16) } },
    'attachment.port_name.port_name',
    /1 to 15/,
  ),
  fault('interface', 'network', 'A', 'network', /lower-case/),
  fault('interface', 'portSecurity', 'yes', 'port_security', /true or false/),
  fault(
    'vnp',
    'selector',
    { allOf: [text('a')], noneOf: [text('a')] },
    'selector',
    /all_of and in none_of: nothing can match/,
  ),
  fault(
    'vnp',
    'selector',
    { anyOf: [text('a'), text('b')], noneOf: [text('b'), text('a')] },
    'selector',
    /every tag of any_of/,
  ),
  fault('vnp', 'selector', { anyOf: many(65) }, 'selector.any_of', /limit is 64/),
  fault('vnp', 'selector', { noneOf: [{ text: '\ud800' }] }, 'selector.none_of[0].text', /well-formed/),
  fault('vnp', 'selector', [], 'selector', /must be an object/),
  fault('vnp', 'priority', 2 ** 31, 'priority', /whole number/),
  fault('vnp', 'priority', 1.5, 'priority', /whole number/),
  fault(
    'vnp',
    'resolution',
    'RESOLUTION_RANDOM',
    'resolution',
    /one of highest-priority, strictest-wins, ordered-merge/,
  ),
  fault('vnp', 'ingressDefault', 'maybe', 'ingress_default', /one of allow, deny/),
  fault('vnp', 'egressDefault', 'DEFAULT_VERDICT_REJECT', 'egress_default', /one of allow, deny/),
  fault('policy', 'vnp', undefined, 'vnp', /required/),
  fault('policy', 'appliesTo', { allOf: [text('a')], noneOf: [text('a')] }, 'applies_to', /nothing can match/),
  fault('policy', 'priority', 'high', 'priority', /whole number/),
  fault(
    'policy',
    'rules',
    Array.from({ length: RULE_LIMITS.rules + 1 }, () => rule()),
    'rules',
    /limit is 1000/,
  ),
  ruleFault({ action: 'ACTION_UNSPECIFIED' }, 'action', /one of allow/),
  ruleFault({ direction: undefined }, 'direction', /one of ingress, egress/),
  ruleFault({ peer: { any: {}, vnp: 'x' } }, 'peer', /only one of/),
  ruleFault({ peer: { cidr: '10.0.0.0/33' } }, 'peer.cidr', /must be an IPv4 or IPv6 prefix/),
  ruleFault({ peer: { cidr: '10.0.0.1/8' } }, 'peer.cidr', /bits set beyond its length; the prefix is 10\.0\.0\.0\/8/),
  ruleFault({ peer: { tags: { anyOf: [text('a')], noneOf: [text('a')] } } }, 'peer.tags', /nothing can match/),
  ruleFault({ peer: { cidr: '10.0.0.0/8' }, protocols: ['58'] }, 'protocols', /never occurs with 10\.0\.0\.0\/8/),
  ruleFault({ peer: { cidr: 'fd00::/8' }, protocols: ['1'] }, 'protocols', /never occurs with fd00::\/8/),
  ruleFault({ protocols: ['tcp', 'ipx'] }, 'protocols[1]', /must be tcp/),
  ruleFault({ protocols: ['256'] }, 'protocols[0]', /must be tcp/),
  ruleFault({ protocols: ['toString'] }, 'protocols[0]', /must be tcp/),
  ruleFault({ protocols: ['icmp'], ports: ['8'] }, 'ports', /only tcp, udp and sctp have ports/),
  ruleFault({ protocols: ['icmp', 'tcp'], icmp: ['echo-request'] }, 'icmp', /need the protocol icmp.* and no other/),
  ruleFault({ icmp: ['echo-request'] }, 'icmp', /need the protocol icmp/),
  ruleFault({ protocols: ['icmp'], icmp: ['echo-request', '8'] }, 'icmp[1]', /different messages in ICMP and ICMPv6/),
  ruleFault({ protocols: ['icmpv4'], icmp: ['packet-too-big'] }, 'icmp[0]', /no message of protocol 1/),
  ruleFault({ protocols: ['icmpv4'], icmp: ['3/4', '3/256'] }, 'icmp[1]', /from 0 to 255/),
  ruleFault({ protocols: ['icmpv6'], icmp: ['toString'] }, 'icmp[0]', /type\/code/),
  ruleFault({ ports: ['80'] }, 'ports', /need a protocol that has ports/),
  ruleFault({ protocols: ['tcp'], ports: ['80', '65536'] }, 'ports[1]', /must be a port or a range/),
  ruleFault({ protocols: ['tcp'], ports: ['90-80'] }, 'ports[0]', /begins at 90, after its end 80/),
  ruleFault({ action: 'ACTION_RATE_LIMIT' }, 'rate_limit', /is required/),
  ruleFault(
    { rateLimit: { kilobitsPerSecond: 1 } },
    'rate_limit',
    /belongs to the action rate-limit, this one is allow/,
  ),
  ruleFault(
    { action: 'ACTION_RATE_LIMIT', rateLimit: { kilobitsPerSecond: 0 } },
    'rate_limit.kilobits_per_second',
    /from 1 to/,
  ),
  ruleFault(
    { action: 'ACTION_DENY', established: 'ESTABLISHED_KEEP' },
    'established',
    /keep belongs to the action allow/,
  ),
  ruleFault(
    { action: 'ACTION_DENY', established: 'ESTABLISHED_CUT' },
    'established',
    /cut belongs to the actions allow/,
  ),
  ruleFault({ established: 'slice' }, 'established', /one of re-evaluate, keep, cut/),
  ruleFault({ action: 'ACTION_PASS', mirror: { to: 'ids' } }, 'mirror', /an action that decides, this one is pass/),
  ruleFault({ action: 'ACTION_DENY', redirect: { via: ['fw'] } }, 'redirect', /allow and rate-limit, this one is deny/),
  ruleFault({ mirror: {} }, 'mirror.to', /is required/),
  ruleFault({ redirect: { via: [] } }, 'redirect.via', /is required/),
  ruleFault({ redirect: { via: ['fw', 'ids', 'fw'] } }, 'redirect.via[2]', /names fw a second time/),
  ruleFault({ redirect: { via: 'abcdefghi'.split('') } }, 'redirect.via', /limit is 8/),
  ruleFault({ established: 'ESTABLISHED_KEEP', redirect: { via: ['fw'] } }, 'established', /without asking the rule/),
  ruleFault({ established: 'ESTABLISHED_KEEP', mirror: { to: 'ids' } }, 'established', /without asking the rule/),
  ruleFault({ priority: 2 ** 40 }, 'priority', /whole number/),
  ruleFault({ log: 1 }, 'log', /true or false/),
  fault('switch', 'datapathId', '0000000000000000', 'datapath_id', /zero stands for no switch/),
  fault('switch', 'datapathId', 'a1', 'datapath_id', /16 hexadecimal/),
  fault('switch', 'uplinks', ['eth0', ''], 'uplinks[1]', /1 to 15/),
  fault('switch', 'links', ['a b'], 'links[0]', /1 to 15/),
  fault(
    'switch',
    'uplinks',
    Array.from({ length: LIMITS.uplinks + 1 }, () => 'e'),
    'uplinks',
    /limit is 64/,
  ),
]

describe('validation', () => {
  it('refuses each fault with the path of the field and the reason, as a typed error', () => {
    for (const { kind, member, value, fields, why } of FAULTS) {
      const result = validateRecord(kind, { ...GOOD[kind](), [member]: value })
      const label = `${kind} ${member} ${JSON.stringify(value)?.slice(0, 80)}`
      expect(result.ok, label).to.equal(false)
      const { code, details, violations } = failureOf(result)
      expect(code).to.equal('INVALID_FIELD')
      expect(
        violations!.map(({ field }) => field),
        label,
      ).to.deep.equal(fields)
      for (const { description } of violations!) expect(description, label).to.match(why)
      expect(details['count']).to.equal(String(fields.length))
    }
  })

  it('finds every fault of a record at once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<RecordKind>('interface', 'vnp', 'policy', 'switch', 'network'),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (kind, dice) => {
          const chosen = new Map<string, Fault>()
          const input = GOOD[kind]()
          for (const each of FAULTS.filter((one) => one.kind === kind)) {
            if (dice.next().value > 0.15 || chosen.has(each.member)) continue
            chosen.set(each.member, each)
            input[each.member] = each.value
          }
          const result = validateRecord(kind, input)
          const expected = [...chosen.values()].flatMap(({ fields }) => fields).sort()
          expect(result.ok ? [] : fieldsOf(result).sort()).to.deep.equal(expected)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('gives records in canonical form', () => {
    expect(acceptedOf(validateRecord('interface', GOOD.interface()))).to.deep.equal({
      kind: 'interface',
      name: 'web-1',
      owner: 'team',
      tags: ['"web"', '42', '{"a":2,"b":1}'],
      network: 'default',
      mac: 0x00005e005301,
      addresses: ['10.0.0.1', '2001:db8::1'],
      attachment: { kind: 'port', datapathId: '00000000000000a1', port: 7 },
      portSecurity: true,
    })
    expect(acceptedOf(validateRecord('vnp', GOOD.vnp()))).to.deep.include({
      resolution: 'highest-priority',
      ingressDefault: 'deny',
      egressDefault: 'allow',
      priority: -5,
    })
    const below = { name: 's2', datapathId: '00000000000000a2', underlay: { uplinks: ['up2', 'up1'] } }
    expect(acceptedOf(validateRecord('switch', below))).to.deep.include({
      underlay: { kind: 'select', uplinks: ['up2', 'up1'] },
    })
    expect(acceptedOf(validateRecord('switch', GOOD.switch()))).to.deep.include({
      uplinks: ['eth0', 'eth1'],
      links: [],
    })
    const spoken = rule({
      protocols: ['udp', 'tcp', '6'],
      ports: ['90', '80-82', '83', '81'],
      action: 'rate-limit',
      rateLimit: { kilobitsPerSecond: 500, burstKilobits: 0 },
    })
    const policy = acceptedOf(
      validateRecord('policy', {
        ...GOOD.policy(),
        rules: [spoken, rule({ protocols: ['icmp'], action: 'ACTION_LOG' })],
      }),
    )
    expect((policy as { rules: object[] }).rules).to.deep.equal([
      {
        direction: 'ingress',
        peer: { kind: 'any' },
        protocols: [6, 17],
        ports: [
          { first: 80, last: 83 },
          { first: 90, last: 90 },
        ],
        action: 'rate-limit',
        log: false,
        rateKbps: 500,
        burstKb: 500,
      },
      { direction: 'ingress', peer: { kind: 'any' }, protocols: [1, 58], ports: [], action: 'log', log: true },
    ])
  })

  it('wants one uplink or more of a bridge below tunnels, and nothing else', () => {
    const below = (underlay: object, more: object = {}): string[] => {
      const given = { name: 's2', datapathId: '00000000000000a2', underlay, ...more }
      const checked = validateRecord('switch', given)
      return checked.ok ? [] : fieldsOf(checked)
    }
    expect(below({ kind: 'UNDERLAY_KIND_FAILOVER', uplinks: ['up2', 'up1'] })).to.deep.equal([])
    expect(below({ uplinks: [] })).to.deep.equal(['underlay.uplinks'])
    expect(below({ uplinks: ['up1', 'up1'] })).to.deep.equal(['underlay.uplinks'])
    expect(below({ uplinks: ['up1', 'a b'] })).to.deep.equal(['underlay.uplinks[1]'])
    expect(below({ kind: 'none', uplinks: ['up1'] })).to.deep.equal(['underlay.kind'])
    expect(below({ uplinks: Array.from({ length: 9 }, (_, at) => `up${at}`) })).to.deep.equal(['underlay.uplinks'])
    const tunnel = { kind: 'geneve', address: '192.0.2.1' }
    const more = { uplinks: ['eth0'], links: ['eth1'], carriers: ['mpls'], tunnel, mode: 'reactive' }
    expect(below({ uplinks: ['up1'] }, more)).to.have.members(Object.keys(more))
  })

  it('joins ports to the same set, ascending and apart', () => {
    const range = fc.tuple(fc.nat(40), fc.nat(6)).map(([first, more]) => [first, first + more] as const)
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 10 }), (ranges) => {
        const ports = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
        const policy = acceptedOf(
          validateRecord('policy', { ...GOOD.policy(), rules: [rule({ protocols: ['tcp'], ports })] }),
        )
        const joined = (policy as { rules: { ports: { first: number; last: number }[] }[] }).rules[0]!.ports
        for (let port = 0; port <= 50; port++) {
          const given = ranges.some(([first, last]) => first <= port && port <= last)
          expect(joined.some(({ first, last }) => first <= port && port <= last)).to.equal(given)
        }
        for (const [index, { first }] of joined.entries())
          if (index > 0) expect(first).to.be.greaterThan(joined[index - 1]!.last + 1)
      }),
    )
  })

  it('does not depend on the order or repetition of tags', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e']),
        fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e']),
        (one, other) => {
          const tags = (list: string[]) => acceptedOf(validateTags(list.map(text), 'tags'))
          expect(tags([...one, ...other])).to.deep.equal(tags([...other, ...one]))
        },
      ),
    )
    expect(acceptedOf(validateSelector(undefined, 'selector'))).to.deep.equal({ allOf: [], anyOf: [], noneOf: [] })
    expect(fieldsOf(validateSelector({ allOf: 'x' }, 'peer.tags'))).to.deep.equal(['peer.tags.all_of'])
  })

  it('survives anything', () => {
    const kinds = fc.constantFrom<RecordKind>('interface', 'vnp', 'policy', 'switch', 'network')
    const member = fc.constantFrom(...new Set(FAULTS.map((one) => one.member)), 'peer', '__proto__', 'constructor')
    const anything = fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true })
    fc.assert(
      fc.property(kinds, fc.oneof(anything, fc.dictionary(member, anything)), (kind, input) => {
        const result = validateRecord(kind, input)
        if (!result.ok) expect(result.failure.violations!.length).to.be.greaterThan(0)
      }),
      { numRuns: 1000 },
    )
  })
})
