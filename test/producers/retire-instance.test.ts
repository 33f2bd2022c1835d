// The end of a pairing erases the auth state for good: nothing that its last socket left on its way is written after that.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readWanted } from '../../src/instances/instance-ids.ts'
import { openInstanceRows } from '../../src/instances/instance-rows.ts'
import { openAuthState } from '../../src/producers/auth/auth-state.ts'
import { createKeyWriter } from '../../src/producers/auth/key-writer.ts'
import { createInstanceVoice } from '../../src/producers/epoch/instance-voice.ts'
import { retireInstance } from '../../src/producers/epoch/retire-instance.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import { createSecretWriter } from '../../src/producers/secrets/secret-writer.ts'
import { openMessageSecrets } from '../../src/producers/secrets/secrets.ts'
import { createSocketLife } from '../../src/producers/socket-life.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { aTally } from '../ground/producers/a-tally.ts'

const instanceId = 'first'
const logger = collectLogLines()
const sealer = createSealer({ current: randomBytes(32), previous: null })
let postgres: TestDatabase
beforeEach(async () => {
  postgres = await openTestDatabase('retire instance')
  await postgres.database.query("insert into instance_ids (instance_id, request_id, name) values ('first', 'r', 'First')")
})
afterEach(async () => {
  await postgres.close()
})

/** An instance with an auth state; its writes into `table` wait for `held`, where that is given. */
async function openPaired(held: Promise<void> | null = null, table = 'auth_keys') {
  const { epoch, endedCleanly } = await openInstanceRows({ database: postgres.database, sealer }).takeEpoch(instanceId)
  const socketLife = createSocketLife()
  const isHeld = (sql: unknown) => String(sql).includes(`insert into ${table}`)
  const slow = flaky(postgres.database, ({ args: [sql] }) => (held !== null && isHeld(sql) ? { delay: held } : null))
  const keyWriter = createKeyWriter({ database: slow, timeoutMs: 10_000 })
  const secretWriter = createSecretWriter({ database: slow, timeoutMs: 10_000 })
  const deps = { database: postgres.database, sealer, keyWriter, secretWriter, clock: Date.now, logger }
  const whose = { life: socketLife, instanceId, epoch, timeoutMs: 10_000, random: Math.random, logger }
  const secrets = openMessageSecrets({ ...deps, ...whose })
  const auth = await openAuthState({ ...deps, ...whose, appended: async () => undefined })
  const voice = createInstanceVoice({
    instanceId,
    clock: Date.now,
    metrics: createProducerMetrics(createMetrics({ processMetrics: false })),
  })
  const intake = { append: async () => undefined, appended: async () => undefined, ignores: () => false }
  const [wanted] = await readWanted(postgres.database)
  if (wanted === undefined) throw new Error('expected an instance that is wanted')
  const owned = { instanceId, epoch, endedCleanly, socketLife, tally: aTally({ instanceId, epoch }), intake }
  const retire = () => retireInstance({ ...deps, voice }, { epoch: owned, wanted, reasonText: 'asked for' })
  return { auth, secrets, retire }
}
const rowsLeft = async () => {
  const [row] = await postgres.database.query<{ creds: number; keys: number }>(
    'select (select count(*)::int from auth_creds) as creds, (select count(*)::int from auth_keys) as keys',
  )
  return row
}
const bytes = (text: string) => Buffer.from(text)

test('[A7] what Baileys writes once the pairing has ended is not written', async () => {
  const { auth, retire } = await openPaired()
  await auth.keys.set({ session: { a: bytes('one') } })
  await auth.keys.set({ 'lid-mapping': { '5511': '4711' } }) // waits for the next write of this account
  await retire()
  await expect(auth.keys.set({ session: { b: bytes('two') } })).rejects.toMatchObject({ code: 'socket-ended' })
  expect(await rowsLeft()).toEqual({ creds: 0, keys: 0 })
})

test('[A7] what is on its way as the pairing ends is erased with the rest', async () => {
  const held = Promise.withResolvers<void>()
  const { auth, retire } = await openPaired(held.promise)
  const written = Promise.resolve(auth.keys.set({ session: { a: bytes('one') } })).catch(error => error)
  const retired = retire()
  await expect(written).resolves.toMatchObject({ code: 'socket-ended' })
  held.resolve()
  await retired
  expect(await rowsLeft()).toEqual({ creds: 0, keys: 0 })
})

test('[A7] what was told of a linking goes with it, all else with the instance, and nothing by whom a newer epoch has replaced', async () => {
  const told = () => postgres.database.query('select entity from told_states order by entity')
  const say = () =>
    postgres.database.query(`insert into told_states (instance_id, entity, id, digests, version)
      select 'first', entity, 'id', '{}', 1 from unnest(array['chat', 'linking']) as entity on conflict do nothing`)
  await say()
  const replaced = await openPaired()
  const owner = await openPaired()
  await expect(replaced.retire()).rejects.toMatchObject({ code: 'socket-ended' })
  expect(await told()).toEqual([{ entity: 'chat' }, { entity: 'linking' }])
  await owner.retire()
  expect(await told()).toEqual([{ entity: 'chat' }])
  await say()
  await postgres.database.query("update instance_ids set wanted = 'deleted'")
  const deleting = await openPaired()
  await openPaired()
  await expect(deleting.retire()).rejects.toMatchObject({ code: 'socket-ended' })
  expect(await told()).toHaveLength(2)
  await (await openPaired()).retire()
  expect(await told()).toEqual([])
})

const aSecret = {
  messageId: '3EB0A1',
  chat: { id: '200@lid', pn: null },
  author: { id: '200@lid', pn: null },
  secret: Buffer.alloc(32, 1),
  options: [],
  isForEver: true,
}
const secretsLeft = async () => (await postgres.database.query('select from message_secrets')).length

test('[A7] secrets of messages outlive a log-out, for what was sealed with them may still come, and go with the instance', async () => {
  const { secrets, retire } = await openPaired()
  await secrets.keep([aSecret])
  await retire()
  expect(await secretsLeft()).toBe(1)
  await postgres.database.query("update instance_ids set wanted = 'deleted'")
  await (await openPaired()).retire()
  expect(await secretsLeft()).toBe(0)
})

test('[A7] a secret that is on its way as the instance is deleted goes with the rest', async () => {
  await postgres.database.query("update instance_ids set wanted = 'deleted'")
  const held = Promise.withResolvers<void>()
  const { secrets, retire } = await openPaired(held.promise, 'message_secrets')
  const kept = secrets.keep([aSecret]).catch(error => error)
  let isRetired = false
  const retired = retire().then(() => {
    isRetired = true
  })
  await expect(kept).resolves.toMatchObject({ code: 'socket-ended' })
  await postgres.database.query('select pg_sleep(0.2)')
  expect(isRetired).toBe(false)
  held.resolve()
  await retired
  expect(await secretsLeft()).toBe(0)
})
