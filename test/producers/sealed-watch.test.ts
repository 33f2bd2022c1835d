// Which accounts are looked at, and which of what waits gives way, on a real database.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bringSecrets, type SecretRow, takeBrought } from '../../src/instances/message-secrets.ts'
import { digestOf } from '../../src/instances/sealed-secrets.ts'
import { addSealed } from '../../src/producers/secrets/sealed-rows.ts'
import { createSealedWatch } from '../../src/producers/secrets/sealed-watch.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let world: TestDatabase
beforeEach(async ({ task }) => {
  world = await openTestDatabase(task.name)
})
afterEach(() => world.close())

const secret = (instanceId: string, message = 'POLL'): SecretRow => ({
  instanceId,
  message: digestOf(message),
  author: digestOf('ana'),
  sealed: Buffer.alloc(1),
  isForEver: true,
})
const row = (eventId: string, chat: string) => ({
  eventId,
  chat: digestOf(chat),
  targets: [digestOf('POLL')],
  sealed: Buffer.alloc(1),
})
const kept = async () =>
  (await world.database.query<{ event_id: string }>('select event_id from sealed_messages order by event_id')).map(
    one => one.event_id,
  )

async function fill(chat: string, { from, count }: { from: number; count: number }): Promise<void> {
  await world.database.query(
    `insert into sealed_messages (instance_id, event_id, chat, targets, sealed, kept_at)
     select 'shop', $1 || lpad(n::text, 4, '0'), $2, '{}', '\\x00', now() - n * interval '1 second' from generate_series($3::int, $4::int) n`,
    [`${chat} `, digestOf(chat), from, from + count - 1],
  )
}

/** What each account was looked at for, after the look at its start. */
function openWatch(failing = new Set<string>(), due = new Set<string>()) {
  const stop = new AbortController()
  const looks: string[] = []
  const watch = createSealedWatch({ database: world.database, logger, sealedLookMs: 5 })
  const add = (instanceId: string, isWaiting = true) =>
    watch.add({
      instanceId,
      life: { isOver: () => stop.signal.aborted },
      sealed: {
        isWaiting: () => isWaiting,
        isDue: () => due.has(instanceId),
        look: async () => {
          looks.push(instanceId)
          due.delete(instanceId)
          if (failing.delete(instanceId)) throw new Error('on purpose')
        },
      },
    })
  return { add, looks, follow: () => watch.follow(stop.signal), stop: () => stop.abort() }
}

test('[B9] whom another process brought secrets is looked at once, also after a failure, and so is who says it is due; nobody else', async () => {
  const [failing, due] = [new Set<string>(), new Set<string>()]
  const watch = openWatch(failing, due)
  for (const instanceId of ['shop', 'branch', 'late']) watch.add(instanceId)
  watch.add('idle', false)
  watch.looks.length = 0
  for (const instanceId of ['shop', 'idle']) await bringSecrets(world.database, [secret(instanceId), secret(instanceId, 'OTHER')])
  failing.add('shop')
  due.add('late')
  const following = watch.follow()
  await until('all to be looked at', () => watch.looks.length === 3)
  await bringSecrets(world.database, [secret('branch')])
  await until('the next one to be looked at', () => watch.looks.length === 4)
  watch.stop()
  await following
  expect(watch.looks.slice(0, 3).toSorted()).toEqual(['late', 'shop', 'shop'])
  expect(watch.looks[3]).toBe('branch')
  expect(logger.lines.map(({ event }) => event)).toEqual(['sealed.not-looked'])
  expect(await takeBrought(world.database, ['shop', 'branch', 'idle']), 'kept for who has something sealed later').toEqual([
    'idle',
  ])
})

test('[B9] a mark whose secrets are still on their way is not taken, and what is there already is written anew', async () => {
  await bringSecrets(world.database, [secret('shop')])
  await world.database.transact(async tx => {
    await bringSecrets(tx, [secret('shop', 'OTHER')])
    expect(await takeBrought(world.database, ['shop'])).toEqual([])
  }, never)
  expect(await takeBrought(world.database, ['shop'])).toEqual(['shop'])
  expect(await takeBrought(world.database, ['shop'])).toEqual([])
})

test('[A7] a purged instance is marked no more', async () => {
  await world.database.query(`insert into instance_ids (instance_id, request_id, name) values ('shop', 'r', '')`)
  await world.database.query(`insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')`)
  await bringSecrets(world.database, [secret('shop')])
  expect(await takeBrought(world.database, ['shop'])).toEqual([])
})

test('[B9] what is kept although its secret came meanwhile says so', async () => {
  expect(await addSealed(world.database, 'shop', row('one', 'team'))).toEqual({ found: 0, gone: [] })
  await bringSecrets(world.database, [secret('shop')])
  expect(await addSealed(world.database, 'shop', row('two', 'team'))).toEqual({ found: 1, gone: [] })
})

test('[I2] two hundred of a chat are kept: the oldest of that chat goes, and nobody else’s', async () => {
  await fill('loud', { from: 1, count: 200 })
  await fill('quiet', { from: 5_000, count: 3 })
  expect(await addSealed(world.database, 'shop', row('new', 'loud'))).toMatchObject({ gone: ['loud 0200'] })
  expect(await addSealed(world.database, 'shop', row('newer', 'quiet'))).toMatchObject({ gone: [] })
  expect(await kept()).toHaveLength(204)
})

test('[I2] a thousand of an account are kept: the fullest chat gives way first, however old the others are', async () => {
  for (const chat of ['a', 'b', 'c', 'd']) await fill(chat, { from: 1, count: 200 })
  await fill('e', { from: 1, count: 198 })
  await fill('quiet', { from: 5_000, count: 2 })
  expect(await kept()).toHaveLength(1_000)
  expect(await addSealed(world.database, 'shop', row('new', 'quiet'))).toMatchObject({
    gone: [expect.stringMatching(/^[abcd] 0200$/)],
  })
  expect((await kept()).filter(id => id.startsWith('quiet'))).toHaveLength(2)
})
