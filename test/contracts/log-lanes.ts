// What consumeLanes promises about one member: order, concurrency, progress.
import assert from 'node:assert/strict'
import type { LogRecord, Outcome } from '../../src/log/log.ts'
import { aGate, aRecord, type LogChecks, textOf } from './log-ground.ts'

const done: Outcome = { kind: 'emit', appends: [] }
const many = (count: number, of: (n: number) => { lane: string; value: string }) =>
  Array.from({ length: count }, (_, n) => {
    const { lane, value } = of(n)
    return aRecord('one', value, { headers: { lane } })
  })
const byLane = (record: LogRecord) => record.headers.lane ?? ''

export const lanePromises: LogChecks = {
  'every record is handled': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course({ partitions: 3 })
    const values = Array.from({ length: 1_500 }, (_, n) => String(n))
    const seen = new Set<string>()
    const handle = async (record: LogRecord) => {
      seen.add(textOf(record))
      return done
    }
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
    await ground.append(
      topic,
      values.map((value, n) => aRecord(`key-${n % 50}`, value)),
    )
    await ground.until('all are handled', () => seen.size === values.length)
  },

  'equal lanes run one at a time, in offset order': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const running = new Set<string>()
    const order = new Map<string, number[]>()
    let violations = 0
    const handle = async (record: LogRecord) => {
      const lane = byLane(record)
      if (running.has(lane)) violations += 1
      running.add(lane)
      order.set(lane, [...(order.get(lane) ?? []), Number(record.offset)])
      await new Promise(resolve => setImmediate(resolve))
      running.delete(lane)
      return done
    }
    await ground.append(
      topic,
      many(600, n => ({ lane: String((n * 7) % 13), value: '' })),
    )
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, lane: byLane, handle })
    await ground.until('all are handled', () => [...order.values()].flat().length === 600)
    assert.equal(violations, 0)
    for (const offsets of order.values())
      assert.deepEqual(
        offsets,
        offsets.toSorted((a, b) => a - b),
      )
  },

  'a slow lane delays no other lane': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const slow = aGate()
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      if (byLane(record) === 'slow') await slow.opened
      handled.push(textOf(record))
      return done
    }
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, lane: byLane, handle })
    await ground.append(topic, [
      ...many(1, () => ({ lane: 'slow', value: 'slow' })),
      ...many(300, n => ({ lane: `lane-${n}`, value: 'fast' })),
    ])
    await ground.until('the others are handled', () => handled.length === 300)
    await ground.append(
      topic,
      many(1, () => ({ lane: 'late', value: 'late' })),
    )
    await ground.until('a later one is handled', () => handled.includes('late'))
    assert.ok(!handled.includes('slow'))
    slow.open()
    await ground.until('the slow one is handled', () => handled.includes('slow'))
  },

  'no more than maxConcurrency handlers run at once, and as many do': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course({ partitions: 2 })
    const gate = aGate()
    let running = 0
    let most = 0
    let handled = 0
    const handle = async () => {
      running += 1
      most = Math.max(most, running)
      await gate.opened
      running -= 1
      handled += 1
      return done
    }
    await ground.append(
      topic,
      Array.from({ length: 40 }, (_, n) => aRecord(`key-${n}`, 'x')),
    )
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxConcurrency: 7, handle })
    await ground.until('seven run', () => running === 7)
    gate.open()
    await ground.until('all are handled', () => handled === 40)
    assert.equal(most, 7)
  },

  'what a record emits is durable before the record counts as finished': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const target = await ground.topic()
    const other = await ground.member()
    await ground.append(
      topic,
      many(20, n => ({ lane: 'one', value: String(n) })),
    )
    // The next record of a lane is handled once the one before is finished.
    let missing = 0
    let handled = 0
    const handle = async (record: LogRecord): Promise<Outcome> => {
      const emitted = await ground.all(target, other)
      if (BigInt(emitted.length) < record.offset) missing += 1
      handled += 1
      return { kind: 'emit', appends: [{ topic: target, records: [aRecord('out', textOf(record))] }] }
    }
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, lane: byLane, handle })
    await ground.until('all are handled', () => handled === 20)
    assert.equal(missing, 0)
    await ground.until('all are emitted', async () => (await ground.all(target, other)).length === 20)
  },

  'a partition without a progress row halts and says how to make it': async ground => {
    const [topic, deadLetters, consumerGroup] = [await ground.topic(), await ground.topic(), ground.consumerGroup()]
    let handled = 0
    const handle = async () => {
      handled += 1
      return done
    }
    await ground.append(topic, [aRecord('one', 'a')])
    const { consumption } = ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
    const halted = await ground.until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
    assert.match(halted.reason ?? '', /no progress row; make it with: .*log_progress/)
    assert.equal(handled, 0)
  },

  'progress outside the log halts as truncated': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    await ground.append(
      topic,
      ['a', 'b', 'c'].map(value => aRecord('one', value)),
    )
    await ground.trim({ topic, partition: 0 }, 2n)
    let handled = 0
    const handle = async () => {
      handled += 1
      return done
    }
    const { consumption } = ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
    const halted = await ground.until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
    assert.match(halted.reason ?? '', /^truncated: /)
    assert.equal(handled, 0)
  },

  'intake of a partition stops while maxBufferedBytes of its records are unfinished': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const gate = aGate()
    const begun = new Set<string>()
    const handle = async (record: LogRecord) => {
      begun.add(byLane(record))
      await gate.opened
      return done
    }
    await ground.append(
      topic,
      many(30, n => ({ lane: String(n), value: 'x'.repeat(10_000) })),
    )
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxBufferedBytes: 50_000, lane: byLane, handle })
    await ground.until('some have begun', () => begun.size >= 5)
    // Something that passes through the same log twice has given intake every chance to go on.
    for (const value of ['a', 'b']) await ground.append(topic, [aRecord('one', value, { headers: { lane: value } })])
    assert.ok(begun.size <= 6, `${begun.size} begun`)
    gate.open()
    await ground.until('all have begun', () => begun.size === 32)
  },

  '[H6] a stop finishes what is running, aborts no handler, and saves it: the next run repeats nothing': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const gate = aGate()
    const handled: string[] = []
    let aborted = false
    const handle = async (record: LogRecord, _attempt: number, signal: AbortSignal) => {
      if (textOf(record) === 'slow') await gate.opened
      aborted ||= signal.aborted
      handled.push(textOf(record))
      return done
    }
    const consumer = { consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle }
    await ground.append(topic, [aRecord('one', 'slow'), aRecord('one', 'behind'), aRecord('two', 'fast')])
    const first = ground.lanes(consumer)
    await ground.until('the fast one is done', () => handled.includes('fast'))
    const stopping = first.stop()
    let stopped = false
    void stopping.then(() => {
      stopped = true
    })
    await ground.append(topic, [aRecord('three', 'after')])
    assert.equal(stopped, false)
    gate.open()
    await ground.within('it stops', stopping)
    assert.deepEqual([handled, aborted], [['fast', 'slow'], false])
    ground.lanes(consumer)
    await ground.until('the rest is handled', () => handled.length === 4)
    assert.deepEqual(handled.slice(2).toSorted(), ['after', 'behind'])
  },
}
