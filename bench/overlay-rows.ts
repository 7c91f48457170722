/**
 * Rows on one hypervisor as VMs elsewhere grow, by compiling alone: with a tunnel whose packets say who sent them, and
 * where senders are known by address. Beside it the rows that OVN gives its switch for the same network, where OVN is
 * there. Used by overlay.ts.
 */
import { Compiler } from '../controller/policy/compile.ts'
import type { DatapathView, Edge, NetworkState } from '../controller/policy/state.ts'
import { validateRecord } from '../model/validate.ts'
import { findOvn, type LogicalPort, Ovn } from './peers/ovn.ts'
import { benchRecords, must } from './records.ts'
import { figure, printTable } from './report.ts'

/** VMs of each hypervisor. */
const LOCAL = 20
const RULES = [8000, 8001, 8002, 8003, 8004]
/** VMs of a network, where there are several. */
const PER_NETWORK = 100
const TUNNEL_PORT = 1000
const LINK_PORT = 1001

const hex = (value: number): string => value.toString(16).padStart(2, '0')
const datapathOf = (index: number): string => (index + 1).toString(16).padStart(16, '0')
const endOf = (index: number): { kind: 'geneve'; address: string } => ({
  ...{ kind: 'geneve', address: `198.18.${index >> 8}.${index & 255}` },
})

function portOf(index: number): LogicalPort {
  return {
    name: `i${index}`,
    mac: `02:00:5e:${hex(index >> 16)}:${hex((index >> 8) & 255)}:${hex(index & 255)}`,
    address: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
  }
}

/** Records of a partition of all: everybody may send to everybody at five ports. Every hypervisor has LOCAL of them. */
async function stateOf(vms: number, networks: number): Promise<(carrier: 'geneve' | 'address') => NetworkState> {
  const { intent, put, connect } = benchRecords()
  const rules = RULES.map((port) => ({
    ...{ direction: 'DIRECTION_INGRESS', peer: { tags: { allOf: [{ text: 'sender' }] } }, protocols: ['tcp'] },
    ...{ ports: [String(port)], action: 'ACTION_ALLOW' },
  }))
  const places = new Map<string, { datapathId: string; port: number }>()
  const interfaces = Array.from({ length: vms }, (_, index) => {
    const { name, mac, address } = portOf(index)
    const place = { datapathId: datapathOf(Math.floor(index / LOCAL)), port: (index % LOCAL) + 1 }
    places.set(name, place)
    const tags = [{ text: 'tenant' }, { text: 'sender' }]
    // Networks one after the other: a hypervisor has VMs of one or two.
    const network = `net-${Math.floor((index * networks) / vms)}`
    const attachment = { port: place }
    return must(validateRecord('interface', { name, mac, network, addresses: [address], tags, attachment }))
  })
  await put([
    must(validateRecord('vnp', { name: 'all', selector: { allOf: [{ text: 'tenant' }] } })),
    must(validateRecord('policy', { name: 'served', vnp: 'all', rules })),
  ])
  await put(interfaces)
  const switches = Math.ceil(vms / LOCAL)
  for (let index = 0; index < switches; index++) await connect(datapathOf(index))
  return (carrier) => {
    const others = Array.from({ length: switches - 1 }, (_, index) => index + 1)
    const local = Array.from({ length: LOCAL }, (_, index) => index + 1)
    const way = carrier === 'geneve' ? TUNNEL_PORT : LINK_PORT
    const here: DatapathView = {
      datapathId: datapathOf(0),
      ports: new Map([...local, way].map((port) => [port, { port, name: `p${port}`, up: true }])),
      fabricPorts: new Set([way]),
      uplinkPorts: new Set(),
      nextHops: new Map(others.map((index) => [datapathOf(index), way])),
      floodPorts: new Set(carrier === 'geneve' ? [] : [way]),
      ...(carrier === 'geneve' ? { tunnel: { ...endOf(0), port: way } } : {}),
    }
    // The others are known and not connected: the compiler is asked about one switch.
    const absent = new Map<string, Edge>(
      others.map((index) => [datapathOf(index), carrier === 'geneve' ? { tunnel: endOf(index) } : {}]),
    )
    const observed = { datapaths: new Map([[here.datapathId, here]]), places, absent }
    return { intent, observed, backend: 'fabric' }
  }
}

function rowsOf(state: NetworkState): number {
  const [compiled] = new Compiler('fabric').compile(state, { intent: 'all', observed: 'all' }).values()
  if (compiled === undefined) throw new Error('nothing compiled')
  return compiled.program.flows.size
}

async function rowsOfOvn(vms: number): Promise<number | undefined> {
  const installed = findOvn()
  if (installed === undefined) return undefined
  const ports = Array.from({ length: vms }, (_, index) => portOf(index))
  const ovn = await Ovn.start(installed, ports, LOCAL, RULES)
  try {
    return ovn.flows('')
  } finally {
    ovn.stop()
  }
}

/** Compiles and prints. @param command What reproduces it. */
export async function measureRows(sizes: readonly number[], command: string): Promise<void> {
  const rows: string[][] = []
  const many = (count: number): string => count.toLocaleString('en-US')
  for (const vms of sizes) {
    for (const networks of new Set([1, Math.ceil(vms / PER_NETWORK)])) {
      const state = await stateOf(vms, networks)
      const [geneve, address] = [rowsOf(state('geneve')), rowsOf(state('address'))]
      const ovn = networks === 1 ? await rowsOfOvn(vms) : undefined
      rows.push([
        ...[many(vms), many(networks), many(Math.ceil(vms / LOCAL)), many(geneve), many(address)],
        `${figure(address / geneve)} x`,
        ...(ovn === undefined ? ['-', '-'] : [many(ovn), `${figure(ovn / geneve)} x`]),
      ])
    }
  }
  const version = findOvn()?.version
  const ofOvn = [version ?? 'OVN', 'OVN / geneve']
  if (version === undefined)
    console.log('\nOVN is not there, so nothing is compared with it. Get it with:  bash scripts/bootstrap.sh peers')
  printTable(
    `rows on one hypervisor with ${LOCAL} VMs, all of which may send to all at ${RULES.length} ports`,
    command,
    ['VMs', 'networks', 'hypervisors', 'geneve', 'address', 'address / geneve', ...ofOvn],
    rows,
  )
}
