// The courses of ratchets.test.ts, many more of them.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { runCourses } from '../ground/producers/ratchets/run-courses.ts'

const SEED = 20_270_000
const COURSES = 40
const STEPS = 60

let database: TestDatabase
let log: TestLog
beforeEach(async () => {
  database = await openTestDatabase('many ratchets', { poolSize: 8 })
  log = await openTestLog(database, { partitions: 2 })
})
afterEach(async () => {
  await log.close()
  await database.close()
})

test('[B2] [B3] [B4] [B8] [A3] 40 long courses over deaths at any instant and takeovers lose, double and reorder nothing, and no key', {
  timeout: 1_800_000,
}, async ({ annotate }) => {
  const { wrongs, ...counts } = await runCourses({ database, log }, { seed: SEED, courses: COURSES, steps: STEPS })
  expect(wrongs).toEqual([])
  await annotate(JSON.stringify(counts))
})
