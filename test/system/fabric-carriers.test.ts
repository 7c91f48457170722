/**
 * Tags between hypervisors that have links and no tunnels: four hypervisors, each joined to two switches without VMs, every
 * one a real Open vSwitch with daemons of its own. As labels, as VLAN tags and by address the same connections are made,
 * datagrams arrive and contents are transferred; the tags are read octet by octet on the links (RFC 3032, IEEE 802.1Q);
 * and what a link that is cut costs is measured.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { framesOf } from '../support/captured.ts'
import { CORES, OPEN, OverlayCloud, VMS, type Vm, vmOf } from '../support/overlay-cloud.ts'
import { Streams } from '../support/overlay-streams.ts'
import { ask, expectConnections, expectDatagrams, expectTransfers } from '../support/overlay-traffic.ts'

const [IPV4, IPV6, VLAN, MPLS] = [0x0800, 0x86dd, 0x8100, 0x8847]
/** RFC 3032 section 2.1. */
const IPV6_EXPLICIT_NULL = 2

interface Label {
  label: number
  trafficClass: number
  isBottom: boolean
  timeToLive: number
}

/** Entries of a label stack from an offset on (RFC 3032 section 2.1), and where the packet begins. */
function labelsOf(frame: Buffer, at: number): { stack: Label[]; end: number } {
  const stack: Label[] = []
  do {
    const entry = frame.readUInt32BE(at)
    at += 4
    const [label, trafficClass] = [entry >>> 12, (entry >>> 9) & 7]
    stack.push({ label, trafficClass, isBottom: ((entry >>> 8) & 1) === 1, timeToLive: entry & 255 })
  } while (!stack.at(-1)!.isBottom)
  return { stack, end: at }
}

/** Priority, drop eligible indicator and VLAN identifier of a tag (IEEE 802.1Q, clause 9.6). */
function tagOf(frame: Buffer, at: number): { priority: number; isDropEligible: boolean; vlan: number } {
  const control = frame.readUInt16BE(at)
  return { priority: control >>> 13, isDropEligible: (control & 0x1000) !== 0, vlan: control & 0xfff }
}

describe('tags between hypervisors over links', function () {
  this.timeout(300_000)
  let overlay: OverlayCloud
  let streams: Streams
  const directory = mkdtempSync(join(tmpdir(), 'links-'))

  before(async () => {
    overlay = await OverlayCloud.start('links')
    streams = new Streams(overlay)
  })
  after(async () => {
    streams?.print()
    streams?.end()
    await overlay?.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(overlay?.controller.log.split('\n').slice(-40).join('\n'))
  })

  /** IP and tagged frames of VMs on both links of a hypervisor while connections are made from one network and the other. */
  const captured = async (): Promise<Buffer[]> => {
    const captures = await Promise.all(
      CORES.map((core) => overlay.cloud.capture('hv2', core, join(directory, `${core}.pcap`))),
    )
    try {
      expect(await ask(overlay, vmOf('web', 1), vmOf('db', 2), [OPEN])).to.deep.equal(['open', 'open'])
      expect(await ask(overlay, vmOf('blue', 1), vmOf('blue', 2), [OPEN])).to.deep.equal(['open', 'open'])
    } finally {
      for (const capture of captures) await capture.stop()
    }
    const frames = captures.flatMap(({ file }) => framesOf(readFileSync(file)))
    return frames.filter((frame) => senderOf(frame) !== undefined)
  }
  const senderOf = (frame: Buffer): Vm | undefined =>
    VMS.find(({ mac }) => mac.replaceAll(':', '') === frame.toString('hex', 6, 12))

  /** Identity, by sender, of each of these frames; `read` checks a frame and says what IP version is in it. */
  const expectSenders = (frames: readonly Buffer[], read: (frame: Buffer, identity: number) => 4 | 6): void => {
    const seen = new Set<string>()
    for (const frame of frames) {
      const { name } = senderOf(frame)!
      seen.add(`${name} ${read(frame, overlay.identities.get(name)!)}`)
    }
    const expected = ['blue1', 'blue2', 'db2', 'web1'].flatMap((name) => [`${name} 4`, `${name} 6`])
    expect([...seen].sort()).to.deep.equal(expected)
  }

  const versionOf = (frame: Buffer, type: number, at: number): 4 | 6 => {
    const version = frame[at]! >>> 4
    expect([4, 6]).to.include(version)
    expect(type).to.equal(version === 4 ? IPV4 : IPV6)
    return version as 4 | 6
  }

  const carriers: [name: string, words: string[], read: (frame: Buffer, identity: number) => 4 | 6][] = [
    ['by address: nothing is written', [], (frame) => versionOf(frame, frame.readUInt16BE(12), 14)],
    [
      'as labels',
      ['MPLS'],
      (frame, identity) => {
        expect(frame.readUInt16BE(12)).to.equal(MPLS)
        const { stack, end } = labelsOf(frame, 14)
        const [first, second, ...more] = stack
        expect(more).to.deep.equal([])
        expect(first).to.deep.include({ label: identity, trafficClass: 0 })
        expect(first!.timeToLive).to.be.greaterThan(1)
        if (second !== undefined) expect(second).to.deep.include({ label: IPV6_EXPLICIT_NULL, isBottom: true })
        return versionOf(frame, second === undefined ? IPV4 : IPV6, end)
      },
    ],
    [
      'as VLAN tags',
      ['VLAN'],
      (frame, identity) => {
        expect(frame.readUInt16BE(12)).to.equal(VLAN)
        expect(tagOf(frame, 14)).to.deep.equal({ priority: 0, isDropEligible: false, vlan: 0x800 | identity })
        return versionOf(frame, frame.readUInt16BE(16), 18)
      },
    ],
  ]
  for (const [name, words, read] of carriers) {
    describe(name, () => {
      before(() => overlay.carry(words))

      it('lets web servers reach databases on every hypervisor, and nobody else', () => expectConnections(overlay))

      it('counts every datagram of those who may, and none of others', () => expectDatagrams(overlay))

      it('has on the links what it says', async () => expectSenders(await captured(), read))

      it('brings contents as they are', async () => {
        await expectTransfers(overlay, () => new Promise((resolve) => setTimeout(resolve, 100)))
      })

      it('goes on by the other switch when a link is cut', async () => {
        for (const core of CORES) {
          const { sent, lost } = await streams.during(`${name}: link to ${core}`, vmOf('db', 2), async () => {
            await overlay.cloud.cutLink('hv1', core)
          })
          expect(lost).to.be.lessThan(sent)
          await overlay.cloud.joinLink('hv1', core)
          await overlay.linked()
          await overlay.settled()
        }
      })
    })
  }
})
