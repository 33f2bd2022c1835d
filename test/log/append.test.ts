// Appends to Postgres are durable in order whatever fails in between, and go out together when they wait together.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, DatabaseError } from '../../src/database/database.ts'
import type { EventLog } from '../../src/log/log.ts'
import { openPostgresLog } from '../../src/log/postgres/postgres.ts'
import { countedAs } from '../../src/main/log.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { aRecord, collect, textOf } from '../contracts/log-ground.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { type Fault, flaky } from '../ground/flaky.ts'
import { declareTopic, testSettings } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const logger = collectLogLines()
let server: TestDatabase
let log: EventLog
let made = 0

const openLog = (database: Database) =>
  openPostgresLog({ database, logger, metrics: createMetrics({ processMetrics: false }), settings: testSettings })
beforeAll(async () => {
  server = await openTestDatabase('append', { poolSize: 10 })
  log = openLog(server.database)
})
afterAll(async () => {
  await log.close()
  await server.close()
})

async function aTopic(partitions = 1) {
  made += 1
  await log.ensureTopics([declareTopic(`topic-${made}`, { partitions })], never)
  return `topic-${made}`
}
const all = (topic: string) => collect(log.read(topic, { from: 'first', until: 'end' }, never))
/** A log whose sends meet a fault; it sees which send it is, from 1, and how many records are in it. */
function openFaultyLog(faultOf: (send: { nth: number; records: number }) => Fault | null) {
  let nth = 0
  return openLog(
    flaky(server.database, ({ name, args }) => {
      if (name !== 'query' || !String(args[0]).includes('log_append(')) return null
      nth += 1
      const [, values] = args as [string, readonly (readonly unknown[])[]]
      return faultOf({ nth, records: values[3]?.length ?? 0 })
    }),
  )
}

test('[B2] append goes on through everything that passes: nothing is lost, first copies are in the order of the calls', async () => {
  const topic = await aTopic()
  const codes = ['unreachable', 'timeout', 'conflict', 'disk-full', 'commit-unknown'] as const
  const faulty = openFaultyLog(({ nth }) => {
    const code = codes[nth % 7]
    if (code === undefined) return null
    const failure = new DatabaseError(code, `send ${nth} failed`)
    return code === 'commit-unknown' || nth % 2 === 0 ? { failAfter: failure } : { fail: failure }
  })
  const numbers = Array.from({ length: 32 }, (_, n) => String(n))
  for (let at = 0; at < numbers.length; at += 4)
    await Promise.all(numbers.slice(at, at + 4).map(value => faulty.append({ topic, records: [aRecord('one', value)] }, never)))
  const firsts = [...new Set((await all(topic)).map(textOf))]
  expect(firsts).toEqual(numbers)
  expect((await all(topic)).length).toBeGreaterThan(numbers.length)
  await faulty.close()
})

test('[B2] a call the log refuses for ever takes no other with it', async () => {
  const topic = await aTopic()
  const outage = new DatabaseError('unreachable', 'not yet')
  const faulty = openFaultyLog(({ nth }) => (nth === 1 ? { fail: outage } : null))
  const calls = ['a', 'b', 'bad', 'c'].map(value =>
    faulty.append({ topic, records: [aRecord('one', value, value === 'bad' ? { recordedAt: Number.NaN } : {})] }, never),
  )
  const outcomes = await Promise.allSettled(calls)
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(outcomes[2]).toMatchObject({ reason: { code: 'record-refused', retryable: false } })
  expect((await all(topic)).map(textOf)).toEqual(['a', 'b', 'c'])
  await faulty.close()
})

test('[B2] during an outage a call waits until its signal aborts, and one that was aborted is not sent afterwards', async () => {
  const topic = await aTopic()
  let down = true
  const faulty = openFaultyLog(() => (down ? { fail: new DatabaseError('unreachable', 'no route') } : null))
  const stopping = new AbortController()
  const given = faulty.append({ topic, records: [aRecord('one', 'given up')] }, stopping.signal)
  const waiting = faulty.append({ topic, records: [aRecord('one', 'waits')] }, never)
  await until('it was tried', () => logger.lines.some(({ event }) => event === 'log.append-retried'))
  stopping.abort()
  await expect(given).rejects.toMatchObject({ code: 'aborted' })
  down = false
  await waiting
  expect((await all(topic)).map(textOf)).toEqual(['waits'])
  await faulty.close()
})

test('[H6] close rejects what waits instead of waiting for ever', async () => {
  const topic = await aTopic()
  const faulty = openFaultyLog(() => ({ fail: new DatabaseError('unreachable', 'no route') }))
  const waiting = expect(faulty.append({ topic, records: [aRecord('one', 'x')] }, never)).rejects.toMatchObject({
    code: 'aborted',
  })
  await faulty.close()
  await waiting
  await expect(faulty.append({ topic, records: [aRecord('one', 'x')] }, never)).rejects.toMatchObject({ code: 'aborted' })
  await faulty.close()
})

test('a topic that was deleted is refused, and found again once it was made anew', async () => {
  const topic = await aTopic()
  await log.append({ topic, records: [aRecord('one', 'x')] }, never)
  await server.database.query('delete from log_partitions where topic = $1', [topic])
  await expect(log.append({ topic, records: [aRecord('one', 'x')] }, never)).rejects.toMatchObject({ code: 'topic-missing' })
  await server.database.query('insert into log_partitions (topic, partition, next_offset) values ($1, 0, 1)', [topic])
  await log.append({ topic, records: [aRecord('one', 'y')] }, never)
})

test('[B1] a key or header with a NUL character, which Postgres cannot hold, is refused and said', async () => {
  const topic = await aTopic()
  for (const record of [aRecord('a\0b', 'x'), aRecord('a', 'x', { headers: { h: '\0' } })])
    await expect(log.append({ topic, records: [record] }, never)).rejects.toMatchObject({
      code: 'record-refused',
      message: /NUL/,
    })
  await log.append({ topic, records: [aRecord('lone \ud800 surrogate', 'x')] }, never)
  expect((await all(topic)).map(({ key }) => key)).toEqual(['lone \ufffd surrogate'])
})

test('what waits together goes out together, at most 1,000 records and 512 KiB a send', async () => {
  const topic = await aTopic()
  const sends: number[] = []
  const counted = openFaultyLog(({ records }) => {
    sends.push(records)
    return null
  })
  await counted.append({ topic, records: [aRecord('one', 'first')] }, never)
  await Promise.all(
    Array.from({ length: 2_500 }, (_, n) => counted.append({ topic, records: [aRecord('one', String(n))] }, never)),
  )
  expect(sends).toEqual([1, 1000, 1000, 500])
  sends.length = 0
  await Promise.all(
    Array.from({ length: 10 }, () =>
      counted.append({ topic, records: [aRecord('one', 'x'.repeat(100_000), { headers: {} })] }, never),
    ),
  )
  expect(sends).toEqual([5, 5])
  await counted.close()
})

test('[B2] an append is durable when it is answered although the server’s default is not to wait for that', async () => {
  const topic = await aTopic()
  const seen = await server.database.transact(async tx => {
    await tx.query("set local synchronous_commit = 'off'")
    await tx.query(
      "select * from log_append(array[$1], '{0}', '{1}', '{k}', array[null::bytea], '{\"{}\"}', array[now()], '{1}')",
      [topic],
    )
    return tx.query<{ value: string }>("select current_setting('synchronous_commit') as value")
  }, never)
  expect(seen).toEqual([{ value: 'on' }])
})

test('[B2] kill -9 of a process in the middle of appending loses nothing it was answered, in order', async () => {
  const topic = await aTopic(2)
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../ground/log/append-until-killed.ts', import.meta.url)), server.url, topic],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const acknowledged: number[] = []
  createInterface({ input: child.stdout }).on('line', line => acknowledged.push(Number(line)))
  await until('some are acknowledged', () => acknowledged.length > 300)
  child.kill('SIGKILL')
  await once(child, 'close')
  const values = (await all(topic)).map(record => ({ key: record.key, number: Number(textOf(record)) }))
  const kept = new Set(values.map(({ number }) => number))
  expect(acknowledged.filter(number => !kept.has(number))).toEqual([])
  for (const key of ['key-0', 'key-1', 'key-2']) {
    const numbers = values.filter(value => value.key === key).map(({ number }) => number)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  }
})

test('[H1] topics of replays, which come and go, are one in the metrics, and every other topic is its own', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const counted = countedAs({ topicPrefix: 'topic-' })
  const replayed = openPostgresLog({ database: server.database, logger, metrics, settings: testSettings, countedAs: counted })
  const topic = await aTopic()
  const topics = [topic, 'topic-replay.one', 'topic-replay.two.message.received']
  await log.ensureTopics(
    topics.map(one => declareTopic(one, { partitions: 1 })),
    never,
  )
  for (const one of topics) await replayed.append({ topic: one, records: [aRecord('one', 'x')] }, never)
  const shown = await metrics.render()
  expect([...shown.matchAll(/^zaplog_log_records_appended_total\{topic="(.*)"\} (\d+)$/gm)].map(found => found.slice(1))).toEqual(
    [
      [topic, '1'],
      ['replay', '2'],
    ],
  )
  await replayed.close()
})
