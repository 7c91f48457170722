/**
 * Tags between hypervisors: what they cost packets and what they save in rows. Throughput and latency between VMs of two
 * hypervisors, ours beside flows set by hand and beside no tunnel at all, in turns of one run (overlay-traffic.ts); rows
 * of one hypervisor as VMs elsewhere grow (overlay-rows.ts). The first needs root, Open vSwitch and iperf3; all that it
 * makes is in namespaces of its own. Usage: npm run bench -- overlay [traffic|rows...] [VMS...] [--quick]
 */
import { measureRows } from './overlay-rows.ts'
import { measureTraffic } from './overlay-traffic.ts'

const words = process.argv.slice(2)
const isQuick = words.includes('--quick')
const PARTS = ['rows', 'traffic']
const parts = words.filter((word) => PARTS.includes(word))
const sizes = words.filter((word) => /^\d+$/.test(word)).map(Number)
const unknown = words.filter((word) => word !== '--quick' && !parts.includes(word) && !/^\d+$/.test(word))
if (unknown.length > 0) {
  console.error(`usage: npm run bench -- overlay [traffic|rows...] [VMS...] [--quick]; not ${unknown.join(' ')}`)
  process.exit(1)
}
const does = (part: string): boolean => parts.length === 0 || parts.includes(part)
const command = ['npm run bench -- overlay', ...words].join(' ')

if (does('rows')) await measureRows(sizes.length > 0 ? sizes : isQuick ? [100, 1000] : [100, 1000, 10_000], command)
if (does('traffic')) {
  const size = isQuick ? { turns: 1, seconds: 1, requests: 3 } : { turns: 7, seconds: 2, requests: 40 }
  await measureTraffic(size, command)
}
process.exit(0)
