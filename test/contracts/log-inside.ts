// What a log promises whose records can be appended inside of a transaction of its database, sentence by sentence; and logs that break it.
import assert from 'node:assert/strict'
import type { Database, Transaction } from '../../src/database/database.ts'
import type { AppendedRow, AppendInside } from '../../src/log/append-inside.ts'
import { type Append, type EventLog, LogError } from '../../src/log/log.ts'
import { aGate, aRecord, type Ground, textOf } from './log-ground.ts'

export type InsideGround = Ground & { database: Database }
export type InsideChecks = Readonly<Record<string, (ground: InsideGround) => Promise<void>>>

const never = new AbortController().signal

/** As whoever has a transaction does it: the last statement, and `committed` after the commit. */
export async function appendIn(tx: Transaction, inside: AppendInside, ...appends: readonly Append[]) {
  const prepared = await inside.prepare(appends, never)
  const rows = await tx.query<AppendedRow>(
    `with records as (select * from ${inside.given}) ${inside.appending('records')}`,
    prepared,
  )
  return { rows, prepared }
}

export function insideOf({ inside }: EventLog): AppendInside {
  if (inside === null) throw new Error('expected a log that appends inside of transactions')
  return inside
}

const transact = (ground: InsideGround, ...appends: readonly Append[]) =>
  ground.database.transact(tx => appendIn(tx, insideOf(ground.log), ...appends), never)

/** Appended, and not committed before `commit`. */
async function begun(ground: InsideGround, ...appends: readonly Append[]) {
  const appended = aGate()
  const gate = aGate()
  const done = ground.database.transact(async tx => {
    const rows = await appendIn(tx, insideOf(ground.log), ...appends)
    appended.open()
    await gate.opened
    return rows
  }, never)
  done.catch(() => undefined) // whoever commits has it
  await ground.within('it is appended', Promise.race([appended.opened, done]))
  return {
    commit: () => {
      gate.open()
      return ground.within('it is committed', done)
    },
  }
}

/** How many sessions wait for a lock. */
const waiting = async (ground: InsideGround): Promise<number> => {
  const rows = await ground.database.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows.length
}

export const insidePromises: InsideChecks = {
  '[B2] what a committed transaction appended every member reads, and whoever waits for it is woken': async ground => {
    const topic = await ground.topic()
    const got: string[] = []
    const { stop } = ground.tail(topic, record => void got.push(textOf(record)))
    const other = ground.tail(topic, record => void got.push(textOf(record)), await ground.member())
    const { rows, prepared } = await transact(ground, { topic, records: [aRecord('one', 'a')] })
    insideOf(ground.log).committed(rows, prepared)
    await ground.until('it is read', () => got.length === 2)
    await stop()
    await other.stop()
  },

  '[B2] of a transaction that is rolled back nothing is in the log, and the next record has its offset': async ground => {
    const topic = await ground.topic()
    await ground.append(topic, [aRecord('one', 'before')])
    const rolledBack = ground.database.transact(async tx => {
      await appendIn(tx, insideOf(ground.log), { topic, records: [aRecord('one', 'undone'), aRecord('one', 'undone')] })
      throw new Error('rolled back by the test')
    }, never)
    await assert.rejects(rolledBack, /rolled back by the test/)
    await ground.append(topic, [aRecord('one', 'after')])
    assert.deepEqual(
      (await ground.all(topic)).map(record => [textOf(record), record.offset]),
      [
        ['before', 0n],
        ['after', 1n],
      ],
    )
  },

  '[B4] of two transactions the offsets are dense and in the order of their commits, and nothing is read before its own':
    async ground => {
      const topic = await ground.topic()
      const [first] = [await begun(ground, { topic, records: [aRecord('one', 'a'), aRecord('two', 'b')] })]
      const second = transact(ground, { topic, records: [aRecord('one', 'c')] })
      await ground.until('the second waits', async () => (await waiting(ground)) === 1)
      assert.deepEqual(await ground.all(topic), [])
      await first.commit()
      await ground.within('the second is committed', second)
      const records = await ground.all(topic)
      assert.deepEqual(
        records.map(record => [textOf(record), record.offset]),
        [
          ['a', 0n],
          ['b', 1n],
          ['c', 2n],
        ],
      )
    },

  '[B4] another member’s append to the partition waits for the commit and goes on; to another partition it does not wait':
    async ground => {
      const [topic, free] = [await ground.topic(), await ground.topic()]
      const other = await ground.member()
      const held = await begun(ground, { topic, records: [aRecord('one', 'a')] })
      const waits = ground.append(topic, [aRecord('one', 'b')], other)
      await ground.until('the append waits', async () => (await waiting(ground)) === 1)
      await ground.within('the other partition is free', ground.append(free, [aRecord('one', 'x')], ground.first))
      await held.commit()
      await ground.within('the append goes on', waits)
      assert.deepEqual((await ground.all(topic)).map(textOf), ['a', 'b'])
    },

  '[B4] transactions and appends that write the same partitions, named in any order, never wait in a circle': async ground => {
    const topics = [
      await ground.topic({ partitions: 4 }),
      await ground.topic({ partitions: 4 }),
      await ground.topic({ partitions: 4 }),
    ]
    const keys = Array.from({ length: 12 }, (_, n) => `key-${n}`)
    let runs = 0
    const write = (order: readonly string[], keysInOrder: readonly string[]) =>
      ground.database.transact(tx => {
        runs += 1
        const appends = order.map(topic => ({ topic, records: keysInOrder.map(key => aRecord(key, 'x')) }))
        return appendIn(tx, insideOf(ground.log), ...appends)
      }, never)
    for (let round = 0; round < 10; round += 1)
      await Promise.all([
        write(topics, keys),
        write(topics.toReversed(), keys.toReversed()),
        ...topics.map(topic =>
          ground.append(
            topic,
            keys.toReversed().map(key => aRecord(key, 'x')),
          ),
        ),
      ])
    assert.equal(runs, 20, 'none was taken again')
    for (const topic of topics) assert.equal((await ground.all(topic)).length, 30 * keys.length)
  },

  'records come back as they were given, those of one key in the order given, also of several topics': async ground => {
    const [topic, other] = [await ground.topic({ partitions: 3 }), await ground.topic({ partitions: 3 })]
    const given = [
      aRecord('ção ☎', 'value', { headers: { a: '1', 'b-c': '"{}\\ ☎', empty: '' }, recordedAt: 1_790_000_000_123 }),
      { key: 'none', value: null, headers: {}, recordedAt: 0 },
      { key: 'bytes', value: Buffer.from(Array.from({ length: 256 }, (_, n) => n)), headers: {}, recordedAt: 1 },
      ...Array.from({ length: 50 }, (_, n) => aRecord(`key-${n % 5}`, String(n))),
    ]
    await transact(ground, { topic, records: given }, { topic: other, records: given.toReversed() })
    const got = async (name: string) =>
      Map.groupBy(
        (await ground.all(name)).map(({ key, value, headers, recordedAt }) => ({
          key,
          value: value === null ? null : Buffer.from(value),
          headers,
          recordedAt,
        })),
        record => record.key,
      )
    const byKey = (records: typeof given) => new Map([...Map.groupBy(records, one => one.key)].sort())
    assert.deepEqual(new Map([...(await got(topic))].sort()), byKey(given))
    assert.deepEqual(new Map([...(await got(other))].sort()), byKey(given.toReversed()))
  },

  'one row per partition written is answered: how many records, and the offset after the last': async ground => {
    const topic = await ground.topic({ partitions: 4 })
    await ground.append(topic, [aRecord('key-0', 'earlier')])
    const keys = Array.from({ length: 12 }, (_, n) => `key-${n}`)
    const { rows } = await transact(ground, { topic, records: keys.map(key => aRecord(key, 'x')) })
    const records = await ground.all(topic)
    const expected = [0, 1, 2, 3].flatMap(partition => {
      const here = records.filter(record => record.partition === partition)
      const written = here.filter(record => textOf(record) === 'x').length
      return written === 0 ? [] : [[topic, partition, written, String(here.length)]]
    })
    assert.deepEqual(
      rows.map(row => [row.topic, row.partition, row.records, row.end_offset]).sort((a, b) => Number(a[1]) - Number(b[1])),
      expected,
    )
  },

  'what append would refuse is refused before anything is sent': async ground => {
    const topic = await ground.topic({ maxRecordBytes: 10_000 })
    const { prepare } = insideOf(ground.log)
    const codeOf = (append: Append) =>
      prepare([{ topic, records: [aRecord('one', 'small')] }, append], never).then(
        () => 'taken',
        error => (error instanceof LogError ? error.code : String(error)),
      )
    assert.equal(await codeOf({ topic, records: [aRecord('one', 'x'.repeat(10_001))] }), 'record-too-large')
    assert.equal(await codeOf({ topic, records: [aRecord('one', 'bad', { recordedAt: Number.NaN })] }), 'record-refused')
    assert.equal(await codeOf({ topic: ground.consumerGroup(), records: [aRecord('one', 'x')] }), 'topic-missing')
  },

  '[B2] a transaction that stops after its append gives the partition free within 5 s': async ground => {
    const topic = await ground.topic()
    const [row] = await ground.database.transact(async tx => {
      await appendIn(tx, insideOf(ground.log), { topic, records: [aRecord('one', 'a')] })
      return tx.query<{ ms: number }>(
        `select setting::integer as ms from pg_settings where name = 'idle_in_transaction_session_timeout'`,
      )
    }, never)
    assert.ok(row !== undefined && row.ms > 0 && row.ms <= 5_000, `it stops for ${row?.ms} ms at most`)
  },
}

export type BrokenInside = { title: string; breaks: string; inside(inside: AppendInside): AppendInside }

/** Each breaks the promise whose title begins so. */
export const brokenInsides: readonly BrokenInside[] = [
  {
    title: 'is told of a commit and wakes nobody',
    breaks: '[B2] what a committed',
    inside: inside => ({ ...inside, appending: records => `${inside.appending(records)} limit 0` }),
  },
  {
    title: 'gives offsets by another order than that of keys',
    breaks: 'records come back',
    inside: inside => ({
      ...inside,
      given: `(select * from ${inside.given} order by r.place desc) r`,
      appending: reversed(inside),
    }),
  },
  {
    title: 'answers the offset of the last record',
    breaks: 'one row per partition',
    inside: inside => ({
      ...inside,
      appending: records =>
        `select topic, partition, records, end_offset - 1 as end_offset from (${inside.appending(records)}) broken`,
    }),
  },
  {
    title: 'checks nothing',
    breaks: 'what append would refuse',
    inside: inside => ({ ...inside, prepare: (appends, signal) => inside.prepare(appends, signal).catch(() => []) }),
  },
  {
    title: 'may stop for as long as any transaction',
    breaks: '[B2] a transaction that stops',
    inside: inside => ({ ...inside, appending: records => inside.appending(records).replace("'5000'", "'60000'") }),
  },
]

const reversed = (inside: AppendInside) => (records: string) =>
  inside.appending(
    `(select topic, partition, key, content, headers, recorded_at, size_bytes, -place as place from ${records}) turned`,
  )
