// A database that was there before history had a topic: everybody begins at its first record, and what could not be read still gives way.
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { migrate } from '../../src/database/migrate.ts'
import { applyEvents } from '../../src/projections/apply-events.ts'
import { moveCheckpoints, readCheckpoint } from '../../src/projections/checkpoints.ts'
import { positionToken, waitForPosition } from '../../src/projections/queries.ts'
import { readModel } from '../../src/projections/read-model/read-model.ts'
import { webhookStream } from '../../src/webhooks/stream/webhook-stream.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { openTestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'

const migrations = new URL('../../infra/postgres/migrations/', import.meta.url)
const logger = collectLogLines()

async function openBefore() {
  const before = await openTestDatabase('history migration', { empty: true })
  onTestFinished(before.close)
  const directory = await openTempDir()
  for (const name of await readdir(migrations)) if (name < '0130') await cp(new URL(name, migrations), join(directory, name))
  await migrate({ url: before.url, logger, directory }, never)
  return before
}

const offsets = '{"events": "7", "media-downloaded": "1", "media-stored": "2", "media-failed": "3"}'

it('[D2] [D3] [H9] each partition that was there begins history at 0, under the revision that its owner goes on with', async () => {
  const { url, database } = await openBefore()
  for (const { name, version } of [readModel, webhookStream, { name: 'another', version: 1 }])
    await database.query(
      'insert into projection_checkpoints (projection, version, partition, revision, offsets) values ($1, $2, 0, 5, $3), ($1, $2, 1, 5, $3)',
      [name, version, offsets],
    )
  await migrate({ url, logger }, never)
  for (const of of [readModel, webhookStream]) {
    const checkpoint = await readCheckpoint(database, of, 1)
    expect(checkpoint).toMatchObject({ revision: 5n })
    expect(checkpoint?.offsets).toEqual(new Map(Object.entries({ ...numbers(offsets), history: 0n })))
  }
  expect((await readCheckpoint(database, { name: 'another', version: 1 }, 0))?.offsets.has('history')).toBe(false)
  // A process of the release before, which knows nothing of it, goes on with what it owns.
  const advance = { topic: 'events', fromOffset: 7n, nextOffset: 9n }
  const { sql, values } = moveCheckpoints(readModel, [{ partition: 0, revision: 5n, advance }])
  expect(await database.query(sql, values)).toEqual([{ partition: 0, revision: '6' }])
  expect((await readCheckpoint(database, readModel, 0))?.offsets.get('history')).toBe(0n)
  const token = positionToken('events', [{ topic: 'wa.events', partition: 0, nextOffset: 9n }])
  expect(await waitForPosition(database, readModel, token, never)).toBe('reached')
})

const numbers = (json: string): Record<string, bigint> =>
  Object.fromEntries(Object.entries(JSON.parse(json)).map(([topic, offset]) => [topic, BigInt(String(offset))]))

it('[D1] [H9] what could not be read before gives way to the copy that comes afterwards', async () => {
  const { url, database } = await openBefore()
  const unread = anEvent('message.undecryptable', { messageId: 'RETRIED' })
  await database.query(
    `insert into read_model_1.messages (event_id, instance_id, chat_id, sender_id, message_id, from_me, epoch, sequence, kind, is_group,
       undecryptable, occurred_at, changed_by_event)
     values ($1, 'shop', $2, $3, 'RETRIED', false, 1, 1, 'unknown', false, 'Bad MAC', now(), $1)`,
    [unread.eventId, unread.chatId, unread.senderId],
  )
  await migrate({ url, logger }, never)
  const past = anEvent('message.history', { messageId: 'RETRIED' })
  const position = { topic: 'wa.history', partition: 0, nextOffset: 1n }
  await database.transact(tx => applyEvents(tx, readModel, [{ event: past, position }]), never)
  expect(await database.query('select event_id, from_history from messages')).toEqual([
    { event_id: past.eventId, from_history: true },
  ])
})
