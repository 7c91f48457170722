/**
 * A tag change beside OVN, in one run and in turns: 10,000 interfaces of one network, a group of all of them that five
 * rules name as senders, a few interfaces here and the rest elsewhere. One leaves the group or joins it again, or a rule
 * comes or goes. Both have an Open vSwitch of their own with dummy ports: no packet is sent. Ours is the time from the
 * call to the answer that every switch has it, durable; OVN's until its switch tells of the first row, and until OVN
 * confirms it. That each change is in the table, and nothing else of it, is looked up after each. Used by tagchange.ts.
 */
import { execFileSync } from 'node:child_process'
import { TABLES } from '../../controller/policy/pipeline.ts'
import { Daemons } from '../../test/support/ovs-bridge.ts'
import { SinkSwitch, TagClient } from '../processes.ts'
import { figure, median, printTable, quantile } from '../report.ts'
import { BenchController } from '../tag-controller.ts'
import { findOvn, type LogicalPort, Ovn, type Until } from './ovn.ts'

/** Interfaces on the switch that is looked at. */
const LOCAL = 8
const SENDERS_MAY = [8000, 8001, 8002, 8003, 8004]
const ONE_MORE = 7000
/** Changes of each kind and direction that OVN is timed by until they are in the table, and until it confirms them. */
const ROUNDS = 20
const CONFIRMED = 5
const HERE = '000000000000cafe'
const ELSEWHERE = '000000000000beef'
const BRIDGE = 'br'
const GROUP = 'senders'

const hex = (value: number): string => value.toString(16).padStart(2, '0')

function portsOf(count: number): LogicalPort[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `i${index}`,
    mac: `02:00:5e:${hex(index >> 16)}:${hex((index >> 8) & 255)}:${hex(index & 255)}`,
    address: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
  }))
}

function policyOf(index: number, ports: readonly number[]): object {
  const rules = ports.map((port) => ({
    direction: 'DIRECTION_INGRESS',
    peer: { tags: { allOf: [{ text: GROUP }] } },
    protocols: ['tcp'],
    ports: [String(port)],
    action: 'ACTION_ALLOW',
  }))
  return { name: `p${index}`, vnp: 'all', rules }
}

/** One controller, the switch that is looked at, and one that has the others and agrees to everything. */
class Ours {
  readonly #controller: BenchController
  readonly #daemons: Daemons
  #client: TagClient | undefined
  #sink: SinkSwitch | undefined

  private constructor(controller: BenchController, daemons: Daemons) {
    this.#controller = controller
    this.#daemons = daemons
  }

  static async start(ports: readonly LogicalPort[]): Promise<Ours> {
    const ours = new Ours(await BenchController.start(), await Daemons.start())
    try {
      await ours.#build(ports)
      return ours
    } catch (error) {
      await ours.stop()
      throw error
    }
  }

  async #build(ports: readonly LogicalPort[]): Promise<void> {
    const controller = this.#controller
    this.#client = await TagClient.start(controller.grpc, ports.length)
    const interfaces = ports.map(({ name, mac, address }, index) => {
      const port =
        index < LOCAL ? { datapathId: HERE, port: index + 1 } : { datapathId: ELSEWHERE, port: index - LOCAL + 1 }
      const tags = [{ text: 'tenant' }, { text: GROUP }]
      return { interface: { name, mac, addresses: [address], tags, attachment: { port } } }
    })
    await controller.apply([
      { vnp: { name: 'all', selector: { allOf: [{ text: 'tenant' }] } } },
      ...SENDERS_MAY.map((port, index) => ({ policy: policyOf(index, [port]) })),
      ...interfaces,
    ])
    const settings = ['datapath_type=dummy', 'fail_mode=secure', 'protocols=OpenFlow13']
    const id = `other-config:datapath-id=${HERE}`
    this.#daemons.vsctl('add-br', BRIDGE, '--', 'set', 'bridge', BRIDGE, ...settings, id)
    for (let port = 1; port <= LOCAL; port++) {
      const row = ['type=dummy', `ofport_request=${port}`]
      this.#daemons.vsctl('add-port', BRIDGE, `p${port}`, '--', 'set', 'interface', `p${port}`, ...row)
    }
    const others = ports.length - LOCAL
    this.#sink = await SinkSwitch.start(controller.openflowPort, Number.parseInt(ELSEWHERE, 16), others)
    this.#daemons.vsctl('set-controller', BRIDGE, `tcp:127.0.0.1:${controller.openflowPort}`)
    await controller.served([HERE, ELSEWHERE], ports.length)
  }

  /** @returns ms until every switch is known to have it. */
  async write(method: string, request: object): Promise<number> {
    const [ms] = await this.#client!.take([{ method, request }])
    return ms!
  }

  /** Rows that match something, without what they counted. */
  rows(match: string): string[] {
    const words = ['-O', 'OpenFlow13', '--no-stats', 'dump-flows', `unix:${this.#daemons.directory}/${BRIDGE}.mgmt`]
    const text = execFileSync('ovs-ofctl', [...words, match], { encoding: 'utf8' })
    return text.split('\n').filter((line) => line.includes('priority='))
  }

  async stop(): Promise<void> {
    await this.#client?.stop()
    await this.#sink?.stop()
    await this.#controller.stop()
    this.end()
  }

  /** What nobody else ends. */
  end(): void {
    this.#daemons.stop()
  }
}

/** A change and its undoing, on both sides, with what shows on each that it happened. */
interface Pair {
  names: readonly [string, string]
  /** Whether the first of the two takes rows from OVN's switch. */
  isLess: boolean
  ours(act: 0 | 1, one: LogicalPort): Promise<number>
  oursShow(one: LogicalPort): unknown
  ovn(act: 'insert' | 'delete', one: LogicalPort, until: Until): Promise<number>
  /** What ovs-ofctl shows rows by, and how many there are while the change is undone. */
  ovnMatch(one: LogicalPort): string
}

class Samples {
  readonly ours: number[] = []
  readonly table: number[] = []
  readonly confirmed: number[] = []
}

/** Each way twenty times, ours and OVN's in turns. */
async function turns(pair: Pair, ovn: Ovn, subjects: readonly LogicalPort[]): Promise<[Samples, Samples]> {
  const samples: [Samples, Samples] = [new Samples(), new Samples()]
  const acts = pair.isLess ? (['delete', 'insert'] as const) : (['insert', 'delete'] as const)
  for (let round = 0; round < ROUNDS; round++) {
    const one = subjects[round % subjects.length]!
    const before = { ours: JSON.stringify(pair.oursShow(one)), ovn: ovn.flows(pair.ovnMatch(one)) }
    for (const until of ['in table', 'confirmed'] as const) {
      if (until === 'confirmed' && round >= CONFIRMED) continue
      for (const act of [0, 1] as const) {
        samples[act].ours.push(await pair.ours(act, one))
        const shown = JSON.stringify(pair.oursShow(one))
        if ((shown === before.ours) !== (act === 1)) throw new Error(`ours, ${pair.names[act]}: the table has ${shown}`)
        const theirs = samples[act][until === 'confirmed' ? 'confirmed' : 'table']
        theirs.push(await pair.ovn(acts[act], one, until))
        const count = ovn.flows(pair.ovnMatch(one))
        const isLess = act === 0 && pair.isLess
        if (act === 1 ? count !== before.ovn : isLess ? count !== 0 : count <= before.ovn)
          throw new Error(`OVN, ${pair.names[act]}: ${count} rows, before ${before.ovn}`)
      }
    }
  }
  return samples
}

/** Compares with OVN and prints it; where OVN is not there, says so. @param size Interfaces in the group. */
export async function besideOvn(size: number): Promise<void> {
  const installed = findOvn()
  if (installed === undefined) {
    console.log('\nOVN is not there, so nothing is compared with it. Get it with:  bash scripts/bootstrap.sh peers\n')
    return
  }
  const ports = portsOf(size)
  const subjects = ports.slice(LOCAL, LOCAL + 10)
  const ours = await Ours.start(ports)
  let ovn: Ovn | undefined
  // Daemons outlive whoever started them: not where this is interrupted.
  process.once('exit', () => {
    ovn?.stop()
    ours.end()
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const rows: string[][] = []
  try {
    ovn = await Ovn.start(installed, ports, LOCAL, SENDERS_MAY)
    await ovn.watch(subjects.map(({ address }) => address))
    const theirs = ovn
    const setTags = (act: 0 | 1, { name }: LogicalPort): Promise<number> =>
      ours.write('InterfaceService.SetTags', { name, [act === 0 ? 'remove' : 'add']: [{ text: GROUP }] })
    const identity = ({ address }: LogicalPort): string[] => ours.rows(`ip,nw_dst=${address}`)
    const source = ({ address }: LogicalPort): string => `ip,nw_src=${address}`
    const member = { isLess: true, ours: setTags, oursShow: identity, ovnMatch: source }
    const run = async (pair: Pair): Promise<void> => {
      const both = await turns(pair, theirs, subjects)
      for (const [act, { ours, table, confirmed }] of both.entries()) {
        const cells = [ours, table].flatMap((all) => [quantile(all, 0.5), quantile(all, 0.99)])
        const times = (all: number[]): string => `${figure(median(all) / median(ours))} x`
        const last = [times(table), figure(median(confirmed)), times(confirmed)]
        rows.push([pair.names[act]!, ...cells.map(figure), ...last])
      }
    }
    await run({
      ...member,
      names: ['one leaves the group', 'one joins the group'],
      ovn: (act, one, until) => theirs.member(act, one, until),
    })
    await theirs.useListed(SENDERS_MAY)
    await run({
      ...member,
      names: ['the same; in OVN an address leaves a set', 'the same; in OVN an address joins a set'],
      ovn: (act, one, until) => theirs.address(act, one, until),
    })
    await run({
      names: ['one rule more', 'one rule less'],
      isLess: false,
      ours: (act) => {
        const ports = act === 0 ? [SENDERS_MAY[0]!, ONE_MORE] : [SENDERS_MAY[0]!]
        return ours.write('PolicyService.UpdatePolicy', { policy: policyOf(0, ports) })
      },
      oursShow: () => ours.rows(`table=${TABLES.ingress_tenant}`),
      ovn: (act, one, until) => theirs.rule(act, one, ONE_MORE, until),
      ovnMatch: () => `tcp,tp_dst=${ONE_MORE}`,
    })
  } finally {
    ovn?.stop()
    await ours.stop()
  }
  const many = size.toLocaleString('en-US')
  printTable(
    `a change beside ${installed.version}: a group of ${many} addresses, ${SENDERS_MAY.length} rules, ms, ${ROUNDS} changes each`,
    'npm run bench -- tagchange ovn',
    ['', 'ours p50', 'ours p99', 'OVN p50', 'OVN p99', '/ ours', 'OVN confirmed p50', '/ ours'],
    rows,
  )
}
