// Every refusal of the control API is an RFC 9457 problem; an invalid request names each field, what was expected and what came.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodError, ZodType } from 'zod'

type FieldError = { pointer: string; expected: string; received: unknown }
type Refusal = { slug: string; status: number; title: string }
class Problem extends Error {
  readonly refusal: Refusal
  readonly errors: readonly FieldError[]
  constructor(refusal: Refusal, detail: string, errors: readonly FieldError[] = []) {
    super(detail)
    this.refusal = refusal
    this.errors = errors
  }
}

export function notFound(detail: string): Error {
  return new Problem({ slug: 'not-found', status: 404, title: 'There is no such thing' }, detail)
}

export function conflict(detail: string): Error {
  return new Problem({ slug: 'conflict', status: 409, title: 'Not possible now' }, detail)
}

/** From unknown to typed; throws a 422 that names every field at fault. */
export function parseRequest<Parsed>(schema: ZodType<Parsed>, body: unknown): Parsed {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const errors = fieldErrors(result.error, body)
  const detail = errors.map(({ pointer, expected }) => `${pointer || 'body'}: ${expected}`).join('; ')
  throw new Problem({ slug: 'invalid', status: 422, title: 'The request is invalid' }, detail, errors)
}

function fieldErrors({ issues }: ZodError, body: unknown): FieldError[] {
  return issues.flatMap(issue => {
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map(key => [...issue.path, key]) : [issue.path]
    const expected = issue.code === 'unrecognized_keys' ? 'no such field' : issue.message
    return paths.map(path => ({
      pointer: path.map(part => `/${String(part)}`).join(''),
      expected,
      received: valueAt(body, path),
    }))
  })
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body
  for (const part of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined
  return value === undefined ? null : value
}

export function answerWithProblem(error: FastifyError | Problem | Error, _request: FastifyRequest, reply: FastifyReply): void {
  const { slug, status, title } = error instanceof Problem ? error.refusal : httpRefusal(error)
  const errors = error instanceof Problem && error.errors.length > 0 ? { errors: error.errors } : {}
  const detail = status === 415 ? `${error.message}: expected JSON, with content-type: application/json` : error.message
  reply
    .code(status)
    .type('application/problem+json')
    .send({ type: `urn:zaplog:problem:${slug}`, title, status, detail, ...errors })
}

/** What fastify refuses itself (unreadable JSON, too large) keeps its status; the rest is our own fault. */
function httpRefusal(error: Error): Refusal {
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  return status < 500
    ? { slug: 'unreadable', status, title: 'The request cannot be read' }
    : { slug: 'internal', status, title: 'The simulator failed' }
}
