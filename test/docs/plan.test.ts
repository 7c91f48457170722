/** docs/plan.md says what is so: its example is applied, planned and compared to the letter; its exit codes are those. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type TestApi, testApi } from '../support/api-server.ts'
import { freshHome, tagsteer } from '../support/terminal.ts'

const page = readFileSync('docs/plan.md', 'utf8')
const [first, next] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map((block) => block[1]!)
const answer = /^```text\n(.*?)^```$/ms.exec(page)![1]!

describe('docs/plan.md', () => {
  let api: TestApi
  let home: ReturnType<typeof freshHome>
  const file = (name: string, text: string): string => {
    const path = join(home.home, name)
    writeFileSync(path, text)
    return path
  }
  const run = (...words: string[]) => tagsteer([...words, '--server', api.server.address, '--insecure'])

  before(async () => {
    home = freshHome()
    api = await testApi()
    expect((await run('apply', '-f', file('shop.yaml', first!))).code).to.equal(0)
    file('next.yaml', next!)
  })
  after(async () => {
    home.end()
    await api.close()
  })
  const path = (): string => join(home.home, 'next.yaml')

  it('has an example whose answer is that of the command', async () => {
    const { code, out, err } = await run('apply', '-f', path(), '--plan')
    expect(err).to.equal('')
    expect(out).to.equal(answer)
    expect(code).to.equal(2)
  })

  it('says rightly that nothing is written', async () => {
    expect(api.store.revision()).to.equal(1)
    const { out } = await run('get', 'policy', 'db', '-o', 'yaml')
    expect(out).to.contain('5432').and.not.to.contain('6432')
  })

  it('has the exit codes of the command', async () => {
    const codeOf = async (...words: string[]): Promise<number> => (await run('apply', '-f', ...words)).code
    expect(await codeOf(path(), '--plan', '--fail-on', 'cut,unknown,finding')).to.equal(0)
    expect(await codeOf(path(), '--plan', '--fail-on', 'cut,deny')).to.equal(2)
    expect(await codeOf(path(), '--plan', '--fail-on', 'allow')).to.equal(2)
    expect(await codeOf(path(), '--plan', '--fail-on', 'denial')).to.equal(1)
    expect(await codeOf(path(), '--fail-on', 'cut')).to.equal(1)
    expect(await codeOf(path(), '--plan', '--limit', '0')).to.equal(1)
    expect(await codeOf(join(home.home, 'shop.yaml'), '--plan')).to.equal(0)
    const orphan = file('orphan.yaml', 'kind: Policy\nname: p\nvnp: nobody\nrules: []\n')
    expect(await codeOf(orphan, '--plan')).to.equal(1)
    const described = file(
      'other.yaml',
      first!.replace('name: web-1, tags: [shop, web]', 'name: web-1, tags: [shop, web, x]'),
    )
    expect(await codeOf(described, '--plan'), 'a tag that nobody mentions').to.equal(0)
  })

  it('says what tags and deletions would do as well', async () => {
    const tagged = await run('tag', 'web-1', 'web-', '--plan')
    expect(tagged.out).to.contain('- {shop} web-1 -> {db, shop} db-1: tcp/5432  allow -> deny  (1 pair)')
    expect(tagged.code).to.equal(2)
    const deleted = await run('delete', 'interface', 'web-2', '--plan', '-o', 'json')
    const plan = JSON.parse(deleted.out) as { deleted: number; verdicts: { losing: string } }
    expect([plan.deleted, plan.verdicts.losing, deleted.code]).to.deep.equal([1, '1', 2])
    expect(api.store.revision()).to.equal(1)
  })
})
