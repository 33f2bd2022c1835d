// The progress store keeps every promise, and its contract suite notices each that is broken.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProgressStore, type ProgressRows } from '../../src/log/progress.ts'
import { brokenStores, progressPromises } from '../contracts/progress.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('progress')
})
afterAll(() => database.close())

let made = 0
async function aSubject(
  change: (rows: ProgressRows) => Parameters<(typeof progressPromises)[string]>[0]['store'] = rows => rows,
) {
  made += 1
  const rows = createProgressStore(database.database)
  const [group, topic] = [`group-${made}`, `topic-${made}`]
  await rows.make(group, [topic], 2)
  return { store: change(rows), other: change(createProgressStore(database.database)), group, topic }
}

test.for(Object.entries(progressPromises))('%s', async ([, assertKept]) => assertKept(await aSubject()))

test.for(brokenStores)('a store that $title is found out', async ({ breaks, store }) => {
  const [promise] = Object.entries(progressPromises).filter(([title]) => title.startsWith(breaks))
  await expect((async () => promise?.[1](await aSubject(store)))()).rejects.toThrow()
})

test('every promise of the progress store is broken by one of them', () => {
  expect(Object.keys(progressPromises).filter(title => !brokenStores.some(({ breaks }) => title.startsWith(breaks)))).toEqual([])
})

test('[D2] rows are made once: made again they keep what was saved', async () => {
  const { store, group, topic } = await aSubject()
  const never = new AbortController().signal
  await store.take(group, [{ topic, partition: 0 }], never)
  await store.save(group, [{ topic, partition: 0, nextOffset: 4n, finished: [] }], never)
  await createProgressStore(database.database).make(group, [topic], 3)
  const taken = await store.take(
    group,
    [0, 1, 2].map(partition => ({ topic, partition })),
    never,
  )
  expect(taken.toSorted((a, b) => a.partition - b.partition).map(({ nextOffset }) => nextOffset)).toEqual([4n, 0n, 0n])
})
