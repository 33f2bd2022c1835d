// Looks for the record of an event in the log, in one partition of some topics: from when it can be there on, and where it is not, or nobody knows when
// that is, among the last records; never further than so many, nor longer than so long. What was looked at is told.
import type { TopicName } from '../../events/topics.ts'
import { type EventLog, LogError, type LogRecord } from '../../log/log.ts'

export type RecordDeps = { log: Pick<EventLog, 'lag' | 'read'>; topic(name: TopicName): string }
export type Wanted = {
  eventId: string
  partition: number
  topics: readonly TopicName[]
  /** Epoch ms, as far as anybody can tell; null: nobody knows. */
  notBefore: number | null
}
export type Found = { record: LogRecord | null; lookedAt: readonly string[] }

const MOST_RECORDS = 20_000
const PATIENCE_MS = 5_000

/** A log that is away is told, too: what is known of the event besides can be answered all the same. */
export async function findRecord(deps: RecordDeps, wanted: Wanted, signal: AbortSignal): Promise<Found> {
  const lookedAt: string[] = []
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  for (const place of placesOf(deps, wanted)) {
    const { record, told } = await lookIn(deps, place, patience)
    lookedAt.push(told)
    if (record !== null) return { record, lookedAt }
  }
  return { record: null, lookedAt }
}

/** A time is a guess: what was behind by more than it allows for is among the last ones all the same. */
function placesOf({ topic }: RecordDeps, { topics, notBefore, ...of }: Wanted): readonly Place[] {
  const beginnings = notBefore === null ? [null] : [notBefore, null]
  return beginnings.flatMap(notBefore => topics.map(name => ({ ...of, notBefore, topic: topic(name) })))
}

/** `notBefore` null: among the last records. */
type Place = Pick<Wanted, 'eventId' | 'partition' | 'notBefore'> & { topic: string }

async function lookIn(deps: RecordDeps, at: Place, signal: AbortSignal): Promise<{ record: LogRecord | null; told: string }> {
  const { topic, partition, eventId, notBefore } = at
  const from = notBefore === null ? `the last ${MOST_RECORDS} records` : `${new Date(notBefore).toISOString()} on`
  const tell = (what: string) => `${topic}/${partition} from ${from}: ${what}`
  let read = 0
  try {
    for await (const record of recordsOf(deps, at, signal)) {
      read += 1
      if (record.headers['event-id'] === eventId) return { record, told: tell(`it is number ${read}`) }
      if (read >= MOST_RECORDS) return { record: null, told: tell(`not among ${read} records, and no further was looked`) }
    }
    return { record: null, told: tell(`not among ${read} records`) }
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    const what = error.code === 'aborted' ? 'there was no time for more' : error.message
    return { record: null, told: tell(`not among ${read} records: ${what}`) }
  }
}

/** Beyond every record: none is looked at for the sake of its age. */
const BEYOND = 2n ** 62n

async function* recordsOf(
  { log }: RecordDeps,
  { topic, partition, notBefore }: Place,
  signal: AbortSignal,
): AsyncGenerator<LogRecord> {
  const [bounds] = await log.lag([{ topic, partition, nextOffset: BEYOND }], signal)
  const { firstOffset = 0n, endOffset = 0n } = bounds ?? {}
  const last = endOffset - BigInt(MOST_RECORDS)
  const from =
    notBefore === null ? [{ topic, partition, nextOffset: last > firstOffset ? last : firstOffset }] : { recordedAt: notBefore }
  yield* log.read(topic, { from, until: [{ topic, partition, nextOffset: endOffset }] }, signal)
}
