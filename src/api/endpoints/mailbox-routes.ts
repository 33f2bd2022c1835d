// /v1/listeners/{id}/deliveries: what a listener is owed, handed out instead of posted, with order, signature, retries and answers like any
// other endpoint's. Each call is a sign of life.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import { exampleAt, exampleIds } from '../../events/example-ids.ts'
import { SILENT_SECONDS } from '../../webhooks/endpoints/listener-rows.ts'
import { answerFromMailbox } from '../../webhooks/endpoints/mailbox.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { Problem } from '../problems.ts'
import { waitForDeliveries } from './wait-for-deliveries.ts'

export const params = z.object({ id: z.string() })
export const tag = 'listeners'
const handed = z.object({
  id: z.string().describe('the webhook-id'),
  place: z.number().describe('the largest one is `after` of the next call'),
  attempt: z.number().describe('belongs into the answer'),
  headers: z.record(z.string(), z.string()).describe('as they would be posted, signature included'),
  body: z.string().describe('the bytes that were signed'),
  answerWithinMs: z.number().describe('a later answer counts for nothing: the attempt has timed out'),
})
const deliveryId = `${exampleIds.event}_${exampleIds.endpoint}`
const handedOut = {
  ...{ id: deliveryId, place: 42, attempt: 1, answerWithinMs: 15_000 },
  headers: {
    'content-type': 'application/json',
    'webhook-id': deliveryId,
    'webhook-timestamp': '1767614400',
    'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  },
  body: `{"type":"message.received","timestamp":"${exampleAt}","data":{"eventId":"${exampleIds.event}","instanceId":"${exampleIds.instance}","kind":"text","text":"Bom dia!"}}`,
}
const answer = z.strictObject({
  attempt: z.int().min(1).max(2_147_483_647).describe('the one that is answered'),
  statusCode: z.int().min(200).max(999).optional().describe('means what it means in the answer to a POST'),
  error: z.string().max(1000).optional().describe('instead of a status: why whoever it is for could not be reached'),
  retryAfter: z.string().max(100).optional().describe('its Retry-After'),
  webhookDelivery: z.string().max(100).optional().describe('its webhook-delivery'),
  response: z.string().max(16_384).optional().describe('the beginning of its body; 4 KiB are kept'),
})
const eitherOr = answer
  .refine(({ statusCode, error }) => (statusCode === undefined) !== (error === undefined), {
    error: 'expected statusCode, or error where there was no answer',
    path: ['statusCode'],
  })
  .meta({
    examples: [
      { attempt: 1, statusCode: 204 },
      { attempt: 1, error: 'connect ECONNREFUSED 127.0.0.1:3000' },
    ],
  })
const waiting = z
  .object({
    data: z.array(handed).readonly(),
    disabledReason: z.string().nullable().describe('why nothing will come any more, where one of its answers asked for that'),
  })
  .meta({ examples: [{ data: [handedOut], disabledReason: null }] })

export function mailboxRoutes(app: App, deps: { database: Database; stopping: AbortSignal }) {
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
        200: waiting,
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

/** Throws Problem `listener-not-found`. */
export function found<T>(id: string, one: T | null): T {
  if (one === null) throw noListener(id)
  return one
}
