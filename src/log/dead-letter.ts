// A record that no attempt could finish, as it goes to the dead letters: original key, value and headers, and where it came from and why.
import { withoutInventedTrace } from './invented-trace.ts'
import type { LogRecord, NewRecord } from './log.ts'

export type Failure = { code: string; message: string; attempts: number; processor: string; firstFailedAt: number }

/** Longer messages are cut, so that the dead letter of a record always fits where twice the record does. */
const MAX_MESSAGE_CHARACTERS = 2000

/** recordedAt is the original's too: a dead letter is the same record in another place. */
export const deadLetterOf = (record: LogRecord, failure: Failure): NewRecord => ({
  key: record.key,
  value: record.value,
  headers: {
    ...withoutInventedTrace(record.headers),
    'x-origin-topic': record.topic,
    'x-origin-partition': String(record.partition),
    'x-origin-offset': String(record.offset),
    'x-origin-timestamp': String(record.recordedAt),
    'x-error-code': printable(failure.code),
    'x-error-message': printable(failure.message),
    'x-attempts': String(failure.attempts),
    'x-processor': failure.processor,
    'x-first-failed-at': String(Math.round(failure.firstFailedAt)), // Postgres counts in microseconds
  },
  recordedAt: record.recordedAt,
})

/** Headers are text everywhere: control characters, which some logs and Postgres refuse, become spaces. Cut first: a cut may halve a character. */
export const printable = (text: string) =>
  text
    .slice(0, MAX_MESSAGE_CHARACTERS)
    .replace(/\p{Cc}/gu, ' ')
    .toWellFormed()
