/** docs/policy.md says what is so: its example is run row by row, its table of the order is compared with the code. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import {
  interfaceMessage,
  type Manifest,
  networkMessage,
  policyMessage,
  switchMessage,
  vnpMessage,
} from '../../cli/convert.ts'
import { napMessage, profileMessage } from '../../cli/convert-nap.ts'
import { stagePolicyMessage } from '../../cli/convert-stage.ts'
import { readManifests } from '../../cli/manifest.ts'
import { explain } from '../../controller/policy/explain.ts'
import { PolicyLookup } from '../../controller/policy/lookup.ts'
import { orderRules, STRICTNESS } from '../../controller/policy/order.ts'
import { type Decision, permits } from '../../controller/policy/permits.ts'
import type { AnyRecord, Resolution, RuleAction } from '../../model/records.ts'
import { validateRecord } from '../../model/validate.ts'
import { intentWith, policy, rule, vnp } from '../support/records.ts'

const page = readFileSync('docs/policy.md', 'utf8')
const section = (title: string): string =>
  page.split(/^## /m).find((part) => part.startsWith(title)) ?? expect.fail(title)
/** Rows of the first table of a text without its header, cells trimmed. */
const rows = (text: string): string[][] =>
  (/(?:^\s*\|.*\|\n)+/m.exec(text)?.[0] ?? '')
    .trim()
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .trim()
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )

function record(manifest: Manifest): AnyRecord {
  const [kind, message] = {
    Interface: () => ['interface', interfaceMessage(manifest as never)] as const,
    Vnp: () => ['vnp', vnpMessage(manifest as never)] as const,
    Policy: () => ['policy', policyMessage(manifest as never)] as const,
    Switch: () => ['switch', switchMessage(manifest as never)] as const,
    Network: () => ['network', networkMessage(manifest as never)] as const,
    Nap: () => ['nap', napMessage(manifest as never)] as const,
    Profile: () => ['profile', profileMessage(manifest as never)] as const,
    StagePolicy: () => ['stagePolicy', stagePolicyMessage(manifest as never)] as const,
  }[manifest.kind]()
  const result = validateRecord(kind, message)
  if (!result.ok) expect.fail(`${manifest.name}: ${JSON.stringify(result.failure)}`)
  return { ...result.value, number: 1, createTime: 0, updateTime: 0, updatedBy: 'test' } as AnyRecord
}

function words({ by, passed = [] }: Decision): string {
  const after = passed.map(({ policy: its, ruleIndex }) => ` after rule ${ruleIndex} of ${its}`).join('')
  switch (by.kind) {
    case 'rule':
      return `rule ${by.cause.ruleIndex} of ${by.cause.policy}${after}`
    case 'default':
      return `default of ${by.vnps.join(', ')}`
    case 'no-shared-vnp':
      return 'no shared VNP'
    default:
      return by.kind
  }
}

describe('docs/policy.md', () => {
  const example = section('Example')
  const manifests = readManifests(['-'], /```yaml\n([\s\S]*?)```/.exec(example)![1]!).map(({ manifest }) => manifest)
  const intent = intentWith(manifests.map(record))

  it('has an example whose answers are true, asked of the definition, of the cache and of explain', () => {
    const lookup = new PolicyLookup(intent)
    const answers = rows(example)
    expect(answers.length).to.be.greaterThan(10)
    for (const [from, to, packetText, answer, decidedBy] of answers as [string, string, string, string, string][]) {
      const [, word, port, reply] = /^(tcp|icmp)\/(\d+)( reply)?$/.exec(packetText)!
      const protocol = word === 'tcp' ? 6 : 1
      const packet = { from, to, protocol, port: Number(port), ...(reply === undefined ? {} : { reply: true }) }
      const verdict = permits(intent, packet)
      const label = `${from} -> ${to} ${packetText}`
      expect(verdict.allow ? 'allow' : 'deny', label).to.equal(answer)
      expect(`egress ${words(verdict.egress)}; ingress ${words(verdict.ingress)}`, label).to.equal(decidedBy)
      expect(lookup.getPolicyForTraffic(packet), label).to.deep.equal(verdict)
      if (reply === undefined && verdict.egress.by.kind !== 'unknown') {
        const explained = explain(intent, { datapaths: new Map(), places: new Map() }, packet)
        expect(explained.verdict, label).to.deep.equal(verdict)
        expect(explained.nextSteps.length > 0, label).to.equal(true)
      }
    }
  })

  it('has the total order of the code, in every mode', () => {
    const text = section('The total order')
    const lines = rows(text)
    const header = /^\| \| (.*) \|$/m
      .exec(text)![1]!
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', ''))
    /** For each line of the table: two policies that differ in it alone, first consulted first; a later line says otherwise. */
    const build = (mode: Resolution, difference: string): [AnyRecord[], string] => {
      const make = (
        name: string,
        vnpName: string,
        priority: number,
        action: RuleAction,
        own?: number,
        tier?: 'baseline',
      ) =>
        policy(name, vnpName, [rule('ingress', { kind: 'any' }, action, own === undefined ? {} : { priority: own })], {
          priority,
          ...(tier && { tier }),
        })
      const two = (first: number, second: number) => [
        vnp('b', { resolution: mode, priority: first }),
        vnp('a', { resolution: mode, priority: second }),
      ]
      const one = [vnp('v', { resolution: mode })]
      switch (difference) {
        case 'policy: earlier tier':
          return [[...two(1, 2), make('z', 'b', 0, 'allow'), make('a', 'a', 9, 'deny', 9, 'baseline')], 'z']
        case 'VNP: higher priority':
          return [[...two(2, 1), make('z', 'b', 0, 'allow'), make('a', 'a', 9, 'deny')], 'z']
        case 'VNP: name':
          return [[...two(1, 1), make('a', 'b', 9, 'deny'), make('z', 'a', 0, 'allow')], 'z']
        case 'rule: higher priority':
          return mode === 'highest-priority'
            ? [[...one, make('z', 'v', 0, 'allow', 2), make('a', 'v', 0, 'deny', 1)], 'z']
            : [[...one, make('z', 'v', 0, 'deny', 2), make('a', 'v', 0, 'deny', 1)], 'z']
        case 'rule: stricter action':
          return mode === 'strictest-wins'
            ? [[...one, make('z', 'v', 0, 'deny', 1), make('a', 'v', 0, 'allow', 2)], 'z']
            : [[...one, make('z', 'v', 0, 'deny', 1), make('a', 'v', 0, 'allow', 1)], 'z']
        case 'policy: higher priority':
          return [[...one, make('z', 'v', 2, 'allow', 1), make('a', 'v', 1, 'deny', 2)], 'z']
        case 'policy: name':
          return [[...one, make('b', 'v', 0, 'allow'), make('a', 'v', 0, 'allow')], 'a']
        default:
          return expect.fail(difference)
      }
    }
    for (const [column, mode] of header.entries()) {
      for (const [, ...cells] of lines) {
        const difference = cells[column]!
        if (difference === '' || difference === 'rule: index in its policy') continue
        const [records, first] = build(mode as Resolution, difference)
        for (const each of [records, [...records].reverse()])
          expect(orderRules(intentWith(each))[0]!.cause.policy, `${mode}: ${difference}`).to.equal(first)
      }
      const inOne = policy(
        'p',
        'v',
        ['allow', 'allow'].map((action) => rule('ingress', { kind: 'any' }, action as RuleAction)),
      )
      const order = orderRules(intentWith([vnp('v', { resolution: mode as Resolution }), inOne]))
      expect(order.map(({ cause }) => cause.ruleIndex)).to.deep.equal([0, 1])
    }
  })

  it('lists actions from strict to lenient as the code does, and every mode', () => {
    const listed = /From strict to lenient: ([^.]*)\./.exec(page.replace(/\s+/g, ' '))![1]!.match(/[a-z-]+/g)!
    const sorted = (Object.keys(STRICTNESS) as RuleAction[])
      .filter((one) => one !== 'log')
      .sort((a, b) => STRICTNESS[b] - STRICTNESS[a])
    expect(listed).to.deep.equal(sorted)
  })
})
