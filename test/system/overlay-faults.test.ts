/**
 * What happens between hypervisors while connections go on: a VM moves, a spine is cut, a switch daemon is killed. Streams
 * are numbered and counted at both ends; how long they are silent is printed, what arrives and may not is always none.
 */
import { expect } from 'chai'
import { HYPERVISORS, OverlayCloud, vmOf } from '../support/overlay-cloud.ts'
import { RATE, Streams } from '../support/overlay-streams.ts'

describe('tunnels between hypervisors, disturbed', function () {
  this.timeout(300_000)
  let overlay: OverlayCloud
  let streams: Streams

  before(async () => {
    overlay = await OverlayCloud.start('geneve')
    streams = new Streams(overlay)
  })
  after(async () => {
    streams?.print()
    streams?.end()
    await overlay?.stop()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(overlay?.controller.log.split('\n').slice(-40).join('\n'))
  })

  it('goes on with a VM that moves to another hypervisor, by what its new port says', async () => {
    const db = vmOf('db', 2)
    const { sent, lost } = await streams.during('a VM moves to another hypervisor', db, async () => {
      await overlay.cloud.move(db.name, 'hv3')
    })
    expect(lost).to.be.lessThan(sent - RATE)
    const its = await overlay.controller.call<{ status: { switchName: string } }>('InterfaceService.GetInterface', {
      name: db.name,
    })
    expect(its.status.switchName).to.equal('hv3')
    await streams.during('it moves back', db, async () => {
      await overlay.cloud.move(db.name, 'hv2')
    })
  })

  it('goes on over the other spine', async () => {
    for (const spine of ['spine1', 'spine2'] as const) {
      await streams.during(`${spine} is cut`, vmOf('db', 3), async () => {
        await overlay.cloud.cutSpine(spine)
      })
      await overlay.cloud.joinSpine(spine)
    }
  })

  it('goes on when the daemons of the receiver were killed and come again', async () => {
    await streams.during('the switch daemon of the receiver is killed and started', vmOf('db', 4), async () => {
      await overlay.cloud.restart('hv4')
    })
    await streams.during('its database and its switch daemon are', vmOf('db', 4), async () => {
      await overlay.cloud.halt('hv4', 'ovs-vswitchd')
      await overlay.cloud.restart('hv4', 'ovsdb-server')
      await overlay.cloud.resume('hv4', 'ovs-vswitchd')
    })
  })

  it('goes on while the controller is killed, and comes again', async () => {
    const { lost } = await streams.during('the controller is killed and started', vmOf('db', 4), async () => {
      await overlay.controller.kill()
      await new Promise((resolve) => setTimeout(resolve, 500))
      await overlay.controller.run()
      await overlay.controller.served(HYPERVISORS)
      await overlay.settled()
    })
    expect(lost).to.equal(0)
    expect(await overlay.controller.events(['switch-drifted'])).to.deep.equal([])
  })
})
