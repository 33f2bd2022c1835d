// Guarantee: a log moves from Postgres to Kafka with every record at its offset, once, whatever dies on the way; or not at all.
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { KafkaCopy } from '../../src/log/kafka/kafka-copy.ts'
import { LogError, type NewRecord } from '../../src/log/log.ts'
import { deleteOld } from '../../src/main/move/delete-old.ts'
import { openPostgresRegistry } from '../../src/registry/postgres.ts'
import { aRecord, everythingIn, OTHER_IDS, openTestMove, reasonOf, records, type TestMove } from '../ground/move/test-move.ts'
import { runsHere } from '../ground/runs-here.ts'

const never = new AbortController().signal
const inFormat = (id: number) => Buffer.from([0, 0, 0, id >> 8, id & 255, 1, 2, 3])

describe.runIf(await runsHere('kafka', 'registry', 's3'))('moving a log to Kafka', () => {
  let its: TestMove
  beforeEach(async context => {
    its = await openTestMove(context.task.name.slice(0, 30))
    onTestFinished(its.close)
  })

  const trim = (topic: string, partition: number, before: number) =>
    its.database.query('select log_trim($1, $2, $3, 1000000)', [topic, partition, before])
  const positions = async (topic: string, edge: 'first' | 'end') =>
    (await its.log.positionsAt(topic, edge, never)).map(({ nextOffset }) => nextOffset)
  const bounds = (topic: string) => Promise.all([0, 1, 2, 3].map(partition => its.copy.bounds({ topic, partition })))

  test('[G3] records of all kinds have their offsets, also behind what retention took, and those that are owed are renumbered', async () => {
    const topic = await its.declare('events')
    const trimmed = await its.declare('trimmed')
    const schema = { subject: 'zaplog.events.A', text: '{"type":"record","name":"A","fields":[]}' }
    const id = await openPostgresRegistry(its.database).idOf(schema, never)
    await its.append(topic, [
      ...records(0, 700),
      aRecord(1, { value: null }),
      aRecord(2, { value: Buffer.alloc(0), key: '', headers: {} }),
      aRecord(3, { headers: { 'a-b': 'ü\u{1f600}\n', empty: '' }, recordedAt: 0 }),
      aRecord(4, { value: Buffer.alloc(700_000, 7) }),
      aRecord(5, { value: inFormat(id) }),
      aRecord(6, { value: inFormat(id + 9) }),
    ])
    await its.append(trimmed, records(0, 25_000), 1)
    await trim(trimmed, 1, 21_000)
    await its.append(trimmed, records(0, 20), 2)
    await trim(trimmed, 2, 20)
    const owed = [inFormat(id), Buffer.from('plain'), null]
    for (const value of owed)
      await its.database.query(
        `insert into webhook_outbox (topic, key, headers, value, recorded_at) values ('t', 'k', '{}', $1, now())`,
        [value],
      )
    const before = { events: await everythingIn(its.log, topic), trimmed: await everythingIn(its.log, trimmed) }
    const [first, end] = [await positions(trimmed, 'first'), await positions(trimmed, 'end')]

    const outcome = await its.move()

    expect(outcome).toMatchObject({ kind: 'moved', moved: { verified: 706 + 4_000, expired: 0, renumberedSchemas: 1 } })
    const encoded = (value: Buffer) => value.toString('base64')
    const now = encoded(Buffer.from([0, 0, (OTHER_IDS + 1) >> 16, ((OTHER_IDS + 1) >> 8) & 255, (OTHER_IDS + 1) & 255, 1, 2, 3]))
    const renumbered = before.events.map(one => one.replace(encoded(inFormat(id)), now))
    expect(await everythingIn(its.copy, topic)).toEqual(renumbered)
    expect(renumbered).not.toEqual(before.events)
    expect(await everythingIn(its.copy, trimmed)).toEqual(before.trimmed)
    expect((await bounds(trimmed)).map(({ firstOffset }) => firstOffset)).toEqual(first)
    expect((await bounds(trimmed)).map(({ endOffset }) => endOffset)).toEqual(end)
    const kept = await its.database.query<{ value: Buffer | null }>('select value from webhook_outbox order by outbox_id')
    expect(kept.map(({ value }) => value?.toString('base64') ?? null)).toEqual([now, encoded(Buffer.from('plain')), null])
  })

  test('[G3] afterwards the database belongs to Kafka’s log, nobody appends to the old one, and it is kept until it is deleted', async () => {
    const topic = await its.declare('events')
    await its.append(topic, records(0, 100))
    await expect(deleteOld(its.database, never)).rejects.toThrow('has not moved: nothing was deleted')
    const { clusterId } = await its.copy.facts([])
    await its.move()
    const [identity] = await its.database.query<{ cluster_id: string }>('select cluster_id from log_identity')
    expect(identity?.cluster_id).toBe(clusterId)
    await expect(its.append(topic, records(0, 1))).rejects.toMatchObject({ code: 'topic-missing' })
    const kept = async () => (await its.database.query<{ n: number }>('select count(*)::integer as n from log_records'))[0]?.n
    expect(await kept()).toBe(100)
    expect(await its.move()).toMatchObject({ kind: 'moved-before' })
    expect(await deleteOld(its.database, never)).toEqual({ records: 100 })
    expect(await kept()).toBe(0)
    expect(await deleteOld(its.database, never)).toEqual({ records: 0 })
    expect(await everythingIn(its.copy, topic)).toHaveLength(100)
  })

  test('[G3] what a killed copy had on its way is taken once, whoever comes first', async () => {
    const topic = await its.declare('events')
    await its.append(topic, records(0, 9_000), 0)
    const before = await everythingIn(its.log, topic)
    let sends = 0
    const appendLate: KafkaCopy['append'] = async (...args) => {
      sends += 1
      // A batch of the one that was killed reaches the broker now, after its successor saw where the partition ends; or its answer is lost.
      if (sends % 2 === 1) await its.copy.append(...args)
      await its.copy.append(args[0], args[1], args[2].slice(0, sends % 3 === 0 ? 10 : 1_000), args[3])
      if (sends % 2 === 0) throw new LogError('unavailable', 'the answer was lost')
    }
    expect(await its.move({ copy: { ...its.copy, append: appendLate } })).toMatchObject({ kind: 'moved' })
    expect(sends).toBeGreaterThan(9)
    expect(await everythingIn(its.copy, topic)).toEqual(before)
  })

  test('[G3] a copy that was stopped goes on where it was, also behind a beginning that retention took meanwhile', async () => {
    const topic = await its.declare('events')
    for (const partition of [0, 1, 2]) await its.append(topic, records(0, 8_000), partition)
    await trim(topic, 2, 5_000)
    const stopping = new AbortController()
    const held: Parameters<KafkaCopy['append']>[] = []
    const stopsAtThird: KafkaCopy['append'] = async (...args) => {
      if (args[1].partition === 1 && args[1].nextOffset >= 3_000n) {
        held.push(args)
        stopping.abort(new Error('stopped'))
      }
      stopping.signal.throwIfAborted()
      await its.copy.append(...args)
    }
    await expect(its.move({ copy: { ...its.copy, append: stopsAtThird } }, { signal: stopping.signal })).rejects.toThrow(
      'stopped',
    )
    const copied = (await bounds(topic)).map(({ endOffset }) => Number(endOffset))
    expect(copied[1]).toBe(3_000)
    await trim(topic, 0, (copied[0] ?? 0) + 500)
    await trim(topic, 1, 700)
    await its.append(topic, records(0, 10), 3)
    const before = await everythingIn(its.log, topic)
    const first = await positions(topic, 'first')
    // What was on its way reaches the broker before what follows.
    const follows: KafkaCopy['append'] = async (...args) => {
      if (args[1].partition === 1) for (const late of held.splice(0)) await its.copy.append(...late)
      await its.copy.append(args[0], args[1], args[2].slice(0, 400), args[3])
      if (args[2].length > 400) throw new LogError('unavailable', 'the rest is not there yet')
    }
    expect(await its.move({ copy: { ...its.copy, append: follows } })).toMatchObject({ kind: 'moved' })
    expect(held).toEqual([])
    expect(await everythingIn(its.copy, topic)).toEqual(before)
    expect((await bounds(topic)).map(({ firstOffset }) => firstOffset)).toEqual(first)
  })

  test('[G3] what is appended while it is copied is copied, too, before the log is elsewhere', async () => {
    const topic = await its.declare('events')
    await its.append(topic, records(0, 10), 0)
    const late = [records(10, 30)]
    const read: TestMove['read'] = async function* (...args) {
      for (const some of late.splice(0)) await its.append(topic, some, 0)
      yield* its.read(...args)
    }
    expect(await its.move({ read })).toMatchObject({ kind: 'moved', moved: { verified: 30 } })
    expect(await everythingIn(its.copy, topic)).toHaveLength(30)
  })

  test('[G3] what Kafka deleted by then counts as expired where it is older than its topic keeps records, and is missing where it is not', async () => {
    const hourMs = 3_600_000
    const passing = await its.declare('passing', { retentionMs: hourMs })
    const kept = await its.declare('kept', { retentionMs: hourMs })
    for (const [topic, oldest] of [
      [passing, Date.now() - 2 * hourMs],
      [kept, Date.now() - hourMs / 2],
    ] as const)
      await its.append(
        topic,
        [...records(0, 5).map(one => ({ ...one, recordedAt: oldest })), aRecord(5, { recordedAt: Date.now() })],
        0,
      )
    const deletesBehind = (topic: string): KafkaCopy => ({
      ...its.copy,
      append: async (...args) => {
        await its.copy.append(...args)
        if (args[1].topic === topic) await its.copy.deleteBefore({ topic, partition: 0, nextOffset: 5n })
      },
    })
    expect(await reasonOf(its.move({ copy: deletesBehind(kept) }))).toContain(`${kept}/0: in Kafka it begins at 5, expected 0`)
    await its.copy.deleteBefore({ topic: passing, partition: 0, nextOffset: 5n })
    await its.database.query('select log_trim($1, 0, 5, 5)', [kept])
    expect(await its.move()).toMatchObject({ kind: 'moved', moved: { verified: 2, expired: 5 } })
  })

  test('[G3] a record that is compared again after a failure, or was deleted before, is counted once', async () => {
    const topic = await its.declare('passing', { retentionMs: 3_600_000 })
    const now = Date.now()
    const dated = (some: readonly NewRecord[], recordedAt: number) => some.map(one => ({ ...one, recordedAt }))
    await its.append(topic, [...dated(records(0, 1_000), now - 7_200_000), ...dated(records(1_000, 4_000), now)], 0)
    const copyAndDelete: KafkaCopy['append'] = async (...args) => {
      await its.copy.append(...args)
      await its.copy.deleteBefore({ topic, partition: 0, nextOffset: 1_000n })
    }
    let failures = 0
    const read: KafkaCopy['read'] = async function* (...args) {
      for await (const record of its.copy.read(...args)) {
        if (record.offset === 3_500n && failures++ === 0) throw new LogError('unavailable', 'the broker is away')
        yield record
      }
    }
    const copy = { ...its.copy, append: copyAndDelete, read }
    expect(await its.move({ copy })).toMatchObject({ kind: 'moved', moved: { verified: 3_000, expired: 1_000 } })
    expect(failures).toBe(2)
  })

  test('[G3] a broker that learns late of a topic that was just made is asked again', async () => {
    const topic = await its.declare('events')
    await its.append(topic, records(0, 10), 0)
    const late = [new LogError('topic-missing', 'the leader has not heard of it')]
    const bounds: KafkaCopy['bounds'] = of => (late.length > 0 ? Promise.reject(late.pop()) : its.copy.bounds(of))
    expect(await its.move({ copy: { ...its.copy, bounds } })).toMatchObject({ kind: 'moved', moved: { verified: 10 } })
  })
})
