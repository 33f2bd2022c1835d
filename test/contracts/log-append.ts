// What append, read, lag and positionsAt promise, sentence by sentence.
import assert from 'node:assert/strict'
import { partitionOf } from '../../src/log/append/partitioner.ts'
import { LogError, type LogRecord } from '../../src/log/log.ts'
import { aRecord, collect, type LogChecks, textOf } from './log-ground.ts'

export const appendPromises: LogChecks = {
  '[B2] when append resolves, every other member reads the record': async ground => {
    const topic = await ground.topic()
    const other = await ground.member()
    await ground.append(topic, [aRecord('one', 'a')])
    assert.deepEqual((await ground.all(topic, other)).map(textOf), ['a'])
  },

  '[B4] per key, log order is the order of the calls, also of concurrent ones': async ground => {
    const topic = await ground.topic({ partitions: 4 })
    const keys = ['a', 'b', 'c', 'd', 'e']
    const calls = Array.from({ length: 400 }, (_, n) => ground.append(topic, [aRecord(keys[n % keys.length] ?? '', String(n))]))
    await Promise.all(calls)
    const records = await ground.all(topic)
    for (const key of keys) {
      const order = records.filter(record => record.key === key).map(record => Number(textOf(record)))
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
      )
      assert.equal(order.length, 80)
    }
  },

  '[B4] records of one call keep their order, however many and large': async ground => {
    const topic = await ground.topic()
    const values = Array.from({ length: 2_500 }, (_, n) => `${n}`.padEnd(n % 500 === 0 ? 200_000 : 20, '.'))
    await ground.append(
      topic,
      values.map(value => aRecord('one', value)),
    )
    assert.deepEqual((await ground.all(topic)).map(textOf), values)
  },

  '[B4] members that append at once leave no gap, and whoever reads along sees every record in offset order': async ground => {
    const topic = await ground.topic()
    const members = [ground.first, await ground.member(), await ground.member()]
    const offsets: bigint[] = []
    const { stop } = ground.tail(topic, ({ offset }) => void offsets.push(offset))
    const appendAll = async (member: (typeof members)[number]) => {
      for (let n = 0; n < 60; n += 1) await ground.append(topic, [aRecord('one', `${n}`), aRecord('two', `${n}`)], member)
    }
    await ground.within('all are appended', Promise.all(members.map(appendAll)))
    await ground.until('all are read', () => offsets.length >= 360)
    assert.equal(codeIn(await stop()), 'aborted')
    assert.deepEqual(
      offsets,
      Array.from({ length: 360 }, (_, n) => BigInt(n)),
    )
  },

  'append answers one position per partition written, the offset after the last record there': async ground => {
    const topic = await ground.topic({ partitions: 4 })
    const keys = Array.from({ length: 12 }, (_, n) => `key-${n}`)
    await ground.append(topic, [aRecord('key-0', 'earlier')])
    const positions = await ground.append(
      topic,
      keys.map(key => aRecord(key, 'x')),
    )
    const records = await ground.all(topic)
    const ends = [0, 1, 2, 3].flatMap(partition => {
      const here = records.filter(record => record.partition === partition)
      return here.length === 0 ? [] : [{ topic, partition, nextOffset: (here.at(-1)?.offset ?? 0n) + 1n }]
    })
    assert.deepEqual(
      positions.toSorted((a, b) => a.partition - b.partition),
      ends,
    )
  },

  '[B4] a key’s records are in the partition that Kafka’s default partitioner gives it': async ground => {
    const topic = await ground.topic({ partitions: 4 })
    await ground.append(
      topic,
      Array.from({ length: 20 }, (_, n) => aRecord(`key ${n} ção`, 'x')),
    )
    for (const record of await ground.all(topic)) assert.equal(record.partition, partitionOf(record.key, 4))
  },

  '[G1] an append that names a partition puts all its records there, whatever their keys, and one that there is not is refused':
    async ground => {
      const topic = await ground.topic({ partitions: 3 })
      const records = Array.from({ length: 12 }, (_, n) => aRecord(`key-${n}`, String(n)))
      const at = { topic, partition: 2 }
      assert.deepEqual(await ground.log.append({ ...at, records }, ground.never), [{ ...at, nextOffset: 12n }])
      assert.deepEqual(
        (await ground.all(topic)).map(record => [record.partition, textOf(record)]),
        records.map((_, n) => [2, String(n)]),
      )
      assert.equal(await codeOf(ground.log.append({ topic, partition: 3, records }, ground.never)), 'topic-missing')
    },

  'key, value, headers and time come back as they were given; a null value stays null': async ground => {
    const topic = await ground.topic()
    const given = [
      aRecord('ção ☎', 'value', { headers: { a: '1', 'b-c': '"{}\\ ☎', empty: '' }, recordedAt: 1_790_000_000_123 }),
      { key: '', value: null, headers: {}, recordedAt: 0 },
      { key: 'bytes', value: Buffer.from(Array.from({ length: 256 }, (_, n) => n)), headers: {}, recordedAt: 1 },
      { key: 'none', value: Buffer.alloc(0), headers: {}, recordedAt: 1 },
    ]
    await ground.append(topic, given)
    const got = (await ground.all(topic)).map(({ key, value, headers, recordedAt }) => ({
      key,
      value: value === null ? null : Buffer.from(value),
      headers,
      recordedAt,
    }))
    assert.deepEqual(got, given)
  },

  'a record too large is refused, and nothing of its call is appended': async ground => {
    const topic = await ground.topic({ maxRecordBytes: 10_000 })
    const call = ground.append(topic, [aRecord('one', 'small'), aRecord('one', 'x'.repeat(10_001))])
    assert.equal(await codeOf(call), 'record-too-large')
    await ground.append(topic, [aRecord('one', 'x'.repeat(9_900), { headers: {} })])
    assert.equal((await ground.all(topic)).length, 1)
  },

  '[B1] a record that no log can hold is refused for itself, and other calls are taken': async ground => {
    const topic = await ground.topic()
    for (const recordedAt of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const call = ground.append(topic, [aRecord('one', 'bad', { recordedAt })])
      assert.equal(await codeOf(call), 'record-refused')
    }
    await ground.append(topic, [aRecord('one', 'good')])
    assert.equal((await ground.all(topic)).length, 1)
  },

  'a topic that does not exist is refused': async ground => {
    assert.equal(await codeOf(ground.append(ground.consumerGroup(), [aRecord('one', 'x')])), 'topic-missing')
  },

  'an append whose signal has aborted rejects as aborted': async ground => {
    const topic = await ground.topic()
    const call = ground.log.append({ topic, records: [aRecord('one', 'x')] }, AbortSignal.abort())
    assert.equal(await codeOf(call), 'aborted')
  },
}

export const readPromises: LogChecks = {
  'read is ordered per partition and complete, and `end` is the end when it was called': async ground => {
    const topic = await ground.topic({ partitions: 3 })
    const records = Array.from({ length: 1_200 }, (_, n) => aRecord(`key-${n % 10}`, String(n)))
    await ground.append(topic, records)
    const got: LogRecord[] = []
    for await (const record of ground.log.read(topic, { from: 'first', until: 'end' }, ground.never)) {
      if (got.length === 0) await ground.append(topic, [aRecord('key-0', 'later')])
      got.push(record)
    }
    assert.equal(got.length, 1_200)
    for (const partition of [0, 1, 2]) {
      const offsets = got.filter(record => record.partition === partition).map(record => Number(record.offset))
      assert.deepEqual(
        offsets,
        offsets.map((_, index) => index),
      )
    }
  },

  'a read without an end goes on with what is appended later, until its signal aborts': async ground => {
    const topic = await ground.topic({ partitions: 2 })
    const got: string[] = []
    const { stop } = ground.tail(topic, record => void got.push(textOf(record)))
    for (const value of ['a', 'b', 'c']) {
      await ground.append(topic, [aRecord('one', value)])
      await ground.until(`${value} read`, () => got.at(-1) === value)
    }
    assert.equal(codeIn(await stop()), 'aborted')
    assert.deepEqual(got, ['a', 'b', 'c'])
  },

  'reading from a time begins at the first record as new as it, also where times are out of order': async ground => {
    const topic = await ground.topic()
    const times = [10, 30, 20, 25, 40, 35, 50]
    await ground.append(
      topic,
      times.map(recordedAt => aRecord('one', String(recordedAt), { recordedAt })),
    )
    for (const recordedAt of [0, 10, 11, 30, 31, 40, 41, 50, 51]) {
      const got = (await collect(ground.log.read(topic, { from: { recordedAt }, until: 'end' }, ground.never))).map(textOf)
      const first = times.findIndex(time => time >= recordedAt)
      assert.deepEqual(got, first === -1 ? [] : times.slice(first).map(String))
    }
  },

  '[G1] positionsAt answers for each partition where a read from there begins': async ground => {
    const topic = await ground.topic({ partitions: 2 })
    const append = (partition: number, times: readonly number[]) =>
      ground.log.append({ topic, partition, records: times.map(recordedAt => aRecord('one', 'x', { recordedAt })) }, ground.never)
    await append(0, [10, 20, 30])
    await append(1, [25])
    await ground.trim({ topic, partition: 0 }, 1n)
    const offsetsAt = async (edge: 'first' | 'end' | { recordedAt: number }) =>
      (await ground.log.positionsAt(topic, edge, ground.never)).map(({ nextOffset }) => nextOffset)
    assert.deepEqual(await ground.log.positionsAt(topic, 'first', ground.never), [
      { topic, partition: 0, nextOffset: 1n },
      { topic, partition: 1, nextOffset: 0n },
    ])
    assert.deepEqual(await offsetsAt('end'), [3n, 1n])
    assert.deepEqual(await offsetsAt({ recordedAt: 21 }), [2n, 0n])
    assert.deepEqual(await offsetsAt({ recordedAt: 26 }), [2n, 1n])
    assert.equal(await codeOf(ground.log.positionsAt(ground.consumerGroup(), 'end', ground.never)), 'topic-missing')
  },

  'partitions that positions do not name are not read': async ground => {
    const topic = await ground.topic({ partitions: 3 })
    await ground.append(
      topic,
      Array.from({ length: 30 }, (_, n) => aRecord(`key-${n}`, 'x')),
    )
    const from = [{ topic, partition: 1, nextOffset: 1n }]
    const got = await collect(ground.log.read(topic, { from, until: 'end' }, ground.never))
    const there = (await ground.all(topic)).filter(({ partition, offset }) => partition === 1 && offset >= 1n)
    assert.deepEqual(
      got.map(({ partition, offset }) => [partition, offset]),
      there.map(({ partition, offset }) => [partition, offset]),
    )
    assert.ok(there.length > 0)
  },

  'reading until a position stops before it': async ground => {
    const topic = await ground.topic()
    await ground.append(
      topic,
      ['a', 'b', 'c'].map(value => aRecord('one', value)),
    )
    const until = [{ topic, partition: 0, nextOffset: 2n }]
    assert.deepEqual((await collect(ground.log.read(topic, { from: 'first', until }, ground.never))).map(textOf), ['a', 'b'])
  },

  'reading from before the log rejects as truncated': async ground => {
    const topic = await ground.topic()
    await ground.append(
      topic,
      ['a', 'b', 'c'].map(value => aRecord('one', value)),
    )
    await ground.trim({ topic, partition: 0 }, 2n)
    const from = [{ topic, partition: 0, nextOffset: 1n }]
    assert.equal(await codeOf(collect(ground.log.read(topic, { from, until: 'end' }, ground.never))), 'truncated')
    assert.deepEqual((await ground.all(topic)).map(textOf), ['c'])
  },
}

export const lagPromises: LogChecks = {
  '[H1] lag counts the records after a position, and how long the next one has been waiting': async ground => {
    const topic = await ground.topic()
    const recordedAt = Date.now() - 60_000
    await ground.append(topic, [aRecord('one', 'a'), aRecord('one', 'b', { recordedAt }), aRecord('one', 'c', { recordedAt })])
    await ground.trim({ topic, partition: 0 }, 1n)
    const at = (nextOffset: bigint) => ({ topic, partition: 0, nextOffset })
    const [one, end] = await ground.log.lag([at(1n), at(3n)], ground.never)
    assert.deepEqual({ ...one, lagMs: null }, { ...at(1n), firstOffset: 1n, endOffset: 3n, lagRecords: 2, lagMs: null })
    if (ground.limits.lagMsKnown) assert.ok((one?.lagMs ?? 0) >= 60_000 && (one?.lagMs ?? 0) < 120_000)
    assert.deepEqual(end, { ...at(3n), firstOffset: 1n, endOffset: 3n, lagRecords: 0, lagMs: 0 })
  },
}

/** The LogError code of a rejection; fails where it resolves or rejects with anything else. */
export const codeOf = async (call: Promise<unknown>): Promise<string> =>
  codeIn(
    await call.then(
      () => null,
      error => error,
    ),
  )

function codeIn(failure: unknown): string {
  assert.ok(failure instanceof LogError, `expected a LogError, got ${failure === null ? 'an answer' : String(failure)}`)
  assert.equal(failure.retryable, false)
  return failure.code
}
