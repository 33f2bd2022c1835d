// What HTTP itself asks of a head. Node would refuse it without a word of ours; here it is a problem, and its connection ends, because
// nobody knows where its next request would begin.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from './problems.ts'

/** Throws Problem. HTTP/1.0 knows neither of both. */
export function refuseHead({ headers, raw }: FastifyRequest, reply: FastifyReply) {
  if (raw.httpVersion === '1.0') return
  const problem = problemOf(headers)
  if (problem === null) return
  reply.header('connection', 'close')
  throw problem
}

/** RFC 9112, 3.2; RFC 9110, 10.1.1. */
function problemOf({ host, expect }: FastifyRequest['headers']): Problem | null {
  if (host === undefined) return new Problem('malformed-request', 'expected a header `host`, got none')
  if (expect === undefined || asksToContinue(expect)) return null
  return new Problem('expectation-failed', 'expected `100-continue` in the header `expect`, or no such header, got another one')
}

/** The client holds its body back until it is asked for it. */
export const holdsBodyBack = ({ headers, raw }: FastifyRequest): boolean =>
  raw.httpVersion !== '1.0' && headers.expect !== undefined && asksToContinue(headers.expect)

const asksToContinue = (expect: string): boolean => expect.trim().toLowerCase() === '100-continue'
