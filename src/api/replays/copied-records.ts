// What a replay has copied, as JSON, for whoever has no client of the log.
import type { Database } from '../../database/database.ts'
import { type Codec, EventError } from '../../events/codec.ts'
import { type EventLog, LogError, type LogRecord, type Position } from '../../log/log.ts'
import { purgedAmong } from '../../purge/tombstones.ts'
import { instanceOf } from '../../replays/chosen.ts'
import type { Replay } from '../../replays/replay-rows.ts'
import { addedLeftOut } from '../../replays/stretches.ts'
import { eventBody, type Links } from '../../webhooks/bridge/event-body.ts'
import { refuseFields } from '../invalid-input.ts'

type Deps = {
  database: Database
  log: Pick<EventLog, 'positionsAt' | 'read'>
  codec: Pick<Codec, 'decode'>
  links: Links
  replayTopic(name: string): string
  cut: AbortSignal
}
type Query = {
  /** Left out: that which has most. */
  partition?: number | undefined
  type?: string | undefined
  after?: string | undefined
  limit: number
  value?: 'base64' | undefined
}

/** Ends a page, a little later: of values, and of their base64 where that is asked for. */
const PAGE_BYTES = 4 * 1024 ** 2

/** What was purged since it was copied is left out, and counted: `lastOffset` is where it was looked at until, so that the next page is behind it. */
export async function readCopied(deps: Deps, replay: Replay, query: Query) {
  const topic = topicAsked(deps, replay, query.type)
  const ends = await endsOf(deps, topic)
  const partition = query.partition ?? fullestOf(ends ?? [])
  if (ends === null) return { partition, data: [], leftOut: {}, lastOffset: null, endOffset: '0' }
  const endOffset = ends[partition]?.nextOffset
  if (endOffset === undefined) throw noPartition(partition, ends.length)
  const { records, lastOffset } = await readPage(deps, { topic, partition, endOffset }, query)
  const shown: { instanceId: string; record: Shown }[] = []
  for (const record of records)
    shown.push({ instanceId: instanceOf(record), record: await show(deps, record, query.value === 'base64') })
  const purged = await purgedAmong(
    deps.database,
    shown.map(one => one.instanceId),
  )
  const data = shown.flatMap(({ instanceId, record }) => (purged.has(instanceId) ? [] : record))
  return {
    partition,
    data,
    leftOut: { ...addedLeftOut({}, { purged: shown.length - data.length }) },
    lastOffset: lastOffset === null ? null : String(lastOffset),
    endOffset: String(endOffset),
  }
}

/** The first one of these. */
const fullestOf = (ends: readonly Position[]): number =>
  ends.reduce((fullest, { partition, nextOffset }) => (nextOffset > (ends[fullest]?.nextOffset ?? 0n) ? partition : fullest), 0)

const noPartition = (partition: number, partitions: number) =>
  refuseFields('parameter', [
    { parameter: 'partition', expected: `a partition from 0 to ${partitions - 1}`, received: String(partition) },
  ])

async function readPage(
  { log, cut }: Deps,
  { topic, partition, endOffset }: { topic: string; partition: number; endOffset: bigint },
  { after, limit, value }: Query,
): Promise<{ records: readonly LogRecord[]; lastOffset: bigint | null }> {
  const from = { topic, partition, nextOffset: after === undefined ? 0n : BigInt(after) + 1n }
  const full = from.nextOffset + BigInt(limit)
  const until = full < endOffset ? full : endOffset
  const records: LogRecord[] = []
  if (from.nextOffset >= until) return { records, lastOffset: null }
  let bytes = 0
  for await (const record of log.read(topic, { from: [from], until: [{ ...from, nextOffset: until }] }, cut)) {
    records.push(record)
    bytes += (record.value?.length ?? 0) * (value === 'base64' ? 1 + 4 / 3 : 1)
    if (bytes >= PAGE_BYTES) return { records, lastOffset: record.offset }
  }
  return { records, lastOffset: until - 1n }
}

function topicAsked({ replayTopic }: Deps, { name, perType, madeTopics }: Replay, type: string | undefined): string {
  if (!perType && type === undefined) return replayTopic(name)
  const topic = replayTopic(`${name}.${type}`)
  if (perType && madeTopics.includes(topic)) return topic
  const types = madeTopics.map(one => one.slice(replayTopic(`${name}.`).length)).join(', ')
  const expected = perType ? `one of the types that it has topics of: ${types || 'none yet'}` : 'nothing: it has one topic'
  throw refuseFields('parameter', [{ parameter: 'type', expected, received: type?.slice(0, 200) ?? 'nothing' }])
}

/** null: the topic is not there. */
async function endsOf({ log, cut }: Deps, topic: string): Promise<readonly Position[] | null> {
  try {
    return await log.positionsAt(topic, 'end', cut)
  } catch (error) {
    if (error instanceof LogError && error.code === 'topic-missing') return null
    throw error
  }
}

type Shown = {
  offset: string
  key: string
  headers: Record<string, string>
  recordedAt: string
  event: unknown
  value?: string
}

async function show({ codec, links, cut }: Deps, record: LogRecord, withValue: boolean): Promise<Shown> {
  const { offset, key, headers, recordedAt, value } = record
  return {
    offset: String(offset),
    key,
    headers: { ...headers },
    recordedAt: new Date(recordedAt).toISOString(),
    event: await eventOf({ codec, links, cut }, record),
    ...(withValue && value !== null && { value: Buffer.from(value).toString('base64') }),
  }
}

async function eventOf({ codec, links, cut }: Pick<Deps, 'codec' | 'links' | 'cut'>, { value }: LogRecord): Promise<unknown> {
  try {
    const event = await codec.decode(value, cut)
    return event === null ? null : JSON.parse(eventBody(event, links))
  } catch (error) {
    if (error instanceof EventError) return null
    throw error
  }
}
