// The registry in Postgres keeps every promise, with and without a cache, and the contract suite notices each that is broken.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { cachedRegistry } from '../../src/registry/cached.ts'
import { openPostgresRegistry } from '../../src/registry/postgres.ts'
import type { SchemaRegistry } from '../../src/registry/registry.ts'
import { brokenRegistries, registryPromises } from '../contracts/registry.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { flaky } from '../ground/flaky.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('registry')
})
afterAll(() => database.close())

const never = new AbortController().signal
let made = 0
const aSubject = (change: (real: SchemaRegistry) => SchemaRegistry = real => real) => {
  made += 1
  const open = () => change(openPostgresRegistry(database.database))
  return { registry: open(), other: open(), subject: `zaplog.events.Test${made}` }
}

describe('the registry in Postgres', () => {
  test.for(Object.entries(registryPromises))('%s', async ([, assertKept]) => assertKept(aSubject()))
})

describe('a cached registry', () => {
  test.for(Object.entries(registryPromises))('%s', async ([, assertKept]) => assertKept(aSubject(cachedRegistry)))
})

test.for(brokenRegistries)('a registry that $title is found out', async ({ breaks, registry }) => {
  const [promise] = Object.entries(registryPromises).filter(([title]) => title.startsWith(breaks))
  await expect((async () => promise?.[1](aSubject(registry)))()).rejects.toThrow()
})

test('every promise of the registry is broken by one of them', () => {
  expect(Object.keys(registryPromises).filter(title => !brokenRegistries.some(({ breaks }) => title.startsWith(breaks)))).toEqual(
    [],
  )
})

test('[B5] white space and the order of properties make no other schema', async () => {
  const { registry, subject } = aSubject()
  const one = await registry.idOf({ subject, text: '{"type":"record","name":"A","fields":[]}' }, never)
  const same = await registry.idOf({ subject, text: '{\n "name": "A", "fields": [], "type": "record"\n}' }, never)
  expect(same).toBe(one)
})

test('[B5] a registry that cannot be reached rejects, retryable, and known schemas go on', async () => {
  let down = false
  const failure = new DatabaseError('unreachable', 'no route')
  const registry = cachedRegistry(openPostgresRegistry(flaky(database.database, () => (down ? { fail: failure } : null))))
  const schema = { subject: `zaplog.events.Known${made}`, text: '{"type":"record","name":"Known","fields":[]}' }
  const id = await registry.idOf(schema, never)
  await registry.schemaOf(id, never)
  down = true
  expect(await registry.idOf(schema, never)).toBe(id)
  expect((await registry.schemaOf(id, never))?.subject).toBe(schema.subject)
  await expect(registry.schemaOf(id + 1, never)).rejects.toMatchObject({ code: 'unreachable', retryable: true })
  down = false
  expect(await registry.schemaOf(id + 1, never)).toBeNull()
})

test('[B5] a cache keeps no null: a schema registered later is found', async () => {
  const { registry, subject } = aSubject()
  const cached = cachedRegistry(openPostgresRegistry(database.database))
  const id = await registry.idOf({ subject, text: '{"type":"record","name":"B","fields":[]}' }, never)
  expect(await cached.schemaOf(id + 1, never)).toBeNull()
  const next = await registry.idOf({ subject, text: '{"type":"record","name":"C","fields":[]}' }, never)
  expect(next).toBe(id + 1)
  expect((await cached.schemaOf(next, never))?.subject).toBe(subject)
})
