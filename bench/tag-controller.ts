/**
 * A whole controller, a process of its own, for benches of changes: store on disk in a temporary directory, free ports,
 * TLS off unless certificates are given, and a client. It refuses to know what is written and measured; tagchange.ts,
 * ipam.ts and peers/group-change.ts do.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelCredentials } from '@grpc/grpc-js'
import type { ControllerConfig, TlsFiles } from '../host/config.ts'
import { type Call, caller } from '../test/support/api-server.ts'
import { freePort } from '../test/support/running-controller.ts'
import { ControllerProcess } from './processes.ts'

/** Records in one Apply. */
const PER_APPLY = 1000
const LIMIT_MS = 60_000

interface SwitchSeen {
  datapathId: string
  state: string
  installedFlows: number
}

export class BenchController {
  readonly folder: string
  readonly openflowPort: number
  readonly call: Call
  readonly #controller: ControllerProcess
  readonly #close: () => void

  private constructor(
    folder: string,
    openflowPort: number,
    controller: ControllerProcess,
    channel: ChannelCredentials | undefined,
  ) {
    this.folder = folder
    this.openflowPort = openflowPort
    this.#controller = controller
    const { call, close } = caller(controller.grpc, channel)
    this.call = call
    this.#close = close
  }

  /** @param fill Writes the store's directory, so that the controller begins with what is in it. */
  static async start(
    tls?: { files: TlsFiles; channel: ChannelCredentials },
    fill?: (directory: string) => Promise<void>,
  ): Promise<BenchController> {
    const folder = mkdtempSync(join(tmpdir(), 'tagsteer-bench-'))
    const [grpcPort, openflowPort] = [await freePort(), await freePort()]
    const config: ControllerConfig = {
      store: join(folder, 'store'),
      listen: { host: '127.0.0.1', port: grpcPort },
      ...(tls === undefined ? { plaintext: true } : { plaintext: false, tls: tls.files }),
      openflow: [{ host: '127.0.0.1', port: openflowPort }],
      ovsdb: [],
      ovsdbListen: [],
      repair: false,
      backend: 'fabric',
      probeMs: 60_000,
      probeSamples: 0,
      logLevel: 'silent',
      logFormat: 'text',
      limits: {
        events: 1000,
        connections: 10,
        auditMs: 0,
        refusedSeconds: 0,
        stageSeconds: 0,
        stopMs: 5000,
        historyOctets: 2 ** 28,
        historyDays: 90,
      },
    }
    await fill?.(config.store)
    const controller = await ControllerProcess.start(config)
    return new BenchController(folder, openflowPort, controller, tls?.channel)
  }

  get grpc(): string {
    return this.#controller.grpc
  }

  get process(): Pick<ControllerProcess, 'usage' | 'collect' | 'profile' | 'profiled'> {
    return this.#controller
  }

  async apply(records: readonly object[]): Promise<void> {
    for (let at = 0; at < records.length; at += PER_APPLY)
      await this.call('ApplyService.Apply', { records: records.slice(at, at + PER_APPLY) })
  }

  /** These switches are served and have more rows than this. */
  async served(datapathIds: readonly string[], rows: number): Promise<void> {
    for (const begun = performance.now(); ; await sleep(50)) {
      const { switches } = await this.call<{ switches: SwitchSeen[] }>('TopologyService.ListSwitches')
      const isReady = (one: SwitchSeen): boolean => one.state === 'SWITCH_STATE_SERVED' && one.installedFlows > rows
      const ready = switches.filter(isReady).map(({ datapathId }) => datapathId)
      if (datapathIds.every((id) => ready.includes(id))) return
      if (performance.now() - begun > LIMIT_MS)
        throw new Error(`switches are not served: ${JSON.stringify(switches).slice(0, 500)}`)
    }
  }

  async stop(): Promise<void> {
    this.#close()
    await this.#controller.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
