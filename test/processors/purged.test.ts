// What processors do for a purged instance: they put nothing that stays, and say nothing, whenever its tombstone came.
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import type { Transaction } from '../../src/database/database.ts'
import { ObjectError, type ObjectStore } from '../../src/objects/objects.ts'
import { createIncomingRows } from '../../src/processors/incoming-rows.ts'
import { createTombstones } from '../../src/processors/runner/tombstones.ts'
import { openTestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { handle, type MediaWorld, mediaMessage, never, openMediaWorld, useHands } from '../ground/processors/media-world.ts'

const logger = collectLogLines()
useHands()
let world: MediaWorld
beforeEach(async () => {
  world = await openMediaWorld(logger)
})
afterEach(() => world.close())

const photo = await sampleJpeg({ width: 640, height: 480 })
const sha256 = createHash('sha256').update(photo).digest('hex')
const keys = async () => (await Array.fromAsync(world.truth.list('', never))).map(one => one.key)

/** A store in which the tombstone comes while something is put or copied, which then is taken, or refused. */
const buryingAt = (call: 'put' | 'copy', refusal: ObjectError | null = null): ObjectStore => ({
  ...world.truth,
  [call]: async (object: never, signal: AbortSignal) => {
    world.purged.add('shop')
    if (refusal !== null) throw refusal
    return await world.truth[call](object, signal)
  },
})
const refused = new ObjectError('refused', 'putting it: on purpose')

async function downloaded() {
  const incomingKey = `incoming/shop/${sha256}`
  async function* body() {
    yield photo
  }
  await world.truth.put({ key: incomingKey, body: body(), contentType: 'image/jpeg', metadata: { sha256 } }, never)
  return anEvent('media.downloaded', {
    instanceId: 'shop',
    sourceEventId: 'a'.repeat(32),
    occurredAtSaid: '0',
    incomingKey,
    sizeBytes: photo.length,
    sha256,
  })
}

test('[A7] a file of a purged instance is not fetched, and what a killed try had put of it goes', async () => {
  const event = mediaMessage(world.cdn, { bytes: photo })
  expect((await handle(world, world.download(), event)).events).toHaveLength(1)
  expect(await keys()).toHaveLength(1)
  world.purged.add('shop')
  const requests = world.objects.calls.length
  for (const one of [event, mediaMessage(world.cdn, { bytes: Buffer.concat([photo, Buffer.of(1)]) })])
    expect(await handle(world, world.download(), one)).toEqual({ outcome: { kind: 'emit', appends: [] }, events: [] })
  expect(world.objects.calls.slice(requests)).toEqual([])
  expect(await keys()).toEqual([])
})

test('[A7] a file that is fetched while its instance is purged goes again, and nothing tells of it', async () => {
  const event = mediaMessage(world.cdn, { bytes: photo })
  const made = await handle(world, world.download({}, { objects: buryingAt('put') }), event)
  expect(made.events).toEqual([])
  expect(await keys()).toEqual([])
})

test('[A7] a file that is stored while its instance is purged goes again, with its thumbnail and what names its day', async () => {
  const event = await downloaded()
  const made = await handle(world, world.store({}, { objects: buryingAt('copy') }), event)
  expect(made.events).toEqual([])
  expect(await keys()).toEqual([event.incomingKey]) // which has a row, and goes by it
})

test('[A7] a file that cannot be fetched or stored while its instance is purged is not told of either', async () => {
  const nothing = { outcome: { kind: 'emit', appends: [] }, events: [] }
  const message = mediaMessage(world.cdn, { bytes: photo })
  expect(await handle(world, world.download({}, { objects: buryingAt('put', refused) }), message)).toEqual(nothing)
  world.purged.clear()
  const event = await downloaded()
  expect(await handle(world, world.store({}, { objects: buryingAt('copy', refused) }), event)).toEqual(nothing)
})

test('[A7] a file of a purged instance is not stored, and what a killed try had stored of it goes', async () => {
  const event = await downloaded()
  expect((await handle(world, world.store(), event)).events).toMatchObject([{ type: 'media.stored' }])
  expect(await keys()).toHaveLength(4)
  world.purged.add('shop')
  const calls = world.objects.calls.length
  expect((await handle(world, world.store(), event)).events).toEqual([])
  expect(world.objects.calls.slice(calls)).toEqual([])
  expect(await keys()).toEqual([event.incomingKey])
})

test('[A7] no row names an object of a purged instance', async () => {
  const { database, close } = await openTestDatabase('purged incoming rows')
  const rows = createIncomingRows(database)
  await database.query(`insert into instance_ids (instance_id, request_id, name) values ('shop', 'r', '')`)
  await database.query(`insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')`)
  for (const instanceId of ['shop', 'branch']) {
    await rows.remember({ key: `${instanceId}/1`, instanceId })
    await rows.adopt([{ key: `${instanceId}/2`, instanceId, writtenAt: 0 }])
  }
  expect(await database.query('select key from incoming_objects order by key')).toEqual([
    { key: 'branch/1' },
    { key: 'branch/2' },
  ])
  await close()
})

/** A database whose statements are counted, and in which accounts are purged. */
async function openCounted(name: string) {
  const { database, close } = await openTestDatabase(name)
  const asked: string[] = []
  const query: Transaction['query'] = async (text, values) => {
    asked.push(text)
    return await database.query(text, values)
  }
  const purge = async (instanceId: string) => {
    await database.query(`insert into instance_ids (instance_id, request_id, name) values ($1, $1, '')`, [instanceId])
    await database.query(`insert into purges (instance_id, request_id, requested_by) values ($1, $1, 'test')`, [instanceId])
  }
  return { counted: { ...database, query }, asked, purge, close }
}

test('[A7] who asks at once is answered by few statements, none of which began before it was asked', async () => {
  const { counted, asked, purge, close } = await openCounted('asked at once')
  await purge('gone')
  const tombstones = createTombstones(counted)
  const ids = Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? 'gone' : `here-${n}`))
  expect(await Promise.all(ids.map(tombstones.isPurged))).toEqual(ids.map(id => id === 'gone'))
  expect(asked.length).toBe(2)
  const early = tombstones.isPurged('late')
  expect(await early).toBe(false)
  await purge('late')
  expect(await tombstones.isPurged('late')).toBe(true)
  await close()
})

test('[C6] rows that are remembered at once are few statements, each key once, and none for a purged instance', async () => {
  const { counted, asked, purge, close } = await openCounted('remembered at once')
  await purge('gone')
  const rows = createIncomingRows(counted)
  const of = Array.from({ length: 40 }, (_, n) => ({ key: `incoming/${n % 20}`, instanceId: n % 20 === 0 ? 'gone' : 'shop' }))
  await Promise.all(of.map(rows.remember))
  expect(asked.length).toBe(2)
  expect((await rows.due({ keptMs: -60_000, limit: 100 })).length).toBe(19)
  await close()
})
