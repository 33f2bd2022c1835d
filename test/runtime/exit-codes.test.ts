import { expect, test } from 'vitest'
import { exitCodeOf, exitCodeOfStatus } from '../../src/cli/exit-codes.ts'
import { DatabaseError } from '../../src/database/database.ts'
import { LogError } from '../../src/log/log.ts'
import { ObjectError } from '../../src/objects/objects.ts'
import { ProducersError } from '../../src/producers/producers-error.ts'
import { RegistryError } from '../../src/registry/registry.ts'
import { DataDirError } from '../../src/runtime/data-dir.ts'
import { listenRefused } from '../../src/runtime/listen-refused.ts'
import { SealError } from '../../src/runtime/seal.ts'

test('[H8] what another setting mends ends with 78, what time mends with 75, everything else with 1', () => {
  expect(exitCodeOf(new SealError('opening auth_creds'))).toBe(78)
  expect(exitCodeOf(new DataDirError('denied', 'opening ./data'))).toBe(78)
  expect(exitCodeOf(new DataDirError('damaged', 'reading the secret'))).toBe(78)
  expect(exitCodeOf(new DataDirError('in-use', 'opening ./data'))).toBe(75)
  expect(exitCodeOf(new ProducersError('already-running', 'zaplog runs on another machine'))).toBe(75)
  expect(exitCodeOf(new ProducersError('wrong-key', 'opening auth_creds'))).toBe(78)
  expect(exitCodeOf(new Error('starting', { cause: new DatabaseError('unreachable', 'connecting') }))).toBe(75)
  expect(exitCodeOf(new DatabaseError('timeout', 'connecting'))).toBe(75)
  expect(exitCodeOf(new DatabaseError('disk-full', 'migrating'))).toBe(75)
  expect(exitCodeOf(new LogError('unavailable', 'creating topic wa.events'))).toBe(75)
  expect(exitCodeOf(new ObjectError('throttled', 'looking for the bucket'))).toBe(75)
  expect(exitCodeOf(new ObjectError('refused', 'looking for the bucket'))).toBe(78)
  expect(exitCodeOf(new RegistryError('incompatible', 'registering a schema'))).toBe(78)
  expect(exitCodeOf(new RegistryError('misconfigured', 'registering a schema'))).toBe(78)
  expect(exitCodeOf(new Error('something else'))).toBe(1)
  expect(exitCodeOf('not even an error')).toBe(1)
})

test.each([
  ['EADDRINUSE', 75],
  ['EADDRNOTAVAIL', 78],
  ['EACCES', 78],
])('[H8] an address that cannot be listened on, %s, ends with %d, whoever says so', (errno, exitCode) => {
  const cause = Object.assign(new Error('listen'), { code: errno })
  expect(exitCodeOf(cause)).toBe(exitCode)
  expect(exitCodeOf(listenRefused({ host: '127.0.0.1', port: 80 }, cause))).toBe(exitCode)
})

test('[H7] [H8] what comes with a later version is not there the next time: a verb that meets it fails', () => {
  expect([500, 501, 503, 404].map(status => exitCodeOfStatus(status, 1))).toEqual([75, 1, 75, 1])
})
