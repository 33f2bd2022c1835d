import { expect, test } from 'vitest'
import { createLogger, describeError } from '../../src/runtime/logger.ts'

const broken = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', row: 'somebody’s message' })

test('[I2] an error is described by its messages and codes down to the first cause, and by nothing else of it', () => {
  const error = Object.assign(new Error('appending to wa.events', { cause: broken }), { code: 'unavailable' })
  expect(describeError(error)).toBe('appending to wa.events (unavailable): read ECONNRESET')
})

test('[H3] what a message quotes of its cause is said once', () => {
  const error = new Error('appending to wa.events: read ECONNRESET', { cause: new Error('read ECONNRESET', { cause: broken }) })
  expect(describeError(error)).toBe('appending to wa.events: read ECONNRESET')
})

test('[H3] an error without a message, and what is no error, say what they can', () => {
  expect(describeError(Object.assign(new Error(''), { code: 'ETIMEDOUT' }))).toBe('(ETIMEDOUT)')
  expect(describeError('no Error')).toBe('no Error')
  expect(describeError(new Error('asking', { cause: 'no Error' }))).toBe('asking: no Error')
})

test('[H3] where nothing went wrong, a line says null and not the word', () => {
  const lines: string[] = []
  createLogger({ level: 'info', destination: { write: line => void lines.push(line) } }).info('delivery.attempted', {
    error: null,
  })
  expect(lines.map(line => JSON.parse(line))).toMatchObject([{ event: 'delivery.attempted', error: null }])
})
