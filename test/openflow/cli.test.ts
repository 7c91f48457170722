/** The node-openflow command: what it prints, what it does with input that is no message, its exit codes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode, encodeAll, fromHex, type Message, toHex, toJson, WireError } from 'node-openflow'
import { run } from '../../openflow/cli/run.ts'
import { message } from './codec-arbitrary.ts'
import { capture, packet } from './pcap-build.ts'

interface Outcome {
  code: number
  out: string
  err: string
}

async function command(
  args: readonly string[],
  input: string | Uint8Array = '',
  pieceSize = 1 << 20,
): Promise<Outcome> {
  const collect = (): { stream: Writable; text: () => string } => {
    const parts: string[] = []
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        parts.push(chunk)
        done()
      },
    })
    return { stream, text: () => parts.join('') }
  }
  const octets = typeof input === 'string' ? Buffer.from(input) : input
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < octets.length; at += pieceSize) yield octets.subarray(at, at + pieceSize)
  }
  const out = collect()
  const err = collect()
  const code = await run(args, { stdin: pieces(), stdout: out.stream, stderr: err.stream })
  return { code, out: out.text(), err: err.text() }
}

const good: Outcome = { code: 0, out: '', err: '' }

describe('node-openflow command', () => {
  it('decode: one JSON object for each message, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 5 }),
        fc.integer({ min: 1, max: 300 }),
        async (messages, size) => {
          const input = messages.map((one) => `${toHex(encode(one))}\n`).join('')
          const out = messages.map((one) => `${toJson(one)}\n`).join('')
          expect(await command(['decode'], input, size)).to.deep.equal({ ...good, out })
          for (const line of out.split('\n').filter((l) => l !== '')) expect(JSON.parse(line)).to.be.an('object')
        },
      ),
    )
  })

  it('decode: bigint in decimal, octets in hexadecimal, names as they are', async () => {
    const line = '040a002c0000000100000007001001000000000000000abc0001000c8000000400000001000000000000beef'
    const { out } = await command(['decode'], line)
    expect(JSON.parse(out)).to.deep.equal({
      type: 'packet_in',
      xid: 1,
      buffer_id: 7,
      total_len: 16,
      reason: 'action',
      table_id: 0,
      cookie: '2748',
      match: [{ field: 'in_port', value: 1 }],
      data: 'beef',
    })
  })

  it('roundtrip: the same digits come back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 4 }), async (messages) => {
        const line = `${toHex(encodeAll(messages))}\n`
        expect(await command(['roundtrip'], line)).to.deep.equal({ ...good, out: line })
        expect((await command(['roundtrip', '-'], line.toUpperCase())).out).to.equal(line)
      }),
    )
  })

  it('a line that fails gives ERR, code, offset and path, and the rest goes on', async () => {
    const input = [
      '0400000800000001',
      '04000008000000', // cut off
      '0463000800000001', // no such type
      '0400000800000001zz', // no hex
      '040000080000000', // half an octet
      '0414000800000002', // good
      '0414000700000002', // length below the header
    ].join('\n')
    const errors = ['ERR truncated 0 -', 'ERR bad_type 1 type', 'ERR bad_hex 8 -', 'ERR bad_hex 7 -']
    expect((await command(['roundtrip'], input)).out.split('\n')).to.deep.equal([
      '0400000800000001',
      ...errors,
      '0414000800000002',
      'ERR bad_len 2 length',
      '',
    ])
    const decoded = (await command(['decode'], input)).out.split('\n')
    expect(decoded.filter((line) => line.startsWith('ERR'))).to.deep.equal([...errors, 'ERR bad_len 2 length'])
    expect(decoded.filter((line) => line.startsWith('{'))).to.have.length(2)
  })

  it('any line: output that parses, or ERR and three more words', async () => {
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map(toHex),
      fc.string({ unit: 'grapheme' }).map((s) => s.replace(/[\r\n]/g, '')),
      fc.tuple(message, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([one, at, octet]) => {
        const octets = encode(one)
        octets[at % octets.length] = octet
        return toHex(octets)
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), async (lines, size) => {
        const { code, out, err } = await command(['roundtrip'], lines.join('\n'), size)
        expect([code, err]).to.deep.equal([0, ''])
        // latin1: what the command sees.
        const seen = lines.map((l) => Buffer.from(l).toString('latin1').trim())
        const answered = seen.filter((l) => l !== '' && !l.startsWith('#'))
        const got = out.split('\n').slice(0, -1)
        expect(got).to.have.length(answered.length)
        got.forEach((one, i) => {
          if (!/^ERR [a-z_]+ \d+ \S+$/.test(one)) expect(one).to.equal(answered[i]!.toLowerCase().replace(/\s/g, ''))
        })
      }),
    )
  })

  it('takes several messages in one line', async () => {
    const line = '0400000800000001' + '0463000800000002' + '0414000800000003'
    expect((await command(['decode'], line)).out).to.equal(
      '{"type":"hello","xid":1,"elements":[]}\nERR bad_type 9 type\n{"type":"barrier_request","xid":3}\n',
    )
    expect((await command(['roundtrip'], line)).out).to.equal('ERR bad_type 9 type\n')
  })

  it('print: the text of each message', async () => {
    const flow =
      '04 0e 00 38 00000001 0000000000000000 0000000000000000 00 00 0000 0000 8000 ffffffff ffffffff ffffffff 0000 0000'
    const { out } = await command(['print'], `${flow} 0001000400000000\n0463000800000001\n0414000800000002`)
    expect(out).to.equal(
      'OFPT_FLOW_MOD (OF1.3) (xid=0x1): ADD actions=drop\nERR bad_type 1 type\nOFPT_BARRIER_REQUEST (OF1.3) (xid=0x2):\n',
    )
  })

  it('passes over empty lines, comments, carriage returns and spaces between digits', async () => {
    const input = '# ovs-ofctl\r\n\r\n  04 00 00 08 00 00 00 01  \r\n\n'
    expect((await command(['roundtrip'], input)).out).to.equal('0400000800000001\n')
  })

  it('takes captures, and says who spoke', async () => {
    const hello: Message = { type: 'hello', xid: 1, elements: [] }
    const plan = {
      from: { address: 1, port: 40000 },
      to: { address: 2, port: 6653 },
      sequence: 0,
      payload: encode(hello),
      syn: true,
    }
    for (const format of ['pcap', 'pcapng'] as const) {
      const file = capture([packet(plan, 'ethernet')], 'ethernet', format, true)
      for (const size of [1, 1000]) {
        expect(await command(['decode'], file, size)).to.deep.equal({
          ...good,
          out: '{"time":"1.000000000","from":"192.0.2.1:40000","to":"192.0.2.2:6653","message":{"type":"hello","xid":1,"elements":[]}}\n',
        })
      }
      const { code, err } = await command(['roundtrip'], file)
      expect(code).to.equal(1)
      expect(err).to.match(/captures/)
    }
  })

  it('a capture that is cut off or of a strange link is told on standard error', async () => {
    const plan = { from: { address: 1, port: 1 }, to: { address: 2, port: 2 }, sequence: 0, payload: new Uint8Array(0) }
    const file = capture([packet(plan, 'raw')], 'raw', 'pcap', true)
    const cut = await command(['decode'], file.subarray(0, file.length - 3))
    expect([cut.code, cut.out]).to.deep.equal([0, ''])
    expect(cut.err).to.match(/cut off/)
    file[20] = 105
    const strange = await command(['decode'], file)
    expect(strange.code).to.equal(1)
    expect(strange.err).to.match(/link type 105/)
  })

  it('wrong usage, and files that cannot be read: 1 and a reason; the other files are read', async () => {
    for (const args of [[], ['fry'], ['decode', '--fast'], ['toString']]) {
      const { code, out, err } = await command(args)
      expect([code, out]).to.deep.equal([1, ''])
      expect(err).to.match(/usage: node-openflow/)
    }
    const directory = mkdtempSync(join(tmpdir(), 'node-openflow-'))
    try {
      const file = join(directory, 'lines')
      writeFileSync(file, '0414000800000003')
      const missing = join(directory, 'missing')
      const { code, out, err } = await command(['roundtrip', missing, file, directory])
      expect([code, out]).to.deep.equal([1, '0414000800000003\n'])
      expect(err)
        .to.match(/missing: ENOENT/)
        .and.match(/EISDIR/)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('--help names every command', async () => {
    const { code, out } = await command(['decode', '--help'])
    expect(code).to.equal(0)
    for (const name of ['decode', 'roundtrip', 'print', 'ERR']) expect(out).to.contain(name)
  })

  it('as a process: ends quietly when nobody reads any more', async () => {
    const child = spawn(process.execPath, ['--import=tsx', '--conditions=source', 'openflow/cli.ts', 'roundtrip'])
    const stderr = text(child.stderr)
    const exited = once(child, 'exit')
    child.stdin.on('error', () => {})
    child.stdin.write('0414000800000003\n')
    const [first] = (await once(child.stdout, 'data')) as [Buffer]
    expect(first.toString()).to.equal('0414000800000003\n')
    child.stdout.destroy()
    const more = (): void => {
      while (!child.stdin.destroyed && child.stdin.write('0414000800000003\n'.repeat(1000))) {}
    }
    child.stdin.on('drain', more)
    more()
    expect(await exited).to.deep.equal([0, null])
    expect(await stderr).to.equal('')
  })
})

describe('hexadecimal text and JSON', () => {
  it('toHex and fromHex are each other’s opposite', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => {
        expect(fromHex(toHex(octets))).to.deep.equal(octets)
        expect(toHex(octets)).to.equal([...octets].map((o) => o.toString(16).padStart(2, '0')).join(''))
      }),
    )
    expect(fromHex(' 0A\n0b ')).to.deep.equal(Uint8Array.of(10, 11))
    expect(() => fromHex('0g'))
      .to.throw(WireError)
      .that.includes({ code: 'bad_hex', offset: 0 })
  })

  it('toJson says what JSON.stringify says with bigint and octets replaced', () => {
    const replacer = (_key: string, value: unknown): unknown =>
      typeof value === 'bigint' ? value.toString() : value instanceof Uint8Array ? toHex(value) : value
    fc.assert(
      fc.property(message, (one) => {
        const got = decode(encode(one))
        expect(toJson(got)).to.equal(JSON.stringify(got, replacer))
      }),
      { numRuns: 500 },
    )
    expect(toJson({ a: undefined, b: null, c: Buffer.from([1]), d: [undefined, NaN, true, '\ud800"'] })).to.equal(
      '{"b":null,"c":"01","d":[null,null,true,"\\ud800\\""]}',
    )
  })
})
