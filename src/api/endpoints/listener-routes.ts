// /v1/listeners: endpoints for as long as somebody listens, without an address that zaplog would have to reach. Their deliveries are asked for
// (mailbox-routes.ts).
import { z } from 'zod'
import { upToMostShown } from '../../database/bounded-count.ts'
import { exampleAt, exampleEndAt, exampleIds } from '../../events/example-ids.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { EndpointDeps } from '../../webhooks/endpoints/endpoints.ts'
import { SILENT_SECONDS } from '../../webhooks/endpoints/listener-rows.ts'
import {
  closeListener,
  getListener,
  listenerInput,
  listListeners,
  MAX_LISTENERS,
  openListener,
} from '../../webhooks/endpoints/listeners.ts'
import type { App } from '../create-app.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { Problem } from '../problems.ts'
import { exampleSecret, notYetEmitted, unknownInstanceIds } from './endpoint-routes.ts'
import { found, params, tag } from './mailbox-routes.ts'

const { name: _defaulted, ...settings } = listenerInput.shape
const fields = z.object({
  id: z.string(),
  name: z.string().describe('who listens'),
  instanceIds: settings.instanceIds,
  eventTypes: settings.eventTypes,
  snapshots: settings.snapshots,
  notYetEmitted,
  unknownInstanceIds,
  createdAt: z.string(),
  seenAt: z.string().describe(`its last sign of life; ${SILENT_SECONDS} s after it, it is gone`),
  waiting: z.number().describe(`deliveries that it has not taken, ${upToMostShown}; dropped when it is gone`),
})
const open = {
  ...{ id: exampleIds.endpoint, name: 'my laptop', eventTypes: ['message.*'], snapshots: false, createdAt: exampleAt },
  ...{ seenAt: exampleEndAt, waiting: 0 },
}
const listener = fields.meta({ title: 'Listener', examples: [open] })
const opened = fields
  .extend({ secret: z.string().describe('whsec_…, shown this once; Standard Webhooks signatures are made with it') })
  .meta({ title: 'CreatedListener', examples: [{ ...open, secret: exampleSecret }] })
const closed = z
  .object({ dropped: z.number().describe('deliveries that it was still owed') })
  .meta({ examples: [{ dropped: 0 }] })

export function listenerRoutes(app: App, deps: EndpointDeps & { logger: Logger; cut: AbortSignal }) {
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
      answers: { 200: closed },
      problems: [404],
    }),
    handler: async ({ params: { id } }) => found(id, await closeListener(deps, id, deps.cut)),
  })
}

type Lists = { [name in 'instanceIds' | 'eventTypes' | 'notYetEmitted' | 'unknownInstanceIds']?: readonly string[] }
const shown = <T extends Lists>({ instanceIds, eventTypes, notYetEmitted, unknownInstanceIds, ...rest }: T) => ({
  ...rest,
  ...(instanceIds !== undefined && { instanceIds: [...instanceIds] }),
  ...(eventTypes !== undefined && { eventTypes: [...eventTypes] }),
  ...(notYetEmitted !== undefined && { notYetEmitted: [...notYetEmitted] }),
  ...(unknownInstanceIds !== undefined && { unknownInstanceIds: [...unknownInstanceIds] }),
})
