/**
 * Groups and meters in text against Open vSwitch 3.1: ovs-ofctl reads our groups as the octets that we send, prints
 * what we print; a bridge of a private ovs-vswitchd is given meters and groups in text and dumps them. The bridge
 * needs root.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  decode,
  encode,
  formatGroup,
  formatMessage,
  formatMeter,
  fromHex,
  type MessageNamed,
  type ParsedGroup,
  type ParsedMeter,
  parseGroup,
  parseMeter,
  toHex,
} from 'node-openflow'
import {
  arbitraryGroup,
  arbitraryGroup15,
  arbitraryMeter,
  GROUP_SPELLINGS,
  METER_SPELLINGS,
  NO_GROUPS,
  NO_METERS,
} from '../openflow/text-groups.ts'
import { printed, type Sent, sentGroup } from '../openflow/text-ofctl.ts'
import { OvsBridge } from '../support/ovs-bridge.ts'

const seed = Number(process.env['TEXT_SEED'] ?? Date.now() % 2 ** 31)
const bodyOf = (text: string): string => text.replace(/^.*?:(?=\s)/, '').trim()

function sentByUs(group: ParsedGroup, version: 4 | 6): Sent {
  const message: MessageNamed<'group_mod'> = { type: 'group_mod', xid: 1, command: 'add', ...group, version }
  const octets = toHex(encode(message))
  return { octets, text: bodyOf(formatMessage(decode(fromHex(octets)))) }
}

describe(`groups in text against ovs-ofctl (seed ${seed})`, function () {
  this.timeout(30_000)

  it('sends and prints every spelling as ovs-ofctl does', () => {
    for (const text of GROUP_SPELLINGS) expect(sentByUs(parseGroup(text), 4), text).to.deep.equal(sentGroup(text))
  })

  it('refuses what ovs-ofctl refuses', () => {
    for (const text of NO_GROUPS) {
      expect(() => parseGroup(text), text).to.throw()
      expect(sentGroup(text, 'OpenFlow15'), text).to.equal(undefined)
    }
  })

  it('reads a port to watch by the name that ovs-ofctl prints, and does not read', () => {
    const text = 'group_id=1,type=ff,bucket=watch_port:LOCAL,actions=output:1'
    const group = parseGroup(text)
    expect(sentGroup(text)).to.equal(undefined)
    const reply = encode({ type: 'multipart_reply', xid: 1, flags: 0, mp_type: 'group_desc', body: [group] })
    expect(printed([reply])[0]!.trim()).to.equal(text)
  })

  for (const [version, name, arbitrary] of [
    [4, 'OpenFlow13', arbitraryGroup],
    [6, 'OpenFlow15', arbitraryGroup15],
  ] as const) {
    it(`writes random groups that ovs-ofctl -O ${name} reads, sends and prints alike, and reads them again`, () => {
      for (const group of fc.sample(arbitrary, { numRuns: 40, seed })) {
        const text = formatGroup(group)
        const theirs = sentGroup(text, name)
        expect(theirs, text).to.deep.equal(sentByUs(group, version))
        expect(parseGroup(theirs!.text.replace(/^ADD /, ''))).to.deep.equal(group)
      }
    })

    it(`reads what ovs-ofctl prints of random groups of ${name}`, () => {
      const groups = fc.sample(arbitrary, { numRuns: 500, seed })
      const replies = groups.map((group) =>
        encode({ type: 'multipart_reply', xid: 1, flags: 0, mp_type: 'group_desc', body: [group], version }),
      )
      expect(printed(replies).map((text) => parseGroup(text))).to.deep.equal(groups)
    })
  }
})

describe(`meters in text against Open vSwitch (seed ${seed})`, function () {
  this.timeout(30_000)

  it('reads what ovs-ofctl prints of random meters, and prints it alike', () => {
    const meters = fc.sample(arbitraryMeter, { numRuns: 500, seed })
    const prints = printed(
      meters.map((meter) =>
        encode({ type: 'multipart_reply', xid: 1, flags: 0, mp_type: 'meter_config', body: [meter] }),
      ),
    ).map((text) => text.trim())
    expect(prints).to.deep.equal(meters.map((meter) => formatMeter(meter)))
    expect(prints.map((text) => parseMeter(text))).to.deep.equal(meters)
  })

  it('refuses what ovs-ofctl refuses', () => {
    for (const text of NO_METERS) {
      expect(() => parseMeter(text), text).to.throw()
      // It reads the text before it asks for the switch.
      const { stderr } = spawnSync('ovs-ofctl', ['-O', 'OpenFlow13', 'add-meter', 'unix:/dev/null/none', text], {
        encoding: 'utf8',
      })
      expect(stderr, text).to.not.match(/unix:/)
    }
  })
})

describe('groups and meters of a bridge in text', function () {
  this.timeout(30_000)
  let bridge: OvsBridge
  before(async () => {
    bridge = await OvsBridge.create(2)
  })
  after(() => bridge.remove())

  const ofctl = (...words: string[]): string =>
    execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', words[0]!, bridge.management, ...words.slice(1)], {
      encoding: 'utf8',
    })

  it('takes meters as we write them, and dumps what we read as the same', () => {
    // ovs-ofctl takes a rate or a burst of 0 for one that is missing, and dumps it.
    const sound = ({ flags, bands }: ParsedMeter): boolean =>
      bands.every(({ type, rate, burst_size }) => type === 'drop' && rate > 0 && (burst_size > 0 || !(flags & 4)))
    const drops = arbitraryMeter.filter((meter) => meter.bands.length === 1 && sound(meter))
    const meters = fc.sample(drops, { numRuns: 30, seed }).map((meter, i) => ({ ...meter, meter_id: i + 1 }))
    for (const meter of meters) ofctl('add-meter', formatMeter(meter, { style: 'add' }))
    for (const text of METER_SPELLINGS)
      ofctl(meters.length > 0 ? 'mod-meter' : 'add-meter', text.replace(/meter=\w+/, 'meter=1'))
    const read = ofctl('dump-meters')
      .split(/\n(?=meter=)/)
      .slice(1)
      .map((text) => parseMeter(text))
    const last = { ...parseMeter(METER_SPELLINGS.at(-1)!), meter_id: 1 }
    expect(read).to.have.deep.members([last, ...meters.slice(1)])
  })

  it('takes groups as we write them, and dumps what we read as the same', () => {
    const plain: ParsedGroup[] = [1, 2, 3].map((group_id) => ({
      ...parseGroup(`group_id=${group_id},type=select,bucket=weight:${group_id},watch_port:1,output:1,bucket=output:2`),
    }))
    for (const group of plain) ofctl('add-group', formatGroup(group))
    const read = ofctl('dump-groups')
      .split('\n')
      .filter((line) => line.includes('group_id='))
      .map((line) => parseGroup(line))
    expect(read).to.have.deep.members(plain)
  })
})
