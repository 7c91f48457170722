/**
 * Group policy ids over VXLAN where a datapath has them: the kernel's VXLAN device carries identities of our records, and
 * nftables of the receiver lets in whom our policy lets in. Open vSwitch 3.1 in userspace cannot (ADR 22); this shows that
 * what is written there is what a receiver enforces by. Octets are compared with the draft that names them,
 * draft-smith-vxlan-group-policy.
 */
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { CARRIER_BITS } from '../../controller/policy/carriers.ts'
import { PolicyLookup } from '../../controller/policy/lookup.ts'
import { formatMac } from '../../model/address.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import type { Tag } from '../../model/tag.ts'
import { Capture } from '../support/captured.ts'
import { type Accepted, GbpHosts, type GbpVm, UNDERLAY, VNI } from '../support/kernel-gbp.ts'
import { Station } from '../support/lab-hosts.ts'
import { iface, intentWith, policy, rule, vnp } from '../support/records.ts'

const TRANSFER = fileURLToPath(new URL('../support/transfer.py', import.meta.url))
const [OPEN, SHUT, BULK] = [7000, 7001, 7002]
const PLACES = { web1: 'a', other1: 'a', db1: 'b', web2: 'b' } as const
const NAMES = Object.keys(PLACES) as (keyof typeof PLACES)[]
const DATAGRAMS = 200
const WORDS = ['tcp', 'udp'] as const

const has = (tag: string) => ({ allOf: [`"${tag}"` as Tag], anyOf: [], noneOf: [] })
const opened = rule('ingress', { kind: 'tags', selector: has('web') }, 'allow', {
  ...{ protocols: [PROTOCOL.tcp, PROTOCOL.udp], ports: [OPEN, BULK].map((port) => ({ first: port, last: port })) },
})
const intent = intentWith([
  vnp('shop', { selector: has('shop') }),
  policy('db', 'shop', [opened], { appliesTo: has('db') }),
  ...NAMES.map((name, index) => iface(name, index + 1, ['shop', name.slice(0, -1)])),
])
const lookup = new PolicyLookup(intent)
const isAllowed = (from: string, to: string, protocol: number, port: number): boolean =>
  lookup.getPolicyForTraffic({ from, to, protocol, port }).allow

const VMS: readonly GbpVm[] = NAMES.map((name) => {
  const { mac, addresses } = intent.interfaces.get(name)!
  const [address6, address] = [...addresses].sort(
    (one, other) => Number(other.includes(':')) - Number(one.includes(':')),
  )
  const identity = intent.identityOf(name)
  return { name, host: PLACES[name], mac: formatMac(mac), address: address!, address6: address6!, identity }
})
const vmOf = (name: string): GbpVm => VMS.find((vm) => vm.name === name)!
const pairs = VMS.flatMap((from) => VMS.filter((to) => to !== from).map((to) => [from, to] as const))

/** What policy lets in, as a receiver's rules need it: by identity of the sender. */
const accepted = new Map<string, Accepted>()
for (const [from, to] of pairs) {
  for (const protocol of WORDS) {
    for (const port of [OPEN, SHUT, BULK]) {
      if (!isAllowed(from.name, to.name, PROTOCOL[protocol], port)) continue
      const one = { to: to.name, identity: from.identity, protocol, port }
      accepted.set(JSON.stringify(one), one)
    }
  }
}

describe('group policy ids of the kernel', function () {
  this.timeout(120_000)
  let hosts: GbpHosts
  const stations = new Map<string, Station>()

  before(async () => {
    hosts = GbpHosts.start(VMS, [...accepted.values()])
    for (const { name } of VMS) {
      await hosts.listen(name, [OPEN, SHUT])
      stations.set(name, new Station(hosts.netns(name), 'eth0'))
    }
  })
  after(() => {
    for (const station of stations.values()) station.end()
    hosts?.stop()
  })

  it('have room for the identities of these records', () => {
    for (const { name, identity } of VMS) expect(identity, name).to.be.within(256, 2 ** CARRIER_BITS.vxlan - 1)
    expect(vmOf('web1').identity).to.equal(vmOf('web2').identity)
    expect(new Set(VMS.map(({ identity }) => identity)).size).to.equal(3)
  })

  it('let those connect whom policy lets, on both hosts and over both families', async () => {
    const asked = pairs.flatMap(([from, to]) =>
      [to.address, to.address6].flatMap((address) => [OPEN, SHUT].map((port) => ({ from, to, address, port }))),
    )
    const all = VMS.map(async (from) => {
      const its = asked.filter((one) => one.from === from)
      const said = await hosts.probe(
        from.name,
        its.map(({ address, port }) => ({ to: address, port })),
      )
      return its.map(({ to, address, port }, index) => ({
        from: from.name,
        to: to.name,
        address,
        port,
        said: said[index],
      }))
    })
    const seen = (await Promise.all(all)).flat()
    for (const { from, to, address, port, said } of seen) {
      const expected = isAllowed(from, to, PROTOCOL.tcp, port) ? 'open' : 'silent'
      expect(said, `${from} to ${address} at ${port}`).to.equal(expected)
    }
    expect(
      seen.filter(({ said }) => said === 'open').map(({ from, to, address }) => `${from} ${to} ${address}`),
    ).to.have.lengthOf(4)
  })

  it('count every datagram of those who may, and none of others', async () => {
    const db = vmOf('db1')
    await stations.get('db1')!.ask('reset')
    const senders = VMS.filter((vm) => vm !== db)
    for (const [index, { name }] of senders.entries())
      await stations.get(name)!.ask('start', { streams: [{ id: index, to: db.address, port: OPEN, rate: 200 }] })
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const sent = new Map<string, number>()
    for (const [index, { name }] of senders.entries()) {
      const told = await stations.get(name)!.ask<{ sent: Record<string, number> }>('stop')
      sent.set(String(index), told.sent[index]!)
    }
    await new Promise((resolve) => setTimeout(resolve, 300))
    const { got, lost } = await stations
      .get('db1')!
      .ask<{ got: Record<string, [number, number, number]>; lost: number }>('count')
    expect(lost).to.equal(0)
    const expected = senders.flatMap(({ name }, index) =>
      isAllowed(name, 'db1', PROTOCOL.udp, OPEN) ? [[String(index), sent.get(String(index))]] : [],
    )
    expect(expected).to.have.lengthOf(2)
    expect(Object.entries(got).map(([id, [, different]]) => [id, different])).to.deep.equal(expected)
  })

  it('bring contents as they are', async () => {
    const transfer = async (vm: string, ...words: (string | number)[]): Promise<unknown> =>
      JSON.parse(await hosts.run(vm, ['/usr/bin/python3', TRANSFER, ...words.map(String)]))
    const db = vmOf('db1')
    for (const address of [db.address, db.address6]) {
      const tcp = transfer('db1', 'receive', 'tcp', BULK, 20)
      expect(await transfer('web1', 'send', 'tcp', address, BULK, 4 << 20, 1)).to.deep.equal(await tcp)
      const udp = transfer('db1', 'receive', 'udp', BULK, DATAGRAMS, 20)
      expect(await transfer('web1', 'send', 'udp', address, BULK, DATAGRAMS, 2)).to.deep.equal(await udp)
    }
  })

  it('are in the header where the draft has them, with its G bit', async () => {
    const filter = 'udp dst port 4789'
    const capture = await Capture.start(UNDERLAY, { netns: hosts.netns('b'), filter })
    let frames: Buffer[] = []
    try {
      const { address, address6 } = vmOf('db1')
      const probes = [address, address6].map((to) => ({ to, port: OPEN }))
      expect(await hosts.probe('web1', probes)).to.deep.equal(['open', 'open'])
      expect(await hosts.probe('other1', probes)).to.deep.equal(['silent', 'silent'])
    } finally {
      frames = await capture.stop()
    }
    const seen = new Set<string>()
    for (const frame of frames) {
      const vxlan = frame.subarray(14 + (frame[14]! & 15) * 4 + 8)
      // Flags G and I and no other; then D and A, which are not set, in an octet of reserved bits; group policy id; VNI.
      expect(vxlan[0]).to.equal(0x88)
      expect(vxlan[1]).to.equal(0)
      expect(vxlan.readUIntBE(4, 3)).to.equal(VNI)
      expect(vxlan[7]).to.equal(0)
      const inner = vxlan.subarray(8)
      const sender = VMS.find(({ mac }) => mac.replaceAll(':', '') === inner.toString('hex', 6, 12))
      expect(sender, 'inner source').not.to.equal(undefined)
      expect(vxlan.readUInt16BE(2), sender!.name).to.equal(sender!.identity)
      seen.add(`${sender!.name} ${inner.readUInt16BE(12).toString(16)}`)
    }
    for (const name of ['web1', 'other1', 'db1']) expect([...seen]).to.include(`${name} 800`)
    for (const name of ['web1', 'other1', 'db1']) expect([...seen]).to.include(`${name} 86dd`)
  })

  it('are not what a VM says of itself', async () => {
    const { address } = vmOf('db1')
    // SO_MARK of the VM's own kernel does not leave it.
    const script = [
      'import socket, sys',
      's = socket.socket()',
      's.setsockopt(socket.SOL_SOCKET, 36, int(sys.argv[2]))',
      's.settimeout(2)',
      'try: s.connect((sys.argv[1], int(sys.argv[3]))); print("open")',
      'except TimeoutError: print("silent")',
    ].join('\n')
    const forge = (vm: string, as: string): Promise<string> =>
      hosts.run(vm, ['/usr/bin/python3', '-c', script, address, String(vmOf(as).identity), String(OPEN)])
    expect((await forge('other1', 'web1')).trim()).to.equal('silent')
    expect((await forge('web1', 'other1')).trim()).to.equal('open')
  })
})
