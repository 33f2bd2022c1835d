// What a purge stands on: a database, a log and an object store, for tests that carry purges out without an account.
import { type Database, DatabaseError } from '../../../src/database/database.ts'
import { openSession, type Session } from '../../../src/database/session.ts'
import type { Event } from '../../../src/events/event.ts'
import { topicOfEvent } from '../../../src/events/topics.ts'
import { partitionOf } from '../../../src/log/append/partitioner.ts'
import type { ObjectStore } from '../../../src/objects/objects.ts'
import { openPurges, type PurgesDeps } from '../../../src/purge/open-purges.ts'
import { type Purge, readUndone } from '../../../src/purge/purge-rows.ts'
import { readPurge } from '../../../src/purge/queries.ts'
import { requestPurge } from '../../../src/purge/request-purge.ts'
import { takeStep } from '../../../src/purge/steps.ts'
import { openTestDatabase } from '../database.ts'
import { openTestLog } from '../log.ts'
import { collectLogLines } from '../log-lines.ts'
import { openStore } from '../objects/open-store.ts'
import { until } from '../until.ts'

export type PurgeWorld = Awaited<ReturnType<typeof openPurgeWorld>>

export const never = new AbortController().signal
const PARTITIONS = 2

export async function openPurgeWorld(name: string, store?: ObjectStore) {
  const test = await openTestDatabase(name)
  const { database } = test
  const { close: closeLog, ...log } = await openTestLog(test, { partitions: PARTITIONS })
  const under = store === undefined ? await openStore() : { store, close: async () => undefined }
  const logger = collectLogLines()
  const deps = {
    ...log,
    database,
    objects: under.store,
    logger,
    partitionOf: (key: string) => partitionOf(key, PARTITIONS),
    clock: Date.now,
    pauseMs: 0,
    pollMs: 20,
    standAsideMs: 100,
  }

  /** Marked as deleted, and given up by its owner unless said otherwise. */
  async function reserve(instanceId: string, { parkedFor = 'deleted/0' }: { parkedFor?: string | null } = {}) {
    await database.query(
      `insert into instance_ids (instance_id, request_id, name, wanted) values ($1, 'r', 'Shop', 'deleted') on conflict do nothing`,
      [instanceId],
    )
    await database.query(
      'insert into instance_owners (instance_id, epoch, parked_for) values ($1, 1, $2) on conflict do nothing',
      [instanceId, parkedFor],
    )
  }
  const request = (instanceId: string) => requestPurge(database, { instanceId, requestId: 'once', requestedBy: 'test' })

  /** A process of its own, as far as the rows can tell. */
  const start = (given: Partial<PurgesDeps> = {}) => openPurges({ ...deps, ...given })

  async function untilPurged(instanceId: string) {
    const purges = start()
    try {
      await until(`${instanceId} to be purged`, async () => (await readPurge(database, instanceId))?.state === 'done')
    } finally {
      await purges.close()
    }
  }

  return {
    ...log,
    database,
    logger,
    objects: under.store,
    reserve,
    request,
    start,
    untilPurged,
    purge: async (instanceId: string) => {
      await request(instanceId)
      await untilPurged(instanceId)
    },
    undone: () => readUndone(database),
    /** Takes the step that is next and answers the one after it. */
    step: async (instanceId: string): Promise<string | undefined> => {
      const purge = (await readUndone(database)).find(one => one.instanceId === instanceId)
      if (purge === undefined) throw new Error(`no purge of ${instanceId} is under way`)
      return (await takeStep(deps, purge, async () => true, never))?.step
    },
    stepOf: (purge: Purge) => takeStep(deps, purge, async () => true, never),
    /** One step, by a process that dies in it. */
    takeStep: async (instanceId: string, dying: Database) => {
      const purge = (await readUndone(database)).find(one => one.instanceId === instanceId)
      if (purge === undefined) throw new Error(`no purge of ${instanceId} is under way`)
      await takeStep({ ...deps, database: dying }, purge, async () => true, never).catch((error: unknown) => {
        if (error instanceof DatabaseError) throw error
      })
    },
    untilWaits: (instanceId: string, waitsFor: string) =>
      until(`it to wait for ${waitsFor}`, async () => (await readPurge(database, instanceId))?.waitsFor === waitsFor),
    openSession: (applicationName: string): Promise<Session> => openSession({ url: test.url, applicationName }, never),
    append: async (...events: readonly Event[]) => {
      for (const event of events)
        await log.log.append({ topic: log.topic(topicOfEvent(event)), records: [log.codec.encode(event)] }, never)
    },
    events: async () => {
      const events: (Event | null)[] = []
      for await (const { value } of log.log.read(log.topic('events'), { from: 'first', until: 'end' }, never))
        events.push(await log.codec.decode(value, never))
      return events
    },
    close: async () => {
      await closeLog()
      await under.close()
      await test.close()
    },
  }
}
