// Every failure that has a name keeps it, says whether to try again, and shows no value.
import { expect, test } from 'vitest'
import { embeddedError } from '../../src/database/embedded-errors.ts'
import { toDatabaseError } from '../../src/database/postgres-errors.ts'

test.for([
  ['08006', 'unreachable', true],
  ['23514', 'constraint', false],
  ['25006', 'unreachable', true],
  ['28P01', 'denied', false],
  ['40001', 'conflict', true],
  ['42601', 'failed', false],
  ['42P01', 'misconfigured', false],
  ['53100', 'disk-full', true],
  ['53300', 'unreachable', true],
  ['55P03', 'timeout', true],
  ['57P01', 'unreachable', true],
  ['57P03', 'unreachable', true],
  ['XX000', 'failed', false],
  ['ZL002', 'misconfigured', false],
] as const)('[D2] the server’s state %s is %s', ([state, code, retryable]) => {
  const error = Object.assign(new Error('the server’s words'), { code: state, severity: 'ERROR' })
  expect(toDatabaseError({ doing: 'running "x"', error })).toMatchObject({ code, retryable, sqlState: state })
})

test.for([
  ['ECONNREFUSED', 'unreachable', true],
  ['EAI_AGAIN', 'unreachable', true],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'misconfigured', false],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'misconfigured', false],
  ['EACCES', 'denied', false],
] as const)('[D2] the driver’s code %s is %s', ([driver, code, retryable]) => {
  const error = toDatabaseError({ doing: 'connecting to h:1/d', error: Object.assign(new Error(''), { code: driver }) })
  expect(error).toMatchObject({ code, retryable, sqlState: null, message: expect.stringContaining(driver) })
})

test('[H4] something that is no Postgres is misconfigured', () => {
  const error = new Error('received invalid response: 48')
  expect(toDatabaseError({ doing: 'connecting to h:1/d', error })).toMatchObject({ code: 'misconfigured', retryable: false })
})

test('[D2] only an answer that never came, or ended the connection, leaves open what was done', () => {
  const of = (error: Error) => toDatabaseError({ doing: 'running "x"', error, perhapsDone: true }).perhapsDone
  const server = (code: string, severity: string) => Object.assign(new Error('words'), { code, severity })
  expect(of(new Error('Connection terminated unexpectedly'))).toBe(true)
  expect(of(server('57P01', 'FATAL'))).toBe(true)
  expect(of(server('40P01', 'ERROR'))).toBe(false)
})

test.for([
  ['PANIC: could not write to file "pg_wal/xlogtemp.1": No space left on device', 'disk-full', 'free some space'],
  ['ENOSPC: no space left on device, mkdir', 'disk-full', 'free some space'],
  ['EACCES: permission denied, mkdir', 'denied', 'choose another DATA_DIR'],
  ['EROFS: read-only file system, open', 'denied', 'read-only'],
  ['FATAL: could not create any TCP/IP sockets', 'unreachable', 'port'],
  ['FATAL: pre-existing shared memory block (key 1, ID 2) is still in use', 'unreachable', 'earlier server'],
  ['FATAL: database files are incompatible with server', 'misconfigured', 'another PostgreSQL version'],
] as const)('[H4] an embedded server that says "%s" is reported as %s with the way to mend it', ([said, code, mend]) => {
  expect(embeddedError('starting PostgreSQL in d', said)).toMatchObject({ code, message: expect.stringContaining(mend) })
})
