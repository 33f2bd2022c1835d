// What the log promises about several members of one group: each partition is one member's, moves without waiting, and zombies change nothing.
import assert from 'node:assert/strict'
import type { LogRecord, Outcome } from '../../src/log/log.ts'
import { keyIn } from './key-in.ts'
import { aGate, aRecord, type LogChecks, textOf } from './log-ground.ts'

const done: Outcome = { kind: 'emit', appends: [] }

export const groupPromises: LogChecks = {
  '[H5] members share the partitions fairly, and every record is handled by one of them': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course({ partitions: 6 })
    const members = [ground.first, await ground.member(), await ground.member()]
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      handled.push(textOf(record))
      return done
    }
    const running = members.map(member =>
      ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle }, member),
    )
    await ground.until('each has two', () => running.every(({ consumption }) => consumption.status().length === 2))
    const owned = running.flatMap(({ consumption }) => consumption.status().map(({ partition }) => partition))
    assert.deepEqual(owned.toSorted(), [0, 1, 2, 3, 4, 5])
    await ground.append(
      topic,
      Array.from({ length: 300 }, (_, n) => aRecord(`key-${n}`, String(n))),
    )
    await ground.until('all are handled', () => handled.length >= 300)
    assert.equal(new Set(handled).size, handled.length)
  },

  '[H5] when a member stops, another goes on where it ended, repeating nothing': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course({ partitions: 2 })
    const other = await ground.member()
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      handled.push(textOf(record))
      return done
    }
    const of = { consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle }
    const first = ground.lanes(of)
    await ground.until('one has both', () => first.consumption.status().length === 2)
    const second = ground.lanes(of, other)
    await ground.append(
      topic,
      Array.from({ length: 100 }, (_, n) => aRecord(`key-${n}`, `early-${n}`)),
    )
    await ground.until('the early ones are handled', () => handled.length >= 100)
    await first.stop()
    await ground.append(
      topic,
      Array.from({ length: 100 }, (_, n) => aRecord(`key-${n}`, `late-${n}`)),
    )
    await ground.until('the late ones are handled', () => handled.filter(value => value.startsWith('late')).length >= 100)
    await ground.until('the other has both', () => second.consumption.status().length === 2)
    assert.equal(new Set(handled).size, handled.length)
  },

  '[H5] a slow handler does not hold up a rebalance; its signal aborts, and what it completes afterwards is discarded':
    async ground => {
      const { topic, deadLetters, consumerGroup } = await ground.course({ partitions: 2 })
      const target = await ground.topic()
      const other = await ground.member()
      const slow = aGate()
      const attempts: string[] = []
      let aborted = false
      const handle =
        (member: string) =>
        async (record: LogRecord, attempt: number, signal: AbortSignal): Promise<Outcome> => {
          attempts.push(`${member}${attempt}`)
          if (member === 'first') {
            await slow.opened
            aborted = signal.aborted
          }
          return { kind: 'emit', appends: [{ topic: target, records: [aRecord('out', `${member} ${textOf(record)}`)] }] }
        }
      const of = { consumerGroup, topics: [topic], deadLetterTopic: deadLetters }
      const first = ground.lanes({ ...of, handle: handle('first') })
      await ground.append(topic, [aRecord(keyIn(0, 2), 'x'), aRecord(keyIn(1, 2), 'x')])
      await ground.until('both are in hand', () => attempts.length === 2)
      const second = ground.lanes({ ...of, handle: handle('second') }, other)
      await ground.until('the other has one, and has done it', async () => (await ground.all(target)).length === 1)
      slow.open()
      await ground.until('the first has done its own', async () => (await ground.all(target)).length >= 2)
      await Promise.all([first.stop(), second.stop()])
      assert.deepEqual((await ground.all(target)).map(textOf).toSorted(), ['first x', 'second x'])
      // attempt counts again after a move, and at least one of the slow handlers was told.
      assert.deepEqual(attempts.toSorted(), ['first1', 'first1', 'second1'])
      assert.ok(aborted || attempts.length === 3)
    },

  'a lane that comes back to a member starts only after its earlier handler there returned': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course({ partitions: 2 })
    const other = await ground.member()
    const gate = aGate()
    const keys = [keyIn(0, 2), keyIn(1, 2)]
    const begun: string[] = []
    let handled = 0
    const handle = async (record: LogRecord): Promise<Outcome> => {
      begun.push(`${textOf(record)} ${record.partition}`)
      if (textOf(record) === 'slow') await gate.opened
      handled += 1
      return done
    }
    const leave = async (): Promise<Outcome> => ({ kind: 'retry', delayMs: 59_000, reason: 'left to the first' })
    const of = { consumerGroup, topics: [topic], deadLetterTopic: deadLetters, lane: textOf }
    const first = ground.lanes({ ...of, handle })
    await ground.append(
      topic,
      keys.map(key => aRecord(key, 'slow')),
    )
    await ground.until('both are in hand', () => begun.length === 2)
    const second = ground.lanes({ ...of, handle: leave }, other)
    await ground.until('one has moved', () => second.consumption.status().length === 1 && first.consumption.status().length === 1)
    await second.stop()
    await ground.append(
      topic,
      keys.map(key => aRecord(key, 'marker')),
    )
    // Records behind the slow ones in the log: both partitions are read past them.
    await ground.until('both are read again', () => begun.includes('marker 0') && begun.includes('marker 1'))
    assert.equal(begun.filter(one => one.startsWith('slow')).length, 2)
    gate.open()
    // One of the slow ones was discarded with its assignment, and is handled again now.
    await ground.until('all are handled', () => handled === 5)
  },

  '[D2] partition p of every topic belongs to one member': async ground => {
    const topics = [await ground.topic({ partitions: 4 }), await ground.topic({ partitions: 4 })]
    const consumerGroup = ground.consumerGroup()
    const members = [ground.first, await ground.member()]
    const running = members.map(member =>
      ground.batches({ consumerGroup, topics, handle: async () => ({ kind: 'applied' }) }, member),
    )
    await ground.until('each has half', () => running.every(({ consumption }) => consumption.status().length === 4))
    for (const { consumption } of running) {
      const numbers = topics.map(topic =>
        consumption
          .status()
          .flatMap(of => (of.topic === topic ? [of.partition] : []))
          .toSorted(),
      )
      assert.deepEqual(numbers[0], numbers[1])
    }
  },
}
