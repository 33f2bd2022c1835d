// What /openapi.json says of a call, in one place: who may call, what goes in, what comes out, and the problems every call shares.
import type { z } from 'zod'
import { problemSchema, problemType } from './problems.ts'

type Content = { description: string; content: Record<string, { schema: z.ZodType }> }

export function describeCall<
  const Parts extends {
    body?: z.ZodType
    querystring?: z.ZodType
    params?: z.ZodType
    answers: Record<number, z.ZodType | Content>
    /** Statuses beyond those of every call with a key. */
    problems?: readonly number[]
    tag?: string
    /** Needs no key. */
    open?: boolean
  },
>(summary: string, parts: Parts) {
  const { answers, problems = [], tag = 'server', open = false, ...input } = parts
  const statuses = open ? problems : [401, 429, 500, 503, ...problems]
  const refusals = Object.fromEntries(
    statuses.map(status => [status, { description: 'Problem', content: { [problemType]: { schema: problemSchema } } }]),
  )
  return {
    ...(input as Omit<Parts, 'answers' | 'problems' | 'tag' | 'open'>),
    summary,
    tags: [tag],
    security: open ? [] : [{ bearer: [] }, { apikey: [] }],
    // Problems are sent by the error handler, so routes answer by `answers` alone.
    response: { ...refusals, ...answers } as Parts['answers'],
  }
}
