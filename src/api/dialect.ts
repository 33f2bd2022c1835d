// Calls of another product at our door: their paths are a scope of their own, whose refusals have that product's shape and our words.
import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Logger } from '../runtime/logger.ts'
import { clientGone } from './client-gone.ts'
import type { App } from './create-app.ts'
import { refuseFields } from './invalid-input.ts'
import { type FieldError, Problem } from './problems.ts'
import { createRefuse } from './refuse.ts'

/** As that product refuses. */
export type Refusal = { status: number; body: unknown }

/** Closed as everything here: what says nothing else needs the administrator's key. They are no part of /openapi.json, as its own docs have them. */
export async function openDialect(
  app: App,
  { logger, refusalOf }: { logger: Logger; refusalOf(problem: Problem): Refusal },
  route: (scope: App) => void,
): Promise<void> {
  await app.register(async scope => {
    scope.setErrorHandler(
      createRefuse(logger, (problem, _request, reply) => {
        const { status, body } = refusalOf(problem)
        return reply.code(status).header('content-type', 'application/json; charset=utf-8').serializer(JSON.stringify).send(body)
      }),
    )
    route(scope as App)
  })
}

/** Of a call that names none, one that nobody else has. */
export function keyOf({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const key = headers['idempotency-key']
  if (key === undefined) return randomUUID()
  if (typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key)) return key
  const received = String(key).slice(0, 200)
  throw refuseFields('parameter', [
    { parameter: 'idempotency-key', expected: '1 to 255 printable characters of ASCII', received },
  ])
}

/** `dialectWaitMs`: how long an answer of WhatsApp is waited for [25 s]. */
export type WaitDeps = { stopping: AbortSignal; dialectWaitMs?: number | undefined }

/** Until the client is gone, we stop, or `waitMs` are over. */
export function waitingFor(
  reply: FastifyReply,
  { stopping, dialectWaitMs = 25_000 }: WaitDeps,
  waitMs = dialectWaitMs,
): AbortSignal {
  return AbortSignal.any([AbortSignal.timeout(waitMs), clientGone(reply), stopping])
}

/** `names`: pointers into our body, or /parameter, and those into theirs; what is below them follows. Whoever reads a refusal knows their fields alone. */
export async function inTheirWords<T>(names: Readonly<Record<string, string>>, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (
      error instanceof Problem &&
      error.errors.length > 0 &&
      (error.code === 'invalid-input' || error.code === 'not-in-this-version')
    )
      throw refuseFields(
        'pointer',
        error.errors.map(one => renamed(one, names)),
        error.code,
      )
    throw error
  }
}

function renamed(error: FieldError, names: Readonly<Record<string, string>>): FieldError {
  const at = 'pointer' in error ? error.pointer : `/${error.parameter}`
  const ours = Object.keys(names).find(one => at === one || at.startsWith(`${one}/`))
  const { expected, received } = error
  return ours === undefined ? error : { pointer: `${names[ours]}${at.slice(ours.length)}`, expected, received }
}

/** What a body has beside what is read of it changes nothing here: the answer says so. */
export function tellIgnored(reply: FastifyReply, { shape }: z.ZodObject, body: unknown): void {
  const ignored = Object.entries(body ?? {}).flatMap(([name, value]) => (name in shape || isNothing(value) ? [] : [name]))
  const names = ignored.filter(name => /^[\w.-]{1,64}$/.test(name)).slice(0, 20)
  if (names.length > 0) reply.header('zaplog-ignored', names.join(', '))
}

/** As clients fill in a field that they do not use. */
export const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && Object.keys(value).length === 0)

/** A field that clients may leave empty as well as out. */
export const optional = <Shape extends z.ZodType>(shape: Shape) =>
  z.preprocess(value => (isNothing(value) ? undefined : value), shape.optional())

/** Without the fields that are not given. */
export const given = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
