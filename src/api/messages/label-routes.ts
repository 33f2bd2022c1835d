// /v1/instances/{id}/labels: what the account sorts its chats and messages by.
import { z } from 'zod'
import { listLabels } from '../../projections/read-model/queries.ts'
import type { App } from '../create-app.ts'
import { readPage } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { pageOf } from '../pagination.ts'
import { label } from './group-shapes.ts'
import { ofInstance, pageOfInstance, prepareRead, type ReadDeps } from './prepare-read.ts'

export function labelRoutes(app: App, deps: ReadDeps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/labels',
    schema: describeCall('List labels, the last changed first', {
      tag: 'messages',
      params: ofInstance,
      querystring: z.strictObject(pageOfInstance),
      answers: { 200: pageOf(label) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepareRead(deps, id, waitFor)
      return readPage(request.cursor, () => listLabels(deps.database, { instanceId: id, ...request }))
    },
  })
}
