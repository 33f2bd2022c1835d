// One HTTP call to a running zaplog: its answer, or one sentence and an exit code for what kept it from being answered.
import { type ZodType, z } from 'zod'
import { describeError } from '../runtime/logger.ts'
import { never } from '../runtime/or-abort.ts'
import { type Page, type Problem, pageOf, problem, slugOf } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodeOfCall, exitCodeOfStatus, exitCodes } from './exit-codes.ts'
import { explainField } from './explain-field.ts'
import { nextStep } from './next-steps.ts'
import { ownCommand } from './own-command.ts'
import { plainText } from './text-table.ts'
import { withVerbs } from './verbs-of-calls.ts'

/**
 * `doing`: what the call is for, in words that begin a sentence for people, such as: reading the instances. `nameOf`: what a refused field is
 * called where it was typed; null: as zaplog calls it.
 */
type Request = {
  doing: string
  method: string
  path: string
  body?: unknown
  headers?: Readonly<Record<string, string>>
  nameOf?: NameOfField
}
export type NameOfField = (place: { pointer?: string | undefined; parameter?: string | undefined }) => string | null
export type Call<Answer> = Request & { answer: ZodType<Answer> }

/** Rejects CallFailed, also where the answer is none of zaplog's. */
export async function callApi<Answer>(api: ApiSettings, call: Call<Answer>, signal = never): Promise<Answer> {
  const { response, text } = await exchange(api, call, signal)
  const json = parse(text)
  const answer = response.ok ? call.answer.safeParse(json) : null
  if (answer?.success) return answer.data
  const refused = response.ok ? null : problem.safeParse(json)
  throw refused?.success
    ? refusal(api, call, { status: response.status, problem: refused.data })
    : noZaplog(api, call, { response, text })
}

/** An answer that is read while it comes, which whoever aborts the signal ends. Rejects CallFailed. */
export async function callStream(api: ApiSettings, call: Request, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const response = await ask(api, call, signal)
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  if (response.ok && isStream && response.body !== null) return response.body
  const text = await response.text()
  const refused = response.ok ? null : problem.safeParse(parse(text))
  throw refused?.success
    ? refusal(api, call, { status: response.status, problem: refused.data })
    : noZaplog(api, call, { response, text })
}

/** All pages of a list, as one. */
export async function listAll<Item>(
  api: ApiSettings,
  { doing, path }: Pick<Request, 'doing' | 'path'>,
  item: ZodType<Item>,
): Promise<readonly Item[]> {
  const all: Item[] = []
  let next: string | null = `${path}?limit=200`
  while (next !== null) {
    const page: Page<Item> = await callApi(api, { doing, method: 'GET', path: next, answer: pageOf(item) })
    all.push(...page.data)
    next = page.nextCursor === null ? null : `${path}?limit=200&cursor=${encodeURIComponent(page.nextCursor)}`
  }
  return all
}

const check = z.looseObject({ name: z.string(), state: z.string(), detail: z.string() })
const health = z.looseObject({ status: z.string(), checks: z.array(check) })

/** Also of a zaplog that cannot work, which says so with 503. Rejects CallFailed. */
export async function readHealth(api: ApiSettings): Promise<z.infer<typeof health>> {
  const call = { doing: 'asking how it is', method: 'GET', path: '/health/ready' }
  const { response, text } = await exchange(api, call, never)
  const answer = health.safeParse(parse(text))
  if (!answer.success) throw noZaplog(api, call, { response, text })
  return answer.data
}

async function exchange(api: ApiSettings, request: Request, signal: AbortSignal) {
  const response = await ask(api, request, signal)
  try {
    return { response, text: await response.text() }
  } catch (error) {
    throw noAnswer({ base: api.base, request, error, isStopped: signal.aborted })
  }
}

async function ask({ base, key }: ApiSettings, request: Request, signal: AbortSignal): Promise<Response> {
  const { method, path, body, headers = {} } = request
  try {
    return await fetch(`${base}${path}`, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (error) {
    throw noAnswer({ base, request, error, isStopped: signal.aborted })
  }
}

type Unanswered = { base: string; request: Request; error: unknown; isStopped: boolean }

/** fetch itself says only that it failed. */
function noAnswer({ base, request, error, isStopped }: Unanswered): CallFailed {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const exitCode = isStopped ? exitCodes.tryLater : exitCodeOfCall(cause)
  const hint =
    exitCode === exitCodes.tryLater
      ? `is zaplog running there? ${ownCommand()} start runs it, ZAPLOG_URL says where it listens`
      : 'nothing there can ever be zaplog; ZAPLOG_URL says where it listens'
  return new CallFailed(`calling ${base}: ${plainText(describeError(cause))}; ${hint}`, {
    exitCode,
    cause: error,
    rest: { call: callOf(base, request) },
  })
}

/** null: there is none; undefined: it is no JSON. */
function parse(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return undefined // noZaplog says what came instead
  }
}

const callOf = (base: string, { method, path }: Request) => ({ method, url: `${base}${path}` })

type Answered = { response: Response; text: string }

function noZaplog({ base }: ApiSettings, request: Request, { response, text }: Answered): CallFailed {
  const { status, headers } = response
  const who = headers.get('server') === null ? '' : ` from ${headers.get('server')}`
  const what = `status ${status} with ${headers.get('content-type') ?? 'no content type'}${who}: ${quoted(text)}`
  return new CallFailed(`expected zaplog at ${base}, got ${plainText(what)}; ZAPLOG_URL says where zaplog listens`, {
    exitCode: exitCodeOfStatus(status, exitCodes.configuration),
    rest: { call: callOf(base, request) },
  })
}

const MAX_QUOTED_CHARACTERS = 80

const quoted = (text: string) =>
  text.length > MAX_QUOTED_CHARACTERS ? `${JSON.stringify(text.slice(0, MAX_QUOTED_CHARACTERS))}…` : JSON.stringify(text)

const itsKey = 'it is in admin-key of the DATA_DIR that zaplog runs with, or is its ADMIN_API_KEY'

type Refused = { status: number; problem: Problem }

/** Programs get the call and the problem as it came; people what they asked for, and why not. */
function refusal({ base, keyFrom, zaplog }: ApiSettings, request: Request, { status, problem }: Refused): CallFailed {
  const { doing, nameOf = () => null } = request
  const { type, ...rest } = problem
  const told = { slug: slugOf(problem), rest: { ...rest, status, call: callOf(base, request) } }
  if (status === 401)
    return new CallFailed(`${doing}: zaplog at ${base} does not take the key from ${keyFrom}; ${itsKey}`, {
      ...told,
      exitCode: exitCodes.configuration,
    })
  const why = isOfAnotherVersion(told.slug, status)
    ? ` zaplog at ${base} is of a version without it`
    : `${withVerbs(explain(problem, nameOf), zaplog)}${nextStep(
        told.slug,
        (problem.errors ?? []).map(({ expected }) => expected),
        zaplog,
      )}`
  return new CallFailed(`${doing}:${why}`, { ...told, exitCode: exitCodeOfStatus(status, exitCodes.failed) })
}

/** The call is none there, whatever it is about. */
const isOfAnotherVersion = (slug: string, status: number): boolean =>
  slug === 'not-found' || slug === 'method-not-allowed' || (slug === 'not-in-this-version' && status === 501)

/** Fields speak for themselves: the detail of a problem that has some only repeats them. */
function explain({ detail, errors = [] }: Problem, nameOf: NameOfField): string {
  if (errors.length === 0) return ` ${plainText(detail)}`
  const fields = errors.map(({ pointer, parameter, expected, received }) =>
    plainText(
      explainField({
        name: nameOf({ pointer, parameter }) ?? (pointer?.slice(1) || parameter || 'the body'),
        expected,
        received,
      }),
    ),
  )
  return fields.length === 1 ? ` ${fields[0]}` : fields.map(field => `\n  ${field}`).join('')
}
