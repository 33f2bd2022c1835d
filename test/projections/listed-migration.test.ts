// A database that was there before lists had rows of their own: they are filled as they would have come with every event.
import { cp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { migrate } from '../../src/database/migrate.ts'
import type { Event } from '../../src/events/event.ts'
import { isOfHistory } from '../../src/events/topics.ts'
import { applyEvents } from '../../src/projections/apply-events.ts'
import { readModel } from '../../src/projections/read-model/read-model.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { openTestDatabase } from '../ground/database.ts'
import { anEvent, somebody, somebodyElse, testStartAt } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { conversations } from '../ground/projections/conversations.ts'
import { dumpTables } from '../ground/standing-property.ts'
import { until } from '../ground/until.ts'

const migrations = new URL('../../infra/postgres/migrations/', import.meta.url)
const lists = ['chats', 'contacts', 'media'].map(list => `read_model_1.listed_${list}`)

async function open(name: string, options: { empty: boolean }) {
  const test = await openTestDatabase(name, options)
  onTestFinished(test.close)
  return test
}

/** Those before this one. */
async function migrationsUntil(end: string): Promise<string> {
  const directory = await openTempDir()
  for (const name of await readdir(migrations)) if (name < end) await cp(new URL(name, migrations), join(directory, name))
  return directory
}
const toListed = async (url: string, logger = collectLogLines()) =>
  migrate({ url, logger, directory: await migrationsUntil('0102') }, never)

/** With the migrations of the release before, and what today's rows have besides: the columns and tables of later ones, which no list is made from. */
async function openBefore() {
  const before = await open('listed before', { empty: true })
  const directory = await migrationsUntil('0093')
  const applied = await migrate({ url: before.url, logger: collectLogLines(), directory }, never)
  expect(applied.at(-1)).toBe('0092_attempt_results')
  for (const name of (await readdir(migrations)).sort()) {
    const text = await readFile(new URL(name, migrations), 'utf8')
    const isOfLists = text.includes('listed_') || text.includes('_written')
    if (name > '0102' && text.includes('read_model_1') && !isOfLists) await before.database.query(text)
  }
  await before.database.query(
    `alter table read_model_1.messages add column from_history boolean not null default false,
        add column ordinal bigint not null default 0, add column message_order bigint;
      alter table read_model_1.message_receipts add column from_history boolean not null default false;
      create table read_model_1.provisional_messages (event_id text, instance_id text, message_id text, chat_id text, sender_id text)`,
  )
  return before
}

const namesPair = (event: Event): boolean =>
  event.chatPn != null || event.senderPn != null || (event.type === 'contact.updated' && event.contactPn !== event.contactId)
const moved = anEvent('contact.updated', {
  contactId: somebodyElse.lid,
  contactLid: somebodyElse.lid,
  contactPn: somebody.pn,
  occurredAt: testStartAt + 60_000,
})

const { isAccounted: _, ...unaccounted } = readModel

/** Each once, as the runner sees to it, in batches as small as steps are. */
async function project(database: Database, events: readonly Event[]): Promise<void> {
  const first = [...Map.groupBy(events, event => event.eventId).values()].flatMap(([event]) => event ?? [])
  for (let at = 0; at < first.length; at += 7) {
    const placed = first.slice(at, at + 7).map(event => ({ event, position: { topic: 'events', partition: 0, nextOffset: 1n } }))
    await database.transact(tx => applyEvents(tx, unaccounted, placed), never)
  }
}

it('[D3] [D4] lists of what was projected before are those of what is projected afterwards', async () => {
  // Of history nothing was there before.
  const all = conversations.flat().filter(event => !isOfHistory(event))
  // Addresses are listed apart before they are known to be one person's, and once more when a number turns out to be somebody else's.
  const events = [...all.filter(one => !namesPair(one)), ...all.filter(namesPair), moved]
  const before = await openBefore()
  await project(before.database, events)
  expect(await toListed(before.url)).toEqual(['0100_listed', '0101_lists'])

  const after = await open('listed after', { empty: false })
  await project(after.database, events)
  const expected = await dumpTables(after.database, lists, [
    'read_model_1.listed_chats.archived',
    'read_model_1.listed_media.ordinal',
  ])
  expect(Object.values(expected).filter(rows => rows.length === 0)).toEqual([])
  expect(await dumpTables(before.database, lists)).toEqual(expected)
})

/** As a step of the release before writes them. */
const written = ['address_pairs', 'contacts', 'chats', 'messages', 'media']
/** Tables of other tests' databases have the same numbers. */
const waiting = `select from pg_locks where relation = 'read_model_1.address_pairs'::regclass and not granted
  and database = (select oid from pg_database where datname = current_database())`
const aChat = `insert into read_model_1.chats values ('shop', 'late@lid', false, now(), 1, 1, 'late')`

it('[H9] [D4] a step of the release before, which is under way, is waited for and not in a circle, and what it wrote is listed', async () => {
  const { url, database } = await openBefore()
  const logger = collectLogLines()
  const migrating = await database.transact(async step => {
    const [first, ...others] = written.map(table => `lock table read_model_1.${table} in row exclusive mode`)
    await step.query(first ?? '')
    const begun = toListed(url, logger)
    await until('the migration waits', async () => (await database.query(waiting)).length > 0)
    for (const lock of others) await step.query(lock)
    await step.query(aChat)
    return { begun }
  }, never)
  expect(await migrating.begun).toEqual(['0100_listed', '0101_lists'])
  expect(logger.lines.filter(line => line.event === 'database.migration-waits')).toEqual([])
  expect(await database.query('select chat_id from listed_chats')).toEqual([{ chat_id: 'late@lid' }])
})

it('[H9] nobody who reads is in the way of the migration, nor it in theirs', async () => {
  const { url, database } = await openBefore()
  await database.transact(async reader => {
    for (const table of written) await reader.query(`select from read_model_1.${table}`)
    expect(await toListed(url)).toEqual(['0100_listed', '0101_lists'])
  }, never)
})
