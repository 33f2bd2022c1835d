// Many courses side by side on one database and one log. One that goes wrong is named by its seed and by the fewest of its steps that go wrong
// when they are run again.
import { randomBytes } from 'node:crypto'
import type { Logger } from '../../../../src/runtime/logger.ts'
import { createSealer } from '../../../../src/runtime/seal.ts'
import type { TestDatabase } from '../../database.ts'
import type { TestLog } from '../../log.ts'
import { type Outcome, runCourse } from './course.ts'
import type { Ground } from './own-device.ts'
import { planOf } from './plan.ts'

export type Courses = { seed: number; courses: number; steps: number }
export type Wrong = { seed: number; steps: number; wrongs: readonly string[] }
/** Over all of them. */
export type Total = Omit<Outcome, 'wrongs'> & { wrongs: readonly Wrong[] }

const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
/** Most of their time they wait. */
const sideBySide = 8
const stepsApart = 5
const counts = ['deaths', 'messages', 'undecryptable', 'devices', 'calmDevices'] as const
let accounts = 0

export async function runCourses(
  of: { database: TestDatabase; log: TestLog },
  { seed, courses, steps }: Courses,
): Promise<Total> {
  const ground = groundOf(of)
  const total = { wrongs: [] as Wrong[], deaths: 0, messages: 0, undecryptable: 0, devices: 0, calmDevices: 0 }
  const seeds = Array.from({ length: courses }, (_, nth) => seed + nth)
  const worker = async () => {
    for (let one = seeds.shift(); one !== undefined; one = seeds.shift()) {
      const outcome = await run(ground, one, steps)
      for (const count of counts) total[count] += outcome[count]
      if (outcome.wrongs.length > 0) total.wrongs.push(await shortest(ground, { seed: one, steps, wrongs: outcome.wrongs }))
    }
  }
  await Promise.all(Array.from({ length: sideBySide }, worker))
  return total
}

const run = (ground: Ground, seed: number, steps: number) => runCourse({ number: ++accounts, plan: planOf(seed, steps), ground })

/** What a course does depends on time as well: one that goes well when it is run again is told as it was. */
async function shortest(ground: Ground, whole: Wrong): Promise<Wrong> {
  for (let steps = stepsApart; steps < whole.steps; steps += stepsApart) {
    const { wrongs } = await run(ground, whole.seed, steps)
    if (wrongs.length > 0) return { ...whole, steps, wrongs }
  }
  return whole
}

const groundOf = ({ database: { database }, log: { log, codec, topic } }: { database: TestDatabase; log: TestLog }): Ground => ({
  ...{ database, log, codec, eventsTopic: topic('events'), logger: quiet },
  sealer: createSealer({ current: randomBytes(32), previous: null }),
})
