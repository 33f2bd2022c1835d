// Which failures are somebody's record, and which are nobody's.
import { expect, it } from 'vitest'
import { DatabaseError, type DatabaseErrorCode } from '../../src/database/database.ts'
import { EventError } from '../../src/events/codec.ts'
import { LogError } from '../../src/log/log.ts'
import { classifyFailure } from '../../src/projections/failure.ts'
import { RegistryError } from '../../src/registry/registry.ts'

const sql = (code: DatabaseErrorCode, sqlState: string | null) => new DatabaseError(code, 'running a statement', { sqlState })

it.each([
  ['a value that does not fit', sql('failed', '22P02'), 'poison'],
  ['a constraint', sql('constraint', '23505'), 'poison'],
  ['an index row too large', sql('failed', '54000'), 'poison'],
  ['a bug', new TypeError('x is undefined'), 'poison'],
  ['an emission that does not encode', new EventError('not-encodable', 'encoding'), 'poison'],
  ['a broken disk', sql('failed', '58030'), 'outage'],
  ['a missing table', sql('misconfigured', '42P01'), 'outage'],
  ['a missing right', sql('denied', '42501'), 'outage'],
  ['a full disk', sql('disk-full', '53100'), 'outage'],
  ['a lost connection', sql('unreachable', null), 'outage'],
  ['a driver that says nothing', sql('failed', null), 'outage'],
  ['a topic that is missing', new LogError('topic-missing', 'appending'), 'outage'],
  ['a registry that is away', new RegistryError('unreachable', 'reading'), 'outage'],
  ['an answer to COMMIT that was lost', sql('commit-unknown', null), 'unknown-commit'],
])('[D2] %s', (_what, error, kind) => {
  expect(classifyFailure(error).kind).toBe(kind)
})

it('[D2] an outage that passes by itself is tried again sooner than one that a person mends', () => {
  const [soon, later] = [sql('unreachable', null), sql('misconfigured', '42P01')].map(classifyFailure)
  expect(soon).toMatchObject({ kind: 'outage', delayMs: 250 })
  expect(later).toMatchObject({ kind: 'outage', delayMs: 5000 })
})
