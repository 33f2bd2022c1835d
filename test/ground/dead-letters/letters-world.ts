// A log whose records a consumer cannot take until it is mended: its dead letters are kept as rows, and redriven.
import { keepEntry, openKeptLetters } from '../../../src/dead-letters/keep-letters.ts'
import { type DeadLetter, type LetterFilter, listLetters } from '../../../src/dead-letters/letter-rows.ts'
import { openRedrives, type RedriveDeps, type Taker } from '../../../src/dead-letters/open-redrives.ts'
import type { TopicName } from '../../../src/events/topics.ts'
import type { InTurn, LaneConsumer, LogRecord, Outcome } from '../../../src/log/log.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import type { Role } from '../../../src/runtime/role.ts'
import { openTestDatabase } from '../database.ts'
import { openTestLog } from '../log.ts'
import { until } from '../until.ts'

const partitions = 2
const never = new AbortController().signal

export async function openLettersWorld(name: string, logger: Logger) {
  const test = await openTestDatabase(name)
  const log = await openTestLog(test, { partitions })
  const { database } = test
  const opened: { close(): Promise<void> }[] = []
  const consumerGroup = (of: string) => `zaplog.${of}`
  const parties = { projections: ['read-model'], deliveries: consumerGroup('webhooks') }
  /** What the consumer was given, by value, in order. */
  const given: string[] = []
  let inTurn: InTurn = async () => false
  let answer: (record: LogRecord) => Outcome | Promise<Outcome> = () => ({ kind: 'park', reason: 'broken' })
  const consumer: LaneConsumer = {
    consumerGroup: consumerGroup('copy'),
    topics: [log.topic('events')],
    deadLetterTopic: log.topic('dead-letters'),
    progress: log.progress,
    maxConcurrency: 4,
    maxBufferedBytes: 1024 ** 2,
    maxAttempts: 2,
    lane: record => record.key,
    handle: async record => {
      given.push(String(Buffer.from(record.value ?? [])))
      return answer(record)
    },
  }
  await log.progress.make(consumer.consumerGroup, consumer.topics, partitions)
  await log.progress.make(consumerGroup(keepEntry.name), [log.topic('dead-letters')], partitions)

  function open<One extends { close(): Promise<void> }>(one: One): One {
    opened.push(one)
    return one
  }
  const list = (filter: LetterFilter = {}): Promise<readonly DeadLetter[]> =>
    listLetters(database, { filter, cursor: null, limit: 200 })

  return {
    ...log,
    database,
    given,
    consumer,
    list,
    /** It copies every record to topic media-stored from now on. */
    mend: () => {
      answer = record => ({ kind: 'emit', appends: [{ topic: log.topic('media-stored'), records: [record] }] })
    },
    answer: (with_: typeof answer) => {
      answer = with_
    },
    consume: () => {
      const stop = new AbortController()
      const consumption = log.log.consumeLanes(consumer, stop.signal)
      inTurn = consumption.inTurn
      return open({
        close: () => {
          stop.abort()
          return consumption.done
        },
      })
    },
    keep: (): Role => open(openKeptLetters({ ...log, database, consumerGroup, partitions, parties, logger })),
    redrive: (changed: Partial<RedriveDeps> = {}): Role =>
      open(
        openRedrives({
          ...log,
          database,
          logger,
          takers: new Map<string, Taker>([[consumer.consumerGroup, { ...consumer, inTurn: (...asked) => inTurn(...asked) }]]),
          pollMs: 20,
          ...changed,
        }),
      ),
    append: (key: string, ...values: readonly string[]) =>
      log.log.append(
        {
          topic: log.topic('events'),
          records: values.map(value => ({
            ...{ key, value: Buffer.from(value), recordedAt: Date.now() },
            headers: { 'event-id': `id-${value}`, 'event-type': 'message.received', 'instance-id': key },
          })),
        },
        never,
      ),
    lanes: () => log.progress.taken(consumer.consumerGroup).map(at => ({ processor: consumer.consumerGroup, ...at })),
    claimed: async () => {
      const [row] = await database.query<{ count: number }>(
        'select count(*)::integer as count from dead_letters where claim is not null',
      )
      return row?.count ?? 0
    },
    letters: (count: number) => until(`${count} letters`, async () => ((await list()).length === count ? list() : null)),
    records: async (topic: TopicName) => {
      const records: LogRecord[] = []
      for await (const record of log.log.read(log.topic(topic), { from: 'first', until: 'end' }, never)) records.push(record)
      return records
    },
    close: async () => {
      for (const one of opened) await one.close()
      await log.close()
      await test.close()
    },
  }
}
