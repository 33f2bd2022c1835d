// A database that was there before lists had rows of their own: they are filled as they would have come with every event.
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { migrate } from '../../src/database/migrate.ts'
import type { Event } from '../../src/events/event.ts'
import { applyEvents } from '../../src/projections/apply-events.ts'
import { readModel } from '../../src/projections/read-model/read-model.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { openTestDatabase } from '../ground/database.ts'
import { anEvent, somebody, somebodyElse, testStartAt } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { conversations } from '../ground/projections/conversations.ts'
import { dumpTables } from '../ground/standing-property.ts'

const migrations = new URL('../../infra/postgres/migrations/', import.meta.url)
const lists = ['chats', 'contacts', 'media'].map(list => `read_model_1.listed_${list}`)

async function open(name: string, options: { empty: boolean }) {
  const test = await openTestDatabase(name, options)
  onTestFinished(test.close)
  return test
}

const namesPair = (event: Event): boolean =>
  event.chatPn != null || event.senderPn != null || (event.type === 'contact.updated' && event.contactPn !== event.contactId)
const moved = anEvent('contact.updated', {
  contactId: somebodyElse.lid,
  contactLid: somebodyElse.lid,
  contactPn: somebody.pn,
  occurredAt: testStartAt + 60_000,
})

/** Each once, as the runner sees to it, in batches as small as steps are. */
async function project(database: Database, events: readonly Event[]): Promise<void> {
  const first = [...Map.groupBy(events, event => event.eventId).values()].flatMap(([event]) => event ?? [])
  for (let at = 0; at < first.length; at += 7) {
    const placed = first.slice(at, at + 7).map(event => ({ event, position: { topic: 'events', partition: 0, nextOffset: 1n } }))
    await database.transact(tx => applyEvents(tx, readModel, placed), never)
  }
}

it('[D3] [D4] lists of what was projected before are those of what is projected afterwards', async () => {
  const all = conversations.flat()
  // Addresses are listed apart before they are known to be one person's, and once more when a number turns out to be somebody else's.
  const events = [...all.filter(one => !namesPair(one)), ...all.filter(namesPair), moved]
  const before = await open('listed before', { empty: true })
  const directory = await openTempDir()
  for (const name of await readdir(migrations)) if (name < '0100') await cp(new URL(name, migrations), join(directory, name))
  await migrate({ url: before.url, logger: collectLogLines(), directory }, never)
  await project(before.database, events)
  await migrate({ url: before.url, logger: collectLogLines() }, never)

  const after = await open('listed after', { empty: false })
  await project(after.database, events)
  const expected = await dumpTables(after.database, lists)
  expect(Object.values(expected).filter(rows => rows.length === 0)).toEqual([])
  expect(await dumpTables(before.database, lists)).toEqual(expected)
})
