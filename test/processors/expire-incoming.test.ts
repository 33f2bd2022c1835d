// Under incoming/ only what zaplog wrote is ever deleted, and only when its time is over; what anybody else keeps there stays.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventOf } from '../../src/events/event.ts'
import { ObjectError, type ObjectStore } from '../../src/objects/objects.ts'
import { incomingName } from '../../src/processors/download/incoming.ts'
import { expireDue, incomingExpiry } from '../../src/processors/expire-incoming.ts'
import { createIncomingRows, type IncomingRows } from '../../src/processors/incoming-rows.ts'
import { runTimer } from '../../src/processors/runner/run-timer.ts'
import type { StoreUnderTest } from '../contracts/object-store-under-test.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openStore } from '../ground/objects/open-store.ts'
import { until } from '../ground/until.ts'

type World = { under: StoreUnderTest; testDatabase: TestDatabase; testLog: TestLog; rows: IncomingRows }

const never = new AbortController().signal
const logger = collectLogLines()
const DAY_MS = 86_400_000
const keptMs = 30 * DAY_MS
const worlds: World[] = []
beforeEach(async ({ task }) => {
  const testDatabase = await openTestDatabase(task.name)
  const testLog = await openTestLog(testDatabase, { partitions: 2 })
  worlds.push({ under: await openStore(), testDatabase, testLog, rows: createIncomingRows(testDatabase.database) })
})
afterEach(async () => {
  const { under, testLog, testDatabase } = world()
  worlds.pop()
  await testLog.close()
  await testDatabase.close()
  await under.close()
})
const world = (): World => {
  const [one] = worlds
  if (one === undefined) throw new Error('no world is open')
  return one
}
const store = (): ObjectStore => world().under.store
async function put(key: string): Promise<string> {
  async function* body() {
    yield Buffer.from('x')
  }
  await store().put({ key, body: body(), contentType: 'a/b', metadata: {} }, never)
  return key
}
const keys = async () => (await Array.fromAsync(store().list('', never))).map(one => one.key)
const aKey = (instanceId = 'shop') => `incoming/${instanceId}/${randomBytes(32).toString('hex')}`
/** As if it had been written so long ago. */
async function written(daysAgo: number, key = aKey()): Promise<string> {
  await world().rows.remember({ key, instanceId: 'shop' })
  const at = new Date(Date.now() - daysAgo * DAY_MS)
  await world().testDatabase.database.query('update incoming_objects set written_at = $2 where key = $1', [key, at])
  return await put(key)
}
const expire = () => expireDue({ objects: store(), rows: world().rows, keptMs }, never)
const remembered = async () =>
  (await world().testDatabase.database.query<{ key: string }>('select key from incoming_objects')).map(row => row.key).toSorted()

/** 0.1.0 said so in the log, and kept no row. */
async function downloadedBefore(daysAgo: number, more: Partial<EventOf<'media.downloaded'>> = {}): Promise<string> {
  const mediaSource = { mediaKey: randomBytes(32), encSha256: randomBytes(32), directPath: '/v/x' }
  const incomingKey = incomingName('shop', mediaSource)
  const recordedAt = Date.now() - daysAgo * DAY_MS
  const event = anEvent('media.downloaded', { instanceId: 'shop', mediaSource, incomingKey, recordedAt, ...more })
  const { log, codec, topic } = world().testLog
  await log.append({ topic: topic('media-downloaded'), records: [codec.encode(event)] }, never)
  return await put(event.incomingKey)
}
async function runOnce(): Promise<void> {
  const { testLog, rows } = world()
  const before = logger.lines.length
  const role = runTimer({ logger }, incomingExpiry({ ...testLog, objects: store(), rows, keptMs }))
  await until(
    'what is due to be gone',
    async () => (await rows.isAdopted()) && (await rows.due({ keptMs, limit: 1 })).length === 0,
  )
  await role.close()
  expect(logger.lines.slice(before).filter(line => line.level === 'warn')).toEqual([])
}

test('[C11] what was written goes when its time is over, not before, and its row with it', async () => {
  await written(40)
  await written(30.1)
  const kept = [await written(29.9), await written(1), await written(0)]
  expect(await expire()).toBe(2)
  expect(await keys()).toEqual(kept.toSorted())
  expect(await remembered()).toEqual(kept.toSorted())
  expect(await expire()).toBe(0)
})

test('[C11] more than fit one request go as well', async () => {
  const { database } = world().testDatabase
  await database.query(
    `insert into incoming_objects select 'incoming/shop/' || n, 'shop', now() - interval '31 days' from generate_series(1, 1200) n`,
  )
  expect(await expire()).toBe(1200)
  expect(await remembered()).toEqual([])
})

test('[C11] what others keep under incoming/ stays for ever, whatever its age, its form and its metadata', async () => {
  const theirs = [await put('incoming/orders-2019.csv'), await put(aKey()), await put('incoming/shop/notes.txt')]
  const own = await written(40)
  const aMonthLater = { keptMs: -40 * DAY_MS } // 40 days from now, everything here is old
  await runOnce()
  expect(await expireDue({ objects: store(), rows: world().rows, ...aMonthLater }, never)).toBe(0)
  expect(await keys()).toEqual(theirs.toSorted())
  expect(theirs).not.toContain(own)
})

test('[C11] a file that was put again while it was being deleted keeps its row, so that it goes some day', async () => {
  const key = await written(40)
  const objects: ObjectStore = {
    ...store(),
    delete: async (due, signal) => {
      await store().delete(due, signal)
      await world().rows.remember({ key, instanceId: 'shop' })
      await put(key)
    },
  }
  expect(await expireDue({ objects, rows: world().rows, keptMs }, never)).toBe(1)
  expect(await remembered()).toEqual([key])
  expect(await keys()).toEqual([key])
})

test('[C11] of 0.1.0, which kept no rows, goes what its events prove, and nothing that only looks like it', async () => {
  await downloadedBefore(40)
  const younger = await downloadedBefore(20)
  const looksAlike = await put(aKey())
  const spoken = await downloadedBefore(40, { incomingKey: `incoming/shop/${'ab'.repeat(32)}` })
  const elsewhere = await downloadedBefore(40, { incomingKey: 'ledger/2019.csv' })
  await runOnce()
  expect(await keys()).toEqual([younger, looksAlike, spoken, elsewhere].toSorted())
  expect(await remembered()).toEqual([younger])
})

test('[C11] the log is read for that once', async () => {
  await runOnce()
  const late = await downloadedBefore(40)
  await runOnce()
  expect(await keys()).toEqual([late])
})

test('[C11] [H3] what failed for a moment is tried again within half a minute: readiness says it no longer', () => {
  const { testLog, rows } = world()
  expect(incomingExpiry({ ...testLog, objects: store(), rows, keptMs }).afterFailureMs).toBeLessThanOrEqual(30_000)
})

test('[C11] it says when storage is down, and goes on the next time', async () => {
  await written(40)
  const faults = { down: true }
  const objects: ObjectStore = {
    ...store(),
    delete: async (names, signal) => {
      if (faults.down) throw new ObjectError('unreachable', 'the disk is away')
      await store().delete(names, signal)
    },
  }
  const { testLog, rows } = world()
  const role = runTimer({ logger }, { ...incomingExpiry({ ...testLog, objects, rows, keptMs }), everyMs: 20 })
  await until('it says so', () => role.checks()[0]?.state === 'degraded')
  expect(role.checks()).toMatchObject([{ name: 'object-expiry', detail: expect.stringContaining('the disk is away') }])
  faults.down = false
  await until('it has gone on', async () => (await keys()).length === 0)
  await until('it says so', () => role.checks()[0]?.state === 'ok')
  await role.close()
  await role.close()
})
