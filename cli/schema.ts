/**
 * What a manifest may contain: one JSON Schema (draft-07, the dialect that editors' YAML servers read) per kind. The
 * validator, `tagsteer schema` and the error messages all use these objects. Meaning is checked by the controller; this
 * is about shape.
 */
import { CONFIG_SCHEMA } from '../host/config.ts'
import { ICMP_NAMES } from '../model/icmp.ts'
import { stagePolicySchema } from './schema-stage.ts'

/** The part of JSON Schema that is used here. */
export interface Schema {
  $schema?: string
  $id?: string
  title?: string
  description?: string
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean
  items?: Schema
  enum?: (string | number)[]
  const?: string
  oneOf?: Schema[]
  pattern?: string
  minimum?: number
  maximum?: number
  minProperties?: number
  maxProperties?: number
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  maxLength?: number
}

const name: Schema = {
  type: 'string',
  pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
  maxLength: 63,
  description: 'Lower-case letters, digits, dots and hyphens; at most 63 characters.',
}

// No type: an integer beyond 2^53 arrives as a bigint, which validators of JSON do not know as an integer.
const tag: Schema = {
  description: 'A string, an integer or a structured value.',
}

const tags: Schema = { type: 'array', items: tag, maxItems: 64 }

const selector: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    allOf: { ...tags, description: 'Every one of these tags.' },
    anyOf: { ...tags, description: 'At least one of these tags.' },
    noneOf: { ...tags, description: 'None of these tags.' },
  },
  description: 'Matches interfaces by their tags; an empty one matches all.',
}

const priority: Schema = {
  type: 'integer',
  minimum: -1000000,
  maximum: 1000000,
  description: 'Higher wins; 0 by default.',
}
const datapathId: Schema = {
  type: 'string',
  pattern: '^[0-9a-f]{16}$',
  description: '16 lower-case hexadecimal digits.',
}
const verdict: Schema = { type: 'string', enum: ['allow', 'deny'] }

const interfaceSchema: Schema = {
  title: 'Interface',
  description: 'An interface record: what a cloud calls an ENI or port.',
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'name', 'mac'],
  properties: {
    kind: { const: 'Interface' },
    name,
    tags,
    network: { ...name, description: 'Layer 2 domain; "default" where absent.' },
    mac: { type: 'string', description: 'For example 00:00:5e:00:53:01.' },
    addresses: { type: 'array', items: { type: 'string' }, description: 'Single IPv4 or IPv6 addresses.' },
    attachment: {
      type: 'object',
      additionalProperties: false,
      properties: {
        datapathId,
        port: {
          type: 'integer',
          minimum: 1,
          maximum: 0xffffff00,
          description: 'OpenFlow port number; needs datapathId.',
        },
        portName: { type: 'string', maxLength: 15, description: 'Name of the switch port.' },
        ifaceId: {
          type: 'string',
          maxLength: 255,
          description:
            "The external_ids:iface-id of its port in the hypervisor's OVSDB; the record's name where empty.",
        },
      },
      description: 'Where the interface enters; by its MAC where absent.',
    },
    portSecurity: { type: 'boolean', description: 'Only frames from mac and addresses enter; on by default.' },
    profile: { ...name, description: 'By which a pool is chosen for it; the one of its own name where absent.' },
    overrides: {
      type: 'object',
      additionalProperties: false,
      properties: {
        without: { ...tags, description: 'Inherited tags that do not count, by themselves or by their key.' },
      },
      description: 'What it does not take of what it inherits.',
    },
  },
}

const vnpSchema: Schema = {
  title: 'Vnp',
  description: 'A virtual network partition.',
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'name', 'selector'],
  properties: {
    kind: { const: 'Vnp' },
    name,
    selector: { ...selector, description: 'Interfaces whose tags match are members.' },
    priority,
    resolution: {
      type: 'string',
      enum: ['highest-priority', 'strictest-wins', 'ordered-merge'],
      description: 'How policies that disagree about a packet are resolved; highest-priority by default.',
    },
    conflicts: {
      type: 'string',
      enum: ['allow', 'warn', 'refuse'],
      description: 'What becomes of a write that brings a shadowed or contradictory rule; warn by default.',
    },
    ingressDefault: { ...verdict, description: 'Among members where no ingress rule matches; deny by default.' },
    egressDefault: { ...verdict, description: 'Among members where no egress rule matches; allow by default.' },
  },
}

const empty: Schema = { type: 'object', additionalProperties: false, properties: {} }

const ruleSchema: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['direction', 'action'],
  properties: {
    direction: { type: 'string', enum: ['ingress', 'egress'] },
    peer: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      properties: {
        any: { ...empty, description: 'Members of the same partition and everything outside.' },
        tags: { ...selector, description: 'Members of the same partition whose tags match.' },
        vnp: { ...name, description: 'Members of another partition: the only way across.' },
        cidr: { type: 'string', description: 'Addresses that belong to no interface record.' },
      },
      description: 'Who is at the other end; any where absent.',
    },
    protocols: {
      type: 'array',
      items: { type: ['string', 'integer'] },
      description: 'tcp, udp, sctp, icmp (of both families), icmpv4, icmpv6 or numbers; any where absent.',
    },
    ports: {
      type: 'array',
      items: { type: ['string', 'integer'] },
      description: 'Destination ports: 443 or "8000-8010"; only with tcp, udp or sctp.',
    },
    icmp: {
      type: 'array',
      items: { type: ['string', 'integer'] },
      description: `Messages: 8 or 3/4 with icmpv4 or icmpv6, or ${ICMP_NAMES.join(', ')}.`,
    },
    action: { type: 'string', enum: ['allow', 'deny', 'reject', 'log', 'rate-limit', 'pass'] },
    log: { type: 'boolean', description: 'Also report matching packets.' },
    established: {
      type: 'string',
      enum: ['re-evaluate', 'keep', 'cut'],
      description:
        'What a change of policy does to connections that this rule admitted: judges each packet anew, by default; keep lets them go on, only with allow; cut makes switches forget those that are no longer permitted, with allow and rate-limit.',
    },
    mirror: {
      type: 'object',
      additionalProperties: false,
      required: ['to'],
      properties: { to: { ...name, description: 'The interface that gets the copies.' } },
      description: 'A copy of each packet that this rule decides goes to a collector; not with log and pass.',
    },
    redirect: {
      type: 'object',
      additionalProperties: false,
      required: ['via'],
      properties: {
        via: {
          type: 'array',
          items: name,
          minItems: 1,
          maxItems: 8,
          uniqueItems: true,
          description: 'Interfaces in the order in which packets come to them; replies come to them in reverse.',
        },
      },
      description: 'Packets go through these on their way; with allow and rate-limit.',
    },
    rateKbps: {
      type: 'integer',
      minimum: 1,
      maximum: 0xffffffff,
      description: 'Kilobits per second; with rate-limit.',
    },
    burstKb: { type: 'integer', minimum: 1, maximum: 0xffffffff, description: 'Kilobits; with rate-limit.' },
    priority: { ...priority, description: "The policy's where absent." },
  },
}

const policySchema: Schema = {
  title: 'Policy',
  description: 'Rules for the members of one partition.',
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'name', 'vnp', 'rules'],
  properties: {
    kind: { const: 'Policy' },
    name,
    vnp: { ...name, description: 'The partition whose members the rules are about.' },
    tier: {
      type: 'string',
      enum: ['admin', 'tenant', 'baseline'],
      description:
        'Rules of admin are consulted before those of tenants, and these before baseline; tenant by default.',
    },
    appliesTo: { ...selector, description: 'Which members; all where absent.' },
    priority,
    rules: { type: 'array', items: ruleSchema, maxItems: 4096 },
  },
}

const switchSchema: Schema = {
  title: 'Switch',
  description: 'What is said about a switch beyond what it says itself.',
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'name', 'datapathId'],
  properties: {
    kind: { const: 'Switch' },
    name,
    datapathId,
    uplinks: {
      type: 'array',
      items: { type: 'string', maxLength: 15 },
      description: 'Names of ports that lead to the existing network.',
    },
    links: {
      type: 'array',
      items: { type: 'string', maxLength: 15 },
      description: 'names of ports that may be links to other switches; any port may where absent',
    },
    tunnel: {
      type: 'object',
      additionalProperties: false,
      required: ['address'],
      properties: {
        kind: { enum: ['geneve', 'vxlan'], description: 'geneve (the default) or vxlan, with group policy' },
        address: { type: 'string', description: 'IPv4 or IPv6, in the network below' },
      },
      description: 'Its end of tunnels to other switches; what the database of its hypervisor says where absent.',
    },
    carriers: {
      type: 'array',
      items: { enum: ['mpls', 'vlan'] },
      description:
        'What it may put the identity of a sender in on its links, the best first; a pair of switches uses the first that both have.',
    },
    underlay: {
      type: 'object',
      additionalProperties: false,
      required: ['uplinks'],
      properties: {
        kind: {
          enum: ['select', 'failover'],
          description: 'select (the default): spread over all uplinks that are up. failover: the first that is up.',
        },
        uplinks: {
          type: 'array',
          minItems: 1,
          maxItems: 8,
          uniqueItems: true,
          items: { type: 'string', maxLength: 15 },
          description: 'Names of ports, in the order in which they are preferred.',
        },
      },
      description:
        'It is the bridge below tunnels, with the uplinks of a hypervisor, and nothing else: what its own port sends leaves by an uplink, and what an uplink brings goes to its own port.',
    },
    mtu: {
      type: 'integer',
      minimum: 1366,
      maximum: 65_535,
      description:
        "Octets of the largest IP packet that its links, and the network below its tunnels, take; what its hypervisor's database says where absent, else 1500.",
    },
    mode: {
      enum: ['proactive', 'reactive'],
      description:
        'proactive (the default): it has every rule that can matter on it. reactive, for switches with small tables: it asks the controller about the first packet of a pair, protocol and port, and keeps the verdict while it is used.',
    },
    verdicts: {
      type: 'integer',
      minimum: 16,
      maximum: 65_536,
      description: 'Only with mode reactive: verdicts that it may keep at once; 1024 where absent.',
    },
    idleSeconds: {
      type: 'integer',
      minimum: 1,
      maximum: 3600,
      description: 'Only with mode reactive: seconds after which it drops a verdict that is not used; 60 where absent.',
    },
  },
}

const words = (maxItems: number, description: string): Schema => ({
  ...{ type: 'array', maxItems, items: { type: 'string' }, description },
})

const dhcpSchema: Schema = {
  type: 'object',
  additionalProperties: false,
  description: 'Guests are answered by DHCPv4; the network needs an IPv4 subnet.',
  properties: {
    leaseSeconds: {
      ...{ type: 'integer', minimum: 60, maximum: 10 * 365 * 86_400 },
      description: 'Of answers about addresses that have no end of their own; 3600 where absent.',
    },
    dns: words(6, 'IPv4 addresses of name servers.'),
    searchDomains: words(4, 'Where names without dots are looked for; the first is the domain of hosts.'),
    mtu: { type: 'integer', minimum: 576, maximum: 65_535, description: 'Octets of the largest IP packet.' },
    routes: {
      type: 'array',
      maxItems: 8,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['cidr', 'gateway'],
        properties: {
          cidr: { type: 'string', description: 'An IPv4 prefix.' },
          gateway: { type: 'string', description: 'In a subnet of the network.' },
        },
      },
      description: 'Ways besides the default one.',
    },
    relays: words(16, "Interfaces that may relay requests of the network's guests."),
  },
}

const networkSchema: Schema = {
  title: 'Network',
  description: 'What is said about a network that interfaces name; without it a network is a layer 2 domain.',
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'name'],
  properties: {
    kind: { const: 'Network' },
    name,
    router: { ...name, description: 'Networks that name the same virtual router are routed to each other.' },
    subnets: {
      type: 'array',
      maxItems: 16,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['cidr'],
        properties: {
          cidr: { type: 'string', description: 'A prefix, as in 10.0.1.0/24 or 2001:db8:1::/64.' },
          gateway: { type: 'string', description: "The router's address in it; needed with a router." },
        },
      },
      description:
        'Disjoint within a network, and among networks with one router. With a router every address of an interface lies in one.',
    },
    dhcp: dhcpSchema,
  },
}

const rangeSchema: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    first: { type: 'string', description: 'IPv4 or IPv6' },
    last: { type: 'string', description: 'of the same family, and not below first' },
    cidr: { type: 'string', description: 'Instead of both: all addresses of a prefix that interfaces can have.' },
  },
}

const share: Schema = { type: 'number', minimum: 0, maximum: 1 }
const level: Schema = { type: 'integer', minimum: 0, maximum: 100 }
const volume: Schema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
const word: Schema = { type: 'string', maxLength: 63 }

const napSchema: Schema = {
  title: 'Nap',
  description: 'A network address pool: addresses that are given out, and what kind of use they are meant for.',
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'name', 'ranges'],
  properties: {
    kind: { const: 'Nap' },
    name,
    network: { ...name, description: 'Whose addresses they are; "default" where absent.' },
    ranges: { type: 'array', items: rangeSchema, maxItems: 64, description: 'Disjoint from those of other pools.' },
    exclusions: { type: 'array', items: rangeSchema, maxItems: 64, description: 'Inside the ranges; never given.' },
    applicationType: { ...word, description: 'What it is meant for, compared word by word with profiles.' },
    expectedVolume: { ...volume, description: 'Bits per second of one user.' },
    maxVolume: { ...volume, description: 'Bits per second; 1000000000 where absent or 0.' },
    securityLevel: { ...level, description: 'From 0 to 100.' },
    region: word,
    weights: {
      type: 'object',
      additionalProperties: false,
      properties: { application: share, volume: share, security: share, region: share },
      description: 'What each part of the score weighs; 0.4, 0.3, 0.3 and 0 where absent.',
    },
    tags: { type: 'array', items: tag, maxItems: 64 },
    leaseSeconds: { type: 'integer', minimum: 0, description: 'A lease ends after so long unless renewed; 0: never.' },
    coolSeconds: { type: 'integer', minimum: 0, description: 'How long a released address rests; 60 where absent.' },
    watermarks: {
      type: 'object',
      additionalProperties: false,
      properties: { low: share, high: share },
      description: 'Shares of the addresses below and above which the pool counts as low and high; 0 and 0.9.',
    },
    draining: { type: 'boolean', description: 'Nothing is given out any more, and the ranges may shrink.' },
  },
}

const profileSchema: Schema = {
  title: 'Profile',
  description: 'What an instance is like, as far as choosing a pool goes.',
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'name'],
  properties: {
    kind: { const: 'Profile' },
    name,
    applicationType: { ...word, description: 'Compared word by word with that of pools.' },
    currentVolume: { ...volume, description: 'Bits per second.' },
    requiredSecurityLevel: { ...level, description: 'From 0 to 100.' },
    strictSecurity: { type: 'boolean', description: 'Leave out pools of a lower level, instead of scoring them less.' },
    region: word,
  },
}

export const SCHEMAS = {
  Interface: interfaceSchema,
  Vnp: vnpSchema,
  Policy: policySchema,
  Switch: switchSchema,
  Network: networkSchema,
  Nap: napSchema,
  Profile: profileSchema,
  StagePolicy: stagePolicySchema,
} as const
export type ManifestKind = keyof typeof SCHEMAS

/** One schema for a whole manifest document, for editors. */
export function manifestSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'tagsteer manifest',
    oneOf: Object.values(SCHEMAS),
  }
}

/** The schema at a dotted path such as `policy.rules.peer`: properties and items are stepped through alike. */
export function schemaAt(path: string): Schema | undefined {
  const [kind, ...keys] = path.split('.')
  const start = Object.entries({ ...SCHEMAS, Config: CONFIG_SCHEMA }).find(
    ([title]) => title.toLowerCase() === kind?.toLowerCase(),
  )?.[1] as Schema | undefined
  return keys.reduce<Schema | undefined>((at, key) => {
    const inside = at?.type === 'array' ? at.items : at
    return inside?.properties?.[key]
  }, start)
}
