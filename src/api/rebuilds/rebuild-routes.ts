// /v1/rebuilds: what is read is made again from the log, beside it and with the same code, compared, and swapped in.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog } from '../../log/log.ts'
import {
  beginRebuild,
  cancel,
  findRebuild,
  findRebuilds,
  markRemoved,
  planRebuild,
  type Rebuild,
  readStanding,
  want,
} from '../../projections/rebuild/queries.ts'
import type { App } from '../create-app.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { noBody } from '../no-body.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { Problem } from '../problems.ts'
import { plannedShape, rebuildInput, rebuildShape, showPlan, showRebuild } from './rebuild-shapes.ts'

export type RebuildRouteDeps = {
  database: Database
  log: Pick<EventLog, 'positionsAt'>
  topic(name: TopicName): string
  clock: () => number
  cut: AbortSignal
}

const tag = 'rebuilds'
const params = z.object({ id: z.string() })

export function rebuildRoutes(app: App, deps: RebuildRouteDeps) {
  beginRoute(app, deps)
  readRoutes(app, deps)
  changeRoutes(app, deps)
  deleteRoute(app, deps)
}

function beginRoute(app: App, deps: RebuildRouteDeps) {
  const { database } = deps
  app.route({
    method: 'POST',
    url: '/v1/rebuilds',
    schema: describeCall('Rebuild the read model from the log, beside what is read', {
      tag,
      body: rebuildInput,
      answers: { 200: plannedShape, 201: rebuildShape },
      problems: [409],
    }),
    handler: async ({ body: { projection, swap, dryRun } }, reply) => {
      if (dryRun) return reply.code(200).send(showPlan(projection, await planRebuild(deps, projection, deps.cut)))
      const begun = await beginRebuild(database, { projection, swap })
      switch (begun.kind) {
        case 'begun':
          return reply
            .code(201)
            .header('location', `/v1/rebuilds/${begun.rebuild.rebuildId}`)
            .send(await shown(deps, begun.rebuild))
        case 'another':
          throw new Problem('rebuild-exists', describeAnother(projection, begun.rebuild))
        case 'rereading':
          throw new Problem(
            'rebuild-refused',
            `${projection} reads earlier records again, after an upgrade: wait until it is done`,
          )
      }
    },
  })
}

/** Its tables may be gone a moment later. */
const describeAnother = (projection: string, another: Rebuild | null): string =>
  another === null
    ? `another rebuild of ${projection} has just ended: try again`
    : `rebuild ${another.rebuildId} of ${projection} is ${another.state} and has its tables still: ${another.removed ? takenDown : whatEnds[another.state]}`

const takenDown = 'they are being taken down'
const whatEnds: Readonly<Record<Rebuild['state'], string>> = {
  filling: 'cancel it, or wait for it',
  comparing: 'cancel it, or wait for it',
  ready: 'swap it or cancel it',
  swapped: 'delete it, and with it the way back',
  'rolled-back': 'delete it',
  cancelled: takenDown,
  failed: takenDown,
}

const shown = async ({ database, clock }: RebuildRouteDeps, rebuild: Rebuild) =>
  showRebuild(rebuild, await readStanding(database, rebuild), clock())

function readRoutes(app: App, deps: RebuildRouteDeps) {
  const { database } = deps
  app.route({
    method: 'GET',
    url: '/v1/rebuilds',
    schema: describeCall('List rebuilds, newest first', {
      tag,
      querystring: z.strictObject(pageQuery),
      answers: { 200: pageOf(rebuildShape) },
    }),
    handler: async ({ query }) => {
      const [cursor] = query.cursor === undefined ? [] : decodeCursor(query.cursor, [/^rb_[0-9a-f]{24}$/])
      const found = await findRebuilds(database, { ...query, limit: query.limit + 1, cursor })
      const page = found.slice(0, query.limit)
      const last = page.at(-1)
      const data = []
      for (const one of page) data.push(await shown(deps, one))
      return { data, nextCursor: found.length > page.length && last !== undefined ? encodeCursor([last.rebuildId]) : null }
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/rebuilds/:id',
    schema: describeCall('Read a rebuild, how far it is and what was found', {
      tag,
      params,
      answers: { 200: rebuildShape },
      problems: [404],
    }),
    handler: async ({ params: { id } }) => shown(deps, await demand(deps, id)),
  })
}

async function demand({ database }: RebuildRouteDeps, id: string): Promise<Rebuild> {
  const rebuild = await findRebuild(database, id)
  if (rebuild === null) throw new Problem('rebuild-not-found', `there is no rebuild ${id.slice(0, 63)}`)
  return rebuild
}

type ChangeCall = {
  what: string
  summary: string
  from: readonly Rebuild['state'][]
  change(database: Database, id: string, from: readonly Rebuild['state'][]): Promise<Rebuild | null>
}

const changes: readonly ChangeCall[] = [
  {
    what: 'swap',
    summary: 'Have what was rebuilt read, also where rows differ or an account is left out',
    from: ['ready', 'rolled-back'],
    change: (database, id, from) => want(database, id, { wanted: 'swap', from }),
  },
  {
    what: 'rollback',
    summary: 'Have what was read before read again',
    from: ['swapped'],
    change: (database, id, from) => want(database, id, { wanted: 'rollback', from }),
  },
  {
    what: 'cancel',
    summary: 'End a rebuild that is not read; its tables are taken down',
    from: ['filling', 'comparing', 'ready', 'rolled-back'],
    change: cancel,
  },
]

function changeRoutes(app: App, deps: RebuildRouteDeps) {
  for (const { what, summary, from, change } of changes)
    app.route({
      method: 'POST',
      url: `/v1/rebuilds/:id/${what}`,
      schema: describeCall(summary, { tag, params, body: noBody, answers: { 202: rebuildShape }, problems: [404, 409] }),
      handler: async ({ params: { id } }, reply) => {
        const changed = await change(deps.database, id, from)
        if (changed === null) throw await isElsewhere(deps, id, { what, from })
        return reply.code(202).send(await shown(deps, changed))
      },
    })
}

async function isElsewhere(
  deps: RebuildRouteDeps,
  id: string,
  { what, from }: Pick<ChangeCall, 'what' | 'from'>,
): Promise<Problem> {
  const { state, wanted } = await demand(deps, id)
  const busy = wanted === null ? '' : `, and its ${wanted} is about to be done`
  return new Problem('rebuild-state', `the rebuild is ${state}${busy}: ${what} takes one that is ${from.join(' or ')}`)
}

function deleteRoute(app: App, deps: RebuildRouteDeps) {
  const from = ['swapped', 'rolled-back', 'cancelled', 'failed'] as const
  app.route({
    method: 'DELETE',
    url: '/v1/rebuilds/:id',
    schema: describeCall('Forget a rebuild, and drop the tables that are not read', {
      tag,
      params,
      answers: { 204: z.undefined() },
      problems: [404, 409],
    }),
    handler: async ({ params: { id } }, reply) => {
      if (!(await markRemoved(deps.database, id, from))) throw await isElsewhere(deps, id, { what: 'delete', from })
      return reply.code(204).send()
    },
  })
}
