// Guarantee: TOPIC_RETENTION is what the topics are made with, deliveries and attempts keep their own.
import { expect, onTestFinished, test } from 'vitest'
import { openTestDatabase } from '../ground/database.ts'
import { launchZaplog, makeDataDir } from '../ground/scenarios/zaplog-process.ts'

const DAY_MS = 86_400_000

test('[B7] topics are made with the retention that is set, and a later change of it is said', async () => {
  const { url, database, close } = await openTestDatabase('retention')
  onTestFinished(close)
  const dataDir = makeDataDir()
  onTestFinished(dataDir.remove)
  const start = async (days: string) => {
    const env = {
      DATABASE_URL: url,
      ADMIN_API_KEY: 'only-for-tests-of-topics',
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      TOPIC_RETENTION: days,
    }
    const launched = launchZaplog({ dataDir: dataDir.path, env })
    onTestFinished(launched.killEverything)
    await launched.listening
    expect(await launched.stop()).toBe(0)
    return launched.errors()
  }
  const retentions = async () => {
    const rows = await database.query<{ topic: string; ms: string }>('select topic, retention_ms as ms from log_topics')
    return Object.fromEntries(rows.map(({ topic, ms }) => [topic, Number(ms) / DAY_MS]))
  }

  expect(await start('90d')).toBe('')
  const made = await retentions()
  expect(made).toMatchObject({ 'wa.events': 90, 'wa.dead-letters': 90, 'wa.webhook-deliveries': 30, 'wa.webhook-attempts': 30 })
  expect(await start('100d')).toMatch(/"actual":"7776000000","event":"log.topic-differs"/)
  expect(await retentions()).toEqual(made)
})
