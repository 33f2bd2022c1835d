// One HTTP call to a running zaplog; what keeps it from being answered becomes one sentence on stderr and an exit code.
import { describeError } from '../runtime/logger.ts'
import { type IsAnswer, isPageOf, isProblem, type Page, type Problem, slugOf } from './answers.ts'
import { type ApiSettings, readApiSettings } from './api-settings.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'

export type Call = { method: string; path: string; body?: unknown }

const never = new AbortController().signal

/** Rejects CallFailed, also where the answer is none of zaplog's. */
export async function callApi<Answer>(call: Call, isAnswer: IsAnswer<Answer>, signal = never): Promise<Answer> {
  const settings = readApiSettings(process.env)
  const { response, text } = await exchange(settings, call, signal)
  const answer = parse(text)
  if (response.ok && isAnswer(answer)) return answer
  if (response.ok || !isProblem(answer)) throw noZaplog(settings.base, response, text)
  throw refusal(settings, call, { status: response.status, problem: answer })
}

/** All pages of a list, as one. */
export async function listAll<Item>(path: string, isItem: IsAnswer<Item>): Promise<readonly Item[]> {
  const all: Item[] = []
  let next: string | null = `${path}?limit=200`
  while (next !== null) {
    const page: Page<Item> = await callApi({ method: 'GET', path: next }, isPageOf(isItem))
    all.push(...page.data)
    next = page.nextCursor === null ? null : `${path}?limit=200&cursor=${encodeURIComponent(page.nextCursor)}`
  }
  return all
}

/** Runs a verb; prints what it answers, or why it could not. */
export async function runVerb(verb: () => Promise<string | null>): Promise<void> {
  try {
    const result = await verb()
    if (result !== null) process.stdout.write(`${result}\n`)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = error.exitCode
  }
}

async function exchange({ base, key }: ApiSettings, { method, path, body }: Call, signal: AbortSignal) {
  try {
    const response = await fetch(`${base}${path}`, {
      method,
      signal,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { response, text: await response.text() }
  } catch (cause) {
    throw new CallFailed(`calling ${base}: ${reasonOf(cause)}; is zaplog running there? ZAPLOG_URL says where it listens`, {
      exitCode: exitCodes.tryLater,
      cause,
    })
  }
}

/** fetch itself says only that it failed. */
const reasonOf = (error: unknown) => describeError(error instanceof Error ? (error.cause ?? error) : error)

/** null: there is none; undefined: it is no JSON. */
function parse(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return undefined // noZaplog says what came instead
  }
}

function noZaplog(base: string, { status, headers }: Response, text: string): CallFailed {
  const who = headers.get('server') === null ? '' : ` from ${headers.get('server')}`
  const what = `status ${status} with ${headers.get('content-type') ?? 'no content type'}${who}: ${quoted(text)}`
  return new CallFailed(`expected zaplog at ${base}, got ${what}; ZAPLOG_URL says where zaplog listens`, {
    exitCode: status >= 500 ? exitCodes.tryLater : exitCodes.configuration,
  })
}

const MAX_QUOTED_CHARACTERS = 80

const quoted = (text: string) =>
  text.length > MAX_QUOTED_CHARACTERS ? `${JSON.stringify(text.slice(0, MAX_QUOTED_CHARACTERS))}…` : JSON.stringify(text)

type Refused = { status: number; problem: Problem }

function refusal({ base, keyFrom }: ApiSettings, { method, path }: Call, { status, problem }: Refused): CallFailed {
  const slug = slugOf(problem)
  if (status === 401)
    return new CallFailed(`${method} ${path} answered 401: zaplog at ${base} does not take the key from ${keyFrom}`, {
      exitCode: exitCodes.configuration,
      slug,
    })
  return new CallFailed(`${method} ${path} answered ${status}:${explain(problem)}`, {
    exitCode: mayPass.has(status) ? exitCodes.tryLater : exitCodes.failed,
    slug,
  })
}

const mayPass: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Fields speak for themselves: the detail of a problem that has some only repeats them. */
function explain({ detail, errors = [] }: Problem): string {
  if (errors.length === 0) return ` ${detail}`
  const fields = errors.map(
    ({ pointer, parameter, expected, received }) =>
      `${pointer || parameter || 'the body'}: expected ${expected}, got ${received}`,
  )
  return fields.length === 1 ? ` ${fields[0]}` : fields.map(field => `\n  ${field}`).join('')
}
