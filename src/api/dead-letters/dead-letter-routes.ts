// /v1/dead-letters: records that nobody could take, and deliveries that were given up: looked at, given back, or not waited for any more.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import { deadLetterIdPattern } from '../../dead-letters/letter.ts'
import {
  askRedrive,
  countDead,
  type DeadLetter,
  discardable,
  discardLetters,
  findLetter,
  listLetters,
  redrivable,
} from '../../dead-letters/letter-rows.ts'
import { type ReadLetterDeps, readLetter } from '../../dead-letters/read-letter.ts'
import { clientGone } from '../client-gone.ts'
import type { App } from '../create-app.ts'
import { decodeCursor, encodeCursor, instantPart } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { Problem } from '../problems.ts'
import {
  discardAnswer,
  discardQuery,
  letterShape,
  listFilters,
  redriveAnswer,
  redriveInput,
  showLetter,
  wholeLetter,
} from './dead-letter-shapes.ts'

export type DeadLetterRouteDeps = ReadLetterDeps & { database: Database; cut: AbortSignal }

const tag = 'dead letters'
const params = z.object({ id: z.string() })

export function deadLetterRoutes(app: App, deps: DeadLetterRouteDeps) {
  readRoutes(app, deps)
  redriveRoute(app, deps)
  discardRoutes(app, deps)
}

function readRoutes(app: App, deps: DeadLetterRouteDeps) {
  app.route({
    method: 'GET',
    url: '/v1/dead-letters',
    schema: describeCall('List dead letters, newest first', {
      tag,
      querystring: z.strictObject({ ...pageQuery, ...listFilters }),
      answers: { 200: pageOf(letterShape) },
    }),
    handler: async ({ query: { cursor: given, limit, ...filter } }) => {
      const [failedAt, id] = given === undefined ? [] : decodeCursor(given, [instantPart, deadLetterIdPattern])
      const cursor = failedAt === undefined || id === undefined ? null : { failedAt: Number(failedAt), deadLetterId: id }
      const found = await listLetters(deps.database, { filter, cursor, limit: limit + 1 })
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      return {
        data: page.map(showLetter),
        nextCursor: last === undefined ? null : encodeCursor([String(last.failedAt), last.deadLetterId]),
      }
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/dead-letters/:id',
    schema: describeCall('Read a dead letter, and the record as the log has it', {
      tag,
      params,
      querystring: z.strictObject({
        value: z.exactOptional(z.enum(['base64'], { error: 'expected base64' })).describe('base64: the bytes, too'),
      }),
      answers: { 200: wholeLetter },
      problems: [404],
    }),
    handler: async ({ params: { id }, query }, reply) => {
      const letter = await demand(deps, id)
      const record = await readLetter(deps, letter, AbortSignal.any([clientGone(reply), deps.cut]))
      return {
        ...showLetter(letter),
        stored: { partition: letter.partition, offset: String(letter.offset) },
        headers: record === null ? null : { ...record.headers },
        sizeBytes: record?.value?.length ?? null,
        ...(query.value === 'base64' && {
          value: record?.value == null ? null : Buffer.from(record.value).toString('base64'),
        }),
      }
    },
  })
}

async function demand({ database }: DeadLetterRouteDeps, id: string): Promise<DeadLetter> {
  const letter = await findLetter(database, id)
  if (letter === null) throw new Problem('dead-letter-not-found', `there is no dead letter ${id.slice(0, 63)}`)
  return letter
}

function redriveRoute(app: App, deps: DeadLetterRouteDeps) {
  app.route({
    method: 'POST',
    url: '/v1/dead-letters/redrive',
    schema: describeCall('Give dead letters back to who could not take them', {
      tag,
      body: redriveInput,
      answers: { 200: redriveAnswer, 202: redriveAnswer },
    }),
    handler: async ({ body: { dryRun, ...filter } }, reply) => {
      if (dryRun) return reply.code(200).send({ letters: await countDead(deps.database, filter, redrivable), dryRun })
      return reply.code(202).send({ letters: await askRedrive(deps.database, filter), dryRun })
    },
  })
}

function discardRoutes(app: App, deps: DeadLetterRouteDeps) {
  app.route({
    method: 'DELETE',
    url: '/v1/dead-letters',
    schema: describeCall('Discard dead letters: nobody waits for them any more', {
      tag,
      querystring: discardQuery,
      answers: { 200: discardAnswer },
    }),
    handler: async ({ query: { dryRun, ...filter } }) => ({
      letters: await (dryRun ? countDead(deps.database, filter, discardable) : discardLetters(deps.database, filter)),
      dryRun,
    }),
  })
  app.route({
    method: 'DELETE',
    url: '/v1/dead-letters/:id',
    schema: describeCall('Discard a dead letter: nobody waits for it any more', {
      tag,
      params,
      answers: { 204: z.undefined() },
      problems: [404, 409],
    }),
    handler: async ({ params: { id } }, reply) => {
      await discardLetters(deps.database, { ids: [id] })
      const { state } = await demand(deps, id)
      if (state === 'redriving')
        throw new Problem('dead-letter-busy', 'the dead letter is being redriven: wait for what comes of it')
      return reply.code(204).send()
    },
  })
}
