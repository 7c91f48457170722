/**
 * What must not lose a packet that may pass nor pass one that may not: the controller goes away and comes back, its
 * connection is cut, the layout of tables changes in both directions, most of the rows change. One real bridge, real
 * packets, counted at both ends. Times are printed, not judged: what else runs on the machine decides them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { PIPELINE_EPOCH } from '../../controller/policy/cookie.ts'
import { NoGapLab } from './no-gap-lab.ts'
import { until } from './running-controller.ts'
import { buildVariant } from './variant.ts'

/** Rows of one filling record. */
const PER_RECORD = 390

/** The tests, on a bridge of its own with about so many flows. */
export function noGap(about: number): void {
  describe(`no gap in traffic, at some ${about.toLocaleString('en-US')} flows`, function () {
    this.timeout(60_000 + about * 5)
    let lab: NoGapLab
    let flows: number
    const variants = mkdtempSync(join(tmpdir(), 'variants-'))

    before(async () => {
      lab = await NoGapLab.start()
      const begun = performance.now()
      await lab.fill(Math.ceil(about / PER_RECORD))
      flows = lab.flows()
      say(`${flows} flows, filled in ${Math.round(performance.now() - begun)} ms`)
      expect(flows).to.be.within(0.9 * about, 1.5 * about)
    })
    after(async () => {
      await lab?.stop()
      rmSync(variants, { recursive: true, force: true })
    })
    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.error(lab?.controller.log.split('\n').slice(-30).join('\n'))
    })

    /** Does something under traffic; every permitted packet arrives, no other does, and as many flows are there after it. */
    const survives = async (act: () => Promise<number>): Promise<void> => {
      let ms = 0
      const outcome = await lab.during(async () => {
        ms = await act()
      })
      const [ovs, node] = lab.memory()
      say(
        `applied after ${Math.round(ms)} ms; of ${outcome.sent} packets ${outcome.lost} lost, ${outcome.forbidden} forbidden ` +
          `arrived, longest silence ${Math.round(outcome.silence)} ms; longest turn of the controller ` +
          `${Math.round(await lab.longestTurn())} ms; ovs-vswitchd ${ovs} MB, controller ${node} MB`,
      )
      expect(outcome.sent).to.be.greaterThan(30)
      expect(outcome.forbidden, 'forbidden').to.equal(0)
      expect(outcome.lost, 'lost').to.equal(0)
    }

    /** Starts a build of the controller. @returns ms from its being ready until every switch is applied. */
    const started = async (program?: string): Promise<number> => {
      await lab.run(program)
      return lab.applied()
    }

    it('when nothing happens', () => survives(() => lab.applied()))

    it('when the controller is ended and started again', () =>
      survives(async () => {
        await lab.controller.end()
        return started()
      }))

    it('when the controller is killed and started again', () =>
      survives(async () => {
        await lab.controller.kill()
        return started()
      }))

    it('when the connection of the switch is cut and comes back', () =>
      survives(async () => {
        await lab.cable.cut()
        await new Promise((resolve) => setTimeout(resolve, 500))
        await lab.cable.listen()
        return lab.applied()
      }))

    it('when most rows change with one policy', async () => {
      await survives(async () => {
        const begun = performance.now()
        const { meta } = await lab.controller.call<{ meta: { generation: string } }>('VnpService.CreateVnp', {
          vnp: { name: 'wave', selector: { allOf: [{ text: 'wave' }] }, ingressDefault: 'DEFAULT_VERDICT_DENY' },
        })
        await lab.controller.call('FlowService.WaitApplied', { generation: meta.generation })
        return performance.now() - begun
      })
      await survives(async () => {
        const begun = performance.now()
        await lab.controller.call('VnpService.DeleteVnp', { name: 'wave' })
        await lab.applied()
        return performance.now() - begun
      })
    })

    for (const [far, what] of [
      [1, 'has tables of its own'],
      [8, 'has the same tables in another meaning'],
    ] as const) {
      it(`when the controller is upgraded to an epoch that ${what}, and rolled back`, async () => {
        const epoch = PIPELINE_EPOCH + far
        const program = await buildVariant(epoch, mkdtempSync(join(variants, 'build-')))
        await survives(async () => {
          await lab.controller.end()
          return started(program)
        })
        expect([lab.flows(epoch), lab.flows()]).to.deep.equal([flows, flows])
        await survives(async () => {
          await lab.controller.end()
          return started()
        })
        expect([lab.flows(PIPELINE_EPOCH), lab.flows()]).to.deep.equal([flows, flows])
      })
    }

    it('when an upgrade to the same tables in another meaning is killed on either half of the way, and rolled back', async () => {
      const epoch = PIPELINE_EPOCH + 8
      const program = await buildVariant(epoch, mkdtempSync(join(variants, 'build-')))
      await survives(async () => {
        await lab.controller.end()
        // While its rows come to other tables, and while they come to their own as well.
        for (const part of [0.5, 1.3]) {
          await lab.run(program)
          await until(
            'rows of the upgrade',
            async () => lab.flows(epoch),
            (count) => count > part * flows,
            120_000,
          )
          await lab.controller.kill()
        }
        return started()
      })
      expect([lab.flows(PIPELINE_EPOCH), lab.flows()]).to.deep.equal([flows, flows])
    })
  })
}

const say = (line: string): void => console.log(`      ${line}`)
