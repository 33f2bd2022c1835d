// A dead letter has the headers of its record, but no trace that nobody made, and says why in text that every log takes.
import { expect, test } from 'vitest'
import { deadLetterOf } from '../../src/log/dead-letter.ts'

const eventId = '0123456789abcdef0123456789abcdef'
const failure = { code: 'parked', message: 'bad bytes', attempts: 1, processor: 'zaplog.store-media', firstFailedAt: 5 }
const headersOf = (traceparent: string, message = failure.message) => {
  const headers = { 'event-id': eventId, traceparent, tracestate: 'a=b' }
  const record = { topic: 'wa.events', partition: 0, offset: 7n, key: 'shop', value: null, headers, recordedAt: 3 }
  return deadLetterOf(record, { ...failure, message }).headers
}

test('[E7] a long reason is cut, and is text also where the cut goes through a character', () => {
  const reason = headersOf('', `${'x'.repeat(1999)}😀\u0000`)['x-error-message']
  expect(reason).toHaveLength(2000)
  expect(reason?.isWellFormed()).toBe(true)
})

test.each([
  `00-${eventId}-0123456789abcdef-00`, // of an event
  `00-${'f'.repeat(32)}-0123456789abcdef-00`, // of what was made of one
])('[H3] the trace that 0.1.0 made up is not repeated: %s', traceparent => {
  const headers = headersOf(traceparent)
  expect(headers).not.toHaveProperty('traceparent')
  expect(headers).toMatchObject({ 'event-id': eventId, tracestate: 'a=b', 'x-origin-offset': '7' })
})

test.each([`00-${'f'.repeat(32)}-0123456789abcdef-01`, `00-${'f'.repeat(32)}-00f067aa0ba902b7-00`])(
  '[H3] [E7] somebody’s true trace stays: %s',
  traceparent => {
    expect(headersOf(traceparent)).toMatchObject({ traceparent })
  },
)
