/**
 * Flows of a cloud in a box that are set by hand, without a controller: every VM reaches every other over Geneve, and
 * packets bear an identity and a prediction tag as options, or none. So a lab is tested by itself, and a bench has
 * something beside what a controller makes. It knows no policy.
 */
import type { Cloud } from '../../mininet/hypervisors.ts'

/** Class of the options (experimental range, RFC 8926 section 3.5) and their types; the identity's is critical. */
export const OPTIONS = { class: 0xff54, identity: 0x81, prediction: 0x02 } as const
export const VNI = 7

/** By number of its VM, from 1 in the order of the specification. */
export const identityOf = (number: number): number => 0x10_000 + number
export const predictionOf = (number: number): number => 0x8000 + number

const option = (type: number): string => `{class=${OPTIONS.class},type=${type},len=4}`

/**
 * To be asked again when a VM has moved or a switch has forgotten. The lab makes the tunnel's ports.
 * @param options False where packets are to bear none, and the receiver asks for none.
 */
export async function setStaticOverlay(cloud: Cloud, { options = true } = {}): Promise<void> {
  const { hypervisors, vms } = await cloud.status()
  const map = `${option(OPTIONS.identity)}->tun_metadata0,${option(OPTIONS.prediction)}->tun_metadata1`
  for (const { name } of hypervisors) {
    await cloud.setFlows(name, 'brint', [])
    await cloud.ofctl(name, 'del-tlv-map', 'brint')
    if (options) await cloud.ofctl(name, 'add-tlv-map', 'brint', map)
    const flows: string[] = []
    for (const [index, vm] of vms.entries()) {
      const own = hypervisors.find((row) => row.name === vm.hypervisor)!
      const to = `dl_dst=${vm.mac}`
      if (vm.hypervisor === name) {
        flows.push(`priority=20,in_port=${vm.port},actions=${tagged(index + 1, options)},resubmit(,1)`)
        flows.push(`table=1,priority=10,${to},actions=output:${vm.port}`)
        flows.push(`table=2,${to},actions=output:${vm.port}`)
      } else {
        flows.push(`table=1,priority=10,${to},actions=set_field:${own.vtep}->tun_dst,output:tsgnv0`)
        // Only what says that it is from there, and is.
        const identity = options ? `,tun_metadata0=${identityOf(index + 1)}` : ''
        const from = `in_port=tsgnv0,tun_src=${own.vtep},tun_id=${VNI}${identity}`
        flows.push(`priority=20,${from},actions=resubmit(,2)`)
      }
    }
    const here = vms.filter((vm) => vm.hypervisor === name).map(({ port }) => `output:${port}`)
    const there = hypervisors.filter((row) => row.name !== name)
    const flood = there.map(({ vtep }) => `set_field:${vtep}->tun_dst,output:tsgnv0`)
    const everybody = 'dl_dst=01:00:00:00:00:00/01:00:00:00:00:00'
    flows.push(`table=1,${everybody},actions=${[...here, ...flood].join(',')}`)
    if (here.length > 0) flows.push(`table=2,${everybody},actions=${here.join(',')}`)
    await cloud.setFlows(name, 'brint', [...new Set(flows)])
  }
}

function tagged(number: number, options: boolean): string {
  const both = [`${identityOf(number)}->tun_metadata0`, `${predictionOf(number)}->tun_metadata1`]
  const fields = [...(options ? both : []), `${VNI}->tun_id`]
  return fields.map((field) => `set_field:${field}`).join(',')
}

export interface GenevePacket {
  from: string
  to: string
  vni: number
  /** Value by type, of options of OPTIONS.class with four octets. */
  options: Record<number, number>
  inner: Buffer
}

/** RFC 8926 section 3.4; undefined where a frame is no Geneve over IPv4. */
export function genevePacket(frame: Buffer): GenevePacket | undefined {
  if (frame.length < 50 || frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 17 || frame.readUInt16BE(36) !== 6081)
    return undefined
  const geneve = frame.subarray(14 + (frame[14]! & 15) * 4 + 8)
  const end = 8 + (geneve[0]! & 0x3f) * 4
  const options: Record<number, number> = {}
  for (let at = 8; at < end; at += 4 + (geneve[at + 3]! & 0x1f) * 4) {
    if (geneve.readUInt16BE(at) === OPTIONS.class) options[geneve[at + 2]!] = geneve.readUInt32BE(at + 4)
  }
  const address = (at: number): string => [...frame.subarray(at, at + 4)].join('.')
  return { from: address(26), to: address(30), vni: geneve.readUIntBE(4, 3), options, inner: geneve.subarray(end) }
}
