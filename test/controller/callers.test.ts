/** Who a call is from: its connection's certificate, read once; nobody where a connection tells nothing any more. */
import { expect } from 'chai'
import { Callers } from '../../controller/api/auth.ts'

type Context = Parameters<typeof import('../../controller/api/auth.ts').callerOf>[0]

/** A call on a connection, and how often its certificate was asked for. */
function callOn(session: object | undefined, context: object) {
  const its = { asked: 0 }
  const getAuthContext = (): Context => {
    its.asked++
    return context as Context
  }
  return { its, call: { getAuthContext, ...(session && { call: { stream: { session } } }) } }
}

const certificate = (CN: string, OU: string): object => ({
  transportSecurityType: 'ssl',
  sslPeerCertificate: { subject: { CN, OU } },
})

describe('callers', () => {
  it('are nobody on a server with TLS where the connection is gone', () => {
    for (const session of [undefined, {}]) {
      const callers = new Callers(false)
      expect(callers.of(callOn(session, {}).call)).to.equal(undefined)
      expect(callers.of(callOn(session, { transportSecurityType: 'none' }).call)).to.equal(undefined)
    }
  })

  it('are the administrator of the loopback on a server without', () => {
    expect(new Callers(true).of(callOn({}, {}).call)).to.deep.equal({ name: 'loopback', role: 'admin' })
  })

  it('are who the certificate names, read once for a connection and never taken for those of another', () => {
    const callers = new Callers(false)
    const [one, other] = [{}, {}]
    const first = callOn(one, certificate('a', 'admin'))
    const second = callOn(one, certificate('b', 'viewer'))
    expect(callers.of(first.call)).to.deep.equal({ name: 'a', role: 'admin' })
    expect(callers.of(second.call)).to.deep.equal({ name: 'a', role: 'admin' })
    expect([first.its.asked, second.its.asked]).to.deep.equal([1, 0])
    expect(callers.of(callOn(other, certificate('b', 'viewer')).call)).to.deep.equal({ name: 'b', role: 'viewer' })
    expect(callers.of(callOn(undefined, certificate('c', 'nothing')).call)).to.equal(undefined)
  })
})
