/** docs/lint.md: its example through the command line and a controller's API, and its tables against the code. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { FINDING_KINDS } from '../../controller/policy/conflicts.ts'
import { type TestApi, testApi } from '../support/api-server.ts'
import { freshHome, tagsteer } from '../support/terminal.ts'

const page = readFileSync('docs/lint.md', 'utf8')
const example = page.slice(page.indexOf('\n## Example'))
const [manifests, expected] = [/```yaml\n([\s\S]*?)```/, /```\n\n```\n([\s\S]*?)```/].map(
  (form) => form.exec(example)![1]!,
)

describe('docs/lint.md', () => {
  let home: ReturnType<typeof freshHome>
  let api: TestApi
  let call: string[]
  let file: string
  beforeEach(async () => {
    home = freshHome()
    api = await testApi()
    call = ['--server', api.server.address, '--insecure']
    file = join(home.home, 'office.yaml')
    writeFileSync(file, manifests!)
  })
  afterEach(async () => {
    await api.close()
    home.end()
  })

  it('has an example with the findings of the command, before and after it is applied', async () => {
    const before = await tagsteer(['lint', '-f', file, ...call])
    expect(before.out).to.equal(expected)
    expect(before.code).to.equal(2)
    expect(before.err).to.contain('about 7 rules')
    expect(api.store.revision()).to.equal(0)
    const applied = await tagsteer(['apply', '-f', file, ...call])
    expect(applied.code).to.equal(0)
    expect(applied.err.split('\n').sort()).to.deep.equal(expected!.split('\n').sort())
    const after = await tagsteer(['lint', ...call])
    expect(after.out).to.equal(expected)
    expect((await tagsteer(['lint', '--fail-on', 'none', ...call])).code).to.equal(0)
    expect((await tagsteer(['lint', '--fail-on', 'irrelevant', ...call])).code).to.equal(0)
    const wrong = await tagsteer(['lint', '--fail-on', 'shadow', ...call])
    expect(wrong.code).to.equal(1)
    expect(wrong.err).to.contain('not shadow')
  })

  it('lists every kind of finding', () => {
    const listed = [...page.matchAll(/^\| `([a-z]+)` \| (?:warning|information) \|/gm)].map((match) => match[1])
    expect(listed).to.deep.equal([...FINDING_KINDS])
  })
})
