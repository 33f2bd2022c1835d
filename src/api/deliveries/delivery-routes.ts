// /v1/deliveries: what went to which endpoint, how it stands, and every attempt.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import { exampleAt, exampleEndAt, exampleIds } from '../../events/example-ids.ts'
import { deliveryStates, wordsOf } from '../../events/vocabulary.ts'
import { type DeliveryFilter, getDelivery, listDeliveries, listTimelines, type Page } from '../../webhooks/bridge/queries.ts'
import type { App } from '../create-app.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { Problem } from '../problems.ts'
import { wordOf } from '../words.ts'

const text = z.string().nullable()
const count = z.number().nullable()
const delivery = z.object({
  id: z.string().describe('the header webhook-id'),
  endpointId: z.string(),
  endpointVersion: z.number().describe('the settings that matched'),
  eventId: z.string(),
  instanceId: z.string(),
  type: z.string(),
  messageId: text,
  state: z.string().describe(wordsOf(deliveryStates)),
  attempts: z.number(),
  createdAt: z.string(),
  firstAttemptAt: text,
  lastAttemptAt: text,
  retryAt: text.describe('when the next attempt is due'),
  statusCode: count.describe('of the last attempt'),
  error: text,
})
const delivered = {
  ...{ id: `${exampleIds.event}_${exampleIds.endpoint}`, endpointId: exampleIds.endpoint, endpointVersion: 1 },
  ...{ eventId: exampleIds.event, instanceId: exampleIds.instance, type: 'message.received', messageId: exampleIds.received },
  ...{ state: 'delivered', attempts: 1, createdAt: exampleAt, firstAttemptAt: exampleEndAt, lastAttemptAt: exampleEndAt },
  ...{ retryAt: null, statusCode: 204, error: null },
}
const attempted = {
  ...{ attempt: 1, outcome: 'delivered', startedAt: exampleEndAt, durationMs: 12, statusCode: 204, error: null },
  ...{ retryInMs: null, response: null },
}
const happened = [
  { at: exampleAt, what: 'matched', attempt: null, detail: null, until: null },
  { at: exampleEndAt, what: 'attempted', attempt: 1, detail: '204 after 12 ms', until: null },
  { at: exampleEndAt, what: 'delivered', attempt: 1, detail: null, until: null },
]
const attempt = z
  .object({
    attempt: z.number().describe('from 1'),
    outcome: z.string(),
    startedAt: z.string(),
    durationMs: z.number(),
    statusCode: count,
    error: text,
    retryInMs: count,
    response: text.describe('at most 4 KiB'),
  })
  .meta({ title: 'Attempt' })

const timeline = z
  .array(
    z
      .object({
        at: text.describe('null: nobody wrote down when'),
        what: z.enum(['matched', 'held', 'released', 'attempted', 'waiting', 'delivered', 'dead', 'discarded']),
        attempt: count.describe('from 1'),
        detail: text.describe('for people'),
        until: text.describe('when it ends by itself, or goes on'),
      })
      .meta({ title: 'DeliveryStep' }),
  )
  .readonly()
  .describe('what happened to it, the first first; released is not known of deliveries of 0.1.0')

const told = delivery.extend({ timeline }).meta({ title: 'EventDelivery', examples: [{ ...delivered, timeline: happened }] })
const whole = delivery
  .extend({ attempts: z.array(attempt), timeline })
  .meta({ title: 'WholeDelivery', examples: [{ ...delivered, attempts: [attempted], timeline: happened }] })

const filters = {
  endpointId: z.string().min(1).max(100).optional(),
  state: wordOf(deliveryStates).optional(),
  messageId: z.string().min(1).max(200).optional(),
}
const tag = 'deliveries'
type Read<Item> = (database: Database, filter: DeliveryFilter) => Promise<Page<Item>>

export function deliveryRoutes(app: App, deps: { database: Database }) {
  async function list<Item>(read: Read<Item>, filter: DeliveryFilter) {
    const [cursor] = filter.cursor === undefined ? [] : decodeCursor(filter.cursor, [/^[\w-]{1,100}$/])
    const { data, nextCursor } = await read(deps.database, { ...filter, cursor })
    return { data: [...data], nextCursor: nextCursor === null ? null : encodeCursor([nextCursor]) }
  }

  app.route({
    method: 'GET',
    url: '/v1/deliveries',
    schema: describeCall('List deliveries, newest first', {
      tag,
      querystring: z.strictObject({ ...pageQuery, ...filters }),
      answers: { 200: pageOf(delivery.meta({ title: 'Delivery', examples: [delivered] })) },
    }),
    handler: ({ query }) => list(listDeliveries, query),
  })
  app.route({
    method: 'GET',
    url: '/v1/events/:eventId/deliveries',
    schema: describeCall('List the deliveries of one event, and what happened to each', {
      tag,
      params: z.object({ eventId: z.string() }),
      querystring: z.strictObject(pageQuery),
      answers: { 200: pageOf(told) },
    }),
    handler: ({ params: { eventId }, query }) => list(listTimelines, { ...query, eventId }),
  })
  app.route({
    method: 'GET',
    url: '/v1/deliveries/:id',
    schema: describeCall('Read a delivery, its attempts and what happened to it', {
      tag,
      params: z.object({ id: z.string() }),
      answers: { 200: whole },
      problems: [404],
    }),
    handler: async ({ params: { id } }) => {
      const found = await getDelivery(deps.database, id)
      if (found === null) throw new Problem('delivery-not-found', `there is no delivery ${id.slice(0, 100)}`)
      return { ...found, attempts: [...found.attempts] }
    },
  })
}
