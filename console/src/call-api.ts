// One call of the API, and what came of it as a value: it never rejects. The key goes in a header, never in an address. No DOM in here.

export type Outcome =
  | { kind: 'answer'; body: unknown }
  | { kind: 'refused'; status: number; slug: string; detail: string; retryAfterSeconds: number | null }
  /** Nobody answered, or not in time, or something that is not zaplog. */
  | { kind: 'away' }
export type Failure = Exclude<Outcome, { kind: 'answer' }>
/** `as`: what a 2xx is read as. */
export type Call = { method?: 'GET' | 'POST'; path: string; body?: unknown; as?: 'json' | 'text' }
type Caller = { fetch: typeof fetch; key: string | null }

/** Longer than zaplog takes for anything that the pages ask. */
const ANSWER_WITHIN_MS = 20_000

export async function callApi(
  { fetch, key }: Caller,
  { method = 'GET', path, body, as = 'json' }: Call,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const response = await fetch(path, {
      method,
      headers: {
        accept: as === 'json' ? 'application/json' : '*/*',
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      cache: 'no-store',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    })
    if (!response.ok) return refusalOf(response, await response.json())
    return { kind: 'answer', body: await (as === 'json' ? response.json() : response.text()) }
  } catch {
    return { kind: 'away' } // no connection, not what was asked for, or too late: for whoever looks at the page it is one thing
  }
}

const MAX_RETRY_AFTER_SECONDS = 60

function refusalOf({ status, headers }: Response, problem: unknown): Failure {
  const { type, detail, errors } = fieldsOf(problem)
  const [first] = Array.isArray(errors) ? errors : []
  const { pointer, expected } = fieldsOf(first)
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return {
    kind: 'refused',
    status,
    slug: String(type ?? '').replace('urn:zaplog:problem:', ''),
    detail: typeof expected === 'string' ? `${String(pointer ?? '')}: ${expected}` : String(detail ?? status),
    retryAfterSeconds: Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), MAX_RETRY_AFTER_SECONDS) : null,
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
