// Consumers of Kafka keep their promises where kafkajs' own consumer is known not to; the numbers are those of the list of its traps,
// those of them that are about members and who has which partition are in kafka-members.real.test.ts.
// Traps 4 and 10 (its transactions) cannot spring: nothing here uses transactions; what others write with them is read as it should be.
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Batch, BatchOutcome, LogRecord, Outcome } from '../../src/log/log.ts'
import { keyIn } from '../contracts/key-in.ts'
import { aGate, aRecord, textOf } from '../contracts/log-ground.ts'
import { asAdmin } from '../ground/log/kafka-adapter.ts'
import { useProxiedGround } from '../ground/log/kafka-ground.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'

const done: Outcome = { kind: 'emit', appends: [] }
const applied: BatchOutcome = { kind: 'applied' }

describe.runIf(await runsHere('kafka'))('consumers of Kafka', () => {
  const logger = collectLogLines(['log.partition-halted'])
  const at = useProxiedGround('kafka consume', logger, 30_000)
  const events = (event: string) => logger.lines.filter(line => line.event === event).length

  test('[H5] trap 2: a partition whose handler is slow holds up no other partition', async () => {
    const topic = await at.ground.topic({ partitions: 6 })
    const gate = aGate()
    const handled: number[] = []
    const handle = async ({ partition, records }: Batch) => {
      if (partition === 0) await gate.opened
      handled.push(...records.map(() => partition))
      return applied
    }
    at.ground.batches({ consumerGroup: at.ground.consumerGroup(), topics: [topic], handle })
    await at.ground.append(topic, [aRecord(keyIn(0, 6), 'slow')])
    for (const value of ['a', 'b']) {
      await at.ground.append(
        topic,
        [1, 2, 3, 4, 5].map(partition => aRecord(keyIn(partition, 6), value)),
      )
      const count = value === 'a' ? 5 : 10
      await at.ground.until(`${value} is handled everywhere else`, () => handled.length === count)
    }
    gate.open()
    await at.ground.until('the slow one is handled', () => handled.includes(0))
  })

  test('[D2] trap 5: a TypeError in a handler stops neither its partition nor the group', async () => {
    const { topic, deadLetters, consumerGroup } = await at.ground.course({ partitions: 2 })
    const handled: string[] = []
    const handle = async (record: LogRecord): Promise<Outcome> => {
      if (textOf(record) === 'bad') throw new TypeError('undefined is not a function')
      handled.push(textOf(record))
      return done
    }
    const joins = events('log.assigned')
    at.ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxAttempts: 1, handle })
    await at.ground.append(topic, [aRecord(keyIn(0, 2), 'bad'), aRecord(keyIn(0, 2), 'next'), aRecord(keyIn(1, 2), 'other')])
    await at.ground.until('both others are handled', () => handled.length === 2)
    expect((await at.ground.all(deadLetters)).map(textOf)).toEqual(['bad'])
    expect(events('log.assigned') - joins).toBe(1)
  })

  test('[D2] trap 7: what is committed in Kafka is a mirror for tools: a consumer begins at its progress, whatever stands there', async () => {
    const { topic, deadLetters, consumerGroup } = await at.ground.course()
    const committed = () => asAdmin(at.kafka, admin => admin.fetchOffsets({ groupId: consumerGroup, topics: [topic] }))
    await at.ground.append(
      topic,
      [...'abc'].map(value => aRecord('one', value)),
    )
    await asAdmin(at.kafka, admin =>
      admin.setOffsets({ groupId: consumerGroup, topic, partitions: [{ partition: 0, offset: '2' }] }),
    )
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      handled.push(textOf(record))
      return done
    }
    const running = at.ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
    await at.ground.until('all are handled', () => handled.length === 3)
    await at.ground.until('the mirror shows it', async () => (await committed())[0]?.partitions[0]?.offset === '3')
    await running.stop()
    await asAdmin(at.kafka, admin =>
      admin.setOffsets({ groupId: consumerGroup, topic, partitions: [{ partition: 0, offset: '0' }] }),
    )
    at.ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
    await at.ground.append(topic, [aRecord('one', 'd')])
    await at.ground.until('the next is handled', () => handled.includes('d'))
    expect(handled).toEqual(['a', 'b', 'c', 'd'])
  })

  test('[D2] trap 7: a reader that retention overtakes halts as truncated, and skips nothing', async () => {
    const topic = await at.ground.topic()
    const large = [...'abcdefgh'].map(value => aRecord('one', value.repeat(400_000)))
    for (const record of large) await at.ground.append(topic, [record])
    const gate = aGate()
    const handled: bigint[] = []
    const handle = async ({ records }: Batch) => {
      handled.push(...records.map(({ offset }) => offset))
      await gate.opened
      return applied
    }
    const { consumption } = at.ground.batches({
      consumerGroup: at.ground.consumerGroup(),
      topics: [topic],
      maxBatchRecords: 1,
      handle,
    })
    await at.ground.until('the first is in hand', () => handled.length === 1)
    await at.ground.trim({ topic, partition: 0 }, 7n)
    gate.open()
    const halted = await at.ground.until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
    expect(halted.reason).toMatch(/^truncated: .* the log has 7 to 8/)
    expect(handled).toEqual(handled.map((_, n) => BigInt(n)))
    expect(handled.length).toBeLessThan(7)
  })

  test('trap 11: Node’s warning about negative timeouts is not shown, every other one is', async () => {
    const warnings: string[] = []
    const shown = process.listeners('warning') // Node's own, which prints them
    process.removeAllListeners('warning')
    process.on('warning', ({ name }) => void warnings.push(name))
    onTestFinished(() => {
      process.removeAllListeners('warning')
      for (const listener of shown) process.on('warning', listener)
    })
    const topic = await at.ground.topic()
    await at.ground.append(topic, [aRecord('one', 'x')], await at.ground.member())
    process.emitWarning('in seven colours', 'SomeWarning')
    process.emitWarning(new Error('as an error'))
    process.emitWarning('with options', { type: 'OtherWarning' })
    await at.ground.until('they are shown', () => warnings.length >= 3)
    expect(warnings).toEqual(['SomeWarning', 'Error', 'OtherWarning'])
  })

  test('[H3] kill -9 of the broker: consumers wait, say so, and go on where they were when it is back', async () => {
    const { topic, deadLetters, consumerGroup } = await at.ground.course({ partitions: 3 })
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      handled.push(textOf(record))
      return done
    }
    const { consumption } = at.ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
    const appendMany = (name: string) =>
      at.ground.append(
        topic,
        Array.from({ length: 100 }, (_, n) => aRecord(`key-${n}`, `${name}-${n}`)),
      )
    await appendMany('before')
    await at.ground.until('all are handled', () => handled.length === 100)
    const said = events('log.unavailable')
    await at.kafka.kill()
    await at.ground.until('it is said', () => events('log.unavailable') > said)
    await at.kafka.restart()
    await appendMany('after')
    await at.ground.until('all are handled', () => new Set(handled).size === 200)
    expect(consumption.status().map(({ state }) => state)).not.toContain('halted')
  })
})
