// What the log promises to who follows partitions without a group.
import assert from 'node:assert/strict'
import { LogError, type LogRecord, type Position } from '../../src/log/log.ts'
import { aRecord, type Ground, type LogChecks, textOf } from './log-ground.ts'

/** Everything that comes from these positions on; `end` aborts it, and answers what it ended with. */
function follow(ground: Ground, from: readonly Position[]) {
  const got: LogRecord[] = []
  const places = new Map(from.map(({ topic, partition, nextOffset }) => [`${topic}/${partition}`, nextOffset]))
  const stopping = new AbortController()
  const ended = read()

  async function read() {
    try {
      for await (const batch of ground.log.follow(from, stopping.signal)) {
        const at = `${batch.topic}/${batch.partition}`
        assert.equal(batch.fromOffset, places.get(at), 'a batch begins where the one before ended')
        places.set(at, batch.nextOffset)
        got.push(...batch.records)
      }
      return 'ended by itself'
    } catch (error) {
      return error instanceof LogError ? error.code : error
    }
  }
  const untilEnd = () => ground.within('the following ends', ended)
  return {
    got,
    untilEnd,
    end: () => {
      stopping.abort()
      return untilEnd()
    },
  }
}

const at = (topic: string, nextOffset = 0n, partition = 0): Position => ({ topic, partition, nextOffset })

export const followPromises: LogChecks = {
  '[B4] who follows partitions gets all of each in order, what is there and what comes, also from other members':
    async ground => {
      const topics = [await ground.topic({ partitions: 2 }), await ground.topic({ partitions: 2 })]
      const other = await ground.member()
      const appendAll = async (round: string) => {
        for (let n = 0; n < 12; n += 1)
          for (const topic of topics)
            await ground.append(topic, [aRecord(`key-${n % 5}`, `${round} ${n}`)], n % 3 === 0 ? other : ground.first)
      }
      await appendAll('before')
      const followed = follow(
        ground,
        topics.flatMap(topic => [at(topic, 0n, 0), at(topic, 0n, 1)]),
      )
      await appendAll('after')
      await ground.until('all have come', () => followed.got.length >= 48)
      for (const topic of topics) {
        const there = await ground.all(topic)
        for (const partition of [0, 1])
          assert.deepEqual(
            followed.got.filter(one => one.topic === topic && one.partition === partition).map(textOf),
            there.filter(one => one.partition === partition).map(textOf),
          )
      }
      assert.equal(await followed.end(), 'aborted')
    },

  'following begins at its positions, and leaves out partitions that they do not name': async ground => {
    const topic = await ground.topic({ partitions: 3 })
    const records = Array.from({ length: 30 }, (_, n) => aRecord(`key-${n}`, String(n)))
    await ground.append(topic, records)
    const there = (await ground.all(topic)).filter(one => one.partition === 1)
    assert.ok(there.length > 2)
    const followed = follow(ground, [at(topic, 1n, 1)])
    await ground.append(topic, records)
    await ground.until('all have come', () => followed.got.length >= 2 * there.length - 1)
    await followed.end()
    assert.deepEqual(
      followed.got.map(({ partition, offset }) => [partition, offset]),
      Array.from({ length: 2 * there.length - 1 }, (_, n) => [1, BigInt(n + 1)]),
    )
  },

  'following from before the log rejects as truncated': async ground => {
    const topic = await ground.topic()
    await ground.append(
      topic,
      ['a', 'b', 'c'].map(value => aRecord('one', value)),
    )
    await ground.trim({ topic, partition: 0 }, 2n)
    assert.equal(await follow(ground, [at(topic, 1n)]).untilEnd(), 'truncated')
  },
}
