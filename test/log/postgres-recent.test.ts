// Consumers of the log in Postgres beside appends of their own process: what was just appended is not asked for, and nothing is handed out that
// Postgres would not answer, also where its answer to an append is lost, where records are trimmed, and where others append.
import { expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import type { AppendedRow } from '../../src/log/append-inside.ts'
import type { Batch, BatchOutcome, LogRecord } from '../../src/log/log.ts'
import { aGate, aRecord, textOf } from '../contracts/log-ground.ts'
import { insideOf } from '../contracts/log-inside.ts'
import { postgresMembers } from '../ground/log/postgres-members.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const { ground, server, aMember } = postgresMembers('postgres recent', collectLogLines(['log.partition-halted']))
const HOUR_MS = 3_600_000

/** One record at a time, from the first on; the first may be held. */
function consume(topic: string, member: ReturnType<typeof aMember>, opened: Promise<void> = Promise.resolve()) {
  const got: LogRecord[] = []
  const handle = async ({ records }: Batch): Promise<BatchOutcome> => {
    got.push(...records)
    await opened
    return { kind: 'applied' }
  }
  const of = { consumerGroup: ground().consumerGroup(), topics: [topic], maxBatchRecords: 1, handle }
  return { got, ...ground().batches(of, member) }
}

const isEndsLook = (sql: string) => sql.includes('where topic = any')

test('what a process appends, its consumers at their end are handed without a look at Postgres', async () => {
  const asked: string[] = []
  const member = aMember(
    sql => {
      asked.push(sql)
      return null
    },
    { pollMs: HOUR_MS },
  )
  const topic = await ground().topic()
  const consumers = [consume(topic, member), consume(topic, member)]
  await ground().append(topic, [aRecord('one', 'first')], member)
  await ground().until('they are at their end', () => consumers.every(({ got }) => got.length === 1))
  asked.length = 0
  for (let n = 0; n < 20; n += 1) await ground().append(topic, [aRecord('one', `${n}`)], member)
  await ground().until('all are handled', () => consumers.every(({ got }) => got.length === 21))
  expect(asked.filter(sql => sql.includes('log_records') || /from log_partitions/.test(sql))).toEqual([])
  expect(consumers[0]?.got.slice(1).every((record, nth) => record === consumers[1]?.got[nth + 1])).toBe(true)
})

test('what a process appends inside of a transaction, its consumers are handed once that is committed, but for a partition that it left some out of', async () => {
  const asked: string[] = []
  const member = aMember(
    sql => {
      asked.push(sql)
      return null
    },
    { pollMs: HOUR_MS },
  )
  const topic = await ground().topic()
  const { got } = consume(topic, member)
  await ground().append(topic, [aRecord('one', 'first')], member)
  await ground().until('it is at its end', () => got.length === 1)
  asked.length = 0
  const inside = insideOf(member.log)
  const appendSome = async (values: readonly string[], filter = '') => {
    const prepared = await inside.prepare(
      [{ topic, records: values.map(value => aRecord('one', value)) }],
      new AbortController().signal,
    )
    const rows = await server().database.query<AppendedRow>(
      `with records as (select * from ${inside.given} ${filter}) ${inside.appending('records')}`,
      prepared,
    )
    inside.committed(rows, prepared)
  }
  await appendSome(['a', 'b'])
  await ground().until('they are handled', () => got.length === 3)
  expect(asked.filter(sql => sql.includes('log_records'))).toEqual([])
  await appendSome(['left out', 'c'], 'where r.place > 1')
  await ground().until('it is handled', () => got.length === 4)
  expect(got.map(textOf)).toEqual(['first', 'a', 'b', 'c'])
  expect(got.map(({ offset }) => offset)).toEqual((await ground().all(topic)).map(({ offset }) => offset))
})

test('[D2] what a process appends over several connections wakes its consumers whichever is told first', async () => {
  const member = aMember(() => null, { pollMs: HOUR_MS })
  const topic = await ground().topic()
  const gate = aGate()
  const { got } = consume(topic, member, gate.opened)
  await ground().append(topic, [aRecord('one', 'first')], member)
  await ground().until('the first is in hand', () => got.length === 1)
  const inside = insideOf(member.log)
  const appended = []
  for (const value of ['a', 'b']) {
    const prepared = await inside.prepare([{ topic, records: [aRecord('one', value)] }], new AbortController().signal)
    const appending = `with records as (select * from ${inside.given}) ${inside.appending('records')}`
    appended.push({ prepared, rows: await server().database.query<AppendedRow>(appending, prepared) })
  }
  for (const { rows, prepared } of appended.reverse()) inside.committed(rows, prepared)
  gate.open()
  await ground().until('all are handled', () => got.length === 3)
  expect(got.map(textOf)).toEqual(['first', 'a', 'b'])
})

test('[B2] an append whose answer is lost is handed out as often as the log has it, in its order', async () => {
  let losing = 0
  const member = aMember(sql => {
    if (!sql.includes('log_append') || losing-- <= 0) return null
    return { failAfter: new DatabaseError('unreachable', 'the connection was cut behind the commit') }
  })
  const topic = await ground().topic()
  const { got } = consume(topic, member)
  await ground().append(topic, [aRecord('one', 'a')], member)
  await ground().until('it is at its end', () => got.length === 1)
  for (const value of ['b', 'c', 'd']) {
    losing = 1
    await ground().append(topic, [aRecord('one', value)], member)
  }
  await ground().until('all are handed out', () => got.length === 7)
  expect(got.map(textOf).join('')).toBe('abbccdd')
  expect(got.map(({ offset }) => offset)).toEqual((await ground().all(topic)).map(({ offset }) => offset))
})

test('[B7] what retention took while its consumer stood still is not handed out: it halts as truncated', async () => {
  let looks = 0
  const member = aMember(
    sql => {
      if (isEndsLook(sql)) looks += 1
      return null
    },
    { pollMs: 10 },
  )
  const topic = await ground().topic()
  const gate = aGate()
  const { got, consumption } = consume(topic, member, gate.opened)
  for (const value of ['a', 'b', 'c', 'd']) await ground().append(topic, [aRecord('one', value)], member)
  await ground().until('the first is in hand', () => got.length === 1)
  await ground().trim({ topic, partition: 0 }, 3n)
  const before = looks
  await ground().until('the ends are looked at', () => looks >= before + 2)
  gate.open()
  const halted = await ground().until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
  expect(halted.reason).toMatch(/^truncated: /)
  expect(got.map(textOf)).toEqual(['a'])
})

test('[D2] what others append while a consumer works wakes it when it is at its end, without a look in between', async () => {
  const member = aMember(() => null, { pollMs: HOUR_MS })
  const other = aMember(() => null)
  const topic = await ground().topic()
  const gate = aGate()
  let told = 0
  const stop = new AbortController()
  await server().database.listen('zaplog_log', () => told++, stop.signal)
  const { got } = consume(topic, member, gate.opened)
  for (const value of ['a', 'b']) await ground().append(topic, [aRecord('one', value)], other)
  await ground().until('the first is in hand', () => got.length === 1)
  const before = told
  await ground().append(topic, [aRecord('one', 'c')], other)
  await ground().until('it is told to all', () => told > before)
  gate.open()
  await ground().until('all are handled', () => got.length === 3)
  stop.abort()
})
