// The key of this tab: typed once, in sessionStorage until the tab is closed, sent in a header and nowhere else.
import { batch, signal } from '@preact/signals'
import { type Call, callApi, type Outcome } from './call-api.ts'
import { openKept } from './kept.ts'

const kept = openKept(() => sessionStorage, 'zaplog-key')

export const key = signal<string | null>(kept.read())
/** One that was taken before is not any more: what is shown stays, and the key is asked for again. */
export const isExpired = signal(false)

export type Tried = { kind: 'taken' } | { kind: 'wrong' } | { kind: 'limited'; seconds: number } | { kind: 'away' }

export async function tryKey(typed: string): Promise<Tried> {
  if (!fitsHeader.test(typed)) return { kind: 'wrong' }
  const outcome = await callApi({ fetch: ownFetch, key: typed }, { path: '/v1/version' }, never)
  if (outcome.kind === 'answer') {
    keepKey(typed)
    return { kind: 'taken' }
  }
  if (outcome.kind === 'away' || outcome.status >= 500) return { kind: 'away' }
  return outcome.status === 429 ? { kind: 'limited', seconds: outcome.retryAfterSeconds ?? 1 } : { kind: 'wrong' }
}

/** What could not even be sent is no key. */
const fitsHeader = /^[\x21-\x7e]+$/

/** Asks with the key; a refusal of the key is noticed here, for all who ask. */
export async function ask(call: Call, signal: AbortSignal = never): Promise<Outcome> {
  const asked = key.value
  const outcome = await callApi({ fetch: ownFetch, key: asked }, call, signal)
  if (outcome.kind === 'refused' && outcome.status === 401 && key.value === asked) dropKey({ expired: true })
  return outcome
}

export const get = (path: string, signal: AbortSignal): Promise<Outcome> => ask({ path }, signal)

export function dropKey({ expired }: { expired: boolean }) {
  kept.write(null)
  batch(() => {
    isExpired.value = expired
    key.value = null
  })
}

function keepKey(typed: string) {
  kept.write(typed)
  batch(() => {
    isExpired.value = false
    key.value = typed
  })
}

export const ownFetch: typeof fetch = (input, init) => window.fetch(input, init)
const never = new AbortController().signal
