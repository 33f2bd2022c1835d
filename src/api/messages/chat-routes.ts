// /v1/instances/{id}/chats and contacts: one of each person or group, however many addresses it is known by.
import { z } from 'zod'
import { listChats, listContacts } from '../../projections/read-model/queries.ts'
import type { App } from '../create-app.ts'
import { readPage } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { pageOf } from '../pagination.ts'
import { chat, contact } from './message-shapes.ts'
import { ofInstance, pageOfInstance, prepareRead, type ReadDeps } from './prepare-read.ts'

export function chatRoutes(app: App, deps: ReadDeps) {
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

function routeContacts(app: App, deps: ReadDeps) {
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
      return readPage(request.cursor, () => listContacts(deps.database, { instanceId: id, ...request }))
    },
  })
}
