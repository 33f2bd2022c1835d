// Sends every refusal as a problem, whatever it was thrown as, to a browser that opens a page as HTML; what went wrong here is logged
// with its cause.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isResponseSerializationError } from 'fastify-type-provider-zod'
import { CodedError } from '../runtime/coded-error.ts'
import type { Logger } from '../runtime/logger.ts'
import { headPage } from './pages/page-headers.ts'
import { prefersHtml } from './pages/prefers-html.ts'
import { problemPage, problemPagePolicy } from './pages/problem-page.ts'
import { Problem, problemBody, problemType } from './problems.ts'

/** A text of 65,536 characters fits into it also where a client escapes each. */
export const MAX_BODY_BYTES = 512 * 1024

/** Writes a refusal whose status and headers are set. */
export type Say = (problem: Problem, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** Nobody's failure: what is not made yet or never will be, and what takes long. */
const expected: ReadonlySet<string> = new Set(['not-in-this-version', 'not-in-dialect', 'command-unfinished'])

export const createRefuse =
  (logger: Logger, say: Say = sayProblem) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const problem = problemOf(error, request.routeOptions?.bodyLimit ?? MAX_BODY_BYTES)
    if (problem.status >= 500 && !expected.has(problem.code))
      logger[problem.code === 'internal' ? 'error' : 'warn']('request.failed', {
        method: request.method,
        route: request.routeOptions?.url ?? 'none',
        statusCode: problem.status,
        error,
      })
    if (problem.retryAfterSeconds !== null) reply.header('retry-after', String(problem.retryAfterSeconds))
    if (problem.allow !== null) reply.header('allow', problem.allow.join(', '))
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="zaplog"')
    reply.code(problem.status).header('cache-control', 'no-store').header('vary', 'accept')
    return say(problem, request, reply)
  }

const sayProblem: Say = (problem, request, reply) =>
  opensPage(request)
    ? headPage(reply, problemPagePolicy).send(problemPage(problemBody(problem), problem))
    : reply.header('content-type', problemType).serializer(JSON.stringify).send(problemBody(problem))

/** Whoever changes something is a program, also in a browser. */
export const opensPage = ({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): boolean =>
  (method === 'GET' || method === 'HEAD') && prefersHtml(headers.accept)

function problemOf(error: unknown, bodyLimit: number): Problem {
  if (error instanceof Problem) return error
  const away = error instanceof CodedError ? awayDetail(error) : null
  if (away !== null) return new Problem('unavailable', away, { cause: error })
  return isFastifyError(error) ? problemOfFastify(error, bodyLimit) : new Problem('internal', internalDetail, { cause: error })
}

/** null: no part is away; what went wrong is here, or is the request's. */
function awayDetail({ port, code, retryable }: CodedError): string | null {
  const mayPass = retryable || code === 'aborted'
  switch (port) {
    case 'database':
      if (code === 'commit-unknown')
        return 'the database was lost while the change was being committed: read it again before repeating the request'
      return mayPass ? 'the database cannot be reached' : null
    case 'log':
      return mayPass ? 'the event log did not answer in time' : null
    case 'objects':
      return code === 'refused' ? null : 'the object store cannot be reached'
    default:
      return null
  }
}

const internalDetail = 'the request could not be answered; the reason is in the log of the server'

/** fastify's own refusals of what cannot be read; its texts hold nothing but what came in. */
function problemOfFastify(error: FastifyError, bodyLimit: number): Problem {
  if (isResponseSerializationError(error)) return new Problem('internal', internalDetail, { cause: error })
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Problem('body-too-large', `expected a body of at most ${bodyLimit} bytes`, { cause: error })
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new Problem('unsupported-media-type', 'expected a body of type application/json', { cause: error })
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new Problem('malformed-request', `reading the request: ${error.message}`, { cause: error })
  return new Problem('internal', internalDetail, { cause: error })
}

const isFastifyError = (error: unknown): error is FastifyError =>
  error instanceof Error && 'code' in error && 'statusCode' in error
