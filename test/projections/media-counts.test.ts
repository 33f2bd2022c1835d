// What a scrape says of files: how many are pending and since when, without reading any other file, and what is kept of each kind.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kept, type Walk, walkKeptMedia } from '../../src/projections/read-model/kept-media.ts'
import { MOST_PENDING, readPendingMedia } from '../../src/projections/read-model/pending-media.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { makeListIndexes } from '../ground/lists/make-list-indexes.ts'
import { plansOf } from '../ground/lists/plans.ts'

let ground: TestDatabase
beforeAll(async () => {
  ground = await openTestDatabase('media counts')
}, 120_000)
afterAll(() => ground.close())

const listed = (files: number, status: string, ageSeconds: number) =>
  ground.database.query(
    `insert into read_model_1.listed_media (event_id, instance_id, kind, status, occurred_at, epoch, sequence, changed_by_event)
     select $2 || n, 'shop', 'image', $2, now() - $3 * interval '1 second', 1, n, 'e' from generate_series(1, $1::integer) n`,
    [files, status, ageSeconds],
  )

test('[H1] files that are pending are counted up to a most, with the age of the oldest; not before there is an index to count by', async () => {
  await listed(30, 'stored', 900_000)
  expect(await readPendingMedia(ground.database)).toBeNull()
  await makeListIndexes(ground)
  expect(await readPendingMedia(ground.database)).toEqual({ files: 0, oldestSeconds: 0 })
  await listed(3, 'pending', 7_200)
  const { files, oldestSeconds } = (await readPendingMedia(ground.database)) ?? { files: 0, oldestSeconds: 0 }
  expect(files).toBe(3)
  expect(oldestSeconds).toBeGreaterThanOrEqual(7_200)
  expect(oldestSeconds).toBeLessThan(7_800)
  await ground.database.query("delete from read_model_1.listed_media where status = 'pending'")
  await listed(MOST_PENDING + 10, 'pending', 60)
  expect((await readPendingMedia(ground.database))?.files).toBe(MOST_PENDING)
})

const stored = (kind: string, files: number, sizeBytes: number, status = 'stored') =>
  ground.database.query(
    `insert into read_model_1.media (source_event_id, instance_id, round, rank, status, kind, size_bytes, occurred_at, changed_by_event)
     select $1 || $4 || n, 'shop', 1, 3, $4, $1, $3, now(), 'e' from generate_series(1, $2::integer) n`,
    [kind, files, sizeBytes, status],
  )

async function wholeWalk(pages: number): Promise<{ looks: number; kept: ReadonlyMap<string, Kept> }> {
  let walk: Walk | null = null
  for (let looks = 1; ; looks += 1) {
    const looked = await walkKeptMedia(ground.database, walk, pages)
    if (looked.kept !== null) return { looks, kept: looked.kept }
    walk = looked.walk
  }
}

test('[H1] bytes and files that are stored are the sum over a whole walk, however many pages a look takes; what failed is none', async () => {
  expect(await wholeWalk(1)).toEqual({ looks: 1, kept: new Map() })
  await stored('image', 3_000, 1_000)
  await stored('video', 20, 5_000_000_000)
  await stored('image', 500, 7, 'failed')
  const all = new Map([
    ['image', { files: 3_000, bytes: 3_000_000 }],
    ['video', { files: 20, bytes: 100_000_000_000 }],
  ])
  const small = await wholeWalk(2)
  expect(small.kept).toEqual(all)
  expect(small.looks).toBeGreaterThan(5)
  expect(await wholeWalk(1_000)).toEqual({ looks: 1, kept: all })
})

test('[H1] a look reads no page but its own', async () => {
  const plans = await ground.database.transact(tx => plansOf(tx, all => walkKeptMedia(all, null, 2)), AbortSignal.timeout(60_000))
  expect(JSON.stringify(plans)).toContain('Tid Range Scan')
})

test('[H1] a walk through a table that a rebuild puts another in the place of begins anew', async () => {
  await stored('sticker', 3_000, 1)
  const { walk } = await walkKeptMedia(ground.database, null, 2)
  await ground.database.query(
    `alter schema read_model_1 rename to read_model_rebuild_1; create schema read_model_1;
     create table read_model_1.media (like read_model_rebuild_1.media including all)`,
  )
  await stored('audio', 10, 100)
  expect(await walkKeptMedia(ground.database, walk, 1_000)).toEqual({
    walk: null,
    kept: new Map([['audio', { files: 10, bytes: 1_000 }]]),
  })
})
