/**
 * From the RPC that sets a tag to "applied": a whole controller (TLS off, store on disk), N interface records, five
 * policies, the client a process of its own, the switch a sink process that confirms at once; and, at 100 interfaces, a
 * real Open vSwitch bridge. The limit beside it, from the same run: one fdatasync of a change's size plus two gRPC round
 * trips plus one OpenFlow round trip, below which nobody who is durable and confirmed can be; what it is made of is
 * measured between the changes, so that a busy machine slows both alike. After that, the same beside OVN, where it is
 * there: peers/group-change.ts. Usage: npx tsx bench/tagchange.ts [N...] [ovn | ovn:N], N a number of interfaces
 */
import { addBridge, removeBridge } from '../test/support/bridge.ts'
import { diskSampler } from './disk.ts'
import { besideOvn } from './peers/group-change.ts'
import { SinkSwitch, TagClient } from './processes.ts'
import { figure, median, printTable, quantile } from './report.ts'
import { BenchController } from './tag-controller.ts'

const CHANGES = 300
const PER_ROUND = 10
const WARM_UP = 50
const DPID = '00000000000beef1'
const GROUP = 10_000
const words = process.argv.slice(2)
const groups = words.filter((word) => word.startsWith('ovn')).map((word) => Number(word.split(':')[1] ?? GROUP))
const sizes = words.filter((word) => !word.startsWith('ovn')).map(Number)
const cases: { size: number; real: boolean }[] = (words.length > 0 ? sizes : [100, 1000, 10_000]).flatMap((size) =>
  size === 100 && process.getuid?.() === 0
    ? [
        { size, real: false },
        { size, real: true },
      ]
    : [{ size, real: false }],
)

function mac(index: number): string {
  const hex = (index + 1).toString(16).padStart(6, '0')
  return `02:00:5e:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`
}

function records(size: number): object[] {
  const rule = (port: string, tag: string): object => ({
    direction: 'DIRECTION_INGRESS',
    peer: { tags: { allOf: [{ text: tag }] } },
    protocols: ['tcp'],
    ports: [port],
    action: 'ACTION_ALLOW',
  })
  const policies = Array.from({ length: 5 }, (_, index) => ({
    policy: {
      name: `p${index}`,
      vnp: 'all',
      rules: [rule(String(8000 + index), `group-${index}`), rule(`${9000 + index}`, 'hot')],
    },
  }))
  const interfaces = Array.from({ length: size }, (_, index) => ({
    interface: {
      name: `i${index}`,
      tags: [{ text: 'tenant' }, { text: `group-${index % 5}` }, { text: `note-${index}` }],
      mac: mac(index),
      addresses: [`10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`],
      attachment: { port: { datapathId: DPID, port: index + 1 } },
    },
  }))
  return [{ vnp: { name: 'all', selector: { allOf: [{ text: 'tenant' }] } } }, ...policies, ...interfaces]
}

async function measure({ size, real }: { size: number; real: boolean }): Promise<string[]> {
  const controller = await BenchController.start()
  const bridge = `tsb${process.pid % 10_000}`
  let sink: SinkSwitch | undefined
  const client = await TagClient.start(controller.grpc, size)
  try {
    await controller.apply(records(size))
    if (real) {
      const ports = Array.from({ length: size }, (_, index) => index + 1)
      addBridge(bridge, {
        ports,
        datapathId: DPID,
        controller: `tcp:127.0.0.1:${controller.openflowPort}`,
        failMode: 'secure',
      })
    } else sink = await SinkSwitch.start(controller.openflowPort, Number.parseInt(DPID, 16), size)
    await controller.served([DPID], size)
    await client.ask(`changes ${WARM_UP * 2}`)
    const [samples, rpc, disk, echo]: [number[], number[], number[], number[]] = [[], [], [], []]
    const sample = diskSampler(controller.folder)
    for (let round = 0; round < CHANGES / PER_ROUND; round++) {
      samples.push(...(await client.ask<{ samples: number[] }>(`changes ${PER_ROUND}`)).samples)
      rpc.push(...(await client.ask<{ samples: number[] }>(`calls ${PER_ROUND}`)).samples)
      for (let index = 0; index < PER_ROUND; index++) disk.push(sample())
      if (sink !== undefined) echo.push(...(await sink.ask<{ samples: number[] }>(`echo ${PER_ROUND}`)).samples)
    }
    const wire = echo.length === 0 ? 0 : median(echo) / 1000
    // Two calls (SetTags, WaitApplied), one sync, one confirmation.
    const limit = 2 * median(rpc) + median(disk) + wire
    return [
      `${size.toLocaleString('en-US')} on ${real ? 'Open vSwitch' : 'sink'}`,
      figure(quantile(samples, 0.5)),
      figure(quantile(samples, 0.99)),
      figure(median(rpc)),
      figure(median(disk)),
      figure(wire),
      figure(limit),
      `${figure(median(samples) / limit)} x`,
    ]
  } finally {
    await client.stop()
    await sink?.stop()
    if (real) removeBridge(bridge)
    await controller.stop()
  }
}

async function main(): Promise<void> {
  const rows: string[][] = []
  for (const each of cases) rows.push(await measure(each))
  if (rows.length > 0) {
    printTable(
      `tag change, from SetTags to WaitApplied, ${CHANGES} changes each, milliseconds`,
      'npm run bench -- tagchange',
      ['interfaces', 'p50', 'p99', 'one RPC p50', 'fdatasync p50', 'OpenFlow RTT p50', 'limit', 'p50 / limit'],
      rows,
    )
  }
  for (const size of words.length > 0 ? groups : [GROUP]) await besideOvn(size)
}

await main()
process.exit(0)
