// Whether zaplog answers and can work, as the polls of this page were told, and whether this page is still the one that it serves.
import { signal } from '@preact/signals'
import { callApi } from './call-api.ts'
import { ownFetch } from './key.ts'
import { openPoll, type Poll, type Watcher } from './poll.ts'
import { afterOutcome, here, type Reach, type Told, withoutAsker } from './reach-state.ts'

export const reach = signal<Reach>(here)
const { version: ownVersion = '', build: ownBuild = '' } = document.documentElement.dataset
/** Of the zaplog that answers. */
export const version = signal(ownVersion)
export const isOldPage = signal(false)

/** Between two answers, and until the next one where there was none. */
export const EVERY_MS = 2_000

type Asking<Answer> = {
  /** Of the polls that are open, no two have the same. */
  asker: string
  ask(signal: AbortSignal): Promise<Answer>
  /** Milliseconds until the next one, where zaplog itself asks for no other rest. */
  answered(answer: Answer): number
}

/** A poll of zaplog while somebody looks at the page; what it is told of zaplog is noted, until it is closed. */
export function openServerPoll<Answer extends Told>({ asker, ask, answered }: Asking<Answer>): Poll {
  const { hurry, close } = openPoll<Answer>({
    watcher: pageWatcher,
    ask,
    answered: answer => {
      reach.value = afterOutcome(reach.peek(), asker, answer)
      const restMs = answered(answer)
      return answer.kind === 'refused' && answer.retryAfterSeconds !== null ? answer.retryAfterSeconds * 1000 : restMs
    },
  })
  return {
    hurry,
    close: () => {
      close()
      reach.value = withoutAsker(reach.peek(), asker)
    },
  }
}

const pageWatcher: Watcher = {
  isHidden: () => document.hidden,
  onChange: tell => {
    document.addEventListener('visibilitychange', tell)
    return () => document.removeEventListener('visibilitychange', tell)
  },
}

/** Needs no key: a page without one notices a restart, too. */
const LOOK_FOR_BUILD_EVERY_MS = 10_000

export const watchServer = () =>
  openServerPoll({
    asker: 'build',
    ask: signal => callApi({ fetch: ownFetch, key: null }, { path: '/' }, signal),
    answered: outcome => {
      if (outcome.kind === 'answer') {
        const served = outcome.body as { version: string; build: string }
        version.value = served.version
        isOldPage.value = served.build !== ownBuild
      }
      return outcome.kind === 'answer' ? LOOK_FOR_BUILD_EVERY_MS : EVERY_MS
    },
  })
