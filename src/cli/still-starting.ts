// A verb that comes before zaplog is up is told so, and not what is missing until then: an admin key, an open port, the API.
import { holderOf } from '../runtime/directory-lock.ts'
import type { Environment } from '../runtime/variables.ts'
import type { ApiSettings } from './api-settings.ts'
import { readHealth } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { plainText } from './text-table.ts'

/** What a verb ended with, in better words where zaplog is on its way up. `api`: null where there is no key yet. Never rejects. */
export async function saidOfStart(
  failed: CallFailed,
  { api, env }: { api: ApiSettings | null; env: Environment },
): Promise<CallFailed> {
  if (api !== null && failed.slug === 'not-serving') return (await waitingFor(api)) ?? failed
  if (!isMissing(failed)) return failed
  const directory = env.DATA_DIR || './data'
  const holder = await holderOf(directory).catch(() => null) // there is no such directory
  if (holder === null) return failed
  const pace = api === null ? 'it is still starting' : 'it is still starting, or listens elsewhere (PORT, ZAPLOG_URL)'
  return starting(`zaplog has ${directory} open (process ${holder}): ${pace}; try again in a moment`, failed)
}

/** By what it waits for, where it says so; null: it does not start. */
async function waitingFor(api: ApiSettings): Promise<CallFailed | null> {
  try {
    const { status, checks } = await readHealth(api)
    if (status !== 'starting') return null
    const waits = checks.flatMap(({ name, state, detail }) => (state === 'ok' ? [] : [`; ${name}: ${detail}`]))
    return starting(plainText(`zaplog at ${api.base} is still starting${waits.join('')}; try again in a moment`), null)
  } catch (error) {
    if (error instanceof CallFailed) return null
    throw error
  }
}

const starting = (message: string, cause: CallFailed | null) =>
  new CallFailed(message, { exitCode: exitCodes.tryLater, slug: 'starting', ...(cause !== null && { cause }) })

/** No file of a key, or nobody who listens. */
function isMissing(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause)
    if ('code' in one && (one.code === 'ENOENT' || one.code === 'ECONNREFUSED')) return true
  return false
}
