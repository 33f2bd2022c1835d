// zaplog migrate says how far it is and what came of it, for people and for programs.
import { describe, expect, onTestFinished, test } from 'vitest'
import { describeOutcome, outcomeLine } from '../../src/cli/migrate-outcome.ts'
import { progressOf, secondsLeft } from '../../src/cli/migrate-screen.ts'
import { drawProgress } from '../../src/cli/progress-line.ts'
import { openSession } from '../../src/database/session.ts'
import { lockMove } from '../../src/log/postgres/move-out.ts'
import { openAlone } from '../../src/main/move/open-moving.ts'
import type { Plan } from '../../src/main/move/plan.ts'
import { refuseWhileMoving } from '../../src/main/move/refuse-while-moving.ts'
import { parseConfig } from '../../src/runtime/config.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { openTestDatabase } from '../ground/database.ts'
import { declareTopic } from '../ground/log.ts'
import { until } from '../ground/until.ts'

const partition = (number: number, firstOffset: bigint, endOffset: bigint) => ({
  ...{ topic: 'wa.events', partition: number, firstOffset, endOffset, sizeBytes: 1_234 },
  ...{ newestRecordedAt: 1, oldestRecordedAt: 1, largestBytes: 10 },
})
const declared = declareTopic('wa.events', { partitions: 2 })
const plan: Plan = {
  clusterId: 'k1',
  topics: [{ declared, partitions: [partition(0, 5n, 1_005n), partition(1, 0n, 0n)], isThere: false, maxBatchBytes: 1 }],
  problems: [],
  doubts: ['wa.events: replication is 1 in Kafka, expected 3'],
  movedBefore: null,
}

describe('how far it is', () => {
  test('[G3] [H7] a bar, a share and what is left, from what this process did', () => {
    const shown = progressOf({ step: 'copy', done: 6_000, of: 10_000, bytes: 1 }, { elapsedMs: 1_000, from: 4_000 })
    const line = drawProgress(shown, 60)
    expect(line).toBe('█████████░░░░░░ 60 %  2 s left  copying  6,000 of 10,000')
    expect(line.length).toBeLessThan(60)
    expect(shown.line).toBe('copying: 6,000 of 10,000 records, 2 s left')
  })

  test('[G3] nothing is left of nothing, and nobody knows how long the first record takes', () => {
    expect(secondsLeft({ step: 'verify', done: 0, of: 0, bytes: 0 }, { elapsedMs: 0, from: 0 })).toBe(0)
    expect(secondsLeft({ step: 'verify', done: 3, of: 9, bytes: 0 }, { elapsedMs: 50, from: 3 })).toBe(null)
    expect(progressOf({ step: 'verify', done: 0, of: 0, bytes: 0 }, { elapsedMs: 0, from: 0 })).toMatchObject({ share: 1 })
  })
})

describe('what came of it', () => {
  test('[G3] a dry run lists partitions that have or had records, notes and what stands against it', () => {
    const text = describeOutcome({ kind: 'planned', plan }, './zaplog').join('\n')
    expect(text).toMatch(/wa\.events +0 +5 +1005 +1,000 +1,234/)
    expect(text).not.toMatch(/wa\.events +1 /)
    expect(text).toContain('note: wa.events: replication is 1 in Kafka, expected 3')
    expect(text).toContain('Nothing stands against it; nothing was made.')
    const against = describeOutcome({ kind: 'planned', plan: { ...plan, problems: ['a\u001b[2Jb'] } }, './zaplog').join('\n')
    expect(against).toContain('stands against it: a\u{fffd}[2Jb')
    expect(against).not.toContain('Nothing stands')
  })

  test('[G3] for programs a line has the same', () => {
    expect(outcomeLine({ kind: 'planned', plan })).toEqual({
      ...{ event: 'checked', clusterId: 'k1', problems: [], notes: plan.doubts },
      partitions: [{ topic: 'wa.events', partition: 0, first: '5', end: '1005', records: 1_000, bytes: 1_234 }],
    })
    const moved = { clusterId: 'k1', verified: 9, expired: 0, renumberedSchemas: 2 }
    expect(outcomeLine({ kind: 'moved', moved })).toEqual({ event: 'moved', ...moved })
    expect(describeOutcome({ kind: 'moved', moved }, './zaplog').at(-1)).toContain('./zaplog migrate --delete-old')
  })
})

test('[G3] a start on the log in Postgres is refused while somebody moves it, and not after', async () => {
  const { database, url, close } = await openTestDatabase('being moved')
  onTestFinished(close)
  await refuseWhileMoving(database)
  const session = await openSession({ url, applicationName: 'test' }, new AbortController().signal)
  expect(await lockMove(session)).toBe(true)
  await expect(refuseWhileMoving(database)).rejects.toMatchObject({ code: 'log-in-use' })
  const second = await openSession({ url, applicationName: 'test' }, new AbortController().signal)
  expect(await lockMove(second)).toBe(false)
  await second.close()
  await session.close()
  await until('Postgres to notice', () =>
    refuseWhileMoving(database).then(
      () => true,
      () => false,
    ),
  )
})

test('[G3] a database that an older version works with is left as it is, and belongs to the move alone once that has stopped', async () => {
  const { database, url, close } = await openTestDatabase('at work', { empty: true })
  onTestFinished(close)
  const never = new AbortController().signal
  const parsed = parseConfig({
    ...{
      DATABASE_URL: url,
      DATA_DIR: await openTempDir(),
      KAFKA_BROKERS: '127.0.0.1:9',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9',
    },
    ...{ ADMIN_API_KEY: 'only-for-tests-of-migrate', ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') },
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const open = () => openAlone(parsed.config, { logger: createLogger({ level: 'silent' }) }, never)
  const isMigrated = async () =>
    (await database.query("select 1 where to_regclass('public.zaplog_migrations') is not null")).length === 1

  const older = await openSession({ url, applicationName: 'zaplog appends' }, never)
  await expect(open()).rejects.toMatchObject({ code: 'log-in-use', message: expect.stringContaining('zaplog appends') })
  expect(await isMigrated()).toBe(false)
  await older.close()

  const alone = await open()
  onTestFinished(alone.close)
  expect(await isMigrated()).toBe(true)
  await expect(refuseWhileMoving(database)).rejects.toMatchObject({ code: 'log-in-use' })
  expect(alone.signal.aborted).toBe(false)
  const listening = new AbortController()
  onTestFinished(() => listening.abort())
  await alone.database.listen('log', () => undefined, listening.signal)
  await alone.requireAlone(never)
  const back = await openSession({ url, applicationName: 'zaplog' }, never)
  onTestFinished(back.close)
  await expect(alone.requireAlone(never)).rejects.toMatchObject({ code: 'log-in-use' })
})
