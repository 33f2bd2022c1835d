// GET /v1/instances/{id}/history: how far the phone's history is, part by part.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import { exampleAt, exampleEndAt, exampleIds } from '../../events/example-ids.ts'
import { type HistorySync, readSyncs } from '../../instances/history-syncs.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { readInstance } from './read-instances.ts'

const MOST_PARTS = 200

const count = z.int().min(0)
const part = z
  .object({
    eventId: z.string().describe('of the phone’s notification, which is unknown in the topic of events'),
    syncType: z.string().describe('initial-bootstrap, recent, full, push-name …; clients must accept new ones'),
    chunk: z.int().nullable().describe('which chunk of its syncType, from 1; null: not said'),
    percent: z.int().nullable().describe('of its history that the phone says it has shared with this; null: not said'),
    state: z.string().describe('started, progressed, completed, failed; clients must accept new ones'),
    done: count.describe('messages that are in the log, or were left out by the settings'),
    total: count.nullable().describe('null: not known yet'),
    unreadable: count.describe('entries that were passed over because they could not be read'),
    reason: z.string().nullable().describe('why it failed, as of media: gone, corrupt, too-large …; null: it did not'),
    detail: z.string().nullable().describe('for people'),
    withoutMessages: z.boolean().describe('true: historySync is off, and names and addresses alone are taken'),
    startedAt: z.string(),
    updatedAt: z.string(),
  })
  .describe('what one notification of the phone brought')

const fields = z.object({
  instanceId: z.string(),
  historySync: z.boolean().describe('whether messages are taken'),
  state: z
    .enum(['none', 'running', 'done', 'failed'])
    .describe('of the newest part, once nothing runs; none: the phone has shared nothing'),
  failed: count.describe('parts that failed; what could be read of them is there'),
  messages: count.describe('of all parts: in the log, or passed over where a part is withoutMessages'),
  people: count.describe('records of people and chats of which something was told: whoever is in several parts counts in each'),
  parts: z.array(part).describe(`the newest first, at most ${MOST_PARTS}`),
})
const history = fields.meta({
  examples: [
    {
      ...{ instanceId: exampleIds.instance, historySync: true, state: 'done', failed: 0, messages: 5000, people: 120 },
      parts: [
        {
          ...{ eventId: exampleIds.event, syncType: 'recent', chunk: 1, percent: 100, state: 'completed', done: 5000 },
          ...{ total: 5000, unreadable: 0, reason: null, detail: null, withoutMessages: false },
          ...{ startedAt: exampleAt, updatedAt: exampleEndAt },
        },
      ],
    },
  ],
})

export function historyRoutes(app: App, { database }: { database: Database }) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/history',
    schema: describeCall('Say how far the phone’s history is', {
      tag: 'instances',
      params: z.object({ id: z.string() }),
      answers: { 200: history },
      problems: [404],
    }),
    handler: async ({ params: { id } }) => {
      const { settings } = await readInstance(database, id)
      const { counts, newest } = await readSyncs(database, id, { limit: MOST_PARTS })
      const { running, failed, messages, people } = counts
      const historySync = settings.historySync === true
      const state = stateOf(newest[0], running)
      return { instanceId: id, historySync, state, failed, messages, people, parts: newest.map(partOf) }
    },
  })
}

function stateOf(newest: HistorySync | undefined, running: number): z.infer<typeof fields>['state'] {
  if (newest === undefined) return 'none'
  if (running > 0) return 'running'
  return newest.state === 'failed' ? 'failed' : 'done'
}

const partOf = ({ messages, startedAt, updatedAt, ...sync }: HistorySync): z.infer<typeof part> => ({
  eventId: sync.eventId,
  syncType: sync.syncType,
  chunk: sync.chunk,
  percent: sync.percent,
  state: sync.state,
  done: messages,
  total: sync.total,
  unreadable: sync.unreadable,
  reason: sync.reason,
  detail: sync.detail,
  withoutMessages: sync.withoutMessages,
  startedAt: startedAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})
