// /v1/endpoints: where webhooks go. The secret is in the answer to POST and nowhere else.
import { z } from 'zod'
import { upToMostShown } from '../../database/bounded-count.ts'
import { exampleAt, exampleIds } from '../../events/example-ids.ts'
import {
  createEndpoint,
  deleteEndpoint,
  type EndpointDeps,
  endpointInput,
  getEndpoint,
  listEndpoints,
  patchEndpoint,
} from '../../webhooks/endpoints/endpoints.ts'
import type { App } from '../create-app.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { invalidInput } from '../invalid-input.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { patchOf } from '../patch-of.ts'
import { Problem } from '../problems.ts'

export const notYetEmitted = z
  .array(z.string())
  .readonly()
  .optional()
  .describe('of the types that it asks for, those that no delivery has yet; absent where there are none')
export const unknownInstanceIds = z
  .array(z.string())
  .readonly()
  .optional()
  .describe('of `instanceIds`, those that no instance has (yet); absent where there are none')
const { headers: _unseen, ...settings } = endpointInput.shape
const fields = z.object({
  id: z.string(),
  ...settings,
  url: z.string().describe('where deliveries are posted to; without its query, of which `?…` is shown'),
  headerNames: z.array(z.string()).readonly().describe('of `headers`, whose values are not shown; sorted'),
  notYetEmitted,
  unknownInstanceIds,
  disabledReason: z.string().optional().describe('why, where nobody asked for it'),
  failingSince: z.string().optional().describe('its first failed attempt since its last 2xx'),
  lastError: z.string().optional().describe('of its last failed attempt, while it is failing'),
  waiting: z.number().describe(`deliveries that wait, ${upToMostShown}`),
  deadLetters: z.number().describe(`deliveries given up in the last 30 days, ${upToMostShown}`),
  createdAt: z.string(),
})
const made = {
  ...{ id: exampleIds.endpoint, role: 'events', url: 'https://example.com/hook', eventTypes: ['message.*'], snapshots: false },
  ...{ order: 'chat', format: 'zaplog', mediaHoldsChat: true, mediaUrls: 'link', onMediaFailed: 'send', onSkipped: 'send' },
  ...{ enabled: true, headerNames: [], waiting: 0, deadLetters: 0, createdAt: exampleAt },
}
export const exampleSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const endpoint = fields.meta({ title: 'Endpoint', examples: [made] })
const created = fields
  .extend({ secret: z.string().describe('whsec_…, shown this once; Standard Webhooks signatures are made with it') })
  .meta({ title: 'CreatedEndpoint', examples: [{ ...made, secret: exampleSecret }] })
const params = z.object({ id: z.string() })
const tag = 'endpoints'

export function endpointRoutes(app: App, deps: EndpointDeps & { cut: AbortSignal }) {
  app.route({
    method: 'POST',
    url: '/v1/endpoints',
    schema: describeCall('Create an endpoint', {
      tag,
      body: endpointInput,
      answers: { 201: created },
    }),
    handler: async ({ body }, reply) => {
      const result = await createEndpoint(deps, body, deps.cut)
      if (!result.ok) throw invalidInput(result.issues, result.input, 'pointer')
      return reply.code(201).header('location', `/v1/endpoints/${result.endpoint.id}`).send(result.endpoint)
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/endpoints',
    schema: describeCall('List endpoints, newest first', {
      tag,
      querystring: z.strictObject(pageQuery),
      answers: { 200: pageOf(endpoint) },
    }),
    handler: async ({ query: { cursor, ...page } }) => {
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, [/^ep_[0-9a-f]{24}$/])
      const { data, nextCursor } = await listEndpoints(deps, { ...page, cursor: after })
      return { data: [...data], nextCursor: nextCursor === null ? null : encodeCursor([nextCursor]) }
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/endpoints/:id',
    schema: describeCall('Read an endpoint', { tag, params, answers: { 200: endpoint }, problems: [404] }),
    handler: async ({ params: { id } }) => found(id, await getEndpoint(deps, id)),
  })
  app.route({
    method: 'PATCH',
    url: '/v1/endpoints/:id',
    schema: describeCall('Change an endpoint (RFC 7396)', {
      tag,
      params,
      body: patchOf(
        endpointInput,
        'fields as in POST, others stay, headers and the whole URL too; null takes one back; validated after merging',
      ).meta({ examples: [{ enabled: false }, { eventTypes: ['message.*'], instanceIds: null }] }),
      answers: { 200: endpoint },
      problems: [404],
    }),
    handler: async ({ params: { id }, body }) => {
      const result = found(id, await patchEndpoint(deps, id, body, deps.cut))
      if (!result.ok) throw invalidInput(result.issues, result.input, 'pointer')
      return result.endpoint
    },
  })
  app.route({
    method: 'DELETE',
    url: '/v1/endpoints/:id',
    schema: describeCall('Delete an endpoint; what it still waited for is discarded', {
      tag,
      params,
      answers: { 204: z.undefined() },
      problems: [404],
    }),
    handler: async ({ params: { id } }, reply) => {
      found(id, (await deleteEndpoint(deps, id, deps.cut)) || null)
      return reply.code(204).send()
    },
  })
}

function found<T>(id: string, endpoint: T | null): T {
  if (endpoint === null) throw new Problem('endpoint-not-found', `there is no endpoint ${id.slice(0, 63)}`)
  return endpoint
}
