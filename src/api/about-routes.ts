// /v1/version and /v1/stats: what runs here, and how much of it there is; both are cheap to ask.
import { z } from 'zod'
import { boundedCount, MOST_SHOWN, mostShown } from '../database/bounded-count.ts'
import type { Database } from '../database/database.ts'
import { exampleAt } from '../events/example-ids.ts'
import { reservedIds } from '../instances/instance-ids.ts'
import { estimatedRows } from '../projections/read-model/queries.ts'
import { countEndpoints } from '../webhooks/endpoints/endpoints.ts'
import type { App } from './create-app.ts'
import { describeCall } from './describe-call.ts'

const count = z.int().min(0)
const version = z.object({ version: z.string(), node: z.string() }).meta({ examples: [{ version: '0.2.0', node: 'v24.4.0' }] })
const size = z
  .object({
    estimated: count.describe(`counted up to ${mostShown}; above that as Postgres’ statistics have it`),
    exact: z.boolean().describe('whether it was counted'),
  })
  .meta({ title: 'Estimate' })
const stats = z
  .object({
    instances: z.object({ total: count, byState: z.record(z.string(), count) }),
    endpoints: z.object({ total: count, enabled: count }),
    messages: size,
    media: size,
    startedAt: z.string(),
  })
  .meta({
    examples: [
      {
        instances: { total: 2, byState: { open: 1, qr: 1 } },
        endpoints: { total: 1, enabled: 1 },
        messages: { estimated: 1250, exact: true },
        media: { estimated: 210, exact: true },
        startedAt: exampleAt,
      },
    ],
  })

export function aboutRoutes(app: App, deps: { database: Database; version: string; clock: () => number }) {
  const startedAt = new Date(deps.clock()).toISOString()
  app.route({
    method: 'GET',
    url: '/v1/version',
    schema: describeCall('What runs here', { answers: { 200: version } }),
    handler: async () => ({ version: deps.version, node: process.version }),
  })
  app.route({
    method: 'GET',
    url: '/v1/stats',
    schema: describeCall('How much there is', { answers: { 200: stats } }),
    handler: async () => ({ ...(await readCounts(deps.database)), startedAt }),
  })
}

async function readCounts(database: Database) {
  const states = await database.query<{ state: string; instances: number }>(
    `select coalesce(seen.state, 'created') as state, count(*)::int as instances
     from ${reservedIds} ids left join instances seen using (instance_id) where ids.is_kept group by 1`,
  )
  return {
    instances: {
      total: states.reduce((sum, one) => sum + one.instances, 0),
      byState: Object.fromEntries(states.map(one => [one.state, one.instances])),
    },
    endpoints: await countEndpoints(database),
    messages: await sizeOf(database, 'messages'),
    media: await sizeOf(database, 'media'),
  }
}

/** Statistics know nothing of a table until it is analysed: they count only for one that has more rows than are counted here. */
async function sizeOf(database: Database, table: 'messages' | 'media'): Promise<z.infer<typeof size>> {
  const [row] = await database.query<{ counted: number; estimated: number }>(
    `select ${boundedCount(`from ${table}`, MOST_SHOWN + 1)} as counted,
       ${estimatedRows(table)} as estimated`,
  )
  const { counted = 0, estimated = 0 } = row ?? {}
  if (counted <= MOST_SHOWN) return { estimated: counted, exact: true }
  return { estimated: Math.max(counted, Math.round(estimated)), exact: false }
}
