/** What `tagsteer lab up` builds: addresses overlap between networks and nowhere else; its records are valid manifests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { LIMITS, labManifests, neighbours, planLab } from '../../cli/lab-plan.ts'
import { readManifests } from '../../cli/manifest.ts'

const size = fc.record({
  hypervisors: fc.integer({ min: 1, max: LIMITS.hypervisors }),
  vms: fc.integer({ min: 1, max: LIMITS.vms }),
  networks: fc.integer({ min: 1, max: LIMITS.networks }),
})

describe('the plan of a lab', () => {
  it('gives every VM a name and MAC of its own, and an address of its own in its network, of those all networks have', () => {
    fc.assert(
      fc.property(size, (given) => {
        const { hypervisors, vms } = planLab(given)
        expect(vms).to.have.length(given.hypervisors * given.vms)
        for (const of of [vms.map(({ name }) => name), vms.map(({ mac }) => mac)]) {
          expect(new Set(of).size).to.equal(vms.length)
        }
        for (const { name } of hypervisors) {
          expect(vms.filter(({ hypervisor }) => hypervisor === name)).to.have.length(given.vms)
        }
        const networks = [...new Set(vms.map(({ network }) => network))]
        expect(networks).to.have.length(Math.min(given.networks, given.vms))
        for (const network of networks) {
          const members = vms.filter((vm) => vm.network === network)
          expect(members.map(({ ip }) => ip)).to.deep.equal(members.map((_, index) => `10.0.0.${index + 1}/24`))
        }
      }),
    )
  })

  it('names neighbours of one network, on different hypervisors where there are two', () => {
    fc.assert(
      fc.property(size, (given) => {
        const plan = planLab(given)
        const pair = neighbours(plan)
        const alone = plan.vms.filter(({ network }) => network === 'net1').length === 1
        expect(pair === undefined).to.equal(alone)
        if (pair === undefined) return
        expect(pair[0].network).to.equal(pair[1].network)
        expect(pair[0].hypervisor !== pair[1].hypervisor).to.equal(given.hypervisors > 1)
      }),
    )
  })

  it('writes valid manifests, an interface for every VM and a switch for every hypervisor', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-plan-'))
    try {
      fc.assert(
        fc.property(size, (given) => {
          const file = join(folder, 'lab.yaml')
          writeFileSync(file, labManifests(planLab(given)))
          const kinds = readManifests([file], '').map(({ manifest }) => manifest.kind)
          expect(kinds.filter((kind) => kind === 'Interface')).to.have.length(given.hypervisors * given.vms)
          expect(kinds.filter((kind) => kind === 'Switch')).to.have.length(given.hypervisors)
        }),
        { numRuns: 20 },
      )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
