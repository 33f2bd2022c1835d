// What a reader missed: bounded reads of the log from its place on, in pages, less what was purged meanwhile.
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { Event } from '../../events/event.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog, LogRecord, Position } from '../../log/log.ts'
import { purgedAmong } from '../../purge/tombstones.ts'
import type { Logger } from '../../runtime/logger.ts'
import { decodeForStream } from './decode-for-stream.ts'
import type { Place } from './stream-place.ts'

export type CatchUpDeps = {
  log: Pick<EventLog, 'read'>
  database: Database
  codec: Pick<Codec, 'decode'>
  topic(name: TopicName): string
  logger: Logger
}
/** Records of one topic, in order; null: nothing is streamed of it. */
export type Page = { topic: TopicName; entries: readonly { record: LogRecord; event: Event | null }[] }

const PAGE_RECORDS = 100

/** Of partitions of which the one is before the other. Rejects LogError `truncated` where the log no longer has it, and what else a part rejects with. */
export async function* readBetween(deps: CatchUpDeps, from: Place, to: Place, signal: AbortSignal): AsyncGenerator<Page> {
  for (const [topic, ends] of to) {
    const begins = from.get(topic) ?? ends
    const behind = ends.flatMap((end, partition) => ((begins[partition] ?? end) < end ? [partition] : []))
    const positions = (offsets: readonly bigint[]): Position[] =>
      behind.map(partition => ({ topic: deps.topic(topic), partition, nextOffset: offsets[partition] ?? 0n }))
    if (behind.length === 0) continue
    const range = { from: positions(begins), until: positions(ends) }
    for await (const records of inPages(deps.log.read(deps.topic(topic), range, signal)))
      yield { topic, entries: await decodePage(deps, records, signal) }
  }
}

/** How many records are between them, gaps included. */
export const recordsBetween = (from: Place, to: Place): number =>
  [...to].reduce(
    (sum, [topic, ends]) =>
      sum +
      ends.reduce((ofTopic, end, partition) => ofTopic + Math.max(0, Number(end - (from.get(topic)?.[partition] ?? end))), 0),
    0,
  )

async function* inPages(records: AsyncIterable<LogRecord>): AsyncGenerator<readonly LogRecord[]> {
  let page: LogRecord[] = []
  for await (const record of records) {
    page.push(record)
    if (page.length < PAGE_RECORDS) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

async function decodePage(deps: CatchUpDeps, records: readonly LogRecord[], signal: AbortSignal): Promise<Page['entries']> {
  const entries: { record: LogRecord; event: Event | null }[] = []
  for (const record of records) entries.push({ record, event: await decodeForStream(deps, record, signal) })
  const purged = await purgedAmong(
    deps.database,
    entries.flatMap(({ event }) => event?.instanceId ?? []),
  )
  return entries.map(({ record, event }) => ({ record, event: event !== null && purged.has(event.instanceId) ? null : event }))
}
