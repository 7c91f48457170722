/**
 * The channel with Open vSwitch: what the switch has is what was wanted, whoever restarts; flows that are right are not
 * written again; a bridge that would fail open is not served; spelling differences are no differences; and a change is
 * confirmed when no packet passes by what it replaced. Needs root and a running Open vSwitch.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import type { Action, Instruction, Oxm } from 'node-openflow'
import type { Flow } from '../../controller/policy/program.ts'
import { Bench, programOf, towards } from '../support/southbound-bench.ts'

const OVSDB = 'unix:/var/run/openvswitch/db.sock'

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1e8 })
const ofctl = (...args: string[]): string => run('ovs-ofctl', '-O', 'OpenFlow13', ...args)

/** `cookie=…, table=…, priority…match` of each flow, without counters. */
const dump = (bridge: string): string[] => {
  const lines = ofctl('dump-flows', bridge).split('\n')
  return lines.filter((line) => line.includes('cookie=')).map((line) => line.trim())
}

const withoutCounters = (line: string): string => line.replace(/duration=[^,]*, |[a-z]+_age=[0-9]+, /g, '')
const packetsOf = (line: string): number => Number(/n_packets=(\d+)/.exec(line)?.[1])
const durationOf = (line: string): number => Number(/duration=([\d.]+)s/.exec(line)?.[1])

describe('the southbound channel with Open vSwitch', function () {
  this.timeout(40_000)
  const benches: Bench[] = []
  const bridges: string[] = []
  const links: string[] = []

  const begin = async (options: Parameters<typeof Bench.start>[0] = {}): Promise<Bench> => {
    const bench = await Bench.start({ ovsdb: [OVSDB], ...options })
    benches.push(bench)
    return bench
  }

  const add = (bench: Bench, failMode = 'secure'): string => {
    const bridge = `sb${randomBytes(4).toString('hex')}`
    bridges.push(bridge)
    make(bridge, bench, failMode)
    return bridge
  }

  const make = (bridge: string, bench: Bench, failMode = 'secure'): void => {
    const settings = ['datapath_type=netdev', `fail_mode=${failMode}`, 'protocols=OpenFlow13']
    const id = `other-config:datapath-id=${idOf(bridge)}`
    const controller = ['--', '--id=@c', 'create', 'Controller', `target="tcp:${bench.address}"`, 'max_backoff=1000']
    run('ovs-vsctl', 'add-br', bridge, ...controller, '--', 'set', 'bridge', bridge, ...settings, id, 'controller=@c')
  }

  const idOf = (bridge: string): string => bridge.slice(2).padStart(16, '0')

  afterEach(async () => {
    for (const bridge of bridges.splice(0)) run('ovs-vsctl', '--if-exists', 'del-br', bridge)
    for (const link of links.splice(0)) run('ip', 'link', 'del', link)
    await Promise.all(benches.splice(0).map((bench) => bench.close()))
  })

  const many = (count: number): Flow[] =>
    Array.from({ length: count }, (_, i) => towards(0x0a000000 + i, 1 + (i % 7), i % 5))

  it('installs 5,000 flows, and a controller that comes back touches none of them', async () => {
    const flows = many(5000)
    const first = await begin()
    const bridge = add(first)
    const id = idOf(bridge)
    first.southbound.want(id, 3, programOf(flows))
    await first.applied(id, 3)
    const before = dump(bridge)
    expect(before).to.have.lengthOf(5000)
    expect(before.every((line) => /cookie=0x7a67/.test(line))).to.equal(true)
    expect(first.southbound.switches.get(id)).to.include({ state: 'served', name: bridge, flows: 5000 })

    // Packets counted by a flow are gone if anybody writes it again.
    ofctl('packet-out', bridge, `in_port=controller packet=${ipv4Packet(0x0a000005)} actions=table`)
    const counted = () => dump(bridge).find((line) => line.includes('nw_dst=10.0.0.5 '))
    expect(packetsOf(counted() ?? '')).to.equal(1)

    await first.close()
    expect(dump(bridge)).to.have.lengthOf(5000)
    const second = await begin()
    run('ovs-vsctl', 'set-controller', bridge, `tcp:${second.address}`)
    await second.tells('switch-served')
    second.southbound.want(id, 3, programOf(many(5000)))
    await second.applied(id, 3)
    expect((await second.tells('switch-served')).details).to.include({ flows: 5000 })
    expect(packetsOf(counted() ?? '')).to.equal(1)
    const after = dump(bridge)
    expect(after).to.have.lengthOf(5000)
    const youngest = Math.min(...after.map(durationOf))
    const youngestBefore = Math.min(...before.map(durationOf))
    expect(youngest).to.be.greaterThan(youngestBefore)
    // A change is confirmed with the help of a flow that stays; its counters stay too.
    second.southbound.want(id, 4, programOf([towards(0x0a000005, 6)]))
    await second.applied(id, 4)
    expect(dump(bridge)).to.have.lengthOf(1)
    expect(packetsOf(counted() ?? '')).to.equal(1)
    expect(second.toldOf('switch-drifted')).to.deep.equal([])
  })

  it('corrects after a restart exactly what changed meanwhile', async () => {
    const first = await begin()
    const bridge = add(first)
    const id = idOf(bridge)
    first.southbound.want(id, 1, programOf(many(300)))
    await first.applied(id, 1)
    await first.close()
    ofctl('del-flows', bridge, `table=0,ip,nw_dst=10.0.0.10`)
    ofctl('add-flow', bridge, 'table=1,priority=100,ip,nw_dst=10.0.0.11,cookie=0x7a6701060a00000b,actions=output:99')
    ofctl('add-flow', bridge, 'table=1,priority=7,cookie=0x7a67010600000001,actions=output:9')
    ofctl('add-flow', bridge, 'table=1,priority=8,cookie=0x1234,actions=output:9')
    const second = await begin()
    second.southbound.want(id, 1, programOf(many(300)))
    run('ovs-vsctl', 'set-controller', bridge, `tcp:${second.address}`)
    await second.applied(id, 1)
    const after = dump(bridge)
    expect(after).to.have.lengthOf(301)
    expect(after.filter((line) => line.includes('priority=8'))).to.have.lengthOf(1)
    expect(after.filter((line) => line.includes('priority=7'))).to.have.lengthOf(0)
    expect(after.find((line) => line.includes('nw_dst=10.0.0.11 '))).to.match(/actions=output:5$/)
    expect(after.filter((line) => line.includes('nw_dst=10.0.0.10 '))).to.have.lengthOf(1)
  })

  it('fills a bridge anew that was deleted and made again', async () => {
    const bench = await begin()
    const bridge = add(bench)
    const id = idOf(bridge)
    bench.southbound.want(id, 1, programOf(many(500)))
    await bench.applied(id, 1)
    run('ovs-vsctl', 'del-br', bridge)
    await bench.tells('switch-disconnected')
    make(bridge, bench)
    await bench.until(() => bench.kinds().filter((kind) => kind === 'applied').length === 2)
    expect(dump(bridge)).to.have.lengthOf(500)
    expect(bench.southbound.switches.size).to.equal(1)
  })

  it('gives nothing to a bridge that is standalone, until it is made secure', async () => {
    const bench = await begin()
    const bridge = add(bench, 'standalone')
    const id = idOf(bridge)
    bench.southbound.want(id, 1, programOf(many(10)))
    const { details } = await bench.tells('switch-refused')
    expect(details['reason']).to.include(bridge)
    expect(bench.southbound.switches.get(id)?.state).to.equal('refused')
    expect(dump(bridge).filter((line) => line.includes('0x7a67'))).to.deep.equal([])
    run('ovs-vsctl', 'set', 'bridge', bridge, 'fail_mode=secure')
    await bench.applied(id, 1)
    expect(dump(bridge)).to.have.lengthOf(10)
  })

  it('makes a standalone bridge secure where it may', async () => {
    const bench = await begin({ repair: true })
    const bridge = add(bench, 'standalone')
    bench.southbound.want(idOf(bridge), 1, programOf(many(10)))
    await bench.applied(idOf(bridge), 1)
    expect(run('ovs-vsctl', 'get', 'bridge', bridge, 'fail_mode').trim()).to.equal('secure')
    expect((await bench.tells('switch-repaired')).details['columns']).to.equal('fail_mode, disable-in-band')
    await bench.until(() => bench.southbound.switches.get(idOf(bridge))?.appliedGeneration === 1)
    expect(run('ovs-appctl', 'bridge/dump-flows', bridge)).not.to.match(/priority=1800/)
  })

  it('sees in Open vSwitch’s spelling of a flow, group or meter what it wrote', async () => {
    const bench = await begin({ times: { auditMs: 150 } })
    const bridge = add(bench)
    const id = idOf(bridge)
    const group = { groupId: 7, groupType: 'all' as const, unit: 'g' }
    const bucket = { weight: 0, watch_port: 0xffffffff, watch_group: 0xffffffff }
    const buckets = [{ ...bucket, actions: [{ type: 'output', port: 1, max_len: 9 }] as Action[] }]
    const meter = { meterId: 3, flags: 5, bands: [{ type: 'drop' as const, rate: 100, burst_size: 10 }], unit: 'm' }
    const rest = { groups: new Map([[7, { ...group, buckets }]]), meters: new Map([[3, meter]]) }
    const flows = SPELLINGS.map(([match, instructions], i) => ({
      ...towards(i, 1, 1),
      match,
      instructions,
      priority: 100 + i,
    }))
    bench.southbound.want(id, 1, programOf(flows, rest))
    await bench.applied(id, 1)
    expect(bench.toldOf('switch-degraded')).to.deep.equal([])
    const stats = await bench.southbound.flowStats(id)
    expect(stats).to.have.lengthOf(flows.length)
    // Something does differ: a flow more. What finds it finds nothing else.
    ofctl('add-flow', bridge, 'table=9,priority=7,cookie=0x7a67010600000001,actions=drop')
    const { details } = await bench.tells('switch-drifted')
    expect(details).to.include({ missing: 0, changed: 0, stale: 1 })
  })

  it('keeps a generation that does not fit the table as a whole out, and the last one in', async () => {
    const bench = await begin()
    const bridge = add(bench)
    const id = idOf(bridge)
    const limit = ['--id=@t', 'create', 'Flow_Table', 'flow_limit=70', 'overflow_policy=refuse']
    run('ovs-vsctl', '--', ...limit, '--', 'set', 'bridge', bridge, 'flow_tables:0=@t')
    const flows = (count: number) => programOf(Array.from({ length: count }, (_, i) => towards(0x0a000000 + i, 1)))
    bench.southbound.want(id, 1, flows(50))
    await bench.applied(id, 1)
    bench.southbound.want(id, 2, flows(80))
    const { details } = await bench.tells('switch-degraded')
    expect(details['error']).to.match(/flow_mod_failed\/table_full to add flow/)
    expect(dump(bridge)).to.have.lengthOf(50)
    expect(bench.southbound.switches.get(id)).to.include({ state: 'degraded', appliedGeneration: 1 })
    run('ovs-vsctl', 'clear', 'bridge', bridge, 'flow_tables')
    await bench.applied(id, 2)
    expect(dump(bridge)).to.have.lengthOf(80)
  })

  it('has all or nothing of a change of 25,000 flows', async () => {
    const bench = await begin()
    const bridge = add(bench)
    const id = idOf(bridge)
    const limit = ['--id=@t', 'create', 'Flow_Table', 'flow_limit=20000', 'overflow_policy=refuse']
    run('ovs-vsctl', '--', ...limit, '--', 'set', 'bridge', bridge, 'flow_tables:0=@t')
    const flows = (from: number, count: number) =>
      programOf(Array.from({ length: count }, (_, i) => towards(0x0a000000 + from + i, 1)))
    bench.southbound.want(id, 1, flows(0, 50))
    await bench.applied(id, 1)
    const before = dump(bridge).map(withoutCounters)
    bench.southbound.want(id, 2, flows(25, 25_000))
    const { details } = await bench.tells('switch-degraded')
    expect(details['error']).to.match(/flow_mod_failed\/table_full to add flow/)
    expect(dump(bridge).map(withoutCounters)).to.deep.equal(before)
    run('ovs-vsctl', 'clear', 'bridge', bridge, 'flow_tables')
    await bench.applied(id, 2)
    expect(dump(bridge)).to.have.lengthOf(25_000)
  })

  it('confirms a change when no packet passes by what it replaced', async function () {
    this.timeout(60_000)
    const bench = await begin()
    const bridge = add(bench)
    const id = idOf(bridge)
    const suffix = bridge.slice(2, 9)
    for (const side of ['a', 'b']) {
      const [host, port] = [`h${side}${suffix}`, `p${side}${suffix}`]
      run('ip', 'link', 'add', host, 'type', 'veth', 'peer', 'name', port)
      links.push(host)
      for (const end of [host, port]) run('ip', 'link', 'set', end, 'up')
      run(
        'ovs-vsctl',
        'add-port',
        bridge,
        port,
        '--',
        'set',
        'interface',
        port,
        `ofport_request=${side === 'a' ? 1 : 2}`,
      )
    }
    const flows = (allow: boolean) =>
      programOf(
        Array.from({ length: DESTINATIONS }, (_, i) => {
          const flow = towards(0x0a000000 + i, 2)
          return allow ? flow : { ...flow, instructions: [] }
        }),
      )
    bench.southbound.want(id, 1, flows(true))
    await bench.applied(id, 1)
    const probe = spawn('/usr/bin/python3', ['-c', PROBE, `ha${suffix}`, `hb${suffix}`, String(DESTINATIONS)])
    try {
      let out = ''
      let wake: () => void = () => {}
      probe.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString()
        wake()
      })
      /** Packets received by now, and when the last one was: milliseconds since the epoch, on the kernel's clock. */
      const ask = async (): Promise<{ count: number; last: number }> => {
        const from = out.length
        probe.stdin.write('\n')
        while (!out.slice(from).includes('\n')) await new Promise<void>((resolve) => (wake = resolve))
        const [count = 0, last = 0] = out.slice(from).trim().split(' ').map(Number)
        return { count, last }
      }
      for (let round = 0; round < 8; round++) {
        const start = await ask()
        while ((await ask()).count < start.count + 1500);
        bench.southbound.want(id, 2 + 2 * round, flows(false))
        await bench.applied(id, 2 + 2 * round)
        const confirmed = Date.now()
        // Long enough for every address to be sent to again.
        for (let i = 0; i < 20; i++) await ask()
        const { last } = await ask()
        expect(last - confirmed, `ms after round ${round} was confirmed`).to.be.lessThan(CLOCK_MS)
        bench.southbound.want(id, 3 + 2 * round, flows(true))
        await bench.applied(id, 3 + 2 * round)
      }
    } finally {
      probe.kill()
    }
  })
})

const DESTINATIONS = 500
/** What two readings of one clock, one of them in whole milliseconds, may differ by. */
const CLOCK_MS = 1.5

/**
 * Sends UDP packets to so many addresses out of one interface and counts those that arrive on another; for each line
 * read it writes the count and when the last one arrived, after 10 ms in which what is on its way does.
 */
const PROBE = `
import socket, struct, sys, threading, time
a, b, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
tx = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); tx.bind((a, 0))
rx = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); rx.bind((b, 0))
rx.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
SO_TIMESTAMPNS = 35
rx.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
count, last = 0, 0
def receive():
    global count, last
    while True:
        data, about, flags, address = rx.recvmsg(2048, 64)
        if address[2] == 4 or data[:6] != b'\\x02\\0\\0\\0\\0\\2': continue
        seconds, nanoseconds = struct.unpack('ll', about[0][2][:16])
        count, last = count + 1, seconds * 1000 + nanoseconds / 1e6
def send():
    i = 0
    while True:
        ip = struct.pack('!BBHHHBBHII', 0x45, 0, 28, 0, 0, 64, 17, 0, 0x0b000001, 0x0a000000 + i % n)
        tx.send(b'\\x02\\0\\0\\0\\0\\2\\x02\\0\\0\\0\\0\\1\\x08\\0' + ip + struct.pack('!HHHH', 1, 2, 8, 0))
        i += 1
        if i % 20 == 0: time.sleep(0.004)
for work in (receive, send): threading.Thread(target=work, daemon=True).start()
for line in sys.stdin:
    time.sleep(0.01)
    print(count, last, flush=True)
`

/** An IPv4 packet of protocol 59 to an address, as hexadecimal text. */
function ipv4Packet(destination: number): string {
  const ip = Buffer.from('4500001400000000403b00000b00000100000000', 'hex')
  ip.writeUInt32BE(destination, 16)
  return `020000000002020000000001 0800${ip.toString('hex')}`.replace(' ', '')
}

const actions = (...list: Action[]): Instruction[] => [{ type: 'apply_actions', actions: list }]
const IP: Oxm = { field: 'eth_type', value: 0x0800 }
const IP6: Oxm = { field: 'eth_type', value: 0x86dd }
const inPort = (value: number): Oxm[] => [{ field: 'in_port', value }]

/** Rows that Open vSwitch writes differently from how they were given, and the usual ones beside them. */
const SPELLINGS: [Oxm[], Instruction[]][] = [
  [[], []],
  [[{ field: 'vlan_vid', value: 0 }], actions()],
  [
    inPort(1),
    [
      { type: 'goto_table', table_id: 5 },
      { type: 'write_metadata', metadata: 0xffn, metadata_mask: 0xfn },
    ],
  ],
  [inPort(2), actions({ type: 'output', port: 0xfffffffd, max_len: 128 })],
  [inPort(3), actions({ type: 'output', port: 3, max_len: 77 })],
  [inPort(4), actions({ type: 'nx_reg_load', ofs_nbits: { ofs: 0, n_bits: 32 }, dst: 'reg0', value: 5n })],
  [inPort(5), actions({ type: 'nx_reg_load', ofs_nbits: { ofs: 8, n_bits: 8 }, dst: 'reg0', value: 5n })],
  [inPort(6), actions({ type: 'set_field', field: { field: 'reg1', value: 9 } })],
  [
    [
      { field: 'metadata', value: 5n, mask: 0xffffn },
      { field: 'reg0', value: 1, mask: 0xf },
    ],
    [
      { type: 'goto_table', table_id: 9 },
      { type: 'meter', meter_id: 3 },
    ],
  ],
  [
    [IP, { field: 'ip_proto', value: 6 }],
    [{ type: 'write_actions', actions: [{ type: 'output', port: 1, max_len: 5 }] }, { type: 'clear_actions' }],
  ],
  [
    [IP],
    actions({
      type: 'nx_ct',
      flags: 1,
      zone: 5,
      recirc_table: 255,
      alg: 'none',
      actions: [{ type: 'set_field', field: { field: 'ct_mark', value: 5 } }],
    }),
  ],
  [
    [IP, { field: 'ct_state', value: 0x21, mask: 0x21 }],
    actions({
      type: 'nx_ct',
      flags: 1,
      zone: { field: 'reg3', ofs: 0, n_bits: 16 },
      recirc_table: 7,
      alg: 'none',
      actions: [{ type: 'nx_nat', flags: 0, range: {} }],
    }),
  ],
  [
    [IP6, { field: 'ipv6_dst', value: 0xfe80n << 112n, mask: 0xffc0n << 112n }],
    actions({ type: 'dec_nw_ttl' }, { type: 'output', port: 0xfffffffb, max_len: 0 }),
  ],
  [[{ field: 'vlan_vid', value: 0x1005 }], actions({ type: 'pop_vlan' }, { type: 'group', group_id: 7 })],
  [
    [{ field: 'vlan_vid', value: 0x1000, mask: 0x1000 }],
    actions(
      { type: 'push_vlan', ethertype: 0x8100 },
      { type: 'set_field', field: { field: 'vlan_vid', value: 0x1007 } },
    ),
  ],
  [
    [
      { field: 'eth_type', value: 0x0806 },
      { field: 'arp_op', value: 1 },
    ],
    actions(
      { type: 'nx_reg_move', n_bits: 48, src_ofs: 0, dst_ofs: 0, src: 'eth_src', dst: 'eth_dst' },
      { type: 'nx_reg_move', n_bits: 48, src_ofs: 0, dst_ofs: 0, src: 'arp_sha', dst: 'arp_tha' },
      { type: 'set_field', field: { field: 'arp_sha', value: 0x010203040506 } },
      { type: 'output', port: 0xfffffff8, max_len: 0 },
    ),
  ],
  [
    [IP, { field: 'ip_proto', value: 17 }, { field: 'udp_dst', value: 48, mask: 0xfff0 }],
    actions({
      type: 'nx_controller2',
      properties: [
        { type: 'userdata', userdata: Uint8Array.of(1, 2, 3) },
        { type: 'max_len', max_len: 100 },
      ],
    }),
  ],
  [[IP, { field: 'ip_proto', value: 132 }], actions({ type: 'nx_conjunction', clause: 1, n_clauses: 2, id: 5 })],
  [
    [IP, { field: 'conj_id', value: 5 }],
    actions({ type: 'nx_ct_clear' }, { type: 'nx_clone', actions: [{ type: 'output', port: 1, max_len: 9 }] }),
  ],
  [
    [{ field: 'tunnel_id', value: 77n }],
    actions(
      { type: 'set_field', field: { field: 'tunnel_id', value: 5n } },
      { type: 'set_field', field: { field: 'tun_dst', value: 5 } },
      { type: 'nx_output_reg', ofs_nbits: { ofs: 0, n_bits: 16 }, src: 'reg5', max_len: 0 },
    ),
  ],
  [
    [IP, { field: 'ipv4_src', value: 0x0a000000, mask: 0xffffffff }],
    actions({ type: 'set_field', field: { field: 'ip_dscp', value: 5 } }),
  ],
  [[IP, { field: 'ip_proto', value: 6 }, { field: 'tcp_flags', value: 2, mask: 0x12 }], []],
]
