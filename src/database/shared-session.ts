// One session for all who ask for it: opened by the first of them, and anew by the first who asks after it was lost or let go.
import { onAbort } from '../runtime/or-abort.ts'
import type { Session } from './session.ts'

export type SharedSession = {
  /** The present one, or the one being opened; rejects what `open` rejects, and the next who asks opens another. */
  current(): Promise<Session>
  /** The same, where there is one; null: nobody has asked for one since the last was lost. */
  present(): Promise<Session> | null
  letGo(): void
  /** Resolves when all that were let go are closed. */
  ended(): Promise<void>
}
type Deps = {
  open(): Promise<Session>
  /** Of the present one alone; it is not present any more by then. */
  lost(reason: unknown): void
}

export function shareSession({ open, lost }: Deps): SharedSession {
  let present: Promise<Session> | null = null
  const ending = new Set<Promise<void>>()

  /** Also where it was closed here: then it is not present. */
  function forget(which: Promise<Session>): boolean {
    if (present !== which) return false
    present = null
    return true
  }

  function begin(): Promise<Session> {
    const opening = open()
    opening.then(
      session => onAbort(session.lost, () => forget(opening) && lost(session.lost.reason)),
      () => forget(opening),
    )
    return opening
  }

  return {
    /** It is present before anything is waited for, so that all who come meanwhile share it. */
    current: () => {
      present ??= begin()
      return present
    },
    present: () => present,
    letGo: () => {
      const last = present
      present = null
      if (last === null) return
      const ended = last.then(
        session => session.close(),
        () => undefined, // whoever waited for it is told
      )
      ending.add(ended)
      void ended.finally(() => ending.delete(ended))
    },
    ended: async () => {
      await Promise.all(ending)
    },
  }
}
