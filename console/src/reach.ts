// Whether zaplog answers, as the last answer of any poll said, and whether this page is still the one that it serves.
import { signal } from '@preact/signals'
import { callApi, type Outcome } from './call-api.ts'
import { ownFetch } from './key.ts'
import { openPoll, type Watcher } from './poll.ts'

export type Reach = { name: 'here' } | { name: 'away' } | { name: 'unwell'; detail: string }

export const reach = signal<Reach>({ name: 'here' })
const { version: ownVersion = '', build: ownBuild = '' } = document.documentElement.dataset
/** Of the zaplog that answers. */
export const version = signal(ownVersion)
export const isOldPage = signal(false)

/** Between two answers, and until the next one where there was none. */
export const EVERY_MS = 2_000

/** Notes what an outcome says of zaplog; answers how long to rest, as long as zaplog itself asks for. */
export function restAfter(outcome: Outcome | { kind: 'listed' }, everyMs = EVERY_MS): number {
  const next: Reach =
    outcome.kind === 'away'
      ? { name: 'away' }
      : outcome.kind === 'refused' && outcome.status >= 500
        ? { name: 'unwell', detail: outcome.detail }
        : { name: 'here' }
  if (next.name !== reach.peek().name) reach.value = next
  const asked = outcome.kind === 'refused' ? outcome.retryAfterSeconds : null
  return asked === null ? everyMs : asked * 1000
}

export const pageWatcher: Watcher = {
  isHidden: () => document.hidden,
  onChange: tell => {
    document.addEventListener('visibilitychange', tell)
    return () => document.removeEventListener('visibilitychange', tell)
  },
}

/** Needs no key: a page without one notices a restart, too. */
const LOOK_FOR_BUILD_EVERY_MS = 10_000

export const watchServer = () =>
  openPoll({
    watcher: pageWatcher,
    ask: signal => callApi({ fetch: ownFetch, key: null }, { path: '/' }, signal),
    answered: outcome => {
      if (outcome.kind === 'answer') {
        const served = outcome.body as { version: string; build: string }
        version.value = served.version
        isOldPage.value = served.build !== ownBuild
      }
      return restAfter(outcome, outcome.kind === 'answer' ? LOOK_FOR_BUILD_EVERY_MS : EVERY_MS)
    },
  })
