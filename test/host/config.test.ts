/** The controller's settings: which source wins, what a mistake says, and that the table, file, variables and flags agree. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  CONFIG_SCHEMA,
  type ConfigSources,
  type ControllerConfig,
  endpointText,
  isLoopback,
  readConfig,
  SETTINGS,
  type Setting,
} from '../../host/config.ts'

const read = (sources: Partial<ConfigSources>) =>
  readConfig({ environment: { TAGSTEER_HOME: '/state' }, exists: () => false, ...sources })

function config(sources: Partial<ConfigSources>): ControllerConfig {
  const result = read(sources)
  if (!result.ok) expect.fail(result.problems.join('\n'))
  return result.config
}

function problems(sources: Partial<ConfigSources>): string[] {
  const result = read(sources)
  if (result.ok) expect.fail('accepted')
  return result.problems
}

const file = (text: string) => ({ text, name: '/etc/tagsteer/tagsteer.yaml' })
const FILES = 'tls: {cert: c.pem, key: k.pem, ca: ca.pem}\n'

/** For each setting that stands alone, two legal values: as text and as they are read. */
const SAMPLES: Partial<Record<Setting['name'], [string, unknown][]>> = {
  store: [
    ['/a', '/a'],
    ['/b', '/b'],
  ],
  listen: [
    ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
    ['[::1]:2', { host: '::1', port: 2 }],
  ],
  backend: [
    ['fabric', 'fabric'],
    ['normal', 'normal'],
  ],
  probeMs: [
    ['50', 50],
    ['700', 700],
  ],
  logLevel: [
    ['debug', 'debug'],
    ['warn', 'warn'],
  ],
  logFormat: [
    ['json', 'json'],
    ['text', 'text'],
  ],
  ovsdb: [
    ['unix:/x', ['unix:/x']],
    ['tcp:127.0.0.1:6640,unix:/y', ['tcp:127.0.0.1:6640', 'unix:/y']],
  ],
  ovsdbListen: [
    ['127.0.0.1:1', [{ host: '127.0.0.1', port: 1 }]],
    [
      '[::1]:2,127.0.0.1:0',
      [
        { host: '::1', port: 2 },
        { host: '127.0.0.1', port: 0 },
      ],
    ],
  ],
  bridgeControllers: [
    ['tcp:10.0.0.1:6653', ['tcp:10.0.0.1:6653']],
    ['ssl:c.example.org:6653, ssl:[::1]:6654', ['ssl:c.example.org:6653', 'ssl:[::1]:6654']],
  ],
  'telemetry.sflow.targets': [
    ['127.0.0.1:6343', ['127.0.0.1:6343']],
    ['10.0.0.1:1,[fd00::1]:65535', ['10.0.0.1:1', '[fd00::1]:65535']],
  ],
  'telemetry.sflow.agent': [
    ['eth0', 'eth0'],
    ['fd00::1', 'fd00::1'],
  ],
  'telemetry.ipfix.obsDomainId': [
    ['0', 0],
    ['4294967295', 4294967295],
  ],
  'telemetry.ipfix.cacheMaxFlows': [
    ['0', 0],
    ['9', 9],
  ],
  probeSamples: [
    ['0', 0],
    ['60', 60],
  ],
  'limits.events': [
    ['7', 7],
    ['8', 8],
  ],
  'limits.refusedSeconds': [
    ['0', 0],
    ['9', 9],
  ],
  'limits.stageSeconds': [
    ['0', 0],
    ['9', 9],
  ],
  'limits.auditMs': [
    ['0', 0],
    ['9', 9],
  ],
}

const memberOf = (from: ControllerConfig, name: string): unknown =>
  name.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], from)

describe('host/config', () => {
  it('has defaults that work on one machine without TLS, or say what is missing', () => {
    expect(config({ flags: { plaintext: true } })).to.deep.equal({
      store: '/state/store',
      listen: { host: '127.0.0.1', port: 7470 },
      plaintext: true,
      openflow: [{ host: '127.0.0.1', port: 6653 }],
      ovsdb: [],
      ovsdbListen: [],
      repair: false,
      bridgeControllers: [],
      telemetry: {
        sflow: { targets: [], sampling: 400, polling: 30, header: 128 },
        ipfix: { targets: [], sampling: 400, cacheActiveTimeout: 10, cacheMaxFlows: 8192 },
      },
      backend: 'fabric',
      probeMs: 1000,
      probeSamples: 6,
      logLevel: 'info',
      logFormat: 'text',
      limits: {
        events: 10000,
        connections: 1000,
        auditMs: 60000,
        refusedSeconds: 10,
        stageSeconds: 10,
        stopMs: 5000,
        historyOctets: 268435456,
        historyDays: 90,
      },
    })
    expect(problems({})[0]).to.match(/^tls: tls\.cert, tls\.key, tls\.ca missing: .*tagsteer certs/)
  })

  it('uses the local OVSDB socket only where it exists', () => {
    const found = config({ flags: { plaintext: true }, exists: (path) => path === '/run/openvswitch/db.sock' })
    expect(found.ovsdb).to.deep.equal(['unix:/run/openvswitch/db.sock'])
    expect(config({ flags: { plaintext: true, ovsdb: 'none' }, exists: () => true }).ovsdb).to.deep.equal([])
  })

  it('lets flags win over variables, variables over the file, the file over defaults: for every setting', () => {
    const names = Object.keys(SAMPLES) as Setting['name'][]
    const which = fc.constantFrom(0, 1, undefined)
    fc.assert(
      fc.property(fc.constantFrom(...names), which, which, which, (name, inFile, inEnvironment, inFlag) => {
        const setting = SETTINGS.find((one) => one.name === name)!
        const samples = SAMPLES[name]!
        const value = (index: number) => samples[index]![1]
        const written = (index: number) =>
          name === 'listen' ? JSON.stringify(samples[index]![0]) : JSON.stringify(value(index))
        const keys = name.split('.')
        const line = (index: number) =>
          keys.reduceRight(
            (inside, key, depth) => (depth === 0 ? `${key}: ${inside}` : `{${key}: ${inside}}`),
            written(index),
          )
        const found = config({
          file: file(`plaintext: true\n${inFile === undefined ? '' : line(inFile)}\n`),
          environment: {
            TAGSTEER_HOME: '/state',
            ...(inEnvironment === undefined ? {} : { [setting.env]: samples[inEnvironment]![0] }),
          },
          flags: inFlag === undefined ? {} : { [name]: samples[inFlag]![0] },
        })
        const winner = inFlag ?? inEnvironment ?? inFile
        const expected = winner === undefined ? memberOf(config({ flags: { plaintext: true } }), name) : value(winner)
        expect(memberOf(found, name)).to.deep.equal(expected)
      }),
      { numRuns: 300 },
    )
  })

  it('names an unknown key with file, line, column and the nearest legal one, and finds every mistake at once', () => {
    const text = 'plaintext: true\nlimits:\n  event: 5\nbackend: normall\nprobMs: 100\nprobeMs: 1\n'
    expect(problems({ file: file(text) })).to.deep.equal([
      '/etc/tagsteer/tagsteer.yaml:3:3: limits.event: unknown field; did you mean "events"?',
      '/etc/tagsteer/tagsteer.yaml:4:10: backend: must be one of fabric, normal; did you mean "normal"?',
      '/etc/tagsteer/tagsteer.yaml:5:1: probMs: unknown field; did you mean "probeMs"?',
      '/etc/tagsteer/tagsteer.yaml:6:10: probeMs: must be >= 50',
    ])
  })

  it('names the variable or flag that is wrong', () => {
    const environment = { TAGSTEER_PROBE_MS: 'soon', TAGSTEER_BACKEND: 'fabrik', TAGSTEER_PLAINTEXT: 'yes' }
    const flags = { openflow: 'nowhere', listen: '127.0.0.1:70000', ovsdb: 'ssh:x', 'limits.events': '0' } as const
    expect(problems({ environment, flags })).to.deep.equal([
      '--listen: 127.0.0.1:70000: must be HOST:PORT',
      'TAGSTEER_PLAINTEXT: yes: must be boolean',
      '--openflow: nowhere: must be HOST:PORT',
      '--ovsdb: ssh:x: must match pattern "^(unix:.+|(tcp|ssl):(\\[[0-9a-fA-F:.]+\\]|[^:\\[\\]\\s/]+):[0-9]{1,5}$)"',
      'TAGSTEER_BACKEND: fabrik: must be one of fabric, normal; did you mean "fabric"?',
      'TAGSTEER_PROBE_MS: soon: must be integer',
      '--limits-events: 0: must be >= 1',
    ])
  })

  it('warns of variables that mean nothing', () => {
    const result = read({ environment: { TAGSTEER_PROBEMS: '5' }, flags: { plaintext: true } })
    expect(result).to.include({ ok: true })
    if (result.ok)
      expect(result.warnings).to.deep.equal(['TAGSTEER_PROBEMS: no such variable; did you mean TAGSTEER_PROBE_MS?'])
  })

  it('serves plaintext on loopback only', () => {
    for (const host of ['0.0.0.0', '10.0.0.1', '[::]', 'example.org'])
      expect(problems({ flags: { plaintext: true, listen: `${host}:7470` } })[0]).to.match(/^plaintext: .*loopback/)
    for (const host of ['127.0.0.1', '127.9.9.9', '[::1]', 'localhost'])
      expect(config({ flags: { plaintext: true, listen: `${host}:7470` } }).plaintext).to.equal(true)
    for (const host of ['127.0.0.1.example.org', '::ffff:10.0.0.1', '128.0.0.1'])
      expect(isLoopback(host)).to.equal(false)
  })

  it('reads paths of a file relative to the file', () => {
    const found = config({
      file: file(
        `${FILES}store: data\nopenflow: [{host: 0.0.0.0, tls: {cert: /abs.pem, key: of.key, ca: of-ca.pem}}]\n`,
      ),
    })
    expect(found.store).to.equal('/etc/tagsteer/data')
    expect(found.tls).to.deep.equal({
      cert: '/etc/tagsteer/c.pem',
      key: '/etc/tagsteer/k.pem',
      ca: '/etc/tagsteer/ca.pem',
    })
    expect(found.openflow).to.deep.equal([
      {
        host: '0.0.0.0',
        port: 6653,
        tls: { cert: '/abs.pem', key: '/etc/tagsteer/of.key', ca: '/etc/tagsteer/of-ca.pem' },
      },
    ])
  })

  it('gives listeners marked tls: the files of gRPC, and refuses the mark without them', () => {
    const found = config({ file: file(FILES), flags: { openflow: 'tls:0.0.0.0:6653, 127.0.0.1:6654' } })
    expect(found.openflow).to.deep.equal([
      { host: '0.0.0.0', port: 6653, tls: found.tls },
      { host: '127.0.0.1', port: 6654 },
    ])
    expect(problems({ flags: { plaintext: true, openflow: 'tls:127.0.0.1:1' } })).to.deep.equal([
      'openflow: tls:HOST:PORT needs tls.cert, tls.key and tls.ca',
    ])
  })

  it('connects to databases over TLS with files of its own, and refuses to without them', () => {
    const ovsdb = 'ssl:10.0.0.1:6640,tcp:[::1]:6640'
    const its = { 'ovsdbTls.cert': '/c', 'ovsdbTls.key': '/k', 'ovsdbTls.ca': '/a' } as const
    const found = config({ flags: { plaintext: true, ovsdb, ...its } })
    expect(found.ovsdb).to.deep.equal(ovsdb.split(','))
    expect(found.ovsdbTls).to.deep.equal({ cert: '/c', key: '/k', ca: '/a' })
    const needs = ['ovsdb: ssl:HOST:PORT needs ovsdbTls.cert, ovsdbTls.key and ovsdbTls.ca']
    expect(problems({ flags: { plaintext: true, ovsdb } })).to.deep.equal(needs)
    expect(problems({ flags: { plaintext: true, 'ovsdbTls.key': '/k' } })).to.deep.equal(needs)
    expect(problems({ flags: { plaintext: true, ovsdbListen: 'tls:127.0.0.1:1' } })).to.deep.equal([
      'ovsdbListen: tls:HOST:PORT needs tls.cert, tls.key and tls.ca',
    ])
    expect(config({ flags: { plaintext: true, ovsdbListen: 'none' } }).ovsdbListen).to.deep.equal([])
    expect(problems({ flags: { plaintext: true, openflow: 'none' } })).to.have.lengthOf(1)
  })

  it('takes as many databases as there are hypervisors', () => {
    const targets = Array.from({ length: 1000 }, (_, index) => `tcp:10.0.${index >> 8}.${index & 255}:6640`)
    expect(config({ flags: { plaintext: true, ovsdb: targets.join(',') } }).ovsdb).to.have.lengthOf(1000)
  })

  it('refuses one address twice', () => {
    const flags = { plaintext: true, listen: '127.0.0.1:7', openflow: '127.0.0.1:7,127.0.0.1:8,127.0.0.1:8' } as const
    expect(problems({ flags })).to.deep.equal(["openflow: 127.0.0.1:7 is gRPC's", 'openflow: 127.0.0.1:8 stands twice'])
    const ovsdb = {
      plaintext: true,
      metrics: '127.0.0.1:8',
      openflow: '127.0.0.1:7',
      ovsdbListen: '127.0.0.1:7,[::1]:8',
    } as const
    expect(problems({ flags: ovsdb })).to.deep.equal(["ovsdbListen: 127.0.0.1:7 is OpenFlow's"])
    expect(problems({ flags: { ...ovsdb, ovsdbListen: '127.0.0.1:8' } })).to.deep.equal([
      "metrics: 127.0.0.1:8 is OVSDB's",
    ])
    expect(config({ flags: { plaintext: true, openflow: '127.0.0.1:0,127.0.0.1:0' } }).openflow).to.have.length(2)
  })

  it('exports to addresses that bridges need not look up, each once, within what rows of Open vSwitch hold', () => {
    const refused = (name: Setting['name'], text: string): string[] =>
      problems({ flags: { plaintext: true, [name]: text } })
    expect(
      refused('telemetry.sflow.targets', '300.0.0.1:1,10.0.0.1:0,10.0.0.1:65536,10.0.0.1:1,10.0.0.1:1'),
    ).to.deep.equal([
      ...['300.0.0.1:1', '10.0.0.1:0', '10.0.0.1:65536'].map(
        (target) =>
          `telemetry.sflow.targets: ${target} must be ADDRESS:PORT, IPv6 in brackets; bridges look up no names`,
      ),
      'telemetry.sflow.targets: 10.0.0.1:1 stands twice',
    ])
    expect(refused('telemetry.ipfix.targets', '[fd00::g]:1')[0]).to.match(/must match pattern/)
    expect(refused('telemetry.ipfix.targets', '[fd00:::]:1')[0]).to.match(/ADDRESS:PORT/)
    const nine = Array.from({ length: 9 }, (_, index) => `10.0.0.${index}:1`).join(',')
    for (const [name, text] of [
      ['telemetry.sflow.targets', 'collector:6343'],
      ['telemetry.ipfix.targets', nine],
      ['telemetry.sflow.sampling', '0'],
      ['telemetry.sflow.header', '1025'],
      ['telemetry.sflow.polling', '-1'],
      ['telemetry.sflow.agent', 'eth0; rm'],
      ['telemetry.ipfix.sampling', '4294967296'],
      ['telemetry.ipfix.obsPointId', '-1'],
      ['telemetry.ipfix.cacheActiveTimeout', '4201'],
      ['bridgeControllers', '10.0.0.1:6653'],
    ] as const)
      expect(refused(name, text), name).to.have.lengthOf(1)
    expect(
      config({ flags: { plaintext: true, 'telemetry.sflow.targets': 'none' } }).telemetry?.sflow.targets,
    ).to.deep.equal([])
  })

  it('warns where anybody can pose as a switch', () => {
    const result = read({ flags: { plaintext: true, openflow: '0.0.0.0:6653' } })
    expect(result.ok && result.warnings).to.have.length(1)
    const open = read({ flags: { plaintext: true, ovsdbListen: '0.0.0.0:6640,127.0.0.1:6641' } })
    expect(open.ok && open.warnings).to.deep.equal([
      'ovsdbListen: whoever reaches 0.0.0.0:6640 can speak for bridges; use TLS',
    ])
  })

  it('gives every setting a variable, a flag and a place in the schema of its own', () => {
    expect(new Set(SETTINGS.map(({ env }) => env)).size).to.equal(SETTINGS.length)
    expect(new Set(SETTINGS.map(({ flag }) => flag.split(' ')[0])).size).to.equal(SETTINGS.length)
    for (const { name } of SETTINGS) {
      let schema = CONFIG_SCHEMA as { properties?: Record<string, object> }
      for (const key of name.split('.')) schema = schema.properties![key] as typeof schema
      expect(schema, name).to.have.property('description')
    }
  })

  it('reads back every address it writes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), fc.integer({ min: 1, max: 65535 }), (host, port) => {
        const found = config({ file: file(FILES), flags: { openflow: endpointText({ host, port }) } })
        expect(found.openflow).to.deep.equal([{ host, port }])
      }),
    )
  })
})
