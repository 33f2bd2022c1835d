// /v1/events/{eventId}: an event as the log has it, and what is known of it besides. No index leads from an id to a record: the row that it made, its
// deliveries, or its place among the last ones of an account say whose it is, and its record is looked for where that account's are.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import { exampleAt, exampleIds } from '../../events/example-ids.ts'
import { type TopicName, topicsOfName } from '../../events/topics.ts'
import type { LogRecord } from '../../log/log.ts'
import { accountOfSeen, SEEN_PER_INSTANCE } from '../../projections/queries.ts'
import { type EventRow, findEventRow } from '../../projections/read-model/queries.ts'
import { purgedAmong } from '../../purge/tombstones.ts'
import type { MediaLinks } from '../../runtime/media-links.ts'
import { eventBody } from '../../webhooks/bridge/event-body.ts'
import { listDeliveries } from '../../webhooks/bridge/queries.ts'
import { clientGone } from '../client-gone.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { Problem } from '../problems.ts'
import type { RecordDeps } from './find-record.ts'
import { createLookInTurn } from './look-in-turn.ts'

type Deps = RecordDeps & {
  database: Database
  codec: Pick<Codec, 'decode'>
  links: MediaLinks
  /** What projections read: what one of them has seen is in one of these. */
  projected: readonly TopicName[]
  partitionOf(key: string): number
  stopping: AbortSignal
}

const place = z.object({
  topic: z.string(),
  partition: z.number(),
  offset: z.string().describe('decimal'),
  recordedAt: z.string(),
  sizeBytes: z.number().describe('of its value'),
})
const event = z.object({
  eventId: z.string(),
  instanceId: z.string(),
  type: z.string().nullable().describe('null: only its record would say it'),
  messageId: z.string().nullable().describe('of the message that it is, or is about'),
  row: z
    .enum(['message', 'edit', 'revoke'])
    .nullable()
    .describe('which row of the read model it made; null: none that is kept under its id'),
  deliveries: z.number().describe('how many there are, 200 at most'),
  record: place.nullable().describe('where it is in the log; null: it was not found there'),
  body: z
    .looseObject({})
    .nullable()
    .describe('what happened, as the body of a webhook has it; null: without its record nobody knows'),
  lookedAt: z.array(z.string()).describe('where its record was looked for, in words'),
})
const example = {
  ...{ eventId: exampleIds.event, instanceId: exampleIds.instance, type: 'message.received', messageId: exampleIds.received },
  ...{ row: 'message', deliveries: 1 },
  record: { topic: 'wa.events', partition: 3, offset: '1200', recordedAt: exampleAt, sizeBytes: 412 },
  body: { type: 'message.received', timestamp: exampleAt, data: { eventId: exampleIds.event } },
  lookedAt: ['wa.events/3 from 2026-01-05T11:59:00.000Z on: 12 records'],
}

export function eventRoutes(app: App, deps: Deps) {
  const look = createLookInTurn(deps)
  app.route({
    method: 'GET',
    url: '/v1/events/:eventId',
    schema: describeCall('Read an event, as far as it is found: whose it is, its record, and what it says', {
      tag: 'events',
      params: z.object({ eventId: z.string() }),
      answers: { 200: event.meta({ examples: [example] }) },
      problems: [404],
    }),
    handler: async ({ params: { eventId }, ip }, reply) => {
      const signal = AbortSignal.any([clientGone(reply), deps.stopping])
      const known = await findKnown(deps.database, eventId)
      if (known === null) throw notFound(eventId)
      const { instanceId, row, type } = known
      const partition = deps.partitionOf(instanceId)
      const wanted = { eventId, partition, topics: topicsFor(known, deps.projected), notBefore: known.notBefore }
      const { record, lookedAt } = await look({ client: ip, wanted }, signal)
      return {
        ...{ eventId, instanceId, type: record?.headers['event-type'] ?? type, messageId: known.messageId },
        ...{ row: row?.row ?? null, deliveries: known.deliveries, record: record && placeOf(record) },
        ...{ body: record && (await bodyOf(deps, record, signal)), lookedAt: [...lookedAt] },
      }
    },
  })
}

/** `notBefore`: epoch ms, its record is not older; null: nobody knows. */
type Known = {
  instanceId: string
  type: string | null
  messageId: string | null
  row: EventRow | null
  deliveries: number
  notBefore: number | null
}

const MOST_DELIVERIES = 200
/** Clocks of WhatsApp, of the log and of the database. */
const CLOCKS_MS = 60_000
/** A delivery is made once the event is read, which may have waited. */
const READ_WITHIN_MS = 600_000

/** null: nothing leads to it, or it is of a purged instance. */
async function findKnown(database: Database, eventId: string): Promise<Known | null> {
  const row = await findEventRow(database, eventId)
  const { data: deliveries } = await listDeliveries(database, { eventId, limit: MOST_DELIVERIES })
  const first = deliveries.at(-1)
  const instanceId = row?.instanceId ?? first?.instanceId ?? (await accountOfSeen(database, eventId))
  if (instanceId === null || (await purgedAmong(database, [instanceId])).has(instanceId)) return null
  const madeAt = first === undefined ? null : Date.parse(first.createdAt) - READ_WITHIN_MS
  return {
    instanceId,
    type: first?.type ?? null,
    messageId: row?.messageId ?? first?.messageId ?? null,
    row,
    deliveries: deliveries.length,
    notBefore: row === null ? madeAt : row.occurredAt.getTime() - CLOCKS_MS,
  }
}

/** What tells of a file is a delivery of another name than its record. */
function topicsFor({ row, type }: Known, anywhere: readonly TopicName[]): readonly TopicName[] {
  if (row !== null) return row.history ? ['history'] : ['events']
  return type === null || type === 'media.updated' ? anywhere : topicsOfName(type)
}

const placeOf = ({ topic, partition, offset, recordedAt, value }: LogRecord) => ({
  ...{ topic, partition, offset: offset.toString(), recordedAt: new Date(recordedAt).toISOString() },
  sizeBytes: value?.length ?? 0,
})

/** null: of a type that this version does not know. */
async function bodyOf({ codec, links }: Deps, record: LogRecord, signal: AbortSignal): Promise<Record<string, unknown> | null> {
  const decoded = await codec.decode(record.value, signal)
  return decoded === null ? null : JSON.parse(eventBody(decoded, links))
}

const notFound = (eventId: string) =>
  new Problem(
    'event-not-found',
    `nothing leads to an event ${eventId.slice(0, 100)}: it made no message, edit or deletion, has no delivery, and is none of the last ` +
      `${SEEN_PER_INSTANCE} events of an account; where there ever was one, the topics of the log may have it`,
  )
