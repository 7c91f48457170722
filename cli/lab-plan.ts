/**
 * What `tagsteer lab up` builds, from three numbers: hypervisors, VMs on each, networks with the same addresses; and the
 * records for them. Pure. It refuses to know how any of it is made.
 */
import type { CloudSpec, VmSpec } from '../mininet/hypervisors.ts'

export interface LabSize {
  hypervisors: number
  /** On each hypervisor. */
  vms: number
  networks: number
}

export interface PlannedVm extends VmSpec {
  network: string
  /** Web servers may open connections to databases of their network. */
  app: 'web' | 'db'
}

export interface LabPlan extends CloudSpec {
  vms: PlannedVm[]
}

/** Where databases listen. */
export const DATABASE_PORT = 5432

/** What the controller is told of at its start is limited to this many databases of hypervisors. */
export const LIMITS: Readonly<Record<keyof LabSize, number>> = { hypervisors: 16, vms: 12, networks: 8 }

const hex = (number: number): string => number.toString(16).padStart(2, '0')

/**
 * VMs in rows, one on each hypervisor; rows take turns in the networks, and in each network addresses begin at 10.0.0.1.
 * So vm1 and vm2 are neighbours on different hypervisors.
 */
export function planLab({ hypervisors, vms, networks }: LabSize): LabPlan {
  const given = new Map<string, number>()
  const planned = Array.from({ length: hypervisors * vms }, (_, index): PlannedVm => {
    const network = `net${(Math.floor(index / hypervisors) % networks) + 1}`
    const host = (given.get(network) ?? 0) + 1
    given.set(network, host)
    return {
      name: `vm${index + 1}`,
      hypervisor: `hv${(index % hypervisors) + 1}`,
      mac: `02:00:00:00:${hex((index + 1) >> 8)}:${hex((index + 1) & 0xff)}`,
      ip: `10.0.0.${host}/24`,
      ip6: `fd00::${host.toString(16)}/64`,
      network,
      app: host % 2 === 1 ? 'web' : 'db',
    }
  })
  return {
    hypervisors: Array.from({ length: hypervisors }, (_, index) => ({ name: `hv${index + 1}` })),
    vms: planned,
  }
}

const addressOf = (withPrefix: string): string => withPrefix.replace(/\/.*/, '')

/** Manifests: a partition of all VMs, in which everybody answers pings and databases take connections of web servers. */
export function labManifests({ hypervisors, vms }: LabPlan): string {
  const records = [
    ...hypervisors.map(({ name }, index) => [
      'kind: Switch',
      `name: ${name}`,
      `datapathId: "${(index + 1).toString(16).padStart(16, '0')}"`,
    ]),
    ['kind: Vnp', 'name: lab', 'selector: { allOf: [lab] }'],
    [
      'kind: Policy',
      'name: lab-ping',
      'vnp: lab',
      'priority: 50',
      'rules:',
      '  - { direction: ingress, protocols: [icmp], action: allow }',
    ],
    [
      'kind: Policy',
      'name: lab-db',
      'vnp: lab',
      'appliesTo: { allOf: [app=db] }',
      'priority: 100',
      'rules:',
      '  - direction: ingress',
      '    peer: { tags: { allOf: [app=web] } }',
      '    protocols: [tcp]',
      `    ports: [${DATABASE_PORT}]`,
      '    action: allow',
    ],
    ...vms.map(({ name, network, app, mac, ip, ip6 }) => [
      'kind: Interface',
      `name: ${name}`,
      `network: ${network}`,
      `tags: [lab, app=${app}]`,
      `mac: ${mac}`,
      `addresses: [${addressOf(ip)}, "${addressOf(ip6!)}"]`,
      `attachment: { portName: ${name} }`,
    ]),
  ]
  return `${records.map((lines) => lines.join('\n')).join('\n---\n')}\n`
}

/** Two VMs of one network on different hypervisors, if there are, or on the same. */
export function neighbours({ vms }: LabPlan): [PlannedVm, PlannedVm] | undefined {
  const first = vms[0]
  const others = vms.filter((vm) => vm !== first && vm.network === first?.network)
  const second = others.find((vm) => vm.hypervisor !== first?.hypervisor) ?? others[0]
  return first === undefined || second === undefined ? undefined : [first, second]
}
