/**
 * What has to be so between hypervisors whatever carries identities: connections and datagrams follow from tags, and what
 * is transferred arrives as it was. Both families; what policy forbids is counted at its receivers. Used by tests of
 * tunnels and of links.
 */
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { BULK, HYPERVISORS, OPEN, type OverlayCloud, SHUT, VMS, type Vm, vmOf } from './overlay-cloud.ts'

const TRANSFER = fileURLToPath(new URL('transfer.py', import.meta.url))
const PACKETS = 60
const OCTETS = 4 << 20
const DATAGRAMS = 200
const SECONDS = 40
const NUMBERS = Array.from({ length: HYPERVISORS }, (_, index) => index + 1)

export const addressesOf = ({ address, address6 }: Vm): [string, string] => [address, address6]
const nextTo = (at: number): number => (at % HYPERVISORS) + 1
const isOf = (role: Vm['role'], source: string): boolean =>
  VMS.some((vm) => vm.role === role && addressesOf(vm).includes(source))

/** What comes of TCP connections to both addresses of a VM, port after port. */
export const ask = ({ cloud }: OverlayCloud, from: Vm, to: Vm, ports: readonly number[]): Promise<string[]> =>
  cloud.probe(
    from.name,
    addressesOf(to).flatMap((address) =>
      ports.map((port) => ({ to: address, kind: 'tcp', port, timeout: 3 }) as const),
    ),
  )

/** Web servers reach databases of other hypervisors, and nobody else does. */
export async function expectConnections(overlay: OverlayCloud): Promise<void> {
  await overlay.reset()
  const each = NUMBERS.map(async (at) => {
    const [web, db, blue, far] = [vmOf('web', at), vmOf('db', nextTo(at)), vmOf('blue', at), vmOf('db', at)]
    const [fromWeb, fromBlue, fromDb] = await Promise.all([
      ask(overlay, web, db, [OPEN, SHUT]),
      ask(overlay, blue, db, [OPEN]),
      ask(overlay, far, vmOf('db', nextTo(nextTo(at))), [OPEN]),
    ])
    expect(fromWeb, `${web.name} to ${db.name}`).to.deep.equal(['open', 'silent', 'open', 'silent'])
    // The address of a database is nobody's in the other network.
    for (const word of fromBlue) expect(word, `${blue.name} to ${db.name}`).not.to.be.oneOf(['open', 'reset'])
    expect(fromDb, `${far.name} to another`).to.deep.equal(['silent', 'silent'])
  })
  await Promise.all(each)
  const strangers = await overlay.unexpected(({ role }, source, port) =>
    role === 'db' ? isOf('web', source) && port === OPEN : role === 'web',
  )
  expect(strangers).to.deep.equal([])
}

/** Every datagram of those who may arrives, and none of others, where networks have the same addresses. */
export async function expectDatagrams(overlay: OverlayCloud): Promise<void> {
  await overlay.reset()
  const sending = NUMBERS.flatMap((at) => {
    const next = nextTo(at)
    const pairs = [
      [vmOf('web', at), vmOf('db', next)],
      [vmOf('blue', at), vmOf('blue', next)],
      [vmOf('web', at), vmOf('web', next)],
    ] as const
    return pairs.flatMap(([from, to]) =>
      addressesOf(to).map((address) =>
        overlay.cloud.send(from.name, { kind: 'udp', to: address, port: OPEN, rate: 300, count: PACKETS }),
      ),
    )
  })
  await Promise.all(sending)
  for (const vm of VMS) {
    const got = (await overlay.cloud.received(vm.name)).filter(({ protocol, port }) => protocol === 17 && port === OPEN)
    const before = vm.at === 1 ? HYPERVISORS : vm.at - 1
    const senders = vm.role === 'web' ? [] : addressesOf(vmOf(vm.role === 'db' ? 'web' : 'blue', before))
    const expected = senders.map((source) => [source, PACKETS])
    expect(got.map(({ source, packets }) => [source, packets]).sort(), vm.name).to.deep.equal(expected.sort())
  }
}

interface Transferred {
  octets: number
  sha256: string
}

/** Sends content to an address at BULK; what both ends say of it. */
async function transfer(
  { cloud }: OverlayCloud,
  protocol: 'tcp' | 'udp',
  [from, to, address]: readonly [Vm, Vm, string],
  seed: number,
): Promise<[sent: Transferred, received: Transferred]> {
  const run = async (vm: Vm, ...words: (string | number)[]): Promise<Transferred> => {
    const command = ['/usr/bin/python3', TRANSFER, ...words.map(String)]
    const { code, stdout, stderr } = await cloud.run(vm.name, command, SECONDS + 10)
    if (code !== 0) throw new Error(`${words.join(' ')} in ${vm.name}: ${stderr.trim().split('\n').at(-1)}`)
    return JSON.parse(stdout) as Transferred
  }
  const isTcp = protocol === 'tcp'
  const receiving = run(to, 'receive', protocol, BULK, ...(isTcp ? [] : [DATAGRAMS]), SECONDS)
  const size = isTcp ? OCTETS : DATAGRAMS
  return Promise.all([run(from, 'send', protocol, address, BULK, size, seed), receiving])
}

/**
 * Four hypervisors send megabytes over TCP, and datagrams, each to the next, over both families; `meanwhile` is done again
 * and again until all have arrived. All of it arrives as it was sent, and nothing of what web servers send each other.
 * @returns how often it was done.
 */
export async function expectTransfers(overlay: OverlayCloud, meanwhile: () => Promise<void>): Promise<number> {
  await overlay.reset()
  let [times, isOver] = [0, false]
  const changing = (async () => {
    while (!isOver) {
      await meanwhile()
      times++
    }
  })()
  try {
    for (const family of [0, 1] as const) {
      const forbidden = NUMBERS.map((at) => {
        const to = addressesOf(vmOf('web', nextTo(at)))[family]
        return overlay.cloud.send(vmOf('web', at).name, { kind: 'udp', to, port: BULK, rate: 100, count: PACKETS })
      })
      // One after the other: connections as fast as they go leave no room in queues for datagrams.
      for (const protocol of ['tcp', 'udp'] as const) {
        const permitted = NUMBERS.map(async (at) => {
          const [from, to] = [vmOf('web', at), vmOf('db', nextTo(at))]
          const ends = [from, to, addressesOf(to)[family]] as const
          const [sent, received] = await transfer(overlay, protocol, ends, at + 10 * family)
          expect(received, `${protocol} of ${from.name} at ${to.name}`).to.deep.equal(sent)
          if (protocol === 'tcp') expect(sent.octets).to.equal(OCTETS)
          else expect(sent.octets).to.be.greaterThan(DATAGRAMS * 1000)
        })
        await Promise.all(permitted)
      }
      await Promise.all(forbidden)
    }
  } finally {
    isOver = true
    await changing
  }
  // Web servers are told what databases answer, and nothing by other web servers.
  const strangers = await overlay.unexpected(({ role }, source, port) =>
    role === 'db' ? isOf('web', source) && port === BULK : role === 'web' && isOf('db', source) && port !== BULK,
  )
  expect(strangers).to.deep.equal([])
  return times
}
