// Consumers of Kafka keep their promises where kafkajs' own consumer is known not to; the numbers are those of the list of its traps.
// Traps 4 and 10 (its transactions) cannot spring: nothing here uses transactions; what others write with them is read as it should be.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runsHere } from '../../infra/services/available.ts'
import { kafkaAvailable } from '../../infra/services/kafka-jars.ts'
import type { Batch, BatchOutcome, LogRecord, Outcome } from '../../src/log/log.ts'
import { aGate, aRecord, type Ground, openGround, textOf } from '../contracts/log-ground.ts'
import { keyIn } from '../contracts/log-lanes.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'
import { collectLogLines } from '../log-lines.ts'
import { asAdmin, KAFKA_START_MS, openKafkaAdapter, openTestKafkaBehindProxy } from './kafka-adapter.ts'

const done: Outcome = { kind: 'emit', appends: [] }
const applied: BatchOutcome = { kind: 'applied' }

describe.runIf(await runsHere(kafkaAvailable))('consumers of Kafka', () => {
  const logger = collectLogLines(['log.partition-halted'])
  let kafka: Awaited<ReturnType<typeof openTestKafkaBehindProxy>>
  let server: TestDatabase
  let ground: Ground
  beforeAll(async () => {
    kafka = await openTestKafkaBehindProxy(logger)
    server = await openTestDatabase('kafka consume', { poolSize: 10 })
  }, KAFKA_START_MS)
  afterAll(async () => {
    await server.close()
    await kafka.close()
  })
  beforeEach(async () => {
    ground = await openGround(openKafkaAdapter(kafka, server, logger), 30_000)
  })
  afterEach(async () => {
    kafka.proxy.resume()
    await ground.close()
    await kafka.settle()
  })

  const aMember = (settings = {}) => kafka.member(server.database, settings)
  const events = (event: string) => logger.lines.filter(line => line.event === event).length

  test('[H5] trap 2: a partition whose handler is slow holds up no other partition', async () => {
    const topic = await ground.topic({ partitions: 6 })
    const gate = aGate()
    const handled: number[] = []
    const handle = async ({ partition, records }: Batch) => {
      if (partition === 0) await gate.opened
      handled.push(...records.map(() => partition))
      return applied
    }
    ground.batches({ group: ground.group(), topics: [topic], handle })
    await ground.append(topic, [aRecord(keyIn(0, 6), 'slow')])
    for (const value of ['a', 'b']) {
      await ground.append(
        topic,
        [1, 2, 3, 4, 5].map(partition => aRecord(keyIn(partition, 6), value)),
      )
      const count = value === 'a' ? 5 : 10
      await ground.until(`${value} is handled everywhere else`, () => handled.length === count)
    }
    gate.open()
    await ground.until('the slow one is handled', () => handled.includes(0))
  })

  test('[H5] trap 3: a rebalance waits for no handler, and what a member keeps is not interrupted', async () => {
    const { topic, deadLetters, group } = await ground.course({ partitions: 2 })
    const gate = aGate()
    const signals: { partition: number; signal: AbortSignal }[] = []
    const handle = async ({ partition }: LogRecord, _attempt: number, signal: AbortSignal) => {
      signals.push({ partition, signal })
      await gate.opened
      return done
    }
    const of = { group, topics: [topic], deadLetterTopic: deadLetters }
    const first = ground.lanes({ ...of, handle })
    await ground.append(topic, [aRecord(keyIn(0, 2), 'x'), aRecord(keyIn(1, 2), 'x')])
    await ground.until('both are in hand', () => signals.length === 2)
    const taken: number[] = []
    const take = async ({ partition }: LogRecord) => {
      taken.push(partition)
      return done
    }
    ground.lanes({ ...of, handle: take }, await ground.member())
    await ground.until('the other has handled one', () => taken.length === 1)
    expect(first.consumption.status().map(({ partition }) => partition)).toEqual([taken[0] === 0 ? 1 : 0])
    for (const { partition, signal } of signals) expect(signal.aborted).toBe(partition === taken[0])
    gate.open()
  })

  test('[D2] trap 5: a TypeError in a handler stops neither its partition nor the group', async () => {
    const { topic, deadLetters, group } = await ground.course({ partitions: 2 })
    const handled: string[] = []
    const handle = async (record: LogRecord): Promise<Outcome> => {
      if (textOf(record) === 'bad') throw new TypeError('undefined is not a function')
      handled.push(textOf(record))
      return done
    }
    const joins = events('log.assigned')
    ground.lanes({ group, topics: [topic], deadLetterTopic: deadLetters, maxAttempts: 1, handle })
    await ground.append(topic, [aRecord(keyIn(0, 2), 'bad'), aRecord(keyIn(0, 2), 'next'), aRecord(keyIn(1, 2), 'other')])
    await ground.until('both others are handled', () => handled.length === 2)
    expect((await ground.all(deadLetters)).map(textOf)).toEqual(['bad'])
    expect(events('log.assigned') - joins).toBe(1)
  })

  test('[H5] trap 6: a partition whose intake had stopped goes on when it leaves and comes back', async () => {
    const { topic, deadLetters, group } = await ground.course({ partitions: 2 })
    const gate = aGate()
    const handled = new Set<string>()
    let waiting = 0
    const handle = async (record: LogRecord, _attempt: number, signal: AbortSignal) => {
      waiting += 1
      await gate.opened
      if (!signal.aborted) handled.add(textOf(record))
      return done
    }
    const of = { group, topics: [topic], deadLetterTopic: deadLetters, maxBufferedBytes: 300 }
    const first = ground.lanes({ ...of, handle })
    const records = Array.from({ length: 40 }, (_, n) => aRecord(keyIn(n % 2, 2), `${n}`.padEnd(100, '.')))
    await ground.append(topic, records)
    await ground.until('intake has stopped', () => waiting >= 2)
    const second = ground.lanes({ ...of, handle }, await ground.member())
    await ground.until('one has moved', () => second.consumption.status().length === 1)
    await second.stop()
    await ground.until('it is back', () => first.consumption.status().length === 2)
    gate.open()
    await ground.until('all are handled', () => handled.size === 40)
  })

  test('[D2] trap 7: what is committed in Kafka is a mirror for tools: a consumer begins at its progress, whatever stands there', async () => {
    const { topic, deadLetters, group } = await ground.course()
    const committed = () => asAdmin(kafka, admin => admin.fetchOffsets({ groupId: group, topics: [topic] }))
    await ground.append(
      topic,
      [...'abc'].map(value => aRecord('one', value)),
    )
    await asAdmin(kafka, admin => admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '2' }] }))
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      handled.push(textOf(record))
      return done
    }
    const running = ground.lanes({ group, topics: [topic], deadLetterTopic: deadLetters, handle })
    await ground.until('all are handled', () => handled.length === 3)
    await ground.until('the mirror shows it', async () => (await committed())[0]?.partitions[0]?.offset === '3')
    await running.stop()
    await asAdmin(kafka, admin => admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '0' }] }))
    ground.lanes({ group, topics: [topic], deadLetterTopic: deadLetters, handle })
    await ground.append(topic, [aRecord('one', 'd')])
    await ground.until('the next is handled', () => handled.includes('d'))
    expect(handled).toEqual(['a', 'b', 'c', 'd'])
  })

  test('[D2] trap 7: a reader that retention overtakes halts as truncated, and skips nothing', async () => {
    const topic = await ground.topic()
    const large = [...'abcdefgh'].map(value => aRecord('one', value.repeat(400_000)))
    for (const record of large) await ground.append(topic, [record])
    const gate = aGate()
    const handled: bigint[] = []
    const handle = async ({ records }: Batch) => {
      handled.push(...records.map(({ offset }) => offset))
      await gate.opened
      return applied
    }
    const { consumption } = ground.batches({ group: ground.group(), topics: [topic], maxBatchRecords: 1, handle })
    await ground.until('the first is in hand', () => handled.length === 1)
    await ground.trim({ topic, partition: 0 }, 7n)
    gate.open()
    const halted = await ground.until('it halts', () => consumption.status().find(({ state }) => state === 'halted'))
    expect(halted.reason).toMatch(/^truncated: .* the log has 7 to 8/)
    expect(handled).toEqual(handled.map((_, n) => BigInt(n)))
    expect(handled.length).toBeLessThan(7)
  })

  test('[H5] trap 9: partitions stay where they are when a member comes, but for those that make the shares equal', async () => {
    const topic = await ground.topic({ partitions: 6 })
    const group = ground.group()
    const handle = async () => applied
    const running = [ground.batches({ group, topics: [topic], handle })]
    const owned = () => running.map(({ consumption }) => consumption.status().map(({ partition }) => partition))
    const shares = (counts: number[]) => () => owned().every((of, n) => of.length === counts[n])
    await ground.until('one has all', shares([6]))
    running.push(ground.batches({ group, topics: [topic], handle }, await ground.member()))
    await ground.until('two have half', shares([3, 3]))
    const before = owned()
    running.push(ground.batches({ group, topics: [topic], handle }, await ground.member()))
    await ground.until('three have a third', shares([2, 2, 2]))
    owned()
      .slice(0, 2)
      .forEach((of, n) => {
        expect(before[n]).toEqual(expect.arrayContaining(of))
      })
  })

  test('trap 11: Node’s warning about negative timeouts is not shown, every other one is', async () => {
    const warnings: string[] = []
    const note = ({ name }: Error) => warnings.push(name)
    process.on('warning', note)
    const topic = await ground.topic()
    await ground.append(topic, [aRecord('one', 'x')], await ground.member())
    process.emitWarning('in seven colours', 'SomeWarning')
    process.emitWarning(new Error('as an error'))
    process.emitWarning('with options', { type: 'OtherWarning' })
    await ground.until('they are shown', () => warnings.length >= 3)
    process.off('warning', note)
    expect(warnings).toEqual(['SomeWarning', 'Error', 'OtherWarning'])
  })

  test('[H5] a member that hangs ends its work by its own clock; another goes on, and what the first completes is discarded', async () => {
    const { topic, deadLetters, group } = await ground.course()
    const target = await ground.topic()
    const settings = { sessionTimeoutMs: 1_500, requestTimeoutMs: 500 }
    const gate = aGate()
    const told: boolean[] = []
    let inHand = false
    const handleAs =
      (member: string) =>
      async (record: LogRecord, _attempt: number, signal: AbortSignal): Promise<Outcome> => {
        if (member === 'zombie') {
          inHand = true
          await gate.opened
          told.push(signal.aborted)
        }
        return { kind: 'emit', appends: [{ topic: target, records: [aRecord('out', `${member} ${textOf(record)}`)] }] }
      }
    const of = { group, topics: [topic], deadLetterTopic: deadLetters }
    const zombie = aMember(settings)
    const first = ground.lanes({ ...of, handle: handleAs('zombie') }, zombie)
    await ground.append(topic, [aRecord('one', 'a')])
    await ground.until('it is in hand', () => inHand)
    kafka.proxy.hold()
    ground.lanes({ ...of, handle: handleAs('other') }, await ground.member())
    await ground.until('the other has done it', async () => (await ground.all(target)).length === 1)
    await ground.until('the zombie knows', () => first.consumption.status().length === 0)
    kafka.proxy.cut()
    kafka.proxy.resume()
    gate.open()
    await ground.until('the zombie completed', () => told.length === 1)
    await ground.append(topic, [aRecord('one', 'b')])
    await ground.until('somebody goes on', async () => (await ground.all(target)).length === 2)
    expect(told[0]).toBe(true)
    expect((await ground.all(target)).map(textOf)[0]).toBe('other a')
  })

  test('[H6] while a rebalance waits for a member that died, the others work on, and one that stops does not wait', async () => {
    const { topic, deadLetters, group } = await ground.course({ partitions: 4 })
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      handled.push(textOf(record))
      return done
    }
    const of = { group, topics: [topic], deadLetterTopic: deadLetters, handle }
    const dying = ground.lanes(of, aMember({ stopGraceMs: 100 }))
    const second = ground.lanes(of, await ground.member())
    const half = (one: typeof dying) => one.consumption.status().length === 2
    await ground.until('each has half', () => half(dying) && half(second))
    kafka.proxy.down()
    const third = ground.lanes(of, await ground.member())
    const [kept] = second.consumption.status()
    await ground.append(topic, [aRecord(keyIn(kept?.partition ?? 0, 4), 'x')])
    await ground.until('the second works on', () => handled.length === 1)
    const startedAt = performance.now()
    await second.stop()
    expect(performance.now() - startedAt).toBeLessThan(4_000)
    await ground.until('the third has all', () => third.consumption.status().length === 4)
  })

  test('[H6] a member that stops leaves: the others need not wait for its session to end', async () => {
    const topic = await ground.topic({ partitions: 2 })
    const group = ground.group()
    const handle = async () => applied
    const first = ground.batches({ group, topics: [topic], handle })
    const second = ground.batches({ group, topics: [topic], handle }, await ground.member())
    await ground.until('each has one', () => [first, second].every(one => one.consumption.status().length === 1))
    const startedAt = performance.now()
    await first.stop()
    await ground.until('the other has both', () => second.consumption.status().length === 2)
    expect(performance.now() - startedAt).toBeLessThan(4_000)
  })

  test('[H3] kill -9 of the broker: consumers wait, say so, and go on where they were when it is back', async () => {
    const { topic, deadLetters, group } = await ground.course({ partitions: 3 })
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      handled.push(textOf(record))
      return done
    }
    const { consumption } = ground.lanes({ group, topics: [topic], deadLetterTopic: deadLetters, handle })
    const appendMany = (name: string) =>
      ground.append(
        topic,
        Array.from({ length: 100 }, (_, n) => aRecord(`key-${n}`, `${name}-${n}`)),
      )
    await appendMany('before')
    await ground.until('all are handled', () => handled.length === 100)
    const said = events('log.unavailable')
    await kafka.kill()
    await ground.until('it is said', () => events('log.unavailable') > said)
    await kafka.restart()
    await appendMany('after')
    await ground.until('all are handled', () => new Set(handled).size === 200)
    expect(consumption.status().map(({ state }) => state)).not.toContain('halted')
  })
})
