/**
 * A reactive bridge of Open vSwitch with real traffic: the first packet arrives where policy permits it, nothing arrives
 * where it does not, rows go when nobody needs them, and a change of tags cuts at once. A restart of the controller keeps
 * what is in use. Needs root, network namespaces and Open vSwitch.
 */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { DATAPATH, ReactiveLab } from '../support/reactive-lab.ts'
import { until } from '../support/running-controller.ts'
import { tagsteer } from '../support/terminal.ts'

const HOSTS = ['a1', 'a2', 'b1'] as const
const PORT = 7000
const CONNECT = `
import socket, sys, threading, time
begin = time.monotonic()
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3):
    print(time.monotonic() - begin)
`
const LISTEN = `
import socket
server = socket.create_server(("0.0.0.0", 7001))
server.settimeout(10)
print("ready", flush=True)
try:
    while True: server.accept()[0].close()
except TimeoutError: pass
`

describe('a reactive bridge', function () {
  this.timeout(120_000)
  let lab: ReactiveLab

  const vnp = (name: string): object => ({ vnp: { name, selector: { allOf: [{ text: name }] } } })
  const rules = [
    { direction: 'DIRECTION_INGRESS', peer: { tags: {} }, protocols: ['udp'], ports: ['7000'], action: 'ACTION_ALLOW' },
    { direction: 'DIRECTION_INGRESS', peer: { tags: {} }, protocols: ['tcp'], ports: ['7001'], action: 'ACTION_ALLOW' },
    {
      direction: 'DIRECTION_INGRESS',
      peer: { tags: {} },
      protocols: ['tcp'],
      ports: ['7002'],
      action: 'ACTION_REJECT',
    },
    { direction: 'DIRECTION_INGRESS', peer: { tags: {} }, protocols: ['icmp'], action: 'ACTION_ALLOW' },
  ]
  const ping = async (from: string, to: string): Promise<boolean> =>
    (await lab.run(from, 'ping', '-c', '1', '-W', '2', lab.addressOf(to))).code === 0
  /** Packets of one stream of UDP sent and received while something happens. */
  const stream = async (from: string, to: string, act: () => Promise<void>, rate = 50): Promise<[number, number]> => {
    await lab.station(to).ask('reset')
    await lab.station(from).ask('start', { streams: [{ id: 1, to: lab.addressOf(to), port: PORT, rate }] })
    await act()
    const { sent } = await lab.station(from).ask<{ sent: Record<string, number> }>('stop')
    await sleep(300)
    const { got } = await lab.station(to).ask<{ got: Record<string, [number, number, number]> }>('count')
    return [sent['1'] ?? 0, got['1']?.[1] ?? 0]
  }

  before(async () => {
    lab = await ReactiveLab.start(HOSTS)
    await lab.apply([
      ...['a', 'b'].map(vnp),
      ...['a', 'b'].map((name) => ({ policy: { name, vnp: name, rules } })),
      lab.interface('a1', ['a']),
      lab.interface('a2', ['a']),
      lab.interface('b1', ['b']),
      { switch: { name: 's1', datapathId: DATAPATH, mode: 'SWITCH_MODE_REACTIVE', idleSeconds: 3, verdicts: 64 } },
    ])
  })
  after(() => lab.stop())

  it('holds no verdict before it has asked, and says what it is', async () => {
    expect(await lab.seen()).to.include({ mode: 'SWITCH_MODE_REACTIVE', state: 'SWITCH_STATE_SERVED', keptVerdicts: 0 })
    expect(lab.kept()).to.deep.equal([])
  })

  it('delivers the very first packet that policy permits, and its answer', async () => {
    expect(await ping('a1', 'a2')).to.equal(true)
    expect(lab.kept().some((line) => line.includes('reg5=0x1'))).to.equal(true)
  })

  it('delivers the first segment of TCP, and resets what policy rejects', async () => {
    const words = ['netns', 'exec', lab.netns('a2'), 'python3', '-c', LISTEN]
    const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve))
      const { code, text } = await lab.run('a1', 'python3', '-c', CONNECT, lab.addressOf('a2'), '7001')
      expect(code, text).to.equal(0)
      // A segment that is lost is sent again after a second.
      expect(Number(text)).to.be.lessThan(0.9)
    } finally {
      child.kill()
    }
    const { text } = await lab.run('a1', 'python3', '-c', CONNECT, lab.addressOf('a2'), '7002')
    expect(text).to.include('ConnectionRefusedError')
  })

  it('loses no packet of a permitted stream and delivers none of a forbidden one', async () => {
    const [sent, got] = await stream('a1', 'a2', () => sleep(2000))
    expect(sent).to.be.greaterThan(50)
    expect(got).to.equal(sent)
    const [tried, leaked] = await stream('a1', 'b1', () => sleep(2000))
    expect(tried).to.be.greaterThan(50)
    expect(leaked).to.equal(0)
  })

  it('counts what was asked, answered and is kept', async () => {
    const text = async (): Promise<string> => (await fetch(`http://${lab.metrics}/metrics`)).text()
    const value = (shown: string, name: string, label: string): number =>
      Number(new RegExp(`^${name}\\{dpid="${DATAPATH}",${label}\\} (\\d+)$`, 'm').exec(shown)?.[1])
    const shown = await text()
    expect(value(shown, 'tagsteer_questions_total', 'result="answered"')).to.be.greaterThan(1)
    expect(value(shown, 'tagsteer_questions_total', 'result="lost"')).to.equal(0)
    expect(value(shown, 'tagsteer_verdicts', 'state="limit"')).to.equal(64)
    // Rows go meanwhile.
    await until(
      'as many as are there',
      async () => value(await text(), 'tagsteer_verdicts', 'state="kept"') - lab.kept().length,
      (difference) => difference === 0,
    )
  })

  it('is not drift: neither the audit nor a verification finds anything', async () => {
    expect(await ping('a1', 'a2')).to.equal(true)
    await sleep(500)
    expect(lab.kept().length).to.be.greaterThan(0)
    const [verify, prove] = await Promise.all(
      ['verify', 'prove'].map((command) => tagsteer([command, '--server', lab.controller.api, '--insecure'])),
    )
    expect(verify!.code, verify!.out + verify!.err).to.equal(0)
    expect(prove!.code, prove!.out + prove!.err).to.equal(0)
    expect(await lab.controller.events<object>(['switch-drifted', 'program-differs'])).to.deep.equal([])
    const why = await tagsteer(['explain', 'a1', 'a2', 'icmp', '--server', lab.controller.api, '--insecure'])
    expect(why.out).to.include('the switch asked, and keeps this verdict')
    const other = await tagsteer(['explain', 'a1', 'a2', 'udp/9', '--server', lab.controller.api, '--insecure'])
    expect(other.out).to.include('the switch would ask the controller for this verdict')
  })

  it('lets go what nobody uses any more', async () => {
    expect(await ping('a1', 'a2')).to.equal(true)
    expect(lab.kept().length).to.be.greaterThan(0)
    await until(
      'no verdict is left',
      async () => lab.kept(),
      (lines) => lines.length === 0,
      30_000,
    )
    expect((await lab.seen()).keptVerdicts).to.equal(0)
    expect(await lab.controller.events<object>(['switch-drifted'])).to.deep.equal([])
    expect(await ping('a1', 'a2')).to.equal(true)
  })

  it('cuts a stream when a tag changes, and lets it go on when it is back', async () => {
    let cut: [number, number] = [0, 0]
    const [sent, got] = await stream('a1', 'a2', async () => {
      await sleep(500)
      await lab.apply([lab.interface('a2', ['b'])])
      // On a busy machine nothing else may have been sent by then.
      await sleep(500)
    })
    expect(got).to.be.lessThan(sent)
    expect(got).to.be.greaterThan(0)
    cut = await stream('a1', 'a2', () => sleep(1000))
    expect(cut[0]).to.be.greaterThan(20)
    expect(cut[1]).to.equal(0)
    await lab.apply([lab.interface('a2', ['a'])])
    const again = await stream('a1', 'a2', () => sleep(1000))
    expect(again[1]).to.equal(again[0])
  })

  it('becomes proactive and reactive again under traffic, without a loss', async () => {
    const mode = (word: string): object => ({
      switch: { name: 's1', datapathId: DATAPATH, mode: `SWITCH_MODE_${word}` },
    })
    const [sent, got] = await stream('a1', 'a2', async () => {
      await sleep(300)
      await lab.apply([mode('PROACTIVE')])
      expect(lab.kept()).to.deep.equal([])
      await sleep(500)
      await lab.apply([mode('REACTIVE')])
      await sleep(500)
    })
    expect(sent).to.be.greaterThan(30)
    expect(got).to.equal(sent)
    expect((await lab.seen()).keptVerdicts).to.equal(2)
  })

  it('goes on with what is in use when the controller starts again', async () => {
    const [sent, got] = await stream('a1', 'a2', async () => {
      await sleep(300)
      await lab.controller.kill()
      await sleep(500)
      await lab.controller.run()
      await lab.applied()
      await sleep(1000)
    })
    expect(sent).to.be.greaterThan(60)
    expect(got).to.equal(sent)
    expect((await lab.seen()).keptVerdicts).to.be.greaterThan(0)
  })
})
