/**
 * Hosts in network namespaces of their own, on a bridge of a test's own daemons that forwards in another namespace; and
 * what sends and counts numbered packets in one of them. It knows no controller and no records.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Daemons } from './ovs-bridge.ts'

const SEQUENCE = fileURLToPath(new URL('sequence.py', import.meta.url))

export interface LabHost {
  /** Its port of the bridge is pNAME; its own end is eth0. */
  name: string
  /** To be made for it, by name. */
  netns: string
  mac: string
  /** With the length of its prefix. */
  address: string
  /** OpenFlow number of its port. */
  port: number
  /** Where the bridge forwards. */
  bridgeNetns: string
}

/** A bridge of the userspace datapath that fails secure, controlled by nobody yet. */
export function addLabBridge(daemons: Daemons, bridge: string, datapathId: string): void {
  const settings = ['datapath_type=netdev', 'fail_mode=secure', 'protocols=OpenFlow13']
  const id = `other-config:datapath-id=${datapathId}`
  daemons.vsctl('add-br', bridge, '--', 'set', 'bridge', bridge, ...settings, id, 'other-config:disable-in-band=true')
}

/** Who adds it deletes its namespace. */
export function addLabHost(daemons: Daemons, bridge: string, host: LabHost): void {
  const { netns, mac, address, bridgeNetns } = host
  const port = `p${host.name}`
  const ip = (...words: string[]): void => {
    execFileSync('ip', words)
  }
  ip('netns', 'add', netns)
  ip('link', 'add', port, 'netns', bridgeNetns, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns)
  ip('-n', bridgeNetns, 'link', 'set', port, 'up')
  ip('-n', netns, 'link', 'set', 'eth0', 'address', mac, 'up')
  ip('-n', netns, 'link', 'set', 'lo', 'up')
  ip('-n', netns, 'address', 'add', address, 'dev', 'eth0')
  execFileSync('ip', ['netns', 'exec', netns, 'ethtool', '-K', 'eth0', 'tx', 'off'], { stdio: 'ignore' })
  daemons.vsctl('add-port', bridge, port, '--', 'set', 'interface', port, `ofport_request=${host.port}`)
}

/** sequence.py in one host. */
export class Station {
  readonly #process: ChildProcess
  readonly #waiting: ((line: string) => void)[] = []

  constructor(netns: string, device: string) {
    const words = ['netns', 'exec', netns, '/usr/bin/python3', SEQUENCE, device]
    this.#process = spawn('ip', words, { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.#waiting.shift()?.(line))
  }

  ask<T>(word: string, rest?: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#process.exitCode !== null) return reject(new Error('sequence.py ended'))
      this.#waiting.push((line) => resolve(JSON.parse(line) as T))
      this.#process.stdin!.write(`${word}${rest === undefined ? '' : ` ${JSON.stringify(rest)}`}\n`)
    })
  }

  end(): void {
    this.#process.kill('SIGKILL')
  }
}
