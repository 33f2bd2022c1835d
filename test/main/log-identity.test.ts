// Guarantee: of processes that start together with one database on several logs, those on one log go on and all others are refused.
import { expect, onTestFinished, test } from 'vitest'
import { claimLog, OtherLog, refuseOtherLog } from '../../src/main/log-identity.ts'
import { openTestDatabase } from '../ground/database.ts'

test('[B7] several starts at once leave one log, and everybody else is told whose the database is', async () => {
  const { database, close } = await openTestDatabase('log identity')
  onTestFinished(close)
  const logs = ['first', 'second', null].map(clusterId => ({ clusterId, topicPrefix: 'wa.' }))
  for (const log of logs) await refuseOtherLog(database, log) // it belongs to nobody
  const starts = Array.from({ length: 12 }, (_, place) => logs[place % logs.length] ?? { clusterId: null, topicPrefix: '' })
  const results = await Promise.allSettled(starts.map(log => claimLog(database, log)))
  const winners = new Set(starts.filter((_, place) => results[place]?.status === 'fulfilled'))
  expect(winners.size).toBe(1)
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(OtherLog)
})

test('[G3] whoever names a Kafka to a database whose log is in Postgres is told what moves it there, and nobody else is', () => {
  const said = (kept: string | null, wanted: string | null, topicPrefix = 'wa.') =>
    new OtherLog({ clusterId: kept, topicPrefix: 'wa.' }, { clusterId: wanted, topicPrefix }).message.includes(
      'zaplog migrate --to-kafka',
    )
  expect(said(null, 'here')).toBe(true)
  expect([said('here', null), said('here', 'there'), said(null, 'here', 'other.')]).toEqual([false, false, false])
})
