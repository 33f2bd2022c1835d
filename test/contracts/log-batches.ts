// What consumeBatches promises: one partition number at a time, in order, from where the consumer says, never past anything.
import assert from 'node:assert/strict'
import type { Batch, BatchOutcome, TopicPartition } from '../../src/log/log.ts'
import { aGate, aRecord, type LogChecks, textOf } from './log-ground.ts'

const applied: BatchOutcome = { kind: 'applied' }
const from = (nextOffset: bigint) => async (assigned: readonly TopicPartition[]) => assigned.map(at => ({ ...at, nextOffset }))
const letters = (values: string) => [...values].map(value => aRecord('one', value))

export const batchPromises: LogChecks = {
  '[D2] batches are in offset order, whole, and each begins where the one before ended': async ground => {
    const topic = await ground.topic({ partitions: 2 })
    const batches: Batch[] = []
    const handle = async (batch: Batch) => {
      batches.push(batch)
      return applied
    }
    ground.batches({ consumerGroup: ground.consumerGroup(), topics: [topic], maxBatchRecords: 70, handle })
    for (const part of [0, 1, 2])
      await ground.append(
        topic,
        Array.from({ length: 200 }, (_, n) => aRecord(`key-${n}`, `${part}-${n}`)),
      )
    const count = () => batches.reduce((sum, { records }) => sum + records.length, 0)
    await ground.until('all are handled', () => count() >= 600)
    for (const partition of [0, 1]) {
      let expected = 0n
      for (const batch of batches.filter(one => one.partition === partition)) {
        assert.equal(batch.fromOffset, expected)
        for (const record of batch.records) assert.equal(record.offset, expected++)
        assert.equal(batch.nextOffset, expected)
      }
    }
    assert.equal(count(), 600)
  },

  'a batch has no more records and bytes than asked for, and at least one record': async ground => {
    const topic = await ground.topic()
    await ground.append(topic, [...letters('abcdefghij'), aRecord('one', 'x'.repeat(50_000)), ...letters('kl')])
    const sizes: number[] = []
    const handle = async ({ records }: Batch) => {
      sizes.push(records.length)
      if (records.reduce((sum, record) => sum + (record.value?.length ?? 0), 0) > 20_000) assert.equal(records.length, 1)
      return applied
    }
    ground.batches({ consumerGroup: ground.consumerGroup(), topics: [topic], maxBatchRecords: 4, maxBatchBytes: 20_000, handle })
    await ground.until('all are handled', () => sizes.reduce((sum, size) => sum + size, 0) >= 13)
    assert.deepEqual(sizes, [4, 4, 2, 1, 2])
  },

  '[B6] [D2] of some topics a batch has fewer records, if that is asked for': async ground => {
    const [topic, other] = [await ground.topic(), await ground.topic()]
    for (const name of [topic, other]) await ground.append(name, letters('abcdefgh'))
    const sizes = new Map<string, number[]>([topic, other].map(name => [name, []]))
    const handle = async ({ topic: name, records }: Batch) => {
      sizes.get(name)?.push(records.length)
      return applied
    }
    const maxBatchRecordsOf = { [other]: 3 }
    ground.batches({
      consumerGroup: ground.consumerGroup(),
      topics: [topic, other],
      maxBatchRecords: 4,
      maxBatchRecordsOf,
      handle,
    })
    const count = () => [...sizes.values()].flat().reduce((sum, size) => sum + size, 0)
    await ground.until('all are handled', () => count() >= 16)
    assert.deepEqual(
      [...sizes.values()],
      [
        [4, 4],
        [3, 3, 2],
      ],
    )
  },

  '[D2] a consumer begins where it says it is': async ground => {
    const topic = await ground.topic()
    await ground.append(topic, letters('abcd'))
    const handled: string[] = []
    const handle = async ({ records }: Batch) => {
      handled.push(...records.map(textOf))
      return applied
    }
    ground.batches({ consumerGroup: ground.consumerGroup(), topics: [topic], positions: from(2n), handle })
    await ground.until('the rest is handled', () => handled.length >= 2)
    assert.deepEqual(handled, ['c', 'd'])
  },

  '[D2] a partition without a position halts': async ground => {
    const topics = [await ground.topic(), await ground.topic()]
    await ground.append(topics[1] ?? '', letters('a'))
    let handled = 0
    const handle = async () => {
      handled += 1
      return applied
    }
    const positions = async (assigned: readonly TopicPartition[]) =>
      assigned.filter(({ topic }) => topic === topics[0]).map(at => ({ ...at, nextOffset: 0n }))
    const { consumption } = ground.batches({ consumerGroup: ground.consumerGroup(), topics, positions, handle })
    const halted = await ground.until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
    assert.equal(halted.topic, topics[1])
    await ground.append(topics[0] ?? '', letters('a'))
    await ground.until('the other goes on', () => handled === 1)
  },

  'a position outside the log halts as truncated, on either side': async ground => {
    for (const position of [1n, 4n]) {
      const topic = await ground.topic()
      await ground.append(topic, letters('abc'))
      await ground.trim({ topic, partition: 0 }, 2n)
      let handled = 0
      const handle = async () => {
        handled += 1
        return applied
      }
      const { consumption } = ground.batches({
        consumerGroup: ground.consumerGroup(),
        topics: [topic],
        positions: from(position),
        handle,
      })
      const halted = await ground.until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
      assert.match(halted.reason ?? '', /^truncated: /)
      assert.equal(handled, 0)
    }
  },

  '[D2] one batch of partition p is handled at a time, over all topics, and every topic gets its turn': async ground => {
    const topics = [await ground.topic(), await ground.topic(), await ground.topic()]
    let running = 0
    let most = 0
    const turns = new Map<string, number>()
    const handle = async ({ topic }: Batch) => {
      running += 1
      most = Math.max(most, running)
      turns.set(topic, (turns.get(topic) ?? 0) + 1)
      await new Promise(resolve => setImmediate(resolve))
      running -= 1
      return applied
    }
    for (const topic of topics) await ground.append(topic, letters('abcdefghijklmnopqrst'))
    ground.batches({ consumerGroup: ground.consumerGroup(), topics, maxBatchRecords: 1, handle })
    await ground.until('all are handled', () => [...turns.values()].reduce((sum, turn) => sum + turn, 0) === 60)
    assert.deepEqual([...turns.values()], [20, 20, 20])
    // Topics at their end, whose last batch was as large as allowed, keep no other waiting.
    for (const [nth, topic] of topics.entries()) {
      await ground.append(topic, letters('u'))
      await ground.until(`topic ${nth} goes on`, () => turns.get(topic) === 21)
    }
    assert.equal(most, 1)
  },

  '[D2] moved: reading goes on from there': async ground => {
    const topic = await ground.topic()
    await ground.append(topic, letters('abcde'))
    const handled: string[] = []
    const handle = async ({ records }: Batch): Promise<BatchOutcome> => {
      handled.push(...records.map(textOf))
      return handled.length === 1 ? { kind: 'moved', nextOffset: 3n } : applied
    }
    ground.batches({ consumerGroup: ground.consumerGroup(), topics: [topic], maxBatchRecords: 1, handle })
    await ground.until('the rest is handled', () => handled.length >= 3)
    assert.deepEqual(handled, ['a', 'd', 'e'])
  },

  '[D2] retry, and a throw, hand over the same batch again, for ever': async ground => {
    const topic = await ground.topic()
    await ground.append(topic, letters('ab'))
    const handled: string[] = []
    const handle = async ({ records }: Batch): Promise<BatchOutcome> => {
      handled.push(records.map(textOf).join(''))
      if (handled.length <= 3) return { kind: 'retry', delayMs: 1, reason: 'not yet' }
      if (handled.length <= 6) throw new TypeError('not yet')
      return applied
    }
    ground.batches({ consumerGroup: ground.consumerGroup(), topics: [topic], maxBatchRecords: 1, handle })
    await ground.until('the next comes', () => handled.includes('b'))
    assert.deepEqual(handled, ['a', 'a', 'a', 'a', 'a', 'a', 'a', 'b'])
  },

  '[D2] halt: the partition stops there and status says why': async ground => {
    const topic = await ground.topic()
    await ground.append(topic, letters('abc'))
    const handled: string[] = []
    const handle = async ({ records }: Batch): Promise<BatchOutcome> => {
      handled.push(...records.map(textOf))
      return handled.includes('b') ? { kind: 'halt', reason: 'cannot go on' } : applied
    }
    const { consumption, stop } = ground.batches({
      consumerGroup: ground.consumerGroup(),
      topics: [topic],
      maxBatchRecords: 1,
      handle,
    })
    const halted = await ground.until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
    assert.deepEqual([halted.nextOffset, halted.reason], [1n, 'cannot go on'])
    await ground.within('it stops', stop())
    assert.deepEqual(handled, ['a', 'b'])
  },

  '[H6] a stop waits for the batch in hand, and no batch is handled after done': async ground => {
    const topic = await ground.topic()
    await ground.append(topic, letters('abc'))
    const gate = aGate()
    const handled: string[] = []
    let isInHand = false
    const handle = async ({ records }: Batch) => {
      isInHand = true
      await gate.opened
      handled.push(...records.map(textOf))
      return applied
    }
    const { stop } = ground.batches({
      consumerGroup: ground.consumerGroup(),
      topics: [topic],
      maxBatchRecords: 1,
      handle,
    })
    await ground.until('a batch is in hand', () => isInHand)
    let stopped = false
    const stopping = stop().then(() => {
      stopped = true
    })
    await ground.append(topic, letters('d'))
    assert.equal(stopped, false)
    gate.open()
    await ground.within('it stops', stopping)
    await ground.append(topic, letters('e'))
    assert.deepEqual(handled, ['a'])
  },
}
