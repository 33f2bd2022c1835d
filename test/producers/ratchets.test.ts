// Whatever dies between the log and the ratchets, and however often: what WhatsApp was told of is in the log once and in order, nothing more
// becomes undecryptable, and everybody goes on understanding everybody.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { runCourses } from '../ground/producers/ratchets/run-courses.ts'

const SEED = 20_261_129
const COURSES = 12
const STEPS = 40

let database: TestDatabase
let log: TestLog
beforeEach(async () => {
  database = await openTestDatabase('ratchets', { poolSize: 8 })
  log = await openTestLog(database, { partitions: 2 })
})
afterEach(async () => {
  await log.close()
  await database.close()
})

test('[B2] [B3] [B4] [B8] [A3] messages of all kinds over deaths at any instant and takeovers are in the log once, in order, and nobody loses a key', async ({
  annotate,
}) => {
  const { wrongs, ...counts } = await runCourses({ database, log }, { seed: SEED, courses: COURSES, steps: STEPS })
  expect(wrongs).toEqual([])
  expect(counts.deaths).toBeGreaterThan(COURSES)
  await annotate(JSON.stringify(counts))
}, 180_000)
