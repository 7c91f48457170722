/** Log lines: what arrives, at which level, and that secrets do not. */
import { expect } from 'chai'
import fc from 'fast-check'
import { createLog, LOG_LEVELS, type LogLevel } from '../../host/log.ts'

function collect(options: { level?: LogLevel; format?: 'json' | 'text' }) {
  const lines: string[] = []
  return { lines, log: createLog({ ...options, write: (line) => void lines.push(line) }) }
}

describe('host/log', () => {
  it('writes one JSON object per line with time, level, component, message and fields', () => {
    const { lines, log } = collect({ format: 'json' })
    log.child('channel', { switch: 's1' }).warn('gone', { reason: 'timed out' })
    expect(lines).to.have.length(1)
    const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>
    expect(rest).to.deep.equal({
      level: 'warn',
      component: 'channel',
      switch: 's1',
      reason: 'timed out',
      message: 'gone',
    })
    expect(Date.parse(String(time))).to.be.closeTo(Date.now(), 5000)
  })

  it('writes what is at least as severe as the level, for every pair of levels', () => {
    const callable = LOG_LEVELS.filter((level) => level !== 'silent')
    for (const [threshold, level] of LOG_LEVELS.entries()) {
      const { lines, log } = collect({ level, format: 'json' })
      for (const each of callable) log[each]('x')
      expect(lines.length, level).to.equal(callable.length - threshold)
    }
  })

  it('writes text for people, one line each whatever the message', () => {
    const { lines, log } = collect({})
    log.child('store').info('opened', { path: '/var/lib/x', note: 'two words', count: 3 })
    expect(lines[0]).to.match(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}store {6}opened {2}path=\/var\/lib\/x note="two words" count=3\n$/,
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, value) => {
        lines.length = 0
        log.info(message, { value })
        expect(lines[0]!.match(/\p{Cc}/gu)).to.deep.equal(['\n'])
      }),
    )
  })

  it('shows errors with their stack', () => {
    for (const format of ['json', 'text'] as const) {
      const { lines, log } = collect({ format })
      log.error('failed', { error: new RangeError('too far') })
      expect(lines.join('')).to.contain('too far').and.to.contain('log.test.ts')
    }
  })

  it('never writes values that carry secrets', () => {
    const { lines, log } = collect({ format: 'json' })
    log.info('read', { token: 'hunter2', tls: { privateKey: 'hunter2', cert: 'open' }, password: 'hunter2' })
    log.child('x', { secret: 'hunter2' }).info('y')
    expect(lines.join('')).not.to.contain('hunter2')
    expect(lines.join('')).to.contain('[redacted]').and.to.contain('open')
  })
})
