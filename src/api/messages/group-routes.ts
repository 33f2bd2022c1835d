// /v1/instances/{id}/groups: what each group is, and everybody who is in it.
import { z } from 'zod'
import { getGroup, listGroups } from '../../projections/read-model/queries.ts'
import { chatAddress } from '../chat-address.ts'
import type { App } from '../create-app.ts'
import { readPage } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { pageOf } from '../pagination.ts'
import { waitForQuery } from '../position.ts'
import { Problem } from '../problems.ts'
import { group, listedGroup } from './group-shapes.ts'
import { ofInstance, pageOfInstance, prepareRead, type ReadDeps } from './prepare-read.ts'

export function groupRoutes(app: App, deps: ReadDeps) {
  routeGroups(app, deps)
  routeGroup(app, deps)
}

function routeGroups(app: App, deps: ReadDeps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/groups',
    schema: describeCall('List groups, the last changed first', {
      tag: 'messages',
      params: ofInstance,
      querystring: z.strictObject(pageOfInstance),
      answers: { 200: pageOf(listedGroup) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepareRead(deps, id, waitFor)
      return readPage(request.cursor, () => listGroups(deps.database, { instanceId: id, ...request }))
    },
  })
}

function routeGroup(app: App, deps: ReadDeps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/groups/:jid',
    schema: describeCall('Read a group, with everybody in it', {
      tag: 'messages',
      params: ofInstance.extend({ jid: chatAddress.describe('the group’s id, with or without @g.us') }),
      querystring: z.strictObject(waitForQuery),
      answers: { 200: group },
      problems: [404],
    }),
    handler: async ({ params: { id, jid }, query }) => {
      await prepareRead(deps, id, query.waitFor)
      const found = await getGroup(deps.database, { instanceId: id, groupId: jid })
      if (found === null) throw new Problem('group-not-found', `instance ${id} knows no group ${jid}`)
      return found
    },
  })
}
