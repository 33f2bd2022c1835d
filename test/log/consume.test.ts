// Consumers of the log in Postgres keep order and lose nothing while members come, go, hang, and while Postgres does not answer.
import { expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import type { LogRecord, Outcome } from '../../src/log/log.ts'
import { createProgressStore } from '../../src/log/progress.ts'
import { aGate, aRecord, textOf } from '../contracts/log-ground.ts'
import { postgresMembers } from '../ground/log/postgres-members.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const done: Outcome = { kind: 'emit', appends: [] }
const logger = collectLogLines(['log.partition-halted'])
const { ground, server, aMember } = postgresMembers('consume', logger)

test('[H5] 10,000 records in random lanes, over members that come and go: every one handled, no lane out of order', async () => {
  const { topic, deadLetters, consumerGroup } = await ground().course({ partitions: 4 })
  const members = [ground().first, await ground().member(), await ground().member()]
  const last = new Map<string, number>()
  const handled = new Set<number>()
  let violations = 0
  let repeated = 0
  const handle = async (record: LogRecord, attempt: number, signal: AbortSignal): Promise<Outcome> => {
    await new Promise(resolve => setImmediate(resolve))
    const number = Number(textOf(record))
    if (attempt === 1 && number % 97 === 0) return { kind: 'retry', delayMs: 2, reason: 'once in a while' }
    if (signal.aborted) return done
    const lane = `${record.partition} ${record.headers.lane}`
    // A repeat may go back to what was handled before; what is new must be newer than all of its lane.
    if (handled.has(number)) repeated += 1
    else if (number < (last.get(lane) ?? -1)) violations += 1
    else last.set(lane, number)
    handled.add(number)
    return done
  }
  const of = {
    consumerGroup,
    topics: [topic],
    deadLetterTopic: deadLetters,
    maxConcurrency: 64,
    lane: (r: LogRecord) => r.headers.lane ?? '',
    handle,
  }
  const records = Array.from({ length: 10_000 }, (_, n) =>
    aRecord(`key-${n % 40}`, String(n), { headers: { lane: `${n % 40} ${Math.floor(Math.random() * 5)}` } }),
  )
  for (let at = 0; at < records.length; at += 500) await ground().append(topic, records.slice(at, at + 500))
  const running = members.slice(0, 1).map(member => ground().lanes(of, member))
  await ground().until('it has begun', () => handled.size > 500)
  for (const member of members.slice(1)) running.push(ground().lanes(of, member))
  await ground().until('it goes on', () => handled.size > 4_000)
  await running[0]?.stop()
  await ground().until('all are handled', () => handled.size === 10_000)
  expect(violations).toBe(0)
  expect(repeated).toBeLessThan(1_000)
})

test('[H5] a member that cannot renew its lease aborts its handlers, another goes on, and what the first completes is discarded', async () => {
  const { topic, deadLetters, consumerGroup } = await ground().course()
  const target = await ground().topic()
  const answer = aGate()
  let hanging = false
  const settings = { ttlMs: 800 }
  const zombie = aMember(sql => (hanging && sql.includes('log_heartbeat') ? { delay: answer.opened } : null), settings)
  const other = aMember(() => null, settings)
  const gate = aGate()
  const told: boolean[] = []
  const handleAs =
    (member: string) =>
    async (record: LogRecord, _attempt: number, signal: AbortSignal): Promise<Outcome> => {
      if (member === 'zombie') {
        await gate.opened
        told.push(signal.aborted)
      }
      return { kind: 'emit', appends: [{ topic: target, records: [aRecord('out', `${member} ${textOf(record)}`)] }] }
    }
  const of = { consumerGroup, topics: [topic], deadLetterTopic: deadLetters }
  const first = ground().lanes({ ...of, handle: handleAs('zombie') }, zombie)
  await ground().append(topic, [aRecord('one', 'a')])
  await ground().until('it is in hand', () => first.consumption.status().length === 1)
  hanging = true
  ground().lanes({ ...of, handle: handleAs('other') }, other)
  await ground().until('the other has done it', async () => (await ground().all(target)).length === 1)
  expect(first.consumption.status()).toEqual([])
  gate.open()
  await ground().until('the zombie completed', () => told.length === 1)
  await ground().append(topic, [aRecord('one', 'b')])
  await ground().until('the other goes on', async () => (await ground().all(target)).length === 2)
  expect(told).toEqual([true])
  expect((await ground().all(target)).map(textOf)).toEqual(['other a', 'other b'])
  hanging = false
  answer.open()
})

test('[H5] a lease that changed hands and came back between two heartbeats is another assignment', async () => {
  const { topic, deadLetters, consumerGroup } = await ground().course()
  const told: boolean[] = []
  const gate = aGate()
  const handle = async (_record: LogRecord, _attempt: number, signal: AbortSignal): Promise<Outcome> => {
    if (told.length === 0) signal.addEventListener('abort', gate.open)
    told.push(signal.aborted)
    if (told.length === 1) await gate.opened
    return done
  }
  ground().lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
  await ground().append(topic, [aRecord('one', 'a')])
  await ground().until('it is in hand', () => told.length === 1)
  await server().database.query('update log_leases set generation = generation + 1 where group_name = $1', [consumerGroup])
  await ground().until('its signal aborted, and it is handled again', () => told.length === 2)
  expect(told).toEqual([false, false])
})

test('[D2] an assignment whose progress somebody else took is over, and begins again from what was saved', async () => {
  const { topic, deadLetters, consumerGroup } = await ground().course()
  const handled: string[] = []
  const handle = async (record: LogRecord) => {
    handled.push(textOf(record))
    return done
  }
  ground().lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
  await ground().append(topic, [aRecord('one', 'a')])
  await ground().until('it runs', () => handled.length === 1)
  const thief = createProgressStore(server().database)
  const at = { topic, partition: 0 }
  await ground().until('it was saved', async () => {
    const [row] = await server().database.query<{ next_offset: string }>(
      'select next_offset from log_progress where group_name = $1',
      [consumerGroup],
    )
    return row?.next_offset === '1'
  })
  await thief.take(consumerGroup, [at], ground().never)
  await ground().append(topic, [aRecord('one', 'b')])
  await ground().until('it noticed', () => logger.lines.some(({ event }) => event === 'log.progress-lost'))
  await ground().append(topic, [aRecord('one', 'c')])
  await ground().until('it goes on', () => handled.includes('c'))
  expect(handled.filter(value => value === 'a')).toEqual(['a'])
})

test('[H3] while Postgres does not answer consumers wait, and go on by themselves', async () => {
  const { topic, deadLetters, consumerGroup } = await ground().course()
  const target = await ground().topic()
  let down = false
  const member = aMember(() => (down ? { fail: new DatabaseError('unreachable', 'no route') } : null))
  const handle = async (record: LogRecord): Promise<Outcome> => ({
    kind: 'emit',
    appends: [{ topic: target, records: [aRecord('out', textOf(record))] }],
  })
  ground().lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle }, member)
  await ground().append(topic, [aRecord('one', 'a')])
  await ground().until('it runs', async () => (await ground().all(target)).length === 1)
  down = true
  await ground().append(topic, [aRecord('one', 'b')])
  await ground().until('it notices', () => logger.lines.some(({ event }) => event === 'log.membership-failed'))
  down = false
  await ground().until('it goes on', async () => (await ground().all(target)).map(textOf).includes('b'))
  expect(await ground().all(deadLetters)).toEqual([])
})

test('[C5] an emission that a topic refuses is a dependency that is down: nothing is parked, and it resumes by itself', async () => {
  const { topic, deadLetters, consumerGroup } = await ground().course()
  const missing = ground().consumerGroup()
  const attempts: number[] = []
  const handle = async (_record: LogRecord, attempt: number): Promise<Outcome> => {
    attempts.push(attempt)
    return { kind: 'emit', appends: [{ topic: missing, records: [aRecord('out', 'x')] }] }
  }
  const { consumption } = ground().lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxAttempts: 1, handle })
  await ground().append(topic, [aRecord('one', 'a')])
  const paused = await ground().until('it is paused', () => consumption.status().find(({ state }) => state === 'paused'))
  expect(paused.reason).toContain(missing)
  await server().database.query(
    'with made as (insert into log_topics (topic, partitions, max_record_bytes) values ($1, 1, 1000)) insert into log_partitions values ($1, 0)',
    [missing],
  )
  await ground().until('it is emitted', async () => (await ground().all(missing)).length === 1)
  expect(new Set(attempts)).toEqual(new Set([1]))
})

test('[E7] an emission that the log refuses for good is parked at once, and holds no other record up', async () => {
  const [topic, target, deadLetters, consumerGroup] = [
    await ground().topic(),
    await ground().topic(),
    await ground().topic(),
    ground().consumerGroup(),
  ]
  const handle = async ({ key }: LogRecord): Promise<Outcome> => ({
    kind: 'emit',
    appends: [{ topic: target, records: [aRecord(key === 'bad' ? 'a\0b' : key, 'x')] }],
  })
  await ground().append(topic, [aRecord('bad', 'a'), aRecord('good', 'b')])
  await ground().makeProgress(consumerGroup, [topic], 1)
  ground().lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
  await ground().until(
    'both are done',
    async () => (await ground().all(deadLetters)).length + (await ground().all(target)).length === 2,
  )
  expect((await ground().all(deadLetters))[0]?.headers).toMatchObject({ 'x-error-code': 'record-refused', 'x-attempts': '1' })
  expect((await ground().all(target)).map(({ key }) => key)).toEqual(['good'])
})

test('[E7] an emission too large is parked at once, and a dead letter too large halts: nothing is dropped', async () => {
  const [topic, target] = [await ground().topic(), await ground().topic({ maxRecordBytes: 500 })]
  const [roomy, tight] = [await ground().topic(), await ground().topic({ maxRecordBytes: 50 })]
  const handle = async (): Promise<Outcome> => ({
    kind: 'emit',
    appends: [{ topic: target, records: [aRecord('out', 'x'.repeat(600))] }],
  })
  await ground().append(topic, [aRecord('one', 'a')])
  const groups = [ground().consumerGroup(), ground().consumerGroup()]
  for (const consumerGroup of groups) await ground().makeProgress(consumerGroup, [topic], 1)
  ground().lanes({ consumerGroup: groups[0] ?? '', topics: [topic], deadLetterTopic: roomy, handle })
  const { consumption } = ground().lanes({ consumerGroup: groups[1] ?? '', topics: [topic], deadLetterTopic: tight, handle })
  await ground().until('it is parked', async () => (await ground().all(roomy)).length === 1)
  expect((await ground().all(roomy))[0]?.headers).toMatchObject({ 'x-error-code': 'record-too-large', 'x-attempts': '1' })
  const halted = await ground().until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
  expect(halted.reason).toContain(tight)
})

test('[D2] an offset that is missing in the log halts, and nothing after it is handled', async () => {
  const { topic, deadLetters, consumerGroup } = await ground().course()
  const handled: string[] = []
  const handle = async (record: LogRecord) => {
    handled.push(textOf(record))
    return done
  }
  await ground().append(
    topic,
    ['a', 'b', 'c'].map(value => aRecord('one', value)),
  )
  await server().database.query('delete from log_records where topic = $1 and "offset" = 1', [topic])
  const { consumption } = ground().lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
  const halted = await ground().until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
  expect(halted.reason).toMatch(/^truncated: .*expected offset 1, got 2/)
  expect(handled).toEqual([])
})
