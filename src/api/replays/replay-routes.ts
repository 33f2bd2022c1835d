// /v1/replays: a range of the log is copied into a topic of its own, as fast as is asked for and no faster than what is live allows.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import { neverGivenOut } from '../../instances/instance-ids.ts'
import type { EventLog } from '../../log/log.ts'
import { type Asked, type BeginDeps, beginReplay } from '../../replays/begin-replay.ts'
import { edgeForms, parseEdge } from '../../replays/range.ts'
import { changeReplay, findReplay, findReplays, markRemoved, type Replay, wakeReplays } from '../../replays/replay-rows.ts'
import { KEEP_MS } from '../../replays/run-replay.ts'
import { readStretches, type Stretch, totalsOf } from '../../replays/stretches.ts'
import type { Links } from '../../webhooks/bridge/event-body.ts'
import { clientGone } from '../client-gone.ts'
import type { App } from '../create-app.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { instanceNotFound, Problem } from '../problems.ts'
import { readCopied } from './copied-records.ts'
import { createCountInTurn } from './count-in-turn.ts'
import { refuseEdge } from './refuse-edge.ts'
import {
  copiedRecords,
  countedShape,
  replayChange,
  replayInput,
  replayShape,
  showReplay,
  showStretch,
  wholeReplay,
} from './replay-shapes.ts'

export type ReplayRouteDeps = BeginDeps & {
  database: Database
  log: Pick<EventLog, 'ensureTopics' | 'positionsAt' | 'lag' | 'read'>
  codec: Pick<Codec, 'decode'>
  links: Links
  cut: AbortSignal
}
type Input = z.infer<typeof replayInput>

const tag = 'replays'
const params = z.object({ id: z.string() })

export function replayRoutes(app: App, deps: ReplayRouteDeps) {
  beginRoute(app, deps)
  readRoutes(app, deps)
  changeRoutes(app, deps)
  recordsRoute(app, deps)
}

function beginRoute(app: App, deps: ReplayRouteDeps) {
  const count = createCountInTurn(deps)
  app.route({
    method: 'POST',
    url: '/v1/replays',
    schema: describeCall('Copy a range of the log into a topic of its own', {
      tag,
      body: replayInput,
      answers: { 200: countedShape, 201: wholeReplay },
      problems: [404, 409],
    }),
    handler: async ({ body }, reply) => {
      const asked = await askedIn(deps, body)
      if (body.dryRun) return reply.code(200).send(await count(asked, AbortSignal.any([clientGone(reply), deps.cut])))
      const replay = await begin(deps, asked)
      return reply
        .code(201)
        .header('location', `/v1/replays/${replay.replayId}`)
        .send(await whole(deps, replay))
    },
  })
}

async function askedIn({ database, clock }: ReplayRouteDeps, body: Input): Promise<Asked> {
  const [from, until] = [edgeIn(body, 'from', clock()), edgeIn(body, 'until', clock())]
  const unknown = body.instanceIds === undefined ? null : await neverGivenOut(database, body.instanceIds)
  if (unknown !== null) throw instanceNotFound(unknown)
  const { dryRun: _, ...request } = body
  return {
    from: from ?? { kind: 'beginning' },
    until,
    request: {
      ...request,
      topics: [...new Set(body.topics)] as Asked['request']['topics'],
      until: body.until ?? null,
      types: body.types ?? null,
      instanceIds: body.instanceIds ?? null,
      chats: body.chats ?? null,
    },
  }
}

/** null: left out. */
function edgeIn(body: Input, name: 'from' | 'until', nowAt: number) {
  if (body[name] === undefined) return null
  const edge = parseEdge(body[name], nowAt)
  if (edge === null) throw refuseEdge({ edge: name, expected: edgeForms }, body[name])
  return edge
}

async function begin(deps: ReplayRouteDeps, asked: Asked): Promise<Replay> {
  const { name } = asked.request
  const begun = await beginReplay(deps, asked, deps.cut)
  switch (begun.kind) {
    case 'begun':
      return begun.replay
    case 'wrong-edge':
      throw refuseEdge(begun.wrong, asked.request[begun.wrong.edge] ?? undefined)
    case 'name-taken':
      throw new Problem('replay-exists', `there is a replay ${name}, or it is being deleted: take another name`)
    case 'topic-differs':
      throw new Problem('topic-differs', begun.message)
  }
}

async function stretchesOf({ database }: ReplayRouteDeps, { replayId }: Replay): Promise<readonly Stretch[]> {
  return (await readStretches(database, [replayId])).get(replayId) ?? []
}

async function whole(deps: ReplayRouteDeps, replay: Replay) {
  const stretches = await stretchesOf(deps, replay)
  return { ...showReplay(replay, stretches, deps.clock()), partitions: stretches.map(showStretch) }
}

function readRoutes(app: App, deps: ReplayRouteDeps) {
  app.route({
    method: 'GET',
    url: '/v1/replays',
    schema: describeCall('List replays, newest first', {
      tag,
      querystring: z.strictObject(pageQuery),
      answers: { 200: pageOf(replayShape) },
    }),
    handler: async ({ query }) => {
      const [cursor] = query.cursor === undefined ? [] : decodeCursor(query.cursor, [/^rp_[0-9a-f]{24}$/])
      const found = await findReplays(deps.database, { ...query, cursor })
      const page = found.slice(0, query.limit)
      const stretches = await readStretches(
        deps.database,
        page.map(one => one.replayId),
      )
      const last = page.at(-1)
      return {
        data: page.map(one => showReplay(one, stretches.get(one.replayId) ?? [], deps.clock())),
        nextCursor: found.length > page.length && last !== undefined ? encodeCursor([last.replayId]) : null,
      }
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/replays/:id',
    schema: describeCall('Read a replay and how far it is', { tag, params, answers: { 200: wholeReplay }, problems: [404] }),
    handler: async ({ params: { id } }) => whole(deps, await demand(deps, id)),
  })
}

async function demand({ database }: ReplayRouteDeps, id: string): Promise<Replay> {
  const replay = await findReplay(database, id)
  if (replay === null) throw notFound(id)
  return replay
}

const notFound = (id: string) => new Problem('replay-not-found', `there is no replay ${id.slice(0, 63)}`)

function changeRoutes(app: App, deps: ReplayRouteDeps) {
  const { database } = deps
  app.route({
    method: 'PATCH',
    url: '/v1/replays/:id',
    schema: describeCall('Pause a replay, go on with it, cancel it, or give it another rate', {
      tag,
      params,
      body: replayChange,
      answers: { 200: wholeReplay },
      problems: [404, 409],
    }),
    handler: async ({ params: { id }, body: { state = null, rate = null } }) => {
      const replay = await demand(deps, id)
      const recordsRead = totalsOf(await stretchesOf(deps, replay)).read
      const changed = await changeReplay(database, replay.replayId, { state, rate, recordsRead, keepMs: KEEP_MS })
      if (changed === null) throw await isOver(deps, id, state)
      await wakeReplays(database)
      return whole(deps, changed)
    },
  })
  app.route({
    method: 'DELETE',
    url: '/v1/replays/:id',
    schema: describeCall('End a replay and delete its topics', {
      tag,
      params,
      answers: { 204: z.undefined() },
      problems: [404],
    }),
    handler: async ({ params: { id } }, reply) => {
      const { replayId } = await demand(deps, id)
      if (!(await markRemoved(database, replayId))) throw notFound(id)
      await wakeReplays(database)
      return reply.code(204).send()
    },
  })
}

async function isOver(deps: ReplayRouteDeps, id: string, wanted: string | null): Promise<Problem> {
  const { state } = await demand(deps, id)
  return new Problem('replay-over', `the replay is ${state}, and cannot be ${wanted ?? 'changed'} any more`)
}

function recordsRoute(app: App, deps: ReplayRouteDeps) {
  app.route({
    method: 'GET',
    url: '/v1/replays/:id/records',
    schema: describeCall('Read what a replay copied, a partition at a time', {
      tag,
      params,
      querystring: z.strictObject({
        partition: z.exactOptional(z.coerce.number().int().min(0)).describe('left out: the first of those that have most'),
        type: z.exactOptional(z.string().min(1).max(100)).describe('which topic, of a replay with one for each type'),
        after: z
          .exactOptional(z.string().regex(/^\d{1,18}$/, 'expected an offset'))
          .describe('the offset of the last one that is known'),
        limit: pageQuery.limit,
        value: z.exactOptional(z.enum(['base64'], { error: 'expected base64' })).describe('base64: the bytes, too'),
      }),
      answers: { 200: copiedRecords },
      problems: [404],
    }),
    handler: async ({ params: { id }, query }) => readCopied(deps, await demand(deps, id), query),
  })
}
