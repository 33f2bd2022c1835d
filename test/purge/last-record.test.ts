// The last of an account's events in the log says that it was purged, whatever the API owed the log of it when it was.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { drainApiOutbox } from '../../src/instances/outbox.ts'
import { type EventLog, LogError } from '../../src/log/log.ts'
import { anEvent } from '../ground/events.ts'
import { never, openPurgeWorld, type PurgeWorld } from '../ground/purge/purge-world.ts'
import { until } from '../ground/until.ts'

let world: PurgeWorld
beforeEach(async () => {
  world = await openPurgeWorld('last record')
})
afterEach(() => world.close())

const unowned = { instanceId: 'shop', epoch: 0, sequence: 0, recordedAt: 0 }
const created = anEvent('instance.created', { ...unowned, eventId: 'c'.repeat(32) })
const changed = anEvent('instance.settings-changed', { ...unowned, eventId: 'd'.repeat(32) })

async function owe(...events: readonly Event[]) {
  for (const event of events) {
    const { key, headers, value } = world.codec.encode(event)
    await world.database.query(
      'insert into api_outbox (topic, key, headers, value, recorded_at) values ($1, $2, $3, $4, now())',
      [world.topic('events'), key, JSON.stringify(headers), value],
    )
  }
}
const typesInLog = async () => (await world.events()).map(event => event?.type)
const drain = (log: Pick<EventLog, 'append'> = world.log) => drainApiOutbox({ database: world.database, log }, never)

test.each([
  ['an account that never began, whose creation', false, [created, changed]],
  ['an account that was given up, of which a change', true, [changed]],
])('[A7] of %s is still owed to the log, nothing comes after the record that says purged', async (_, began, owed) => {
  await world.reserve('shop')
  if (!began) await world.database.query('delete from instance_owners')
  await owe(...owed)
  await world.request('shop')
  for (let step = await world.step('shop'); step !== 'settle'; ) step = await world.step('shop')
  await drain()
  expect(await typesInLog()).toEqual(['instance.deleted'])
})

test('[A7] what is on its way to the log when the account is purged is there before the record that says purged', async () => {
  await world.reserve('shop')
  await owe(changed)
  const [onItsWay, letThrough] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const drained = drain({
    append: async (...given) => {
      onItsWay.resolve()
      await letThrough.promise
      return world.log.append(...given)
    },
  })
  await onItsWay.promise
  const purged = world.purge('shop')
  await until('the purge to come upon it', async () => (await isWaitedFor()) || (await typesInLog()).length > 0)
  letThrough.resolve()
  await Promise.all([drained, purged])
  expect(await typesInLog()).toEqual(['instance.settings-changed', 'instance.deleted'])
})

test('[A1] what the log refuses for good holds whatever the same account owes behind it, and nobody else’s', async () => {
  const other = { ...created, instanceId: 'other', eventId: 'f'.repeat(32) }
  await owe(created, other, changed, { ...changed, eventId: 'e'.repeat(32) })
  const refused = await drain({
    append: async (append, signal) => {
      if (append.records.some(({ headers }) => headers['event-id'] === created.eventId))
        throw new LogError('record-too-large', 'appending 1 record: 2 bytes are taken')
      return world.log.append(append, signal)
    },
  })
  expect(refused.map(({ instanceId }) => instanceId)).toEqual(['shop'])
  expect((await world.events()).map(event => event?.eventId)).toEqual([other.eventId])
})

async function isWaitedFor(): Promise<boolean> {
  const rows = await world.database.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%api_outbox%'`,
  )
  return rows.length > 0
}
