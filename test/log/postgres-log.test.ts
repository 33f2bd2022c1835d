// What a log in Postgres does besides handing out records: readers are woken, topics that are not there are named, old records go.
import { expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { deleteTopics } from '../../src/log/postgres/delete-topics.ts'
import { aRecord, textOf } from '../contracts/log-ground.ts'
import { flaky } from '../ground/flaky.ts'
import { postgresMembers } from '../ground/log/postgres-members.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const { ground, server, aMember } = postgresMembers('postgres log', collectLogLines())

test('another member’s append wakes readers before they look again, and where the wake is lost they look again', async () => {
  const seldom = aMember(() => null, { pollMs: 3_600_000 })
  const often = aMember(sql => (sql.startsWith('notify') ? { fail: new DatabaseError('unreachable', 'no route') } : null), {
    pollMs: 20,
  })
  for (const [writer, reader] of [
    [ground().first, seldom],
    [often, ground().first],
  ] as const) {
    const topic = await ground().topic()
    const got: string[] = []
    const { stop } = ground().tail(topic, record => void got.push(textOf(record)), reader)
    for (const value of ['a', 'b', 'c']) {
      await ground().append(topic, [aRecord('one', value)], writer)
      await ground().until(`${value} is read`, () => got.includes(value))
    }
    expect(await stop()).toMatchObject({ code: 'aborted' })
  }
})

test('a consumer of a topic that does not exist says so', async () => {
  const { deadLetters, consumerGroup } = await ground().course()
  const consumption = ground().log.consumeBatches(
    {
      consumerGroup,
      topics: [deadLetters, 'no-such-topic'],
      maxBatchRecords: 1,
      maxBatchBytes: 1,
      positions: async () => [],
      handle: async () => ({ kind: 'applied' }),
    },
    ground().never,
  )
  await expect(consumption.done).rejects.toMatchObject({ code: 'topic-missing' })
})

test('[B7] records older than their topic’s retention are deleted, the oldest first; what is kept for ever stays', async () => {
  const trimming = aMember(() => null, { trimEveryMs: 20 })
  const [short, kept] = [await ground().topic({ retentionMs: 3_600_000 }), await ground().topic()]
  const old = Date.now() - 7_200_000
  const records = [old, old, Date.now(), old].map((recordedAt, n) => aRecord('one', String(n), { recordedAt }))
  for (const topic of [short, kept]) await ground().append(topic, records, trimming)
  const [, trimmed] = await ground().until('the old ones are gone', async () => {
    const lags = await ground().log.lag(
      [kept, short].map(topic => ({ topic, partition: 0, nextOffset: 4n })),
      ground().never,
    )
    return lags[1]?.firstOffset === 2n ? lags : null
  })
  expect(trimmed?.endOffset).toBe(4n)
  expect((await ground().all(short)).map(textOf)).toEqual(['2', '3'])
  expect((await ground().all(kept)).length).toBe(4)
})

test('[G1] a topic is deleted only once it has no records: what another member trims is waited for', async () => {
  const topic = await ground().topic({ partitions: 1 })
  await ground().append(topic, [aRecord('one', 'a')])
  const { database } = server()
  const [trimmed, locked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const other = database.transact(async tx => {
    await tx.query("select pg_advisory_xact_lock(hashtextextended(format('log_trim %s %s', $1::text, 0), 0))", [topic])
    locked.resolve()
    await trimmed.promise
  }, ground().never)
  await locked.promise
  let looks = 0
  const counted = flaky(database, ({ name, args }) => {
    if (name === 'query' && String(args[0]).includes('log_trim')) looks += 1
    return null
  })
  const deleted = deleteTopics(counted, [topic], ground().never)
  await Promise.race([deleted, ground().until('it has looked again', () => looks > 2)])
  expect((await ground().all(topic)).map(textOf)).toEqual(['a'])
  trimmed.resolve()
  await Promise.all([other, deleted])
  expect(
    await ground()
      .all(topic)
      .catch(error => error.code),
  ).toBe('topic-missing')
})
