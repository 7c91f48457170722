/**
 * A real bridge over TLS: `tagsteer up` with development certificates, Open vSwitch with the switch certificate, a
 * northbound call with the client's. A certificate that is not a switch's is turned away.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'chai'
import { addBridge, removeBridge, vsctl } from '../support/bridge.ts'
import { RunningController, until } from '../support/running-controller.ts'

describe('a bridge over TLS', function () {
  this.timeout(60_000)
  const bridge = `tls${randomBytes(3).toString('hex')}`
  let controller: RunningController

  const useCertificate = (name: string): void => {
    const certs = join(controller.home, 'certs')
    vsctl('set-ssl', join(certs, `${name}.key`), join(certs, `${name}.crt`), join(certs, 'ca.crt'))
  }
  const state = async (): Promise<string> => {
    const { switches } = await controller.call<{ switches: { name: string; state: string }[] }>(
      'TopologyService.ListSwitches',
    )
    return switches.find(({ name }) => name === bridge)?.state ?? 'none'
  }

  before(async () => {
    controller = await RunningController.start({ tls: true })
  })
  after(async () => {
    removeBridge(bridge)
    vsctl('del-ssl')
    await controller?.remove()
  })

  it('turns away a certificate that is not a switch’s, and serves one that is', async () => {
    useCertificate('viewer')
    addBridge(bridge, { controller: `ssl:${controller.openflow}`, failMode: 'secure' })
    const refused = await until(
      'the refusal',
      () => controller.events<{ sentence: string }>(['connection-refused']),
      (events) => events.length > 0,
      15_000,
    )
    expect(refused[0]?.sentence).to.match(/viewer/)
    expect(await state()).to.equal('none')
    useCertificate('switch')
    await until('the bridge is served', state, (seen) => seen === 'SWITCH_STATE_SERVED', 20_000)
  })
})
