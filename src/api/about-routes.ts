// /v1/version and /v1/stats: what runs here, and how much of it there is; both are cheap to ask.
import { z } from 'zod'
import type { Database } from '../database/database.ts'
import type { App } from './create-app.ts'
import { describeCall } from './describe-call.ts'

const count = z.int().min(0)
const version = z.object({ version: z.string(), node: z.string() })
const stats = z.object({
  instances: z.object({ total: count, byState: z.record(z.string(), count) }),
  endpoints: z.object({ total: count, enabled: count }),
  messages: z.object({ estimated: count.describe('as Postgres’ statistics have it') }),
  media: z.object({ estimated: count.describe('as Postgres’ statistics have it') }),
  startedAt: z.string(),
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
     from instance_ids ids left join instances seen using (instance_id) where ids.wanted <> 'deleted' group by 1`,
  )
  const [endpoints] = await database.query<{ total: number; enabled: number }>(
    'select count(*)::int as total, (count(*) filter (where enabled))::int as enabled from webhook_endpoints where deleted_at is null',
  )
  const estimates = await database.query<{ name: string; estimated: number }>(
    `select relname as name, greatest(reltuples, 0)::float8 as estimated from pg_class where oid in ('messages'::regclass, 'media'::regclass)`,
  )
  const estimated = (name: string) => ({ estimated: Math.round(estimates.find(one => one.name === name)?.estimated ?? 0) })
  return {
    instances: {
      total: states.reduce((sum, one) => sum + one.instances, 0),
      byState: Object.fromEntries(states.map(one => [one.state, one.instances])),
    },
    endpoints: endpoints ?? { total: 0, enabled: 0 },
    messages: estimated('messages'),
    media: estimated('media'),
  }
}
