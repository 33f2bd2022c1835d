// What is in the log already is known again for thirty days, however much came since, and in the same statement as its ratchet step.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openInstanceRows } from '../../src/instances/instance-rows.ts'
import { openAuthRows } from '../../src/producers/auth/auth-rows.ts'
import { type AuthState, openAuthState } from '../../src/producers/auth/auth-state.ts'
import { createKeyWriter } from '../../src/producers/auth/key-writer.ts'
import { trim } from '../../src/producers/auth/trim-old-rows.ts'
import {
  appendedPartsType,
  createAppendedStanzaParts,
  forgetStanzaParts,
} from '../../src/producers/gate/appended-stanza-parts.ts'
import { createSocketLife } from '../../src/producers/socket-life.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
const sealer = createSealer({ current: randomBytes(32), previous: null })
let postgres: TestDatabase
beforeEach(async () => {
  postgres = await openTestDatabase('appended parts')
  for (const instanceId of ['first', 'second'])
    await postgres.database.query("insert into instance_ids (instance_id, request_id, name) values ($1, 'r', 'Test')", [
      instanceId,
    ])
})
afterEach(async () => {
  await postgres.close()
})

const owning = (instanceId = 'first') => openInstanceRows({ database: postgres.database, sealer }).takeEpoch(instanceId)
async function open(instanceId = 'first') {
  const { epoch } = await owning(instanceId)
  const { database } = postgres
  const life = createSocketLife()
  const keyWriter = createKeyWriter({ database, timeoutMs: 10_000 })
  const auth = await openAuthState({
    database,
    sealer,
    keyWriter,
    appended: async () => undefined,
    life,
    instanceId,
    epoch,
    timeoutMs: 10_000,
    random: Math.random,
    logger,
  })
  return { auth, parts: createAppendedStanzaParts(auth), epoch }
}
/** As the gate keeps them, in one key transaction with the session. */
const keep = (auth: AuthState, values: Readonly<Record<string, unknown>>) =>
  Promise.resolve(auth.keys.set({ session: { a: Buffer.from('step') }, [appendedPartsType]: values } as never))
const countParts = async () => (await postgres.database.query('select 1 from appended_parts')).length

test('[B3] a part is remembered, also by the next process, and by no other instance', async () => {
  const { auth, parts } = await open()
  expect(await parts.has('a')).toBe(false)
  await keep(auth, parts.add('a'))
  expect(await parts.has('a')).toBe(true)
  expect(await (await open()).parts.has('a')).toBe(true)
  expect(await (await open('second')).parts.has('a')).toBe(false)
})

test('[B3] a part is as durable as the step that read it: a fenced write leaves neither', async () => {
  const { auth, parts } = await open()
  await owning()
  await expect(keep(auth, parts.add('a'))).rejects.toThrow('fenced')
  const next = await open()
  expect(await next.parts.has('a')).toBe(false)
  expect(await next.auth.keys.get('session', ['a'])).toEqual({})
})

test('[B3] parts are kept by age, not by number', async () => {
  const { auth, parts } = await open()
  for (const nth of [0, 1, 2]) {
    const thousand = Array.from({ length: 1_000 }, (_, place) => parts.add(`part ${nth * 1_000 + place}`))
    await keep(auth, Object.assign({}, ...thousand))
  }
  expect(await parts.has('part 0')).toBe(true)
  await keep(auth, parts.add('old'))
  await postgres.database.query("update appended_parts set appended_at = now() - interval '29 days'")
  await keep(auth, parts.add('new'))
  expect(await trim(postgres.database, forgetStanzaParts, { batchRows: 1_000 })).toBe(0)
  await postgres.database.query(
    "update appended_parts set appended_at = now() - interval '31 days' where appended_at < now() - interval '1 day'",
  )
  expect(await trim(postgres.database, forgetStanzaParts, { batchRows: 1_000 })).toBe(3_001)
  expect(await parts.has('old')).toBe(false)
  expect(await parts.has('new')).toBe(true)
})

test('[B3] what 0.1.0 remembered in its ring is remembered after the instance was opened once, and the ring is gone', async () => {
  // Written as 0.1.0 wrote them: SHA-256 of the part in 22 digits, sealed in its slot.
  const written = [
    { slot: '7', number: 1_031, digest: 'ypeBEsobvcr6wjGzmiPcTa' }, // of 'a'
    { slot: '1023', number: 1_023, digest: 'PiPoFgA5WUoziU9lZOGxNI' }, // of 'b'
  ]
  for (const { slot, number, digest } of written)
    await postgres.database.query("insert into auth_keys (instance_id, type, id, sealed) values ('first', $1, $2, $3)", [
      appendedPartsType,
      slot,
      sealer.seal(Buffer.from(JSON.stringify({ number, digest })), `auth_keys|first|${appendedPartsType}|${slot}`),
    ])
  const { parts } = await open()
  expect([await parts.has('a'), await parts.has('b'), await parts.has('c')]).toEqual([true, true, false])
  expect(await postgres.database.query('select 1 from auth_keys')).toEqual([])
  expect(await (await open()).parts.has('a')).toBe(true)
})

test('[A7] what ends a pairing erases its memory of parts, of any size, and only while it owns the instance', async () => {
  const { auth, parts, epoch } = await open()
  await keep(auth, parts.add('a'))
  await postgres.database.query(
    "insert into appended_parts (instance_id, digest) select 'first', sha256(n::text::bytea) from generate_series(1, 25000) n",
  )
  const other = await open('second')
  await keep(other.auth, other.parts.add('theirs'))
  const { database } = postgres
  const rows = { database, sealer, keyWriter: createKeyWriter({ database, timeoutMs: 10_000 }) }
  expect(await openAuthRows(rows, { instanceId: 'first', epoch: epoch - 1 }).erase()).toBe('fenced')
  expect(await countParts()).toBe(25_002)
  expect(await openAuthRows(rows, { instanceId: 'first', epoch }).erase()).toBe('written')
  expect(await countParts()).toBe(1)
  expect(await other.parts.has('theirs')).toBe(true)
})
