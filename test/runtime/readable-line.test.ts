// Guarantee: a log line for people says what the line for programs says, on one line that cannot steer a terminal.
import { expect, test } from 'vitest'
import { createLogger } from '../../src/runtime/logger.ts'
import { readableLine } from '../../src/runtime/readable-line.ts'

const as = (text: string) => text
const plain = { dim: as, bold: as, red: as, yellow: as, cyan: as }
const TIME = /^\d\d:\d\d:\d\d\.\d{3} /

/** Both forms of one line. */
function logged(event: string, fields: Record<string, unknown>, level: 'info' | 'warn' | 'error' = 'info') {
  let json = ''
  const write = (line: string) => {
    json = line
  }
  createLogger({ level: 'debug', destination: { write } })[level](event, fields)
  return { json, readable: readableLine(json, plain) }
}

test('[H3] time, level, event and fields are one line', () => {
  const { readable } = logged('delivery.attempted', {
    deliveryId: 'a_b',
    attempt: 2,
    error: null,
    tags: ['x', 'y'],
    why: 'no route',
  })
  expect(readable).toMatch(TIME)
  expect(readable.replace(TIME, '')).toBe(
    'info  delivery.attempted deliveryId=a_b attempt=2 error=null tags=["x","y"] why="no route"\n',
  )
})

test('[H3] levels have names, and colours where there are some', () => {
  const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`
  const paints = { dim: as, bold: mark('b'), red: mark('red'), yellow: mark('yellow'), cyan: mark('cyan') }
  expect(readableLine(logged('a.b', {}, 'error').json, paints)).toContain('<red>error</red> <b>a.b</b>\n')
  expect(readableLine(logged('a.b', {}, 'warn').json, paints)).toContain('<yellow>warn </yellow>')
})

test('[I3] no value, name or event breaks the line, steers the terminal or turns the order of signs', () => {
  const evil = 'a\nb\u001b[2J\u009b2J\u202Ec\u2028d\u0007\r'
  const { readable } = logged(evil, { [evil]: evil, nested: { [evil]: [evil] } })
  expect(readable.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u)
  expect(readable.endsWith('\n')).toBe(true)
  expect(readable).toContain('\\u202e')
})

test('[H3] long values are cut, never between halves of a sign; what went wrong is whole', () => {
  const long = '👩'.repeat(500)
  const { readable } = logged('a.b', { long, error: new Error(long) })
  expect(readable).toContain(`long="${'👩'.repeat(199)}… error="${long}"\n`)
})

test('[H3] a field has the same value in both forms', () => {
  const fields = {
    id: 'abc-1',
    url: 'https://example.com/?…',
    count: 0,
    on: false,
    none: null,
    text: 'two words',
    list: [1, { a: 'b' }],
  }
  const { json, readable } = logged('a.b', fields)
  for (const [name, value] of Object.entries(fields)) {
    expect(JSON.parse(json)[name]).toEqual(value)
    const shown = typeof value === 'string' && /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value)
    expect(readable).toContain(` ${name}=${shown}`)
  }
})

test('[H3] what is no line of ours is shown as it came, without its controls', () => {
  expect(readableLine('not JSON\u001b[2J\n', plain)).toBe('not JSON\\u001b[2J\n')
  expect(readableLine('{"a":1}\n', plain)).toBe('{"a":1}\n')
})
