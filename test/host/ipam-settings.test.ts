/** The file of external IPAMs: what is right, every mistake with its place, and no secret in sight. */
import { expect } from 'chai'
import { readIpamSettings } from '../../host/ipam-settings.ts'

const files: Record<string, string> = { '/etc/t/token': 'nbt_abc\n', '/etc/t/ca.pem': 'PEM', '/etc/t/two words': 'a b' }
const read = (text: string, environment: Record<string, string> = {}) =>
  readIpamSettings(text, '/etc/t/ipam.yaml', environment, (path) => files[path])

function problems(text: string): string[] {
  const result = read(text)
  if (result.ok) throw new Error('it was read')
  return result.problems.map((line) => line.replace('/etc/t/ipam.yaml:', ''))
}

const netbox = (more: string): string =>
  `connectors:\n  - {name: netbox, kind: netbox, url: "https://netbox.example.net", ${more}}\n`

describe('the file of external IPAMs', () => {
  it('is read, with secrets from files and variables', () => {
    const result = read(
      `${netbox('secretFile: token, ca: ca.pem, networks: {default: "", blue: Blue}, intervalSeconds: 300, claims: [{nap: web, network: blue, prefix: 10.0.0.0/16}]')}` +
        '  - {name: kea, kind: kea, url: "http://127.0.0.1:8000", user: u, secretEnv: KEA}\n',
      { KEA: 'pass' },
    )
    if (!result.ok) throw new Error(result.problems.join('\n'))
    const [one, two] = result.connectors
    expect(one).to.deep.equal({
      ...{ name: 'netbox', kind: 'netbox', url: 'https://netbox.example.net', tag: 'tagsteer', intervalSeconds: 300 },
      ...{ networks: { default: '', blue: 'Blue' }, secret: 'nbt_abc', ca: 'PEM' },
      claims: [{ nap: 'web', network: 'blue', prefix: '10.0.0.0/16', count: 64, low: 32 }],
    })
    expect(two).to.deep.include({ name: 'kea', user: 'u', secret: 'pass', networks: { default: '' } })
    expect(read('')).to.deep.equal({ ok: true, connectors: [] })
  })

  it('tells every mistake with its place', () => {
    expect(problems(netbox('token: abc'))[0]).to.match(/^2:.*connectors\[0\]\.token: unknown field/)
    expect(problems(netbox(''))).to.deep.equal(['2:5: netbox: needs its token: secretFile or secretEnv'])
    expect(problems(netbox('secretFile: none'))[0]).to.contain('secretFile none cannot be read')
    expect(problems(netbox('secretFile: "two words"'))[0]).to.contain('white space')
    expect(problems(netbox('secretFile: token, secretEnv: X')).join()).to.contain('either secretFile or secretEnv')
    const plain = netbox('secretFile: token').replace('https', 'http')
    expect(problems(plain)[0]).to.contain('in the clear')
    expect(read(plain.replace('token}', 'token, plaintext: true}')).ok).to.equal(true)
    expect(read(plain.replace('netbox.example.net', '[::1]:8000')).ok).to.equal(true)
    const kea = (more: string): string => `connectors: [{name: csv, kind: kea, url: "http://127.0.0.1", ${more}}]`
    expect(problems(kea('networks: {a: "", b: ""}'))).to.have.length(2)
    const claims = 'claims: [{nap: web, network: other, prefix: 10.0.0.0/16}]'
    expect(problems(kea(claims))).to.have.length(3)
    const twice = netbox('secretFile: token') + netbox('secretFile: token').split('\n')[1]
    expect(problems(twice)).to.deep.equal(['3:5: netbox: stands twice'])
    expect(problems(netbox('secretFile: token').replace('https://', 'https://me:secret@'))[0]).to.contain(
      'must match pattern',
    )
  })
})
