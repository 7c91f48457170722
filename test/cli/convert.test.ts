/** Manifests to messages and back, over the real wire format; and the formats in which things are printed. */
import { expect } from 'chai'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import {
  type InterfaceManifest,
  interfaceManifest,
  interfaceMessage,
  type Manifest,
  networkManifest,
  networkMessage,
  type PolicyManifest,
  policyManifest,
  policyMessage,
  type SwitchManifest,
  switchManifest,
  switchMessage,
  tagFromText,
  type VnpManifest,
  vnpManifest,
  vnpMessage,
} from '../../cli/convert.ts'
import { napManifest, napMessage, profileManifest, profileMessage } from '../../cli/convert-nap.ts'
import { stagePolicyManifest, stagePolicyMessage } from '../../cli/convert-stage.ts'
import { diffLines } from '../../cli/diff.ts'
import { durationMs } from '../../cli/duration.ts'
import { FORMATS, readFormat, render } from '../../cli/output.ts'
import { SCHEMAS } from '../../cli/schema.ts'
import { age, type Column, duration, table, timeText } from '../../cli/table.ts'
import { checkDocument, readYaml } from '../../host/yaml.ts'
import type { Json } from '../../model/tag.ts'
import type { Interface__Output } from '../../proto/gen/tagsteer/v1/Interface.ts'
import type { Nap__Output } from '../../proto/gen/tagsteer/v1/Nap.ts'
import type { Network__Output } from '../../proto/gen/tagsteer/v1/Network.ts'
import type { Policy__Output } from '../../proto/gen/tagsteer/v1/Policy.ts'
import type { Profile__Output } from '../../proto/gen/tagsteer/v1/Profile.ts'
import type { StagePolicy__Output } from '../../proto/gen/tagsteer/v1/StagePolicy.ts'
import type { Switch__Output } from '../../proto/gen/tagsteer/v1/Switch.ts'
import type { Vnp__Output } from '../../proto/gen/tagsteer/v1/Vnp.ts'
import { loadServices } from '../../proto/index.ts'

/** The message as the other side of a connection sees it. */
function overTheWire(type: string, message: object): unknown {
  const row = loadServices().definition[`tagsteer.v1.${type}`] as unknown as {
    serialize(value: object): Buffer
    deserialize(octets: Buffer): unknown
  }
  return row.deserialize(row.serialize(message))
}

function roundTrip(manifest: Manifest): Manifest {
  switch (manifest.kind) {
    case 'Interface':
      return interfaceManifest(overTheWire('Interface', interfaceMessage(manifest)) as Interface__Output)
    case 'Vnp':
      return vnpManifest(overTheWire('Vnp', vnpMessage(manifest)) as Vnp__Output)
    case 'Policy':
      return policyManifest(overTheWire('Policy', policyMessage(manifest)) as Policy__Output)
    case 'Switch':
      return switchManifest(overTheWire('Switch', switchMessage(manifest)) as Switch__Output)
    case 'Network':
      return networkManifest(overTheWire('Network', networkMessage(manifest)) as Network__Output)
    case 'Nap':
      return napManifest(overTheWire('Nap', napMessage(manifest)) as Nap__Output)
    case 'Profile':
      return profileManifest(overTheWire('Profile', profileMessage(manifest)) as Profile__Output)
    case 'StagePolicy':
      return stagePolicyManifest(overTheWire('StagePolicy', stagePolicyMessage(manifest)) as StagePolicy__Output)
  }
}

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}[a-z0-9]$/)
const tag = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
  fc.constantFrom('42', 'true', 'null', 'a: b', '- x', '#', '{"a":1}', ' ', '=', 'y', '0x10', '1e3', '~'),
  fc.integer(),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((wide) => (Number.isSafeInteger(Number(wide)) ? Number(wide) : wide)),
  fc.record({
    tier: fc.constantFrom('gold', 'tin'),
    replicas: fc.nat(9),
    nested: fc.array(fc.boolean(), { maxLength: 2 }),
  }),
  fc.constantFrom<Json>(true, false, null, 1.5, [1, 'x'], {}),
) as fc.Arbitrary<Json>
const tags = fc.array(tag, { minLength: 1, maxLength: 4 })
const selector = fc.record({ allOf: tags, anyOf: tags, noneOf: tags }, { requiredKeys: [] })
const priority = fc.integer({ min: -1000000, max: 1000000 })
const whole = fc.integer({ min: 1, max: 0xffffffff })
const optional = { requiredKeys: [] }

const rule = fc
  .tuple(
    fc.record({ direction: fc.constantFrom('ingress', 'egress') }),
    fc.record(
      {
        peer: fc.oneof(
          selector.map((its) => ({ tags: its })),
          name.map((vnp) => ({ vnp })),
          fc.constantFrom({ cidr: '192.0.2.0/24' }, { cidr: '2001:db8::/32' }),
        ),
        protocols: fc.array(fc.constantFrom('tcp', 'udp', '47'), { minLength: 1, maxLength: 2 }),
        ports: fc.array(fc.constantFrom('443', '8000-8010'), { minLength: 1, maxLength: 2 }),
        icmp: fc.array(fc.constantFrom('echo-request', '3/4', '8'), { minLength: 1, maxLength: 2 }),
        log: fc.constant(true),
        established: fc.constantFrom('keep', 'cut'),
        mirror: name.map((to) => ({ to })),
        redirect: fc.array(name, { minLength: 1, maxLength: 3 }).map((via) => ({ via })),
        priority,
      },
      optional,
    ),
    fc.oneof(
      fc.constantFrom({ action: 'allow' }, { action: 'deny' }, { action: 'reject' }, { action: 'pass' }),
      fc.record({ action: fc.constant('rate-limit'), rateKbps: whole }),
      fc.record({ action: fc.constant('rate-limit'), rateKbps: whole, burstKb: whole }),
    ),
  )
  .map(([one, two, three]) => ({ ...one, ...two, ...three }))

/** Manifests with every default written out, as `get -o yaml` writes them. */
const manifest: fc.Arbitrary<Manifest> = fc.oneof(
  fc
    .tuple(
      fc.record({
        kind: fc.constant('Interface' as const),
        name,
        network: name,
        mac: fc.constant('00:00:5e:00:53:01'),
      }),
      fc.record(
        {
          tags,
          addresses: fc.constantFrom<string[]>(['10.0.0.1'], ['10.0.0.1', 'fd00::1']),
          attachment: fc.oneof(
            fc.constantFrom<NonNullable<InterfaceManifest['attachment']>>(
              { portName: 'eth1' },
              { ifaceId: '' },
              { ifaceId: '4ac6-11' },
              { portName: 'eth1', datapathId: '00000000000000ff' },
            ),
            fc.integer({ min: 1, max: 0xffffff00 }).map((port) => ({ datapathId: '0000000000000001', port })),
          ),
          portSecurity: fc.constant(false),
        },
        optional,
      ),
    )
    .map(([one, two]) => ({ ...one, ...two }) satisfies InterfaceManifest),
  fc.constantFrom<Manifest>(
    { kind: 'Network', name: 'front' },
    {
      kind: 'Nap',
      name: 'web',
      network: 'default',
      ranges: [{ first: '10.0.0.1', last: '10.0.0.9' }],
      ...{ exclusions: [{ first: '10.0.0.2', last: '10.0.0.2' }], applicationType: 'web', expectedVolume: 5 },
      ...{ maxVolume: 2 ** 53 - 1, securityLevel: 7, region: 'eu', tags: ['pool'], leaseSeconds: 60, coolSeconds: 0 },
      weights: { application: 1, volume: 0.5, security: 0.25, region: 0 },
      ...{ watermarks: { low: 0.25, high: 0.5 }, draining: true },
    },
    {
      kind: 'Nap',
      name: 'bare',
      network: 'default',
      ranges: [{ first: 'fd00::1', last: 'fd00::9' }],
      ...{ expectedVolume: 0, maxVolume: 0, securityLevel: 0, leaseSeconds: 0, coolSeconds: 60 },
    },
    { kind: 'Profile', name: 'web', currentVolume: 7, requiredSecurityLevel: 3, strictSecurity: true, region: 'eu' },
    {
      ...{ kind: 'StagePolicy', name: 'idle', rateKbps: 1000, burstKb: 2000, restrictions: ['no-ingress', 'no-world'] },
      applications: [{ protocols: ['tcp'], ports: ['443', '8000-8010'] }, { protocols: ['icmp'] }],
      silence: { seconds: 259_200, to: 'revocable' },
      escalations: [{ trigger: 'refused-packets', above: 10, seconds: 60, restrict: true }],
    },
    { kind: 'Network', name: 'front', subnets: [{ cidr: '10.0.1.0/24' }] },
    { kind: 'Network', name: 'front', router: 'shop', subnets: [{ cidr: '10.0.1.0/24', gateway: '10.0.1.1' }] },
    { kind: 'Network', name: 'guests', subnets: [{ cidr: '10.0.1.0/24' }], dhcp: { leaseSeconds: 3600 } },
    {
      kind: 'Network',
      name: 'told',
      subnets: [{ cidr: '10.0.1.0/24' }],
      dhcp: {
        ...{ leaseSeconds: 60, dns: ['10.0.1.53'], searchDomains: ['a.example'], mtu: 1400, relays: ['vm-1'] },
        routes: [{ cidr: '10.9.0.0/16', gateway: '10.0.1.9' }],
      },
    },
  ),
  fc.record<VnpManifest>({
    kind: fc.constant('Vnp' as const),
    name,
    selector,
    priority,
    resolution: fc.constantFrom('highest-priority', 'strictest-wins', 'ordered-merge'),
    ingressDefault: fc.constantFrom('allow', 'deny'),
    egressDefault: fc.constantFrom('allow', 'deny'),
  }),
  fc
    .tuple(
      fc.record({
        kind: fc.constant('Policy' as const),
        name,
        vnp: name,
        priority,
        rules: fc.array(rule, { maxLength: 3 }),
      }),
      fc.record(
        {
          tier: fc.constantFrom('admin', 'baseline'),
          appliesTo: selector.filter((its) => Object.keys(its).length > 0),
        },
        optional,
      ),
    )
    .map(([one, two]) => ({ ...one, ...two }) satisfies PolicyManifest),
  fc
    .tuple(
      fc.record({ kind: fc.constant('Switch' as const), name, datapathId: fc.constant('00000000000000a1') }),
      fc.record({ uplinks: fc.constant<string[]>(['eth0', 'eth1']), links: fc.constant<string[]>(['eth2']) }, optional),
    )
    .map(([one, two]) => ({ ...one, ...two }) satisfies SwitchManifest),
  fc.constantFrom('select', 'failover').map(
    (kind): SwitchManifest => ({
      kind: 'Switch',
      name: 's2',
      datapathId: '00000000000000a2',
      underlay: { kind, uplinks: ['up2', 'up1'] },
    }),
  ),
)

describe('manifests and messages', () => {
  it('are two spellings of the same records, over the wire and through YAML text', () => {
    fc.assert(
      fc.property(manifest, (given) => {
        const text = stringify(given, { lineWidth: 0 })
        const read = readYaml(text, 'x.yaml')
        if (!read.ok) expect.fail(JSON.stringify(read.problems))
        expect(read.documents[0]!.value, 'YAML').to.deep.equal(given)
        expect(checkDocument(read.documents[0]!, SCHEMAS[given.kind], 'x.yaml'), text).to.deep.equal([])
        expect(roundTrip(read.documents[0]!.value as Manifest), 'wire').to.deep.equal(given)
      }),
      { numRuns: 400 },
    )
  })

  it('fill in what a short manifest leaves out', () => {
    expect(roundTrip({ kind: 'Vnp', name: 'v', selector: {} })).to.deep.equal({
      kind: 'Vnp',
      name: 'v',
      selector: {},
      priority: 0,
      resolution: 'highest-priority',
      ingressDefault: 'deny',
      egressDefault: 'allow',
    })
    const short: PolicyManifest = {
      kind: 'Policy',
      name: 'p',
      vnp: 'v',
      rules: [{ direction: 'ingress', action: 'log', ports: [443] }],
    }
    expect(roundTrip(short)).to.deep.equal({
      ...short,
      priority: 0,
      rules: [{ direction: 'ingress', action: 'log', ports: ['443'] }],
    })
  })

  it('refuse an integer inside a structured tag that would change its value', () => {
    const read = readYaml('- {size: 9007199254740993}\n- [1, {deep: -9007199254740993}]\n', 'x.yaml')
    if (!read.ok) expect.fail('YAML')
    for (const bad of read.documents[0]!.value as Json[]) {
      const manifest: VnpManifest = { kind: 'Vnp', name: 'v', selector: { allOf: [bad] } }
      expect(() => vnpMessage(manifest)).to.throw(/9007199254740993, which is not exact in JSON/)
    }
  })

  it('read tags from a command line as people mean them', () => {
    expect(tagFromText('app=web')).to.deep.equal({ text: 'app=web' })
    expect(tagFromText('42')).to.deep.equal({ number: '42' })
    expect(tagFromText('"42"')).to.deep.equal({ text: '42' })
    expect(tagFromText('{"b": 1, "a": 2}')).to.deep.equal({ json: '{"a":2,"b":1}' })
    expect(() => tagFromText('')).to.throw(/must not be empty/)
    expect(() => tagFromText('{"a":1,"a":2}')).to.throw(/occurs twice/)
  })
})

interface Row {
  name: string
  count: string
  kind: 'one'
  one: { deep: bigint }
}
const ROWS: Row[] = [
  { name: 'a', count: '7', kind: 'one', one: { deep: 1n } },
  { name: 'longer', count: '', kind: 'one', one: { deep: 2n ** 63n } },
]
const COLUMNS: Column<Row>[] = [
  { header: 'NAME', cell: ({ name: its }) => its },
  { header: 'COUNT', cell: ({ count }) => count, align: 'right' },
  { header: 'DEEP', cell: ({ one }) => String(one.deep), wide: true },
]
const printed = (format: (typeof FORMATS)[number], items = ROWS, single = false): string =>
  render(format, { columns: COLUMNS, items, single })

describe('output', () => {
  it('has tables that columns can be cut from', () => {
    expect(printed('table')).to.equal('NAME     COUNT\na            7\nlonger  <none>\n')
    expect(printed('wide').split('\n')[0]).to.equal('NAME     COUNT  DEEP')
    expect(printed('table', [])).to.equal('')
    const word = fc.stringMatching(/^[^\s]{0,12}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word, word), { minLength: 1, maxLength: 8 }), (cells) => {
        const columns = [0, 1, 2].map((index) => ({ header: `H${index}`, cell: (row: string[]) => row[index]! }))
        const lines = table(columns, cells, false)
        expect(lines.map((line) => line.trim().split(/ {2,}/))).to.deep.equal([
          ['H0', 'H1', 'H2'],
          ...cells.map((row) => row.map((cell) => cell || '<none>')),
        ])
      }),
    )
  })

  it('has JSON and YAML that read back, without what the loader adds', () => {
    const plain = ROWS.map(({ kind: _, one, ...rest }) => ({ ...rest, one: { deep: one.deep.toString() } }))
    expect(JSON.parse(printed('json'))).to.deep.equal(plain)
    expect(JSON.parse(printed('json', ROWS.slice(0, 1), true))).to.deep.equal(plain[0])
    expect(
      printed('jsonl')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).to.deep.equal(plain)
    expect(parse(printed('yaml', ROWS.slice(0, 1)))).to.deep.include({ name: 'a', count: '7' })
    expect(printed('yaml').split('---\n')).to.have.length(2)
    expect(printed('name')).to.equal('a\nlonger\n')
    expect(JSON.parse(printed('json', []))).to.deep.equal([])
  })

  it('knows its formats', () => {
    for (const format of FORMATS) expect(readFormat(format)).to.equal(format)
    expect(() => readFormat('xml')).to.throw(/unknown output format xml/)
  })

  it('reads and writes durations', () => {
    for (const [text, ms] of [
      ['500ms', 500],
      ['30s', 30_000],
      ['5m', 300_000],
      ['2h', 7_200_000],
      ['3d', 259_200_000],
      ['1.5', 1500],
      ['0', 0],
    ] as const)
      expect(durationMs(text, '--x')).to.equal(ms)
    for (const text of ['', '5w', '-1s', 's', '1 s', '1e3', 'Infinity'])
      expect(() => durationMs(text, '--x'), text).to.throw(/^--x: .*not a duration/)
    fc.assert(
      fc.property(fc.nat(400 * 86400), (seconds) => {
        const [, count, unit] = /^(\d+)([smhd])$/.exec(duration(seconds))!
        const size = { s: 1, m: 60, h: 3600, d: 86400 }[unit as 's']!
        expect(seconds - Number(count) * size).to.be.within(0, size - 1)
        if (size < 86400) expect(Number(count)).to.be.below(size === 3600 ? 24 : 60)
      }),
    )
    expect(age({ seconds: '100' }, 160_000)).to.equal('1m')
    expect(age({ seconds: '200' }, 160_000), 'a clock that is ahead').to.equal('0s')
    expect(timeText({ seconds: '1700000000', nanos: 123_000_000 })).to.equal('2023-11-14T22:13:20.123Z')
  })

  it('shows differences from which both texts can be read back', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
    fc.assert(
      fc.property(text, text, (before, after) => {
        const whole = (lines: string[]) => lines.map((line) => `${line}\n`).join('')
        const diff = diffLines(whole(before), whole(after))
        const side = (sign: string) =>
          diff.filter((line) => line[0] === ' ' || line[0] === sign).map((line) => line.slice(1))
        expect(side('-')).to.deep.equal(before)
        expect(side('+')).to.deep.equal(after)
        if (JSON.stringify(before) === JSON.stringify(after))
          expect(diff.every((line) => line.startsWith(' '))).to.equal(true)
      }),
    )
  })
})
