// What /openapi.json says of a call, in one place: who may call, what goes in, what comes out, and the problems every call shares.
import { z } from 'zod'
import { type Need, securityOf } from './needs.ts'
import { problemExample, problemSchema, problemType } from './problems.ts'

type Content = { description: string; content: Record<string, { schema: z.ZodType }> }

export function describeCall<
  const Parts extends {
    body?: z.ZodType
    querystring?: z.ZodType
    params?: z.ZodType
    answers: Record<number, z.ZodType | Content>
    /** Statuses beyond those of every call with a key, and of every call that takes something. */
    problems?: readonly number[]
    tag?: string
    /** The administrator's key where nothing is said. */
    needs?: Need
  },
>(summary: string, parts: Parts) {
  const { answers, problems = [], tag = 'server', needs = 'admin', ...input } = parts
  const statuses = [...problemsOfParts(input), ...(needs === 'nothing' ? [] : [401, 429, 500, 503]), ...problems]
  const refusals = Object.fromEntries(
    statuses.map(status => [status, { description: 'Problem', content: { [problemType]: { schema: problemOf(status) } } }]),
  )
  return {
    ...(input as Omit<Parts, 'answers' | 'problems' | 'tag' | 'needs'>),
    summary,
    tags: [tag],
    security: securityOf(needs),
    // Problems are sent by the error handler, so routes answer by `answers` alone.
    response: { ...refusals, ...answers } as Parts['answers'],
  }
}

const problemOf = (status: number) => problemSchema.meta({ ...problemSchema.meta(), examples: [problemExample(status)] })

/** What cannot be read, is not valid or is gone, by what there is to be read. */
function problemsOfParts(parts: { body?: unknown; params?: unknown; querystring?: unknown }): readonly number[] {
  if (parts.body !== undefined) return [400, 413, 415, 422]
  const { params, querystring } = parts
  if (params === undefined && querystring === undefined) return []
  return querystring instanceof z.ZodObject && 'waitFor' in querystring.shape ? [400, 410, 422] : [400, 422]
}
