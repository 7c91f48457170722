/**
 * The whole controller with 1,000 leaves and their spine connected over sockets: from the RPC that changes a tag or a
 * rule until every switch has confirmed it, what a change costs the controller's processor, how long it takes to serve
 * all switches from nothing, and its memory. Controller, switches and client are a process each; the links are probed all
 * the time, as in operation. The limit beside it, measured between the changes: two RPCs, one fdatasync of a change's
 * size, one OpenFlow round trip, below which nobody who is durable and confirmed can be. Used by policy.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ControllerConfig } from '../host/config.ts'
import { caller } from '../test/support/api-server.ts'
import { freePort } from '../test/support/running-controller.ts'
import { type CloudSize, interfaceOf, policyOf, ROLES, TENANTS, vnpOf } from './cloud.ts'
import { diskSampler } from './disk.ts'
import { CloudSwitches, ControllerProcess, TagClient } from './processes.ts'
import { figure, median } from './report.ts'

const TAG_CHANGES = 300
const RULE_CHANGES = 40
const PER_ROUND = 10
const WARM_UP = 40
const PER_APPLY = 5000
/** Milliseconds in which what the controller does by itself is measured, and after which nothing more is expected. */
const STILL_MS = 3000
/** Between looks at a start, and between words about it. */
const POLL_MS = 500
const TELL_MS = 10_000

export interface Timed {
  /** Milliseconds of each change, from the call to "applied". */
  samples: number[]
  /** What one change costs the controller's processor, in milliseconds, beyond what it does anyway. */
  processor: number
  /** Milliseconds below which one change cannot be. */
  limit: number
}

export interface AppliedFigures {
  interfaces: number
  tag: Timed
  rule: Timed
  /** From the first switch that connects until all are served, in milliseconds: on the clock, and of the processor. */
  start: { wall: number; processor: number }
  /** Flow-mods that all switches were sent by then. */
  flowMods: number
  /** Share of a processor that it uses while nothing changes. */
  idle: number
  /** Octets when all are served: heap after garbage was collected; of the process then, and at most. */
  memory: { heap: number; resident: number; mostResident: number }
}

interface Step {
  method: string
  request: object
}

type Call = ReturnType<typeof caller>['call']

/** How far it is, for who waits: thousands of switches take minutes. */
const tell = (what: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${what}`)

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** @param profile Where the controller's profiles over the changes are written: one of tags, one of rules (`FILE.rule`). */
export async function measureApplied(size: CloudSize, profile?: string): Promise<AppliedFigures> {
  const { interfaces, switches } = size
  const folder = mkdtempSync(join(tmpdir(), 'tagsteer-bench-'))
  const config: ControllerConfig = {
    store: join(folder, 'store'),
    listen: { host: '127.0.0.1', port: await freePort() },
    plaintext: true,
    openflow: [{ host: '127.0.0.1', port: await freePort() }],
    ovsdb: [],
    ovsdbListen: [],
    repair: false,
    backend: 'fabric',
    // As many probes in a second, however many switches there are: here a machine carries them all, both ways.
    probeMs: Math.max(1000, 4 * switches),
    probeSamples: 0,
    logLevel: 'silent',
    logFormat: 'text',
    limits: {
      events: 1000,
      connections: 2000,
      auditMs: 0,
      refusedSeconds: 0,
      stageSeconds: 0,
      stopMs: 5000,
      historyOctets: 2 ** 28,
      historyDays: 90,
    },
  }
  const controller = await ControllerProcess.start(config)
  const { call, close } = caller(controller.grpc)
  const client = await TagClient.start(controller.grpc, interfaces)
  let cloud: CloudSwitches | undefined
  try {
    const records: object[] = [
      ...Array.from({ length: TENANTS }, (_, index) => ({ vnp: vnpOf(index) })),
      ...Array.from({ length: TENANTS }, (_, index) => ({ policy: policyOf(index) })),
      ...Array.from({ length: interfaces }, (_, index) => ({ interface: interfaceOf(size, index) })),
    ]
    for (let at = 0; at < records.length; at += PER_APPLY)
      await call('ApplyService.Apply', { records: records.slice(at, at + PER_APPLY) })

    tell(`${records.length} records are written`)
    const before = await controller.usage()
    const begun = performance.now()
    cloud = await CloudSwitches.start(config.openflow[0]!.port, size)
    await cloud.open()
    const started = await served(cloud, call, switches, begun)
    const after = await controller.usage()
    const waited = performance.now() - begun
    const { resident, mostResident, heap } = await controller.collect()
    const still = await controller.usage()
    await sleep(STILL_MS)
    const idle = ((await controller.usage()).processor - still.processor) / STILL_MS

    const sample = diskSampler(folder)
    const its = cloud
    async function timed(what: string, count: number, steps: (from: number, count: number) => Step[]): Promise<Timed> {
      const file = what === 'tag' ? profile : profile && `${profile}.${what}`
      await client.take(steps(0, WARM_UP))
      if (file !== undefined) await controller.profile()
      const [samples, rpc, disk, echo]: [number[], number[], number[], number[]] = [[], [], [], []]
      let processor = 0
      for (let at = 0; at < count; at += PER_ROUND) {
        const [used, from] = [(await controller.usage()).processor, performance.now()]
        samples.push(...(await client.take(steps(WARM_UP + at, PER_ROUND))))
        processor += (await controller.usage()).processor - used - (performance.now() - from) * idle
        rpc.push(...(await client.calls(PER_ROUND)))
        for (let index = 0; index < PER_ROUND; index++) disk.push(sample())
        echo.push(...(await its.echo(PER_ROUND)))
      }
      if (file !== undefined) await controller.profiled(file)
      tell(`${count} changes of a ${what}: ${figure(processor / count)} ms of processor time each`)
      return { samples, processor: processor / count, limit: 2 * median(rpc) + median(disk) + median(echo) / 1000 }
    }
    const tag = await timed('tag', TAG_CHANGES, (from, count) =>
      Array.from({ length: count }, (_, at) => tagStep(size, from + at)),
    )
    const rule = await timed('rule', RULE_CHANGES, (from, count) =>
      Array.from({ length: count }, (_, at) => ({
        method: 'ApplyService.Apply',
        request: { records: [{ policy: policyOf(3, (from + at) % 2 === 0 ? 4 : -1) }] },
      })),
    )
    return {
      interfaces,
      tag,
      rule,
      start: { wall: started.wall, processor: after.processor - before.processor - waited * idle },
      flowMods: started.flowMods,
      idle,
      memory: { heap, resident, mostResident },
    }
  } finally {
    close()
    await client.stop()
    await cloud?.stop()
    await controller.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Gives an interface one more role of its tenant, or takes it away again: another identity, which others have too. */
function tagStep({ interfaces }: CloudSize, index: number): Step {
  const which = Math.floor(index / 2) % interfaces
  const tenant = which % TENANTS
  const tags = [{ text: `t${tenant}-role-${(Math.floor(which / TENANTS) + 5) % ROLES}` }]
  return {
    method: 'InterfaceService.SetTags',
    request: { name: `i${which}`, ...(index % 2 === 0 ? { add: tags } : { remove: tags }) },
  }
}

/** What the controller says of switches. */
interface SwitchesSeen {
  served: number
  /** Rows wanted of all of them, and those that they are known to have. */
  desired: number
  installed: number
}

/**
 * Resolves when every switch is served, every link is believed in both directions, every switch has what is wanted of it,
 * which is a way to each other switch at least, and nothing more is sent. Wall time until the last that was sent. A
 * controller that is busy sends nothing either, so that alone says nothing.
 */
async function served(
  cloud: CloudSwitches,
  call: Call,
  leaves: number,
  begun: number,
): Promise<{ wall: number; flowMods: number }> {
  let [last, changed, told] = [-1, performance.now(), 0]
  for (;;) {
    const { flowMods } = await cloud.count()
    const [seen, links] = [await seenOf(call), await countLinks(call)]
    const isWhole =
      seen.served === leaves + 1 &&
      links === 2 * leaves &&
      seen.desired >= leaves * (leaves + 1) &&
      seen.installed === seen.desired
    if (flowMods !== last || !isWhole) [last, changed] = [flowMods, performance.now()]
    else if (performance.now() - changed > STILL_MS) return { wall: changed - begun, flowMods }
    if (performance.now() - told > TELL_MS) {
      told = performance.now()
      tell(`${seen.served} switches served, ${links} links, ${seen.installed} of ${seen.desired} rows`)
    }
    await sleep(POLL_MS)
  }
}

async function countLinks(call: Call): Promise<number> {
  return (await call<{ links: object[] }>('TopologyService.GetTopology', {})).links.length
}

async function seenOf(call: Call): Promise<SwitchesSeen> {
  const seen = { served: 0, desired: 0, installed: 0 }
  let pageToken = ''
  do {
    const page = await call<{
      switches: { state: string; desiredFlows: number; installedFlows: number }[]
      nextPageToken: string
    }>('TopologyService.ListSwitches', { pageSize: 1000, pageToken })
    for (const { state, desiredFlows, installedFlows } of page.switches) {
      if (state === 'SWITCH_STATE_SERVED') seen.served++
      seen.desired += desiredFlows
      seen.installed += installedFlows
    }
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  return seen
}
