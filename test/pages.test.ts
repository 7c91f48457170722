/** Generated files say what their sources say: reference pages, and the types made of the .proto files. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { pages } from '../scripts/pages.ts'

describe('generated files', () => {
  for (const [path, text] of pages()) {
    it(`${path} restates the code's table (npm run generate)`, () => {
      expect(readFileSync(path, 'utf8')).to.equal(text)
    })
  }

  it('proto/gen has the types of the .proto files (npm run generate)', function () {
    this.timeout(60_000)
    const folder = mkdtempSync(join(tmpdir(), 'tagsteer-gen-'))
    try {
      execFileSync('bash', ['scripts/generate.sh', folder], { stdio: 'pipe' })
      const files = (root: string): string[] =>
        readdirSync(root, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .sort()
      expect(files('proto/gen')).to.deep.equal(files(folder))
      for (const name of files(folder))
        expect(readFileSync(join('proto/gen', name), 'utf8'), name).to.equal(readFileSync(join(folder, name), 'utf8'))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
