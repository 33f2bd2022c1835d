// What a reader missed: bounded reads of the log from its place on, in pages, less what was purged meanwhile.
import type { Database } from '../../database/database.ts'
import type { Event } from '../../events/event.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog, LogRecord, Position } from '../../log/log.ts'
import { purgedAmong } from '../../purge/tombstones.ts'
import type { FairTurns } from '../../runtime/fair-turns.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { DecodeForStream } from './decode-for-stream.ts'
import type { Place } from './stream-place.ts'

export type CatchUpDeps = {
  log: Pick<EventLog, 'read'>
  database: Database
  decode: DecodeForStream
  /** To read a page of what was missed: so many at once, whoever they are for. */
  turns: FairTurns
  topic(name: TopicName): string
  logger: Logger
}
/** Records of one topic, in order; null: nothing is streamed of it. */
export type Page = { topic: TopicName; entries: readonly { record: LogRecord; event: Event | null }[] }

/** The one reached first ends a page. */
const PAGE = { records: 100, bytes: 4 * 1024 ** 2 }

/** Of partitions of which the one is before the other. Ends early where the signal aborts. Rejects LogError `truncated` where the log no longer has it, and what else a part rejects with. */
export async function* readBetween(deps: CatchUpDeps, from: Place, to: Place, signal: AbortSignal): AsyncGenerator<Page> {
  for (const [topic, ends] of to) {
    const begins = from.get(topic) ?? ends
    const behind = ends.flatMap((end, partition) => ((begins[partition] ?? end) < end ? [partition] : []))
    const positions = (offsets: readonly bigint[]): Position[] =>
      behind.map(partition => ({ topic: deps.topic(topic), partition, nextOffset: offsets[partition] ?? 0n }))
    if (behind.length === 0) continue
    const range = { from: positions(begins), until: positions(ends) }
    for await (const entries of inTurns(deps, pagesOf(deps, deps.log.read(deps.topic(topic), range, signal), signal), signal))
      yield { topic, entries }
  }
}

/** A turn is held while a page is read, never while its reader takes it. */
async function* inTurns<T>({ turns }: CatchUpDeps, pages: AsyncGenerator<T>, signal: AbortSignal): AsyncGenerator<T> {
  try {
    for (;;) {
      const turn = await turns.take({ key: 'stream' }, signal)
      if (typeof turn === 'string') return
      const next = await pages.next().finally(turn.release)
      if (next.done === true) return
      yield next.value
    }
  } finally {
    await pages.return(undefined)
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

async function* pagesOf(
  deps: CatchUpDeps,
  records: AsyncIterable<LogRecord>,
  signal: AbortSignal,
): AsyncGenerator<Page['entries']> {
  let page: LogRecord[] = []
  let bytes = 0
  for await (const record of records) {
    page.push(record)
    bytes += sizeOf(record)
    if (page.length < PAGE.records && bytes < PAGE.bytes) continue
    yield await decodePage(deps, page, signal)
    page = []
    bytes = 0
  }
  if (page.length > 0) yield await decodePage(deps, page, signal)
}

export const sizeOf = ({ value }: LogRecord): number => value?.length ?? 0

async function decodePage(deps: CatchUpDeps, records: readonly LogRecord[], signal: AbortSignal): Promise<Page['entries']> {
  const entries: { record: LogRecord; event: Event | null }[] = []
  for (const record of records) entries.push({ record, event: await deps.decode(record, signal) })
  const purged = await purgedAmong(
    deps.database,
    entries.flatMap(({ event }) => event?.instanceId ?? []),
  )
  return entries.map(({ record, event }) => ({ record, event: event !== null && purged.has(event.instanceId) ? null : event }))
}
