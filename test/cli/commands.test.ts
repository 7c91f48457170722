/** The command line as its user meets it: help, mistakes, exit codes, manifests, completion, certificates. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { VERSION } from '../../cli/commands/tools.ts'
import { COMMANDS } from '../../cli/commands.ts'
import { completionScript } from '../../cli/completion.ts'
import { SETTINGS } from '../../host/config.ts'
import { freshHome, tagsteer } from '../support/terminal.ts'

const nameOf = (usage: string): string => usage.split(' ')[0]!

describe('the command line', () => {
  let home: ReturnType<typeof freshHome>
  beforeEach(() => {
    home = freshHome()
  })
  afterEach(() => home.end())
  const file = (name: string, text: string): string => {
    const path = join(home.home, name)
    writeFileSync(path, text)
    return path
  }

  it('has help for every command, with its summary, every option and every example, and exits 0', async () => {
    const plain = (text: string): string => text.replace(/\s+/g, ' ')
    for (const row of COMMANDS) {
      const { code, out, err } = await tagsteer([nameOf(row.usage), '--help'])
      expect(code, row.usage).to.equal(0)
      expect(err).to.equal('')
      expect(plain(out)).to.contain(`Usage: tagsteer ${nameOf(row.usage)} `)
      expect(plain(out)).to.contain(plain(row.summary))
      for (const { flags } of row.options ?? []) expect(plain(out), row.usage).to.contain(plain(flags))
      for (const example of row.examples ?? []) expect(out).to.contain(example)
    }
    const { code, out } = await tagsteer(['--help'])
    expect(code).to.equal(0)
    for (const row of COMMANDS) expect(out).to.match(new RegExp(`^  ${nameOf(row.usage)} `, 'm'))
  })

  it('gives examples that name commands and flags which exist', () => {
    for (const example of COMMANDS.flatMap(({ examples = [] }) => examples)) {
      const words =
        /tagsteer ([^|>)]*)/
          .exec(example)?.[1]
          ?.replace(/ -- .*/, '')
          .trim()
          .split(/\s+/) ?? []
      const row = COMMANDS.find(({ usage }) => nameOf(usage) === words[0])
      expect(row, example).not.to.equal(undefined)
      const shared = ['-o', '--output', '--server', '--cert', '--key', '--ca', '--insecure', '--timeout']
      const known = [...shared, ...(row?.options ?? []).flatMap(({ flags }) => flags.match(/--?[a-z][-a-z]*/g) ?? [])]
      for (const word of words.filter((each) => /^--?[a-z]/.test(each))) expect(known, example).to.include(word)
    }
  })

  it('answers an unknown command or flag with the nearest one and exit code 1', async () => {
    for (const [words, meant] of [
      [['exlpain'], 'explain'],
      [['aply'], 'apply'],
      [['staus'], 'status'],
      [['apply', '--dryrun'], '--dry-run'],
      [['get', 'if', '--sortby', 'AGE'], '--sort-by'],
      [['up', '--opnflow', 'x'], '--openflow'],
    ] as const) {
      const { code, out, err } = await tagsteer(words)
      expect(code, words.join(' ')).to.equal(1)
      expect(out).to.equal('')
      expect(err).to.contain(`Did you mean ${meant}?`)
    }
    for (const words of [['get'], ['explain', 'a'], ['completion']]) expect((await tagsteer(words)).code).to.equal(1)
  })

  it('says of a manifest file, line, column, path and the nearest key, for all mistakes at once', async () => {
    const text = [
      'kind: Policy',
      'name: p',
      'vnp: v',
      'rules:',
      '  - direction: ingress',
      '    prot: [tcp]',
      '    action: alow',
      '---',
      'kind: Vnpp',
      'name: v',
      '---',
      'kind: Interface',
      'name: web',
      '',
    ].join('\n')
    const path = file('net.yaml', text)
    const { code, out, err } = await tagsteer(['validate', '-f', path])
    expect(code).to.equal(1)
    expect(out).to.equal('')
    expect(err.split('\n').slice(0, 5)).to.deep.equal([
      'tagsteer: 4 problems in the manifest; nothing was sent',
      `  ${path}:6:5: rules[0].prot: unknown field; did you mean "protocols"?`,
      `  ${path}:7:13: rules[0].action: must be one of allow, deny, reject, log, rate-limit, pass; did you mean "allow"?`,
      `  ${path}:9:7: kind: Vnpp is no kind: use Interface, Vnp, Policy, Switch, Network, Nap, Profile, StagePolicy; did you mean "Vnp"?`,
      `  ${path}:12:1: the field "mac" is missing`,
    ])
  })

  it('refuses one record twice, YAML that is ambiguous, and files that are not there', async () => {
    const twice = file('twice.yaml', 'kind: Vnp\nname: v\nselector: {}\n---\nkind: Vnp\nname: v\nselector: {}\n')
    expect((await tagsteer(['validate', '-f', twice])).err).to.contain(
      `${twice}:5:1: name: Vnp/v occurs twice; first at ${twice}:1`,
    )
    const double = file('double.yaml', 'kind: Vnp\nname: v\nname: w\nselector: {}\n')
    expect((await tagsteer(['validate', '-f', double])).err).to.match(/double\.yaml:3:1: .*unique/i)
    const bomb = `a: &a [x, x]\n${Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [*${i ? `b${i - 1}` : 'a'}, *${i ? `b${i - 1}` : 'a'}]`).join('\n')}\n`
    expect((await tagsteer(['validate', '-f', file('bomb.yaml', bomb)])).err).to.match(/alias/i)
    expect((await tagsteer(['validate', '-f', join(home.home, 'none.yaml')])).err).to.match(/cannot read .*none\.yaml/)
    expect((await tagsteer(['validate'])).err).to.match(/name manifests with -f/)
  })

  it('validates the examples, from files, folders and standard input, and prints them again as they are', async () => {
    const example = 'examples/three-tenants.yaml'
    expect((await tagsteer(['validate', '-f', example])).code).to.equal(0)
    expect((await tagsteer(['validate', '-f', 'examples'])).code).to.equal(0)
    const input = readFileSync(example, 'utf8')
    const first = await tagsteer(['validate', '-f', '-', '-o', 'yaml'], { input })
    expect(first.code).to.equal(0)
    const second = await tagsteer(['validate', '-f', '-', '-o', 'yaml'], { input: first.out })
    expect(second.out).to.equal(first.out)
    expect(first.out.split('---\n')).to.have.length(input.split('---\n').length)
  })

  it('has completion scripts that shells can read, and bash completes with', () => {
    const check = (command: string, words: string[], script: string): void => {
      const { status, stderr, error } = spawnSync(command, words, { input: script, encoding: 'utf8' })
      if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' && command !== 'bash') return
      expect(`${status} ${stderr}`, command).to.equal('0 ')
    }
    check('bash', ['-n'], completionScript('bash'))
    check('zsh', ['-n'], completionScript('zsh'))
    check('fish', ['--no-execute'], completionScript('fish'))
    for (const shell of ['bash', 'zsh', 'fish']) expect(completionScript(shell)).to.contain('tagsteer __complete')
    const script = `${completionScript('bash')}
      tagsteer() { echo "asked:$*" >&2; printf '%s\\n' interfaces vnps; }
      COMP_WORDS=(tagsteer get v) COMP_CWORD=2
      _tagsteer 2>/dev/null
      echo "\${COMPREPLY[*]}"`
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).to.equal('vnps\n')
  })

  it('completes commands, flags and kinds without a controller, and never fails', async () => {
    const lines = async (...words: string[]) =>
      (await tagsteer(['__complete', ...words])).out.split('\n').filter(Boolean)
    expect(await lines('')).to.deep.equal(COMMANDS.map(({ usage }) => nameOf(usage)))
    expect(await lines('st')).to.deep.equal(['status', 'stage'])
    expect(await lines('up', '--li')).to.deep.equal(['--listen'])
    expect(await lines('get', 'in')).to.deep.equal(['interfaces'])
    for (const words of [
      ['get', 'if', ''],
      ['nonsense', 'x'],
      ['explain', ''],
      ['wait', ''],
    ])
      expect(await tagsteer(['__complete', ...words])).to.deep.include({ code: 0, out: '', err: '' })
    expect((await tagsteer(['completion', 'tcsh'])).err).to.contain('bash, zsh, fish')
  })

  it('describes every field of manifests and of the settings', async () => {
    const { out } = await tagsteer(['schema', 'policy.rules'])
    for (const field of ['direction*', 'peer', 'protocols', 'ports', 'action*', 'rateKbps'])
      expect(out).to.contain(field)
    const config = (await tagsteer(['schema', 'config'])).out
    for (const { name } of SETTINGS) expect(config).to.contain(name.split('.')[0])
    expect((await tagsteer(['schema', 'config.limits'])).out).to.contain('auditMs')
    expect((await tagsteer(['schema', 'policy.nothing'])).code).to.equal(1)
    const schema = JSON.parse((await tagsteer(['schema', '--print'])).out) as { oneOf: { title: string }[] }
    expect(schema.oneOf.map(({ title }) => title)).to.deep.equal([
      ...['Interface', 'Vnp', 'Policy', 'Switch', 'Network', 'Nap', 'Profile', 'StagePolicy'],
    ])
  })

  it('has the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(VERSION).to.equal(version)
    expect((await tagsteer(['version'])).out).to.equal(`tagsteer ${version}\n`)
  })

  it('makes development certificates, says what was done, and refuses by name what makes no sense', async () => {
    const first = await tagsteer(['certs', '--host', 'c.example.org'])
    expect(first.code).to.equal(0)
    expect(first.out.match(/made/g)).to.have.length(5)
    expect((await tagsteer(['certs'])).out.match(/kept/g)).to.have.length(5)
    const client = await tagsteer(['certs', 'client', 'dash', '--role', 'viewer', '-o', 'json'])
    expect((JSON.parse(client.out) as { subject: string }[])[1]!.subject).to.equal('CN=dash, OU=viewer')
    for (const [words, message] of [
      [['client'], /a client needs a role/],
      [['client', '--role', 'amdin'], /no role amdin[\s\S]*did you mean admin\?/],
      [['swich'], /did you mean switch\?/],
      [['--role', 'admin'], /--role is for clients/],
      [['switch', 's1', '--host', 'x'], /--host is for the server/],
      [['server', 'x'], /takes no name/],
      [['--days', 'soon'], /--days takes a whole number/],
      [['client', 'dash', '--role', 'admin'], /dash\.crt is for dash as viewer/],
    ] as const) {
      const { code, err } = await tagsteer(['certs', ...words])
      expect(code, words.join(' ')).to.equal(1)
      expect(err).to.match(message)
    }
  })

  it('says which settings are wrong before anything starts', async () => {
    const path = file('tagsteer.yaml', 'plaintext: true\nlistn: 127.0.0.1:1\n')
    const { code, err } = await tagsteer(['controller', '--config', path])
    expect(code).to.equal(1)
    expect(err).to.contain(`${path}:2:1: listn: unknown field; did you mean "listen"?`)
    expect((await tagsteer(['controller'])).err).to.match(/tls\.cert, tls\.key, tls\.ca missing/)
    expect((await tagsteer(['up', '--plaintext', '--listen', '0.0.0.0:0'])).err).to.match(/loopback only/)
    expect((await tagsteer(['controller', '--config', join(home.home, 'none')])).err).to.match(
      /cannot read the settings/,
    )
  })

  it('says that no controller answers and how to start one', async () => {
    await tagsteer(['certs'])
    const { code, err } = await tagsteer(['status', '--server', '127.0.0.1:1', '--timeout', '3s'])
    expect(code).to.equal(1)
    expect(err).to.contain('no controller answers at 127.0.0.1:1').and.to.contain('tagsteer up')
    expect((await tagsteer(['status', '--server', '192.0.2.1:1', '--insecure'])).err).to.contain('loopback only')
  })
})
