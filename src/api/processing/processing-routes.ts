// /v1/instances/{id}/processing and /v1/processing: a client works on a message, people see it, and hear how it went.
import { z } from 'zod'
import type { Transaction } from '../../database/database.ts'
import { listSessions, readSession, type Session } from '../../instances/processing-sessions.ts'
import type { App } from '../create-app.ts'
import { decodeCursor, encodeCursor, instantPart } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { demandInstance } from '../instances/read-instances.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { setPosition } from '../position.ts'
import { type FinishDeps, finishProcessing, processingNotFound } from './finish-processing.ts'
import { answerOf, endedSession, finish, session, start } from './processing-shapes.ts'
import { type StartDeps, startProcessing } from './start-processing.ts'

type Deps = StartDeps & FinishDeps & { cut: AbortSignal }

const tag = 'processing'
const ofInstance = z.object({ id: z.string() })
const ofSession = z.object({ sessionId: z.string() })

export function processingRoutes(app: App, deps: Deps) {
  routeStart(app, deps)
  routeFinish(app, deps)
  routeList(app, deps)
  routeOne(app, deps)
}

function routeStart(app: App, deps: Deps) {
  app.route({
    method: 'POST',
    url: '/v1/instances/:id/processing',
    schema: describeCall('Begin to work on a message, or go on with it: its reaction says so, 🔄 and ⏳ in turns', {
      tag,
      params: ofInstance,
      body: start,
      answers: { 201: session },
      problems: [404, 409],
    }),
    handler: async ({ params: { id }, body }, reply) => {
      const { session, positions } = await startProcessing(deps, { instanceId: id, ...body }, deps.cut)
      setPosition(reply, positions)
      return reply.code(201).header('location', `/v1/processing/${session.sessionId}`).send(answerOf(session))
    },
  })
}

function routeFinish(app: App, deps: Deps) {
  app.route({
    method: 'POST',
    url: '/v1/processing/:sessionId/finish',
    schema: describeCall('Say how the work on a message went: its reaction says so, and a text may', {
      tag,
      params: ofSession,
      body: finish,
      answers: { 202: endedSession },
      problems: [404, 409],
    }),
    handler: async ({ params: { sessionId }, body: { status, text = null } }, reply) => {
      const { session, positions } = await finishProcessing(deps, { sessionId, status, text }, deps.cut)
      setPosition(reply, positions)
      return reply.code(202).send(answerOf(session))
    },
  })
}

function routeList(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/processing',
    schema: describeCall('List the messages that were worked on, the last started first', {
      tag,
      params: ofInstance,
      querystring: z.strictObject(pageQuery),
      answers: { 200: pageOf(session) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query }) => {
      await demandInstance(deps.database, id)
      return listProcessing(deps.database, { instanceId: id, ...query })
    },
  })
}

function routeOne(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/processing/:sessionId',
    schema: describeCall('How the work on a message stands', {
      tag,
      params: ofSession,
      answers: { 200: session },
      problems: [404],
    }),
    handler: async ({ params: { sessionId } }) => {
      const found = await readSession(deps.database, sessionId)
      if (found === null) throw processingNotFound(sessionId)
      return answerOf(found)
    },
  })
}

type Page = { instanceId: string; cursor?: string; limit: number; after?: number; before?: number }

export async function listProcessing(database: Transaction, { instanceId, cursor, limit, ...span }: Page) {
  const { after = null, before = null } = span
  const last = cursor === undefined ? null : placeOf(cursor)
  const found = await listSessions(database, { instanceId, last, after, before, limit: limit + 1 })
  const shown = found.slice(0, limit)
  return { data: shown.map(answerOf), nextCursor: found.length > limit ? cursorOf(shown.at(-1)) : null }
}

const cursorOf = (end: Session | undefined): string | null =>
  end === undefined ? null : encodeCursor([String(end.startedAt.getTime()), end.sessionId])

function placeOf(cursor: string): { startedAt: number; sessionId: string } {
  const [startedAt = '', sessionId = ''] = decodeCursor(cursor, [instantPart, /^[0-9a-f]{32}$/])
  return { startedAt: Number(startedAt), sessionId }
}
