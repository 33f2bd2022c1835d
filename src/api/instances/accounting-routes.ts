// GET /v1/instances/{id}/accounting: what WhatsApp announced and sent, what of it is in the log, and how far that has come.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import { exampleAt, exampleEndAt, exampleIds } from '../../events/example-ids.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { MOST_DELIVERIES, readAccounting } from './read-accounting.ts'
import { readInstance } from './read-instances.ts'

const count = z.int().min(0)
const announced = z
  .object({
    at: z.string(),
    stanzas: count,
    messages: count,
    receipts: count,
    notifications: count,
    arrived: count.describe('stanzas that said that they had waited'),
    endedAt: z.string().nullable().describe('when WhatsApp said that those were all; null: it has not'),
  })
  .describe('what WhatsApp said at a login that it had kept')

const ofType = z.object({
  type: z.string(),
  appended: count.describe('records in the log, as far as they are projected'),
  copies: count.describe('those of them that said again what was there; appended is projected and these'),
  projected: count.describe('those that made rows'),
  matched: count.describe('deliveries to endpoints of those that are kept, 30 days once they are over'),
  delivered: count.describe('those of them that an endpoint took'),
  countedSince: z.string().nullable().describe('when the first of its records was counted; null: none was'),
})

const gap = z
  .object({
    epoch: count,
    firstSequence: count,
    lastSequence: count,
    foundAt: z.string().describe('when the event after them was recorded'),
  })
  .describe('numbers that were given to events which are not in the log')

const fields = z.object({
  instanceId: z.string(),
  announced: announced.nullable().describe('of the last login where it said so; null: of none'),
  received: z
    .array(z.object({ stanza: z.string(), received: count, countedSince: z.string() }))
    .describe('stanzas that say something, redelivered ones again; what a killed process counted in its last 5 s is missing'),
  receivedAt: z.string().nullable().describe('as of when; null: nothing was counted yet'),
  lastStanzaAt: z.string().nullable().describe('when WhatsApp sent anything last, also to keep the connection alive'),
  epoch: count.nullable().describe('the one that the two next are of'),
  numbered: count.nullable().describe('the last sequence that was given to an event'),
  appended: count.nullable().describe('the last sequence whose event is in the log'),
  events: z.array(ofType).describe('by type; of media, too, whose events have no number of their own'),
  deliveriesAreAll: z
    .boolean()
    .describe(`false: there are more than ${MOST_DELIVERIES.toLocaleString('en')} deliveries, of which so many were counted`),
  gaps: z.array(gap).describe('the newest first, at most 100; told within a minute'),
})
const accounting = fields.meta({
  examples: [
    {
      instanceId: exampleIds.instance,
      announced: { at: exampleAt, stanzas: 3, messages: 2, receipts: 1, notifications: 0, arrived: 3, endedAt: exampleEndAt },
      received: [{ stanza: 'message', received: 12, countedSince: exampleAt }],
      ...{ receivedAt: exampleEndAt, lastStanzaAt: exampleEndAt, epoch: 2, numbered: 12, appended: 12 },
      events: [
        {
          ...{ type: 'message.received', appended: 12, copies: 0, projected: 12, matched: 12, delivered: 11 },
          countedSince: exampleAt,
        },
      ],
      ...{ deliveriesAreAll: true, gaps: [] },
    },
  ],
})

export function accountingRoutes(app: App, { database }: { database: Database }) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/accounting',
    schema: describeCall('Account for what was announced, received, appended, projected and delivered', {
      tag: 'instances',
      params: z.object({ id: z.string() }),
      answers: { 200: accounting },
      problems: [404],
    }),
    handler: async ({ params: { id } }) => {
      await readInstance(database, id)
      return { instanceId: id, ...(await readAccounting(database, id)) }
    },
  })
}
