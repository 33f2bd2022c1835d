// One HTTP call to a running zaplog; what it refuses becomes a sentence on stderr and exit code 1.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes } from './exit-codes.ts'

export type Call = { method: string; path: string; body?: unknown }
export type Problem = {
  title?: string
  detail?: string
  errors?: readonly { pointer?: string; parameter?: string; expected?: string; received?: string }[]
}

/** Ends the verb: printed on stderr, without a stack. */
export class CallFailed extends Error {
  override name = 'CallFailed'
  readonly exitCode: number
  readonly status: number | null
  constructor(message: string, options: { exitCode?: number; status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.exitCode = options.exitCode ?? exitCodes.failed
    this.status = options.status ?? null
  }
}

/** The parsed answer (null where there is none). Rejects CallFailed. */
export async function callApi(call: Call): Promise<unknown> {
  const base = (process.env.ZAPLOG_URL ?? '') || 'http://127.0.0.1:7070'
  const response = await reach(base, call)
  const text = await response.text()
  const answer: unknown = text === '' ? null : JSON.parse(text)
  if (!response.ok) throw new CallFailed(sentence(call, response.status, answer as Problem), { status: response.status })
  return answer
}

async function reach(base: string, { method, path, body }: Call): Promise<Response> {
  try {
    return await fetch(new URL(path, base), {
      method,
      headers: { authorization: `Bearer ${readKey()}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (cause) {
    if (cause instanceof CallFailed) throw cause
    throw new CallFailed(`calling ${base}: no answer; is zaplog running there? ZAPLOG_URL says where`, {
      exitCode: exitCodes.tryLater,
      cause,
    })
  }
}

function readKey(): string {
  const given = process.env.ADMIN_API_KEY
  if (given !== undefined && given !== '') return given
  const file = join((process.env.DATA_DIR ?? '') || './data', 'admin-key')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new CallFailed(`expected a key in ADMIN_API_KEY or in ${file}, got neither`, {
      exitCode: exitCodes.configuration,
      cause,
    })
  }
}

function sentence(call: Call, status: number, problem: Problem | null): string {
  const fields = (problem?.errors ?? []).map(
    error => `\n  ${error.pointer ?? error.parameter}: expected ${error.expected}, got ${error.received}`,
  )
  return `${call.method} ${call.path} answered ${status}: ${problem?.detail ?? problem?.title ?? 'no explanation'}${fields.join('')}`
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
