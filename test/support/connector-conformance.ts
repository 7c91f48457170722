/** What every connector of an external IPAM does alike, run against a server, or a fake of one. */
import { expect } from 'chai'
import { ConnectorError, type IpamConnector } from '../../connectors/connector.ts'
import type { IpamAddress } from '../../ipam/external/entry.ts'
import { parseAddress, parsePrefix, prefixHolds } from '../../model/address.ts'

/** A server with nothing but blocks: a prefix with a range in it. */
export interface ConnectorBed {
  network: string
  /** The prefix and the range that it has. */
  cidr: string
  range: { first: string; last: string }
  /** One with small pages and short times. */
  connector(options?: { secret?: string }): IpamConnector
  secret: string
  /** Somebody else gives the entry of an address another name. */
  otherRenames(address: string, dnsName: string): Promise<void>
  /** Ends the server for good. */
  stop(): Promise<void>
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof ConnectorError) return error.code
    throw error
  }
  return 'fulfilled'
}

/** Registers the tests. Pages of the bed's connectors hold five entries. */
export function connectorConformance(make: () => Promise<ConnectorBed>): void {
  let bed: ConnectorBed
  let connector: IpamConnector
  before(async () => {
    bed = await make()
    connector = bed.connector()
  })
  after(async () => {
    connector?.close()
    await bed?.stop()
  })

  const at = (offset: number): string => {
    const prefix = parsePrefix(bed.cidr)!
    return [24n, 16n, 8n, 0n].map((shift) => ((prefix.value + BigInt(offset)) >> shift) & 0xffn).join('.')
  }
  const entry = (address: string, dnsName: string, status: IpamAddress['status'] = 'active'): IpamAddress => ({
    ...{ network: bed.network, address, status, dnsName, description: 'by conformance', tags: [] },
    ...{ mac: '02:00:00:00:00:42', id: '', version: '' },
  })
  const read = async (address: string): Promise<IpamAddress | undefined> =>
    (await connector.addresses()).find((each) => each.address === address)

  it('reads blocks in canonical form', async () => {
    const blocks = await connector.blocks()
    const prefix = blocks.find(({ kind }) => kind === 'prefix')
    const range = blocks.find(({ kind }) => kind === 'range')
    expect(prefix).to.deep.include({ cidr: bed.cidr, network: bed.network })
    expect(range).to.deep.include({ cidr: bed.cidr, range: bed.range, network: bed.network })
    for (const { range: each, cidr } of blocks)
      for (const end of [each.first, each.last])
        expect(prefixHolds(parsePrefix(cidr)!, parseAddress(end)!)).to.equal(true)
  })

  it('creates an entry that is read as it was written, and never a second one', async () => {
    const made = await connector.create(entry(at(20), 'web-1'))
    const found = await read(at(20))
    expect(found).to.deep.equal(made)
    expect(found).to.deep.include({ network: bed.network, dnsName: 'web-1', description: 'by conformance' })
    expect(['active', 'dhcp']).to.include(found?.status)
    expect(await codeOf(connector.create(entry(at(20), 'web-2')))).to.equal('exists')
    expect(await read(at(20))).to.deep.equal(made)
    const kept = await connector.create(entry(at(21), '', 'reserved'))
    expect(kept).to.deep.include({ status: 'reserved', dnsName: '' })
  })

  it('gives a new version with every change, and writes only what is as it was expected', async () => {
    const made = await connector.create(entry(at(30), 'web-1'))
    const changed = await connector.update(made, { ...made, dnsName: 'web-2' })
    expect(changed.dnsName).to.equal('web-2')
    expect(changed.version).not.to.equal(made.version)
    expect(await codeOf(connector.update(made, { ...made, dnsName: 'web-3' }))).to.equal('changed')
    await bed.otherRenames(at(30), 'other')
    expect(await codeOf(connector.update(changed, { ...changed, dnsName: 'web-3' }))).to.equal('changed')
    expect(await codeOf(connector.delete(changed))).to.equal('changed')
    expect((await read(at(30)))?.dnsName).to.equal('other')
  })

  it('deletes an entry, and finds no fault where it is gone already', async () => {
    const made = await connector.create(entry(at(40), 'web-1'))
    await connector.delete(made)
    expect(await read(at(40))).to.equal(undefined)
    await connector.delete(made)
    expect(await codeOf(connector.update(made, made))).to.equal('changed')
  })

  it('reads more than a page, each entry once', async () => {
    const names = new Map<string, string>()
    for (let index = 0; index < 13; index++) {
      names.set(at(50 + index), `many-${index}`)
      await connector.create(entry(at(50 + index), `many-${index}`))
    }
    const all = await connector.addresses()
    expect(new Set(all.map(({ address }) => address)).size).to.equal(all.length)
    for (const [address, name] of names) expect(all.find((each) => each.address === address)?.dnsName).to.equal(name)
  })

  it('claims addresses that nobody else has, or says that it cannot', async () => {
    const parent = { network: bed.network, cidr: bed.cidr }
    if (!connector.capabilities.claims) {
      expect(await codeOf(connector.claim(parent, 8, 'test'))).to.equal('unsupported')
      return
    }
    const had = new Set((await connector.addresses()).map(({ address }) => address))
    const claimed = (await Promise.all(Array.from({ length: 4 }, () => connector.claim(parent, 8, 'pool-a')))).flat()
    const addresses = claimed.map(({ address }) => address)
    expect(new Set(addresses).size).to.equal(32)
    for (const address of addresses) {
      expect(had.has(address)).to.equal(false)
      expect(prefixHolds(parsePrefix(bed.cidr)!, parseAddress(address)!)).to.equal(true)
    }
    const found = await connector.claimed(parent, 'pool-a')
    expect(found.map(({ address }) => address).sort()).to.deep.equal(addresses.sort())
    expect(found.every(({ status }) => status === 'reserved')).to.equal(true)
    const [one] = found
    await connector.update(one!, { ...one!, status: 'active', dnsName: 'web-9' })
    expect(await connector.claimed(parent, 'pool-a')).to.have.length(32)
    expect(await connector.claimed(parent, 'pool-b')).to.deep.equal([])
    expect(await codeOf(connector.claim(parent, 255, 'pool-c'))).to.equal('full')
    expect(await connector.claimed(parent, 'pool-c')).to.deep.equal([])
  })

  it('tells a secret that is wrong, and no secret', async () => {
    const stranger = bed.connector({ secret: 'not-the-secret' })
    for (const asked of [stranger.addresses(), stranger.blocks(), stranger.create(entry(at(99), 'x'))]) {
      const error: unknown = await asked.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).to.be.instanceOf(ConnectorError)
      expect((error as ConnectorError).code).to.equal('denied')
      expect(String(error)).not.to.match(
        new RegExp(`not-the-secret|${Buffer.from('not-the-secret').toString('base64')}`),
      )
    }
    stranger.close()
    expect(connector.url).not.to.contain(bed.secret)
  })

  it('gives up when it is asked to, and where nobody answers', async () => {
    expect(await codeOf(connector.addresses(AbortSignal.abort()))).to.equal('unreachable')
    await bed.stop()
    const before = performance.now()
    expect(await codeOf(connector.addresses())).to.equal('unreachable')
    expect(await codeOf(connector.create(entry(at(98), 'x')))).to.equal('unreachable')
    expect(performance.now() - before).to.be.lessThan(5000)
  })
}
