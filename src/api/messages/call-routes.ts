// /v1/instances/{id}/calls: who called, when, and what became of it.
import { z } from 'zod'
import { callStatuses } from '../../events/vocabulary.ts'
import { listCalls } from '../../projections/read-model/queries.ts'
import type { App } from '../create-app.ts'
import { readPage } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { pageOf } from '../pagination.ts'
import { wordOf } from '../words.ts'
import { call } from './group-shapes.ts'
import { ofInstance, pageOfInstance, prepareRead, type ReadDeps } from './prepare-read.ts'

export function callRoutes(app: App, deps: ReadDeps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/calls',
    schema: describeCall('List calls, newest first', {
      tag: 'messages',
      params: ofInstance,
      querystring: z.strictObject({ ...pageOfInstance, status: z.exactOptional(wordOf(callStatuses)) }),
      answers: { 200: pageOf(call) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepareRead(deps, id, waitFor)
      return readPage(request.cursor, () => listCalls(deps.database, { instanceId: id, ...request }))
    },
  })
}
