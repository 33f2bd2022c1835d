// /v1/topics and /v1/schemas: what the log has, topic by topic, those of replays last, and under which ids its schemas are in the registry.
import { z } from 'zod'
import type { Database } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import { eventTypes } from '../events/event.ts'
import { schemaNameOf } from '../events/schema-name.ts'
import { type TopicEntry, topics } from '../events/topics.ts'
import type { App } from './create-app.ts'
import { describeCall } from './describe-call.ts'
import { describeReplayTopics } from './replay-topics.ts'
import { type BoundsDeps, readBounds, showBounds } from './stream/log-bounds.ts'

type Deps = BoundsDeps & { database: Database; codec: Pick<Codec, 'schemaId'>; retentionMs: number | 'forever'; cut: AbortSignal }

const offset = z.string().describe('decimal')
const partition = z.object({
  partition: z.number(),
  firstOffset: offset,
  endOffset: offset.describe('decimal, of the next record'),
})
const topic = z.object({
  topic: z.string(),
  key: z.string(),
  holds: z.string(),
  public: z.boolean().describe('whether others may read it'),
  retentionMs: z.number().nullable().describe('as new topics are made; null: for ever, or as long as its replay'),
  replayId: z.string().optional().describe('which replay made it; left out, none'),
  expiresAt: z.string().nullable().optional().describe('of a replay, when it is deleted; null: a week after its end'),
  records: z.number().describe('of all partitions, gaps counted, too; of a replay without replay.ended'),
  partitions: z.array(partition),
})
const exampleTopic = {
  ...{
    topic: 'wa.events',
    key: 'instance id',
    holds: 'everything the sockets saw',
    public: true,
    retentionMs: null,
    records: 1200,
  },
  partitions: [{ partition: 0, firstOffset: '0', endOffset: '1200' }],
}
const topicList = z.object({ data: z.array(topic) }).meta({ examples: [{ data: [exampleTopic] }] })

const schema = z.object({ type: z.string(), subject: z.string(), schemaId: z.number() })
const exampleSchema = { type: 'message.received', subject: schemaNameOf('message.received'), schemaId: 21 }
const schemaList = z.object({ data: z.array(schema) }).meta({ examples: [{ data: [exampleSchema] }] })

export function logRoutes(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/topics',
    schema: describeCall('The topics of the log, and from where to where each partition has records', {
      answers: { 200: topicList },
    }),
    handler: async () => {
      const own = await Promise.all(topics.map(one => describeTopic(deps, one)))
      return { data: [...own, ...(await describeReplayTopics(deps))] }
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/schemas',
    schema: describeCall('The ids in the registry of the schemas that this version writes', { answers: { 200: schemaList } }),
    handler: async () => ({
      data: eventTypes.map(type => ({ type, subject: schemaNameOf(type), schemaId: deps.codec.schemaId(type) })),
    }),
  })
}

const DAY_MS = 86_400_000

async function describeTopic(deps: Deps, { name, key, holds, public: isPublic, retentionDays }: TopicEntry) {
  const bounds = await readBounds(deps, name, deps.cut)
  const kept = retentionDays === null ? deps.retentionMs : retentionDays * DAY_MS
  return {
    ...{ topic: deps.topic(name), key, holds, public: isPublic, retentionMs: kept === 'forever' ? null : kept },
    ...showBounds(bounds),
  }
}
