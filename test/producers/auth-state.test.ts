// The key store never answers wrongly: not behind its back, not for a failure, and not to whom the instance no longer belongs.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { openInstanceRows } from '../../src/instances/instance-rows.ts'
import { type AuthState, openAuthState } from '../../src/producers/auth/auth-state.ts'
import { createKeyWriter } from '../../src/producers/auth/key-writer.ts'
import { createSocketLife } from '../../src/producers/socket-life.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { flaky, type Plan } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const sealer = createSealer({ current: randomBytes(32), previous: null })
let postgres: TestDatabase
beforeEach(async () => {
  postgres = await openTestDatabase('auth state')
  await postgres.database.query("insert into instance_ids (instance_id, request_id, name) values ('first', 'r', 'First')")
})
afterEach(async () => {
  await postgres.close()
})

const owning = () => openInstanceRows({ database: postgres.database, sealer }).takeEpoch('first')
async function open(plan: Plan = () => null, timeoutMs = 10_000) {
  return openOn(flaky(postgres.database, plan), timeoutMs)
}
async function openOn(database: Database, timeoutMs = 10_000) {
  const { epoch } = await owning()
  const life = createSocketLife()
  const keyWriter = createKeyWriter({ database, timeoutMs })
  const auth = await openAuthState({
    database,
    sealer,
    keyWriter,
    appended: async () => undefined,
    life,
    instanceId: 'first',
    epoch,
    timeoutMs,
    random: Math.random,
    logger,
  })
  return { auth, life }
}
const session = (auth: AuthState, id: string) => Promise.resolve(auth.keys.get('session', [id])).then(found => found[id])
const bytes = (text: string) => Buffer.from(text)

test('[A4] what was set is found again, by this process and the next', async () => {
  const { auth } = await open()
  await auth.keys.set({
    session: { a: bytes('one'), b: bytes('two') },
    'pre-key': { 1: { public: bytes('p'), private: bytes('q') } },
  })
  await auth.keys.set({ session: { b: null } })
  expect(await session(auth, 'a')).toEqual(bytes('one'))
  expect(await session(auth, 'b')).toBeUndefined()
  const { auth: next } = await open()
  expect(await next.keys.get('session', ['a', 'b', 'c'])).toEqual({ a: bytes('one') })
  expect(await next.keys.get('pre-key', ['1'])).toEqual({ 1: { public: bytes('p'), private: bytes('q') } })
})

test('[A4] what is handed out is nobody else’s', async () => {
  const { auth } = await open()
  const given = bytes('one')
  await auth.keys.set({ session: { a: given } })
  given.fill(0)
  ;(await session(auth, 'a'))?.fill(0)
  expect(await session(auth, 'a')).toEqual(bytes('one'))
})

test('[A4] absence is remembered, and ends with a write', async () => {
  let reads = 0
  const { auth } = await open(({ name, args: [, values] }) => {
    if (name === 'query' && Array.isArray(values) && values[1] === 'session') reads += 1
    return null
  })
  expect(await session(auth, 'a')).toBeUndefined()
  expect(await session(auth, 'a')).toBeUndefined()
  expect(reads).toBe(1)
  await auth.keys.set({ session: { a: bytes('one') } })
  expect(await session(auth, 'a')).toEqual(bytes('one'))
  expect(reads).toBe(1)
})

test('[A4] creds that changed are written with the keys that follow, in one statement', async () => {
  const { auth } = await open()
  await auth.saveCreds()
  auth.creds.nextPreKeyId = 77
  auth.credsChanged()
  await auth.keys.set({ 'pre-key': { 76: { public: bytes('p'), private: bytes('q') } } })
  const { auth: next } = await open()
  expect(next.creds.nextPreKeyId).toBe(77)
})

test('[A3] [A4] a write of an earlier epoch changes nothing and ends its socket', async () => {
  const { auth, life } = await open()
  await auth.keys.set({ session: { a: bytes('one') } })
  await owning()
  await expect(auth.keys.set({ session: { a: bytes('zombie') } })).rejects.toThrow('fenced')
  expect(life.ownReason()).toBe('fenced')
  const { auth: next } = await open()
  expect(await session(next, 'a')).toEqual(bytes('one'))
})

test('[A4] a read that a write has overtaken is not remembered', async () => {
  const asked = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  let isHeld = false
  const { auth } = await openOn({
    ...postgres.database,
    query: async (sql, values) => {
      const rows = await postgres.database.query<never>(sql, values)
      if (!isHeld || !sql.startsWith('select id, sealed')) return rows
      asked.resolve()
      await gate.promise
      return rows
    },
  })
  isHeld = true
  const overtaken = session(auth, 'a')
  await asked.promise
  await auth.keys.set({ session: { a: bytes('new') } })
  gate.resolve()
  await overtaken
  expect(await session(auth, 'a')).toEqual(bytes('new'))
})

const versionType = 'app-state-sync-version'
const versions = async (auth: AuthState) => Object.keys(await auth.keys.get(versionType, ['a', 'b', 'c']))
const aVersion = { version: 1, hash: bytes('h'), indexValueMap: {} }

test('[A4] of a type that was erased nothing is found again, whether it was set or read before; what is set afterwards is', async () => {
  const { auth } = await open()
  await auth.keys.set({ session: { a: bytes('one') }, [versionType]: { a: aVersion, b: aVersion } })
  expect(await versions(auth)).toEqual(['a', 'b'])
  const waiting = auth.keys.set({ [versionType]: { c: aVersion } })
  await Promise.all([auth.eraseAll(versionType), waiting])
  expect(await versions(auth)).toEqual([])
  expect(await session(auth, 'a')).toEqual(bytes('one'))
  await auth.keys.set({ [versionType]: { c: aVersion } })
  expect(await versions(auth)).toEqual(['c'])
  expect(await versions((await open()).auth)).toEqual(['c'])
})

test.each([
  ['a read', (auth: AuthState) => versions(auth)],
  ['a read ahead', (auth: AuthState) => auth.readAhead([{ type: versionType, id: 'a' }])],
])('[A4] %s that was on its way when its type was erased brings nothing of it back', async (_, begin) => {
  await (await open()).auth.keys.set({ [versionType]: { a: aVersion } })
  const asked = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const { auth } = await openOn({
    ...postgres.database,
    query: async (sql, values) => {
      const rows = await postgres.database.query<never>(sql, values)
      if (!/from auth_keys where instance_id = \$1 and type = \$2 and id|join auth_keys/.test(sql)) return rows
      asked.resolve()
      await gate.promise
      return rows
    },
  })
  const overtaken = begin(auth)
  await asked.promise
  await auth.eraseAll(versionType)
  gate.resolve()
  await overtaken
  expect(await versions(auth)).toEqual([])
})

test('[B2] get and set outlast failures of the database, and reject only after their socket was destroyed', async () => {
  let isAway = false
  const { auth, life } = await open(
    ({ name }) => (isAway && name === 'query' ? { fail: new Error('connection refused') } : null),
    300,
  )
  await auth.keys.set({ session: { a: bytes('one') } })
  const order: string[] = []
  life.owns(() => void order.push('destroyed'))
  isAway = true
  const reading = session(auth, 'b')
  isAway = false
  expect(await reading).toBeUndefined()
  isAway = true
  const failures = [session(auth, 'c'), Promise.resolve(auth.keys.set({ session: { c: bytes('x') } }))].map(pending =>
    pending.then(
      () => order.push('answered'),
      () => order.push('rejected'),
    ),
  )
  await Promise.all(failures)
  expect(order[0]).toBe('destroyed')
  expect(order.filter(what => what !== 'destroyed')).toEqual(['rejected', 'rejected'])
  expect(life.ownReason()).toBe('log-unavailable')
})

test('[B2] [A4] nothing is read or written for a socket that has ended, not even what waited for another write', async () => {
  let isSlow = false
  const first = Promise.withResolvers<void>()
  const written: string[] = []
  const { auth, life } = await open(({ name, args: [sql] }) => {
    if (!isSlow || name !== 'query') return null
    written.push(String(sql).includes('insert into auth_keys') ? 'write' : 'read')
    return { delay: first.promise }
  })
  isSlow = true
  const begun = Promise.allSettled(['a', 'b'].map(id => auth.keys.set({ session: { [id]: bytes(id) } })))
  await until('a write to be on its way', () => written.length > 0)
  life.terminate('fenced')
  const late = Promise.allSettled([session(auth, 'c'), auth.keys.set({ session: { c: bytes('c') } }), auth.saveCreds()])
  expect((await late).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect((await begun).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(written).toEqual(['write'])
  first.resolve()
})

test('[A4] a write whose answer was lost is written again, and is there', async () => {
  let isLost = true
  const { auth } = await open(({ name, args: [sql] }) => {
    if (!isLost || name !== 'query' || !String(sql).includes('insert into auth_keys')) return null
    isLost = false
    return { failAfter: new Error('connection lost') }
  })
  await auth.keys.set({ session: { a: bytes('one') } })
  const { auth: next } = await open()
  expect(await session(next, 'a')).toEqual(bytes('one'))
})

test('[A4] concurrent writes go together and each waits for its own', async () => {
  const { auth } = await open()
  await Promise.all(Array.from({ length: 50 }, (_, index) => auth.keys.set({ session: { [`k${index}`]: bytes(`v${index}`) } })))
  const { auth: next } = await open()
  const found = await next.keys.get(
    'session',
    Array.from({ length: 50 }, (_, index) => `k${index}`),
  )
  expect(Object.keys(found)).toHaveLength(50)
})

test('[A4] a wrong key opens nothing, erases nothing, and says so', async () => {
  const { auth } = await open()
  await auth.saveCreds()
  const { epoch } = await owning()
  const life = createSocketLife()
  const wrong = createSealer({ current: randomBytes(32), previous: null })
  const opening = openAuthState({
    database: postgres.database,
    sealer: wrong,
    keyWriter: createKeyWriter({ ...postgres, timeoutMs: 1_000 }),
    appended: async () => undefined,
    life,
    instanceId: 'first',
    epoch,
    timeoutMs: 1_000,
    random: Math.random,
    logger,
  })
  await expect(opening).rejects.toThrow(/sealed with ENCRYPTION_KEY .*, got what the key [0-9a-f]{8} sealed/)
  expect(life.ownReason()).toBe('sealed')
  await until('nothing was erased', async () => (await postgres.database.query('select 1 from auth_creds')).length === 1)
})
