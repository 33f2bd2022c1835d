// What a replay has copied, as JSON, for whoever has no client of the log.
import { type Codec, EventError } from '../../events/codec.ts'
import { type EventLog, LogError, type LogRecord, type Position } from '../../log/log.ts'
import type { Replay } from '../../replays/replay-rows.ts'
import { eventBody, type Links } from '../../webhooks/bridge/event-body.ts'
import { refuseFields } from '../invalid-input.ts'

type Deps = {
  log: Pick<EventLog, 'lag' | 'read'>
  codec: Pick<Codec, 'decode'>
  links: Links
  replayTopic(name: string): string
  cut: AbortSignal
}
type Query = {
  partition: number
  type?: string | undefined
  after?: string | undefined
  limit: number
  value?: 'base64' | undefined
}

export async function readCopied(deps: Deps, replay: Replay, query: Query) {
  const { log, cut } = deps
  const from = { topic: topicAsked(deps, replay, query.type), partition: query.partition, nextOffset: startOf(query) }
  const bounds = await boundsOf(deps, from)
  if (bounds === null) return { data: [], endOffset: '0' }
  const { endOffset } = bounds
  const until = from.nextOffset + BigInt(query.limit) < endOffset ? from.nextOffset + BigInt(query.limit) : endOffset
  const data: Shown[] = []
  if (from.nextOffset < until)
    for await (const record of log.read(from.topic, { from: [from], until: [{ ...from, nextOffset: until }] }, cut))
      data.push(await show(deps, record, query.value === 'base64'))
  return { data, endOffset: String(endOffset) }
}

const startOf = ({ after }: Query): bigint => (after === undefined ? 0n : BigInt(after) + 1n)

function topicAsked({ replayTopic }: Deps, { name, perType, madeTopics }: Replay, type: string | undefined): string {
  if (!perType && type === undefined) return replayTopic(name)
  const topic = replayTopic(`${name}.${type}`)
  if (perType && madeTopics.includes(topic)) return topic
  const types = madeTopics.map(one => one.slice(replayTopic(`${name}.`).length)).join(', ')
  const expected = perType ? `one of the types that it has topics of: ${types || 'none yet'}` : 'nothing: it has one topic'
  throw refuseFields('parameter', [{ parameter: 'type', expected, received: type?.slice(0, 200) ?? 'nothing' }])
}

/** null: the topic is not there. */
async function boundsOf({ log, cut }: Deps, from: Position): Promise<{ endOffset: bigint } | null> {
  try {
    const [lag] = await log.lag([from], cut)
    return lag ?? null
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
