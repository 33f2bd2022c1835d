// GET /v1/instances/{id}/purge: how far the purge of an instance is; before one, what it would erase.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import { exampleAt, exampleIds } from '../../events/example-ids.ts'
import { readPurge } from '../../purge/queries.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { instanceNotFound } from '../problems.ts'
import { deletion, exampleDeletion, readDeletion } from './deletion.ts'

const counts = z.array(z.object({ what: z.string(), count: z.number() })).readonly()
const purge = z
  .object({
    instanceId: z.string(),
    state: z.enum(['none', 'running', 'done']).describe('none: nobody asked for one'),
    requestedAt: z.string().nullable(),
    doneAt: z.string().nullable(),
    step: z
      .object({ name: z.string(), number: z.number(), of: z.number() })
      .nullable()
      .describe('the one that is next, while it is running; for people'),
    waitsFor: z.string().nullable().describe('what keeps it from going on; for people'),
    erased: counts.describe('rows and objects so far, by what people call them, or else by table'),
    deletion,
  })
  .describe('The purge of an instance')
  .meta({
    examples: [
      {
        ...{ instanceId: exampleIds.instance, state: 'running', requestedAt: exampleAt, doneAt: null },
        ...{ step: { name: 'messages', number: 4, of: 12 }, waitsFor: null, erased: [{ what: 'messages', count: 500 }] },
        deletion: { ...exampleDeletion, purged: true },
      },
    ],
  })

export function purgeRoutes(app: App, { database }: { database: Database }) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/purge',
    schema: describeCall('How far the purge of an instance is; before one, what it would erase and what would stay', {
      tag: 'instances',
      params: z.object({ id: z.string() }),
      answers: { 200: purge },
      problems: [404],
    }),
    handler: async ({ params: { id } }) => {
      const standing = await readPurge(database, id)
      if (standing === null) throw instanceNotFound(id)
      const { requestedAt, doneAt, ...rest } = standing
      return {
        instanceId: id,
        ...rest,
        requestedAt: requestedAt?.toISOString() ?? null,
        doneAt: doneAt?.toISOString() ?? null,
        deletion: await readDeletion(database, { id, purged: true }),
      }
    },
  })
}
