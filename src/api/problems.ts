// Every refusal of the API as an RFC 9457 problem: a fixed type per kind of refusal, and for input the field, what was expected and what came.
import { z } from 'zod'
import { CodedError } from '../runtime/coded-error.ts'

/** `pointer`: RFC 6901, into the body; `parameter`: of path or query. `received` is text, cut at 200 characters. */
export type FieldError =
  | { pointer: string; expected: string; received: string }
  | { parameter: string; expected: string; received: string }
export type Slug = keyof typeof kinds

/** Thrown by routes; the error handler sends it. `detail` says what was asked of what, and what stands against it. */
export class Problem extends CodedError<Slug> {
  override name = 'Problem'
  readonly port = 'api'
  readonly status: number
  readonly errors: readonly FieldError[]
  readonly retryAfterSeconds: number | null
  /** Methods that the path has. */
  readonly allow: readonly string[] | null
  constructor(
    slug: Slug,
    detail: string,
    options: {
      errors?: readonly FieldError[]
      retryAfterSeconds?: number
      allow?: readonly string[]
      /** Where the slug alone does not say it: what a later version takes is 422 in a value, 501 as a call. */
      status?: number
      cause?: unknown
    } = {},
  ) {
    const kind: Kind = kinds[slug]
    super({ code: slug, message: detail, retryable: kind.retryAfterSeconds !== undefined, cause: options.cause })
    this.status = options.status ?? kind.status
    this.errors = options.errors ?? []
    this.allow = options.allow ?? null
    this.retryAfterSeconds = options.retryAfterSeconds ?? kind.retryAfterSeconds ?? null
  }
}

export const instanceNotFound = (id: string) => new Problem('instance-not-found', `there is no instance ${id.slice(0, 63)}`)

export const problemBody = (problem: Problem) => ({
  type: `urn:zaplog:problem:${problem.code}`,
  title: kinds[problem.code].title,
  status: problem.status,
  detail: problem.message,
  ...(problem.errors.length > 0 && { errors: problem.errors }),
})

export const problemType = 'application/problem+json'

export const problemSchema = z
  .object({
    type: z.string().describe('urn:zaplog:problem:<slug>'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    errors: z
      .array(
        z.object({
          pointer: z.string().optional().describe('RFC 6901, into the body'),
          parameter: z.string().optional().describe('of path or query'),
          expected: z.string(),
          received: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ title: 'Problem', description: 'RFC 9457' })

/** For the description of a call: what a refusal with this status may look like. */
export function problemExample(status: number): object {
  const slug = slugs.find(one => kinds[one].status === status) ?? 'internal'
  const errors = status === 422 ? [{ pointer: '/name', expected: 'text of 1 to 100 characters', received: '""' }] : []
  return problemBody(new Problem(slug, `reading the request: ${kinds[slug].title.toLowerCase()}`, { status, errors }))
}

type Kind = { status: number; title: string; retryAfterSeconds?: number }

const kinds = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  unauthorized: { status: 401, title: 'A valid key is needed' },
  'link-invalid': { status: 403, title: 'The link was not signed by this server' },
  'not-shown': { status: 403, title: 'WhatsApp does not show it to the account' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'instance-not-found': { status: 404, title: 'There is no such instance' },
  'endpoint-not-found': { status: 404, title: 'There is no such endpoint' },
  'listener-not-found': { status: 404, title: 'There is no such listener' },
  'event-not-found': { status: 404, title: 'There is no such event, as far as is known' },
  'group-not-found': { status: 404, title: 'There is no such group' },
  'message-not-found': { status: 404, title: 'There is no such message' },
  'call-not-found': { status: 404, title: 'There is no such call' },
  'chat-not-found': { status: 404, title: 'There is no such chat' },
  'label-not-found': { status: 404, title: 'There is no such label' },
  'command-not-found': { status: 404, title: 'There is no such command' },
  'processing-not-found': { status: 404, title: 'There is no such processing' },
  'picture-not-found': { status: 404, title: 'There is no picture' },
  'upload-not-found': { status: 404, title: 'There is no such upload' },
  'rebuild-not-found': { status: 404, title: 'There is no such rebuild' },
  'replay-not-found': { status: 404, title: 'There is no such replay' },
  'projection-not-found': { status: 404, title: 'There is no such projection' },
  'projection-key-not-found': { status: 404, title: 'The projection does not leave it out' },
  'dead-letter-not-found': { status: 404, title: 'There is no such dead letter' },
  'delivery-not-found': { status: 404, title: 'There is no such delivery' },
  'media-not-found': { status: 404, title: 'There is no such media' },
  'media-pending': { status: 404, title: 'The media is not stored yet' },
  'media-failed': { status: 404, title: 'The media could not be stored' },
  'media-skipped': { status: 404, title: 'The media was not downloaded, by choice' },
  'method-not-allowed': { status: 405, title: 'The path takes other methods' },
  'request-timeout': { status: 408, title: 'The request did not come in time' },
  'too-many-listeners': { status: 409, title: 'Too many listeners are open' },
  'instance-exists': { status: 409, title: 'The id is taken' },
  'instance-logged-out': { status: 409, title: 'The instance is logged out' },
  'idempotency-key-reused': { status: 409, title: 'The key was used for something else' },
  'not-in-group': { status: 409, title: 'The account is not in the group' },
  'not-group-admin': { status: 409, title: 'The account is no admin of the group' },
  'upload-not-received': { status: 409, title: 'The bytes of the upload are not there' },
  'upload-over': { status: 409, title: 'The upload is over, or not so far' },
  'no-qr-pending': { status: 409, title: 'No QR code is pending' },
  'no-pairing-code': { status: 409, title: 'There is no pairing code' },
  'being-sent': { status: 409, title: 'WhatsApp may have it already' },
  'command-over': { status: 409, title: 'The command is over' },
  'call-over': { status: 409, title: 'The call does not ring' },
  'history-off': { status: 409, title: 'The instance takes no messages of the past' },
  'not-online': { status: 409, title: 'The instance is not shown as online' },
  'too-many-subscriptions': { status: 409, title: 'There are as many subscriptions as there may be' },
  'replay-exists': { status: 409, title: 'The name is taken' },
  'replay-over': { status: 409, title: 'The replay is over' },
  'rebuild-exists': { status: 409, title: 'There is another rebuild' },
  'rebuild-refused': { status: 409, title: 'It cannot be rebuilt now' },
  'rebuild-state': { status: 409, title: 'The rebuild is in another state' },
  'dead-letter-busy': { status: 409, title: 'The dead letter is being redriven' },
  'another-record': { status: 409, title: 'Another record is in the way' },
  'topic-differs': { status: 409, title: 'There is another topic of this name' },
  'already-paired': { status: 409, title: 'The instance is paired already' },
  'instance-deleted': { status: 410, title: 'The instance was deleted' },
  'link-expired': { status: 410, title: 'The link has expired' },
  'media-expired': { status: 410, title: 'The media was deleted' },
  'position-expired': { status: 410, title: 'The position is older than what is kept' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is of a type that is not taken here' },
  'range-not-satisfiable': { status: 416, title: 'The range lies outside the media' },
  'expectation-failed': { status: 417, title: 'The request expects what there is not' },
  'invalid-input': { status: 422, title: 'The input is not valid' },
  'command-failed': { status: 422, title: 'What was asked for was not done' },
  'too-many-failures': { status: 429, title: 'Too many requests with a wrong key', retryAfterSeconds: 60 },
  'too-many-tests': { status: 429, title: 'The endpoint was tested just now', retryAfterSeconds: 2 },
  'too-many-waiting': { status: 429, title: 'As much waits for the account as may wait', retryAfterSeconds: 60 },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Something went wrong here' },
  'not-in-dialect': { status: 501, title: 'This is not done in the way of another product' },
  'not-in-this-version': { status: 501, title: 'This comes with a later version' },
  'whatsapp-refused': { status: 502, title: 'WhatsApp refused to answer', retryAfterSeconds: 20 },
  'not-serving': { status: 503, title: 'This process does not serve the API', retryAfterSeconds: 5 },
  stopping: { status: 503, title: 'This process is stopping', retryAfterSeconds: 5 },
  'too-many-readers': { status: 503, title: 'As many readers follow events as this process serves', retryAfterSeconds: 5 },
  busy: { status: 503, title: 'Too many requests are being answered', retryAfterSeconds: 1 },
  unavailable: { status: 503, title: 'Something that is needed cannot be reached', retryAfterSeconds: 5 },
  'command-unfinished': { status: 504, title: 'What was asked for is not over yet' },
  'position-not-reached': { status: 503, title: 'The position is not reached yet', retryAfterSeconds: 1 },
  'account-away': { status: 504, title: 'The account is not connected', retryAfterSeconds: 5 },
  'not-answered': { status: 504, title: 'WhatsApp did not answer in time', retryAfterSeconds: 5 },
} as const satisfies Record<string, Kind>
const slugs = Object.keys(kinds) as Slug[] // of a literal of ours
