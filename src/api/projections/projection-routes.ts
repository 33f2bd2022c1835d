// /v1/projections: how far each is, which accounts it leaves out because of one record, and what is to be done about that.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog, Lag, Position } from '../../log/log.ts'
import { type LeftOut, listLeftOut, listSkipped, readCheckpoints, requestResume, requestSkip } from '../../projections/queries.ts'
import { clientGone } from '../client-gone.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { noBody } from '../no-body.ts'
import { Problem } from '../problems.ts'
import { createHeldCount } from './count-held.ts'
import { leftOutShape, projectionsShape, type ShownProjection, showLeftOut, showSkipped } from './projection-shapes.ts'

/** As this release runs it. */
export type RunProjection = { name: string; version: number; reads: readonly TopicName[] }
export type ProjectionRouteDeps = {
  database: Database
  log: Pick<EventLog, 'lag' | 'read'>
  topic(name: TopicName): string
  projections: readonly RunProjection[]
  cut: AbortSignal
}

const MOST_KEYS = 1_000
const MOST_SKIPPED = 100
const tag = 'projections'
const params = z.object({ projection: z.string(), key: z.string() })

export function projectionRoutes(app: App, deps: ProjectionRouteDeps) {
  listRoute(app, deps)
  resumeRoute(app, deps)
  skipRoute(app, deps)
}

function listRoute(app: App, deps: ProjectionRouteDeps) {
  app.route({
    method: 'GET',
    url: '/v1/projections',
    schema: describeCall('List what is made of the log, how far it is, and accounts that it leaves out', {
      tag,
      querystring: z.strictObject({
        key: z
          .exactOptional(z.string().min(1).max(63))
          .describe('keys has this account alone, if it is left out, and what waits for it is not counted'),
      }),
      answers: { 200: projectionsShape },
    }),
    handler: async ({ query: { key: asked } }, reply) => {
      const signal = AbortSignal.any([clientGone(reply), deps.cut])
      const names = deps.projections.map(one => one.name)
      const left = await listLeftOut(deps.database, { names, key: null, most: MOST_KEYS })
      const shown = asked === undefined ? left : await listLeftOut(deps.database, { names, key: asked, most: MOST_KEYS })
      const skipped = await listSkipped(deps.database, names, MOST_SKIPPED)
      const count = createHeldCount(deps, signal)
      const data: ShownProjection[] = []
      for (const one of deps.projections) {
        const mine = (of: { name: string; version: number }) => of.name === one.name && of.version === one.version
        const { places, lags } = await standingOf(deps, one, signal)
        const held = (key: LeftOut) => count(key, places.get(key.partition) ?? new Map())
        const keys = []
        for (const key of shown.filter(mine)) keys.push(showLeftOut(key, asked === undefined ? await held(key) : null))
        const state = left.some(mine) || keys.length > 0 ? 'leaving-out' : 'projecting'
        data.push({
          ...{ name: one.name, version: one.version, state },
          ...lagOf(lags),
          keys,
          skipped: skipped.filter(mine).map(showSkipped),
        })
      }
      return { data }
    },
  })
}

async function standingOf({ database, log, topic }: ProjectionRouteDeps, one: RunProjection, signal: AbortSignal) {
  const checkpoints = await readCheckpoints(database, one)
  const positions = checkpoints.flatMap(({ partition, offsets }): Position[] =>
    one.reads.map(name => ({ topic: topic(name), partition, nextOffset: offsets.get(name) ?? 0n })),
  )
  const lags = await log.lag(positions, signal)
  return { places: new Map(checkpoints.map(({ partition, offsets }) => [partition, offsets])), lags }
}

/** Where one age cannot be known, none of them is the oldest. */
function lagOf(lags: readonly Lag[]): { lagRecords: number; lagMs: number | null } {
  const ages = lags.filter(one => one.lagRecords > 0).map(one => one.lagMs)
  return {
    lagRecords: lags.reduce((sum, one) => sum + one.lagRecords, 0),
    lagMs: ages.reduce((most, one) => (most === null || one === null ? null : Math.max(most, one)), 0),
  }
}

function resumeRoute(app: App, deps: ProjectionRouteDeps) {
  app.route({
    method: 'POST',
    url: '/v1/projections/:projection/keys/:key/resume',
    schema: describeCall('Project an account again that is left out, from the record that failed on', {
      tag,
      params,
      body: noBody,
      answers: { 202: leftOutShape },
      problems: [404],
    }),
    handler: async ({ params: { projection, key } }, reply) => {
      const left = await demand(deps, projection, key)
      if (!(await requestResume(deps.database, left, key))) throw notLeftOut(projection, key)
      return reply.code(202).send(showLeftOut({ ...left, resumeRequested: true }, null))
    },
  })
}

const skipBody = z
  .strictObject({
    offset: z
      .exactOptional(z.string().regex(/^\d{1,18}$/, 'expected an offset'))
      .describe('of the record that is meant, as the list says it; refused where another one keeps the account out by now'),
  })
  .nullish()
  .meta({ title: 'SkipInput', examples: [{ offset: '1200' }] })

function skipRoute(app: App, deps: ProjectionRouteDeps) {
  app.route({
    method: 'POST',
    url: '/v1/projections/:projection/keys/:key/skip',
    schema: describeCall('Pass over the record that keeps an account out, for good, and project the account from there on', {
      tag,
      params,
      body: skipBody,
      answers: { 202: leftOutShape },
      problems: [404, 409],
    }),
    handler: async ({ params: { projection, key }, body }, reply) => {
      const left = await demand(deps, projection, key)
      if (body?.offset !== undefined && body.offset !== String(left.offset)) throw anotherRecord(left, body.offset)
      if (!(await requestSkip(deps.database, left))) throw anotherRecord(left, String(left.offset))
      return reply.code(202).send(showLeftOut({ ...left, skipRequested: true }, null))
    },
  })
}

/** Of the newest version that leaves it out. */
async function demand({ database, projections }: ProjectionRouteDeps, projection: string, key: string): Promise<LeftOut> {
  const versions = projections.filter(one => one.name === projection)
  if (versions.length === 0)
    throw new Problem(
      'projection-not-found',
      `there is no projection ${projection.slice(0, 63)}: there are ${[...new Set(projections.map(one => one.name))].join(', ')}`,
    )
  const found = (await listLeftOut(database, { names: [projection], key, most: MOST_KEYS }))
    .filter(one => versions.some(({ version }) => version === one.version))
    .toSorted((one, other) => other.version - one.version)[0]
  if (found === undefined) throw notLeftOut(projection, key)
  return found
}

const notLeftOut = (projection: string, key: string) =>
  new Problem('projection-key-not-found', `${projection} does not leave out ${key.slice(0, 63)}`)

const anotherRecord = ({ topic, partition, offset }: LeftOut, asked: string) =>
  new Problem(
    'another-record',
    `the record at offset ${asked} keeps it out no longer, the one at ${topic} partition ${partition} offset ${offset} does: look at that first`,
  )
