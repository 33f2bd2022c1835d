// Appends to Kafka are durable, once and in order, while sockets are cut, brokers hang, are killed and come back.
import { describe, expect, test } from 'vitest'
import { aRecord, textOf } from '../contracts/log-ground.ts'
import { asAdmin } from '../ground/log/kafka-adapter.ts'
import { useProxiedGround } from '../ground/log/kafka-ground.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'
import { until } from '../ground/until.ts'

const PRODUCE = 0
const isProduce = (chunk: Buffer) => chunk.length > 6 && chunk.readInt16BE(4) === PRODUCE

describe.runIf(await runsHere('kafka'))('appends to Kafka', () => {
  const logger = collectLogLines()
  const at = useProxiedGround('kafka append', logger)

  const values = async (topic: string) => (await at.ground.all(topic)).map(textOf)
  /** The broker stores what is sent, and its answer is lost, while the condition says so. */
  function cutAnswersToProduce(wanted: () => boolean) {
    let asked = false
    at.kafka.proxy.watch((chunk, direction) => {
      if (direction === 'to-target') asked ||= isProduce(chunk)
      else if (asked) {
        asked = false
        return wanted() ? 'cut-before' : 'pass'
      }
      return 'pass'
    })
  }

  test('[B2] trap 1: of concurrent appends whose socket is cut after the broker stored the first, none is lost and none is doubled', async () => {
    const topic = await at.ground.topic()
    const member = at.aMember()
    await at.ground.append(topic, [aRecord('one', 'warm')], member)
    let cuts = 1
    cutAnswersToProduce(() => cuts-- > 0)
    await Promise.all(['A', 'B', 'C'].map(value => at.ground.append(topic, [aRecord('one', value)], member)))
    expect(cuts).toBeLessThan(1)
    expect(await values(topic)).toEqual(['warm', 'A', 'B', 'C'])
  })

  test('[B2] trap 1: what follows a send that was given up is not taken for its copy', async () => {
    const topic = await at.ground.topic()
    const member = at.aMember()
    await at.ground.append(topic, [aRecord('one', 'warm')], member)
    let cutting = true
    cutAnswersToProduce(() => cutting)
    const giveUp = new AbortController()
    const given = member.log.append({ topic, records: [aRecord('one', 'given up')] }, giveUp.signal)
    const failures = () => logger.lines.filter(({ event }) => event === 'log.append-retried').length
    const before = failures()
    await until('kafkajs gave up', () => failures() > before)
    giveUp.abort()
    await expect(given).rejects.toMatchObject({ code: 'aborted' })
    cutting = false
    for (const value of ['A', 'B']) await at.ground.append(topic, [aRecord('one', value)], member)
    expect([...new Set(await values(topic))]).toEqual(['warm', 'given up', 'A', 'B'])
  })

  test('[B2] trap 12: what waits together goes out together, one send at a time per partition', async () => {
    const topic = await at.ground.topic()
    const member = at.aMember()
    await at.ground.append(topic, [aRecord('one', 'warm')], member)
    let sends = 0
    let inFlight = 0
    let most = 0
    at.kafka.proxy.watch((chunk, direction) => {
      if (direction === 'to-target' && isProduce(chunk)) {
        sends += 1
        inFlight += 1
        most = Math.max(most, inFlight)
      } else if (direction === 'to-client') inFlight = 0
      return 'pass'
    })
    await Promise.all(Array.from({ length: 2_500 }, (_, n) => at.ground.append(topic, [aRecord('one', String(n))], member)))
    expect([sends, most]).toEqual([3, 1])
  })

  test('[B4] what goes out together is in batches that the topic takes, in order', async () => {
    const topic = await at.ground.topic({ maxRecordBytes: 10_000 })
    const numbers = Array.from({ length: 200 }, (_, n) => String(n).padEnd(900, '.'))
    await at.ground.append(
      topic,
      numbers.map(value => aRecord('one', value)),
    )
    await Promise.all(numbers.map(value => at.ground.append(topic, [aRecord('one', value)])))
    expect(await values(topic)).toEqual([...numbers, ...numbers])
  })

  test('[B2] trap 15: a record is refused by exactly what the broker would refuse, and larger than a fetch it is read', async () => {
    const limit = 1_500_000
    const topic = await at.ground.topic({ maxRecordBytes: limit })
    // Batch header 61, lengths of batch, key and value, and 'one' itself.
    const overhead = 61 + 4 + 3 + 1 + 3 + 4 + 1
    await at.ground.append(topic, [aRecord('one', 'x'.repeat(limit - overhead), { headers: {} })])
    const larger = at.ground.append(topic, [aRecord('one', 'x'.repeat(limit - overhead + 1), { headers: {} })])
    await expect(larger).rejects.toMatchObject({ code: 'record-too-large', retryable: false })
    expect((await values(topic)).map(({ length }) => length)).toEqual([limit - overhead])
  })

  test('[B1] a record of a clock that was ahead or long ago is taken with its time; what is no time is refused', async () => {
    const topic = await at.ground.topic()
    const times = [0, 4_000_000_000_000, 1]
    await at.ground.append(
      topic,
      times.map(recordedAt => aRecord('one', 'x', { recordedAt })),
    )
    expect((await at.ground.all(topic)).map(({ recordedAt }) => recordedAt)).toEqual(times)
    for (const recordedAt of [Number.NaN, -1, 1.5])
      await expect(at.ground.append(topic, [aRecord('one', 'x', { recordedAt })])).rejects.toMatchObject({
        code: 'record-refused',
      })
  })

  test('[B2] a broker that hangs is given up and asked anew: nothing is lost', async () => {
    const topic = await at.ground.topic()
    const member = at.aMember({ requestTimeoutMs: 500 })
    await at.ground.append(topic, [aRecord('one', 'warm')], member)
    at.kafka.proxy.hold()
    const waiting = at.ground.append(topic, [aRecord('one', 'A')], member)
    await until('it was given up', () => logger.lines.some(({ event }) => event === 'log.append-retried'))
    at.kafka.proxy.cut()
    at.kafka.proxy.resume()
    await waiting
    expect([...new Set(await values(topic))]).toEqual(['warm', 'A'])
  })

  test('[H6] close during an outage rejects what waits, and returns', async () => {
    const topic = await at.ground.topic()
    const member = at.aMember()
    await at.ground.append(topic, [aRecord('one', 'warm')], member)
    at.kafka.proxy.down()
    const waiting = expect(at.ground.append(topic, [aRecord('one', 'A')], member)).rejects.toMatchObject({ code: 'aborted' })
    await at.ground.within('it closes', member.close())
    await waiting
  })

  test('[B2] trap 16: looking at a topic that does not exist does not create it; deleted and made anew it is found again', async () => {
    const topic = await at.ground.topic()
    await at.ground.append(topic, [aRecord('one', 'x')])
    await asAdmin(at.kafka, admin => admin.deleteTopics({ topics: [topic] }))
    await until('it is refused', () =>
      at.ground.append(topic, [aRecord('one', 'x')]).then(
        () => false,
        error => error.code === 'topic-missing',
      ),
    )
    await expect(at.ground.all(topic)).rejects.toMatchObject({ code: 'topic-missing' })
    expect(await asAdmin(at.kafka, admin => admin.listTopics())).not.toContain(topic)
    await asAdmin(at.kafka, admin => admin.createTopics({ topics: [{ topic }], waitForLeaders: true }))
    await at.ground.append(topic, [aRecord('one', 'y')])
    expect(await values(topic)).toEqual(['y'])
  })

  test('[B2] trap 16: a topic that is gone takes no append to another with it, nor its reader or its consumer', async () => {
    const [gone, kept] = [await at.ground.topic(), await at.ground.topic()]
    const read: string[] = []
    const topics = [gone, kept]
    at.ground.batches({
      consumerGroup: at.ground.consumerGroup(),
      topics,
      handle: async ({ records }) => {
        read.push(...records.map(textOf))
        return { kind: 'applied' }
      },
    })
    const member = at.aMember()
    for (const topic of topics) await at.ground.append(topic, [aRecord('one', 'before')], member)
    await until('both are consumed', () => read.length === 2)
    await asAdmin(at.kafka, admin => admin.deleteTopics({ topics: [gone] }))
    const said = () => logger.lines.some(({ event, fields }) => event === 'log.unavailable' && fields.what === gone)
    await until('it is said', said)
    // A cut makes kafkajs look at all its topics again.
    let cuts = 1
    cutAnswersToProduce(() => cuts-- > 0)
    await at.ground.append(kept, [aRecord('one', 'cut')], member)
    for (const value of ['a', 'b', 'c']) {
      const refused = expect(at.ground.append(gone, [aRecord('one', value)], member)).rejects.toMatchObject({
        code: 'topic-missing',
      })
      await at.ground.append(kept, [aRecord('one', value)], member)
      await refused
    }
    expect((await values(kept)).slice(-3)).toEqual(['a', 'b', 'c'])
    await until('they are consumed', () => read.includes('c'))
  })

  test('[B2][H3] kill -9 of the broker in the middle of appending loses nothing that was answered, in order; it goes on by itself', async () => {
    const topic = await at.ground.topic({ partitions: 3 })
    const acknowledged: number[] = []
    const stopping = new AbortController()
    let next = 0
    const appending = async () => {
      while (!stopping.signal.aborted) {
        const numbers = Array.from({ length: 10 }, () => next++)
        await Promise.all(numbers.map(n => at.ground.append(topic, [aRecord(`key-${n % 5}`, String(n))])))
        acknowledged.push(...numbers)
      }
    }
    const appended = appending()
    await until('some are acknowledged', () => acknowledged.length > 500)
    await at.kafka.kill()
    const before = acknowledged.length
    await at.kafka.restart()
    await until('it goes on', () => acknowledged.length > before + 500)
    stopping.abort()
    await appended
    const records = await at.ground.all(topic)
    const kept = new Set(records.map(record => Number(textOf(record))))
    expect(acknowledged.filter(number => !kept.has(number))).toEqual([])
    for (const key of ['key-0', 'key-1', 'key-2', 'key-3', 'key-4']) {
      const firsts = [...new Set(records.filter(record => record.key === key).map(record => Number(textOf(record))))]
      expect(firsts).toEqual(firsts.toSorted((a, b) => a - b))
    }
  })
})
