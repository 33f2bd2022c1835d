// The progress store keeps every promise, and its contract suite notices each that is broken.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProgressStore, type ProgressRows } from '../../src/log/progress.ts'
import { brokenStores, progressPromises } from '../contracts/progress.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'

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
  const [consumerGroup, topic] = [`group-${made}`, `topic-${made}`]
  await rows.make(consumerGroup, [topic], 2)
  return { store: change(rows), other: change(createProgressStore(database.database)), consumerGroup, topic }
}

test.for(Object.entries(progressPromises))('%s', async ([, assertKept]) => assertKept(await aSubject()))

test.for(brokenStores)('a store that $title is found out', async ({ breaks, store }) => {
  const [promise] = Object.entries(progressPromises).filter(([title]) => title.startsWith(breaks))
  await expect((async () => promise?.[1](await aSubject(store)))()).rejects.toThrow()
})

test('every promise of the progress store is broken by one of them', () => {
  expect(Object.keys(progressPromises).filter(title => !brokenStores.some(({ breaks }) => title.startsWith(breaks)))).toEqual([])
})

test('[D2] rows are made once per group and topic: saved ones stay, lost ones are not made again, new topics get theirs', async () => {
  const { store, consumerGroup, topic } = await aSubject()
  const never = new AbortController().signal
  const at = [0, 1].map(partition => ({ topic, partition }))
  await store.take(consumerGroup, at, never)
  await store.save(consumerGroup, [{ topic, partition: 0, nextOffset: 4n, finished: [] }], never)
  await database.database.query('delete from log_progress where group_name = $1 and partition = 1', [consumerGroup])
  await createProgressStore(database.database).make(consumerGroup, [topic, `${topic}-new`], 2)
  const taken = await store.take(consumerGroup, [...at, { topic: `${topic}-new`, partition: 1 }], never)
  expect(taken.map(({ topic: of, partition, nextOffset }) => [of, partition, nextOffset]).sort()).toEqual([
    [topic, 0, 4n],
    [`${topic}-new`, 1, 0n],
  ])
})
