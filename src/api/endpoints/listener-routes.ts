// /v1/listeners: endpoints for as long as somebody listens. Their deliveries are asked for instead of posted: with order, signature, retries
// and answers like any other's, and without an address that zaplog would have to reach.
import { z } from 'zod'
import { upToMostShown } from '../../database/bounded-count.ts'
import type { Logger } from '../../runtime/logger.ts'
import {
  closeListener,
  getListener,
  listenerInput,
  listListeners,
  MAX_LISTENERS,
  openListener,
  SILENT_SECONDS,
} from '../../webhooks/endpoint-listeners.ts'
import { answerFromMailbox } from '../../webhooks/endpoint-mailbox.ts'
import type { EndpointDeps } from '../../webhooks/endpoints.ts'
import type { App } from '../create-app.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { Problem } from '../problems.ts'
import { notYetEmitted, unknownInstanceIds } from './endpoint-routes.ts'
import { waitForDeliveries } from './wait-for-deliveries.ts'

const { name: _defaulted, ...settings } = listenerInput.shape
const listener = z.object({
  id: z.string(),
  name: z.string().describe('who listens'),
  instanceIds: settings.instanceIds,
  eventTypes: settings.eventTypes,
  notYetEmitted,
  unknownInstanceIds,
  createdAt: z.string(),
  seenAt: z.string().describe(`its last sign of life; ${SILENT_SECONDS} s after it, it is gone`),
  waiting: z.number().describe(`deliveries that it has not taken, ${upToMostShown}; dropped when it is gone`),
})
const opened = listener.extend({
  secret: z.string().describe('whsec_…, shown this once; Standard Webhooks signatures are made with it'),
})
const handed = z.object({
  id: z.string().describe('the webhook-id'),
  place: z.number().describe('the largest one is `after` of the next call'),
  attempt: z.number().describe('belongs into the answer'),
  headers: z.record(z.string(), z.string()).describe('as they would be posted, signature included'),
  body: z.string().describe('the bytes that were signed'),
  answerWithinMs: z.number().describe('a later answer counts for nothing: the attempt has timed out'),
})
const answer = z.strictObject({
  attempt: z.int().min(1).max(2_147_483_647),
  statusCode: z.int().min(200).max(999).optional().describe('means what it means in the answer to a POST'),
  error: z.string().max(1000).optional().describe('instead of a status: why whoever it is for could not be reached'),
  retryAfter: z.string().max(100).optional().describe('its Retry-After'),
  webhookDelivery: z.string().max(100).optional().describe('its webhook-delivery'),
  response: z.string().max(16_384).optional().describe('the beginning of its body; 4 KiB are kept'),
})
const eitherOr = answer.refine(({ statusCode, error }) => (statusCode === undefined) !== (error === undefined), {
  error: 'expected statusCode, or error where there was no answer',
  path: ['statusCode'],
})
const params = z.object({ id: z.string() })
const tag = 'listeners'

export function listenerRoutes(app: App, deps: EndpointDeps & { logger: Logger; cut: AbortSignal; stopping: AbortSignal }) {
  app.route({
    method: 'POST',
    url: '/v1/listeners',
    schema: describeCall('Listen: open an endpoint whose deliveries are asked for, from now on', {
      tag,
      body: listenerInput,
      answers: { 201: opened },
      problems: [409],
    }),
    handler: async ({ body }, reply) => {
      const result = await openListener(deps, body, deps.cut)
      if (result === null)
        throw new Problem(
          'too-many-listeners',
          `opening a listener: ${MAX_LISTENERS} are open; one of them has to be closed first`,
        )
      return reply.code(201).header('location', `/v1/listeners/${result.id}`).send(shown(result))
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/listeners',
    schema: describeCall('List listeners, newest first', {
      tag,
      querystring: z.strictObject(pageQuery),
      answers: { 200: pageOf(listener) },
    }),
    handler: async ({ query: { cursor, limit, after = 0, before = Number.POSITIVE_INFINITY } }) => {
      const all = await listListeners(deps.database)
      const [last] = cursor === undefined ? [] : decodeCursor(cursor, [/^ep_[0-9a-f]{24}$/])
      const rest = last === undefined ? all : all.slice(all.findIndex(one => one.id === last) + 1 || all.length)
      const asked = rest.filter(one => Date.parse(one.createdAt) >= after && Date.parse(one.createdAt) < before)
      const end = asked.length > limit ? asked[limit - 1] : undefined
      return { data: asked.slice(0, limit).map(shown), nextCursor: end === undefined ? null : encodeCursor([end.id]) }
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/listeners/:id',
    schema: describeCall('Read a listener', { tag, params, answers: { 200: listener }, problems: [404] }),
    handler: async ({ params: { id } }) => shown(found(id, await getListener(deps.database, id))),
  })
  app.route({
    method: 'DELETE',
    url: '/v1/listeners/:id',
    schema: describeCall('End a listener; what it has not taken is dropped', {
      tag,
      params,
      answers: { 200: z.object({ dropped: z.number().describe('deliveries that it was still owed') }) },
      problems: [404],
    }),
    handler: async ({ params: { id } }) => found(id, await closeListener(deps, id, deps.cut)),
  })
  app.route({
    method: 'GET',
    url: '/v1/listeners/:id/deliveries',
    schema: describeCall('The deliveries that wait for an answer of this listener; a sign of life', {
      tag,
      params,
      querystring: z.strictObject({
        after: z.coerce.number().int().min(0).default(0).describe('the largest `place` that has arrived'),
        wait: z.coerce.number().int().min(0).max(30).default(0).describe('seconds to wait for one'),
      }),
      answers: {
        200: z.object({
          data: z.array(handed).readonly(),
          disabledReason: z
            .string()
            .nullable()
            .describe('why nothing will come any more, where one of its answers asked for that'),
        }),
      },
      problems: [404],
    }),
    handler: async ({ params: { id }, query }, reply) => {
      const { deliveries, disabledReason } = found(id, await waitForDeliveries(deps, { id, ...query, response: reply.raw }))
      reply.header('cache-control', 'no-store')
      return { data: deliveries, disabledReason }
    },
  })
  app.route({
    method: 'POST',
    url: '/v1/listeners/:id/deliveries/:deliveryId',
    schema: describeCall('Answer a delivery, as a receiver would; a sign of life', {
      tag,
      params: params.extend({ deliveryId: z.string() }),
      body: eitherOr,
      answers: { 204: z.undefined() },
      problems: [404],
    }),
    handler: async ({ params: { id, deliveryId }, body: { attempt, ...answer } }, reply) => {
      const outcome = await answerFromMailbox(deps.database, { id, deliveryId, attempt, answer })
      if (outcome === 'gone') throw noListener(id)
      if (outcome === 'late')
        throw new Problem(
          'delivery-not-found',
          `attempt ${attempt} of ${deliveryId.slice(0, 200)} does not wait for an answer of ${id}: it has timed out, or was never handed to it`,
        )
      return reply.code(204).send()
    },
  })
}

const noListener = (id: string) =>
  new Problem('listener-not-found', `there is no listener ${id.slice(0, 100)}; ${SILENT_SECONDS} s without a call end one`)

function found<T>(id: string, one: T | null): T {
  if (one === null) throw noListener(id)
  return one
}

type Lists = { [name in 'instanceIds' | 'eventTypes' | 'notYetEmitted' | 'unknownInstanceIds']?: readonly string[] }
const shown = <T extends Lists>({ instanceIds, eventTypes, notYetEmitted, unknownInstanceIds, ...rest }: T) => ({
  ...rest,
  ...(instanceIds !== undefined && { instanceIds: [...instanceIds] }),
  ...(eventTypes !== undefined && { eventTypes: [...eventTypes] }),
  ...(notYetEmitted !== undefined && { notYetEmitted: [...notYetEmitted] }),
  ...(unknownInstanceIds !== undefined && { unknownInstanceIds: [...unknownInstanceIds] }),
})
