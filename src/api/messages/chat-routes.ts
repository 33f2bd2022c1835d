// /v1/instances/{id}/chats and contacts: one of each person or group, however many addresses it is known by.
import { z } from 'zod'
import { type ContactAnswer, listChats, listContacts } from '../../projections/read-model/queries.ts'
import type { App } from '../create-app.ts'
import { readPage } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { pageOf } from '../pagination.ts'
import type { LastPresences } from './last-presences.ts'
import { chat, contact } from './message-shapes.ts'
import { ofInstance, pageOfInstance, prepareRead, type ReadDeps } from './prepare-read.ts'

type Deps = ReadDeps & { presences: LastPresences }

export function chatRoutes(app: App, deps: Deps) {
  routeChats(app, deps)
  routeContacts(app, deps)
}

function routeChats(app: App, deps: ReadDeps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/chats',
    schema: describeCall('List chats, the last active first', {
      tag: 'messages',
      params: ofInstance,
      querystring: z.strictObject({
        ...pageOfInstance,
        archived: z
          .exactOptional(z.enum(['true', 'false']).transform(said => said === 'true'))
          .describe('only archived chats, or only others [all]'),
      }),
      answers: { 200: pageOf(chat) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepareRead(deps, id, waitFor)
      return readPage(request.cursor, () => listChats(deps.database, { instanceId: id, ...request }))
    },
  })
}

function routeContacts(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/contacts',
    schema: describeCall('List contacts, the last changed first', {
      tag: 'messages',
      params: ofInstance,
      querystring: z.strictObject(pageOfInstance),
      answers: { 200: pageOf(contact) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepareRead(deps, id, waitFor)
      const { data, nextCursor } = await readPage(request.cursor, () =>
        listContacts(deps.database, { instanceId: id, ...request }),
      )
      const presenceOf = ({ contactId, contactPn, contactLid }: ContactAnswer) =>
        deps.presences.of(id, [...new Set([contactId, contactPn, contactLid])])
      return { data: data.map(one => ({ ...one, presence: presenceOf(one) })), nextCursor }
    },
  })
}
