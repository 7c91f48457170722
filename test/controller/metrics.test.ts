/** Metrics as a scraper sees them: a whole controller in this process, asked over HTTP. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type RunningController, runController } from '../../controller/main.ts'
import { METRICS } from '../../controller/metrics.ts'
import { silentLog } from '../../host/log.ts'
import { caller } from '../support/api-server.ts'
import { freePort } from '../support/running-controller.ts'

interface Answer {
  status: number
  type: string
  text: string
}

function ask(port: number, path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: String(response.headers['content-type']), text }),
      )
    })
    asked.on('error', reject).end()
  })
}

/** `name{label="value"}` to its value. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

describe('metrics', function () {
  this.timeout(20_000)
  let home = ''
  let port = 0
  let controller: RunningController
  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'tagsteer-metrics-'))
    port = await freePort()
    const loopback = (its: number): { host: string; port: number } => ({ host: '127.0.0.1', port: its })
    controller = await runController(
      {
        store: join(home, 'store'),
        listen: loopback(0),
        plaintext: true,
        openflow: [loopback(0)],
        metrics: loopback(port),
        ovsdb: [],
        ovsdbListen: [],
        repair: false,
        backend: 'fabric',
        probeMs: 1000,
        probeSamples: 0,
        logLevel: 'silent',
        logFormat: 'text',
        limits: {
          events: 1000,
          connections: 10,
          auditMs: 0,
          refusedSeconds: 0,
          stageSeconds: 0,
          stopMs: 2000,
          historyOctets: 2 ** 28,
          historyDays: 90,
        },
      },
      { log: silentLog, stop: new AbortController().signal },
    )
  })
  after(async () => {
    await controller.stop()
    rmSync(home, { recursive: true, force: true })
  })

  it('shows each row of the table with its type, and no other of ours', async () => {
    const { status, type, text } = await ask(port, '/metrics')
    expect([status, type]).to.deep.equal([200, 'text/plain; version=0.0.4; charset=utf-8'])
    const told = [...text.matchAll(/^# TYPE (tagsteer_\w+) (\w+)$/gm)].map(([, name, its]) => [name, its])
    expect(Object.fromEntries(told)).to.deep.equal(
      Object.fromEntries(Object.entries(METRICS).map(([name, row]) => [name, row.type])),
    )
    expect(text).to.include('process_cpu_seconds_total')
  })

  it('counts what the cache of verdicts did, and what is stored', async () => {
    const { call, close } = caller(controller.addresses.grpc)
    try {
      const attachment = (at: number): object => ({ port: { datapathId: '0000000000000001', port: at } })
      await call('ApplyService.Apply', {
        records: [
          { vnp: { name: 'all' } },
          ...[1, 2].map((at) => ({
            interface: {
              name: `i${at}`,
              mac: `02:00:00:00:00:0${at}`,
              addresses: [`10.0.0.${at}`],
              attachment: attachment(at),
            },
          })),
        ],
      })
      const questions = [{ from: 'i1', to: 'i2', packet: 'tcp/80' }]
      const before = samples((await ask(port, '/metrics')).text)
      for (let time = 0; time < 3; time++) await call('PolicyService.CheckTraffic', { questions })
      await call('VnpService.UpdateVnp', { vnp: { name: 'all', priority: 1 } })
      await call('PolicyService.CheckTraffic', { questions })
      const now = samples((await ask(port, '/metrics')).text)
      const grown = (key: string): number => (now.get(key) ?? Number.NaN) - (before.get(key) ?? Number.NaN)
      const lookups = ['hit', 'miss', 'stale', 'collision'].map((result) =>
        grown(`tagsteer_policy_lookup_total{result="${result}"}`),
      )
      expect(lookups).to.deep.equal([2, 1, 1, 0])
      expect(grown('tagsteer_policy_search_seconds_total')).to.be.greaterThan(0)
      expect(grown('tagsteer_policy_merge_total{result="dropped"}')).to.equal(1)
      expect(now.get('tagsteer_records{kind="interface"}')).to.equal(2)
      expect(grown('tagsteer_generation{state="stored"}')).to.equal(1)
      expect(now.get('tagsteer_events_total{type="controller-started",severity="info"}')).to.equal(1)
    } finally {
      close()
    }
  })

  it('says whether it lives and serves, and nothing else', async () => {
    expect(await ask(port, '/livez')).to.include({ status: 200, text: 'ok\n' })
    expect(await ask(port, '/readyz')).to.include({ status: 200, text: 'ok\n' })
    expect((await ask(port, '/')).status).to.equal(404)
    expect((await ask(port, '/metrics', 'POST')).status).to.equal(405)
  })
})
