// The rows of the auth state are the owner's alone, all or nothing, and open in their own place only.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { openInstanceRows } from '../../src/instances/instance-rows.ts'
import { type KeyWrite, openAuthRows } from '../../src/producers/auth/auth-rows.ts'
import { createKeyWriter } from '../../src/producers/auth/key-writer.ts'
import { appendedPartsType } from '../../src/producers/gate/appended-stanza-parts.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { until } from '../ground/until.ts'

const sealer = createSealer({ current: randomBytes(32), previous: null })
let postgres: TestDatabase
beforeEach(async () => {
  postgres = await openTestDatabase('auth rows')
  await postgres.database.query("insert into instance_ids (instance_id, request_id, name) values ('first', 'r', 'First')")
})
afterEach(async () => {
  await postgres.close()
})

const owning = () => openInstanceRows({ database: postgres.database, sealer }).takeEpoch('first')
const rowsAs = (epoch: number, database: Database = postgres.database) =>
  openAuthRows({ database, sealer, keyWriter: createKeyWriter({ database, timeoutMs: 10_000 }) }, { instanceId: 'first', epoch })
const keyWrite = (id: string, value: string | null, type = 'session'): KeyWrite => ({ type, id, value })
const everyRow = () =>
  postgres.database.query<{ what: string; place: string; sealed: Buffer | null }>(
    `select 'key' as what, type || '/' || id as place, sealed from auth_keys
     union all select 'creds', epoch::text, sealed from auth_creds
     union all select 'part', encode(digest, 'hex'), null from appended_parts order by 1, 2`,
  )

test('[A3] [A4] an earlier epoch sets, deletes, remembers, pairs and erases nothing; the owner does', async () => {
  const part = keyWrite('ab'.repeat(16), 'true', appendedPartsType)
  const otherPart = keyWrite('cd'.repeat(16), 'true', appendedPartsType)
  const zombie = rowsAs((await owning()).epoch)
  expect(await zombie.write({ keys: [keyWrite('a', 'one'), part], creds: 'creds' })).toBe('written')
  const before = await everyRow()
  expect(before).toHaveLength(3)
  const owner = rowsAs((await owning()).epoch)

  const changes = [[keyWrite('a', 'zombie')], [keyWrite('b', 'zombie')], [keyWrite('a', null)], [otherPart], []]
  for (const keys of changes) expect(await zombie.write({ keys, creds: keys.length === 0 ? 'zombie' : null })).toBe('fenced')
  expect(await zombie.eraseKeys('session')).toBe('fenced')
  expect(await zombie.erase()).toBe('fenced')
  expect(await everyRow()).toEqual(before)

  expect(await owner.write({ keys: [keyWrite('b', 'two'), otherPart], creds: 'ours' })).toBe('written')
  expect(await owner.readCreds()).toBe('ours')
  expect(await owner.hasPart(otherPart.id)).toBe(true)
  expect(await owner.eraseKeys('session')).toBe('written')
  expect((await everyRow()).map(({ what }) => what)).toEqual(['creds', 'part', 'part'])
  expect(await owner.erase()).toBe('written')
  expect(await everyRow()).toEqual([])
})

test('[A3] whoever takes an instance over waits for a write that is being committed', async () => {
  const { epoch } = await owning()
  const order: string[] = []
  const taking = await postgres.database.transact(async tx => {
    await rowsAs(epoch, { ...postgres.database, query: tx.query }).write({ keys: [keyWrite('a', 'one')], creds: null })
    const taken = owning().then(() => void order.push('taken'))
    await until('the taking to wait, or to be done', async () => order.length > 0 || (await waitingForLocks()) === 1)
    order.push('committing')
    return { taken }
  }, new AbortController().signal)
  await taking.taken
  expect(order).toEqual(['committing', 'taken'])
})
const waitingForLocks = async () =>
  (
    await postgres.database.query(
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    )
  ).length

test('[A4] what is sealed opens in its own place only: not as another key, not as another type', async () => {
  const rows = rowsAs((await owning()).epoch)
  await rows.write({ keys: [keyWrite('a', 'one'), keyWrite('b', 'two'), keyWrite('a', 'three', 'sender-key')], creds: null })
  expect([...(await rows.readKeys('session', ['a', 'b']))]).toEqual(
    expect.arrayContaining([
      ['a', 'one'],
      ['b', 'two'],
    ]),
  )
  const copyOver = (type: string, id: string) =>
    postgres.database.query(
      `update auth_keys set sealed = (select sealed from auth_keys where type = 'session' and id = 'a') where type = $1 and id = $2`,
      [type, id],
    )
  await copyOver('session', 'b')
  await copyOver('sender-key', 'a')
  await expect(rows.readKeys('session', ['b'])).rejects.toMatchObject({ code: 'wrong-key' })
  await expect(rows.readKeys('sender-key', ['a'])).rejects.toMatchObject({ code: 'wrong-key' })
})
