// A log whose appends wait, or never answer, while a test says so; and that can be watched doing it.
import type { EventLog } from '../../../src/log/log.ts'
import { flaky } from '../flaky.ts'

export type SwitchedLog = {
  log: EventLog
  /** From now on appends wait until release(). */
  hold(): void
  /** From now on appends are never answered; those already asked stay unanswered. */
  hang(): void
  release(): void
  /** Appends that are waiting or unanswered. */
  stuck(): number
}

export function switchLog(log: EventLog): SwitchedLog {
  let mode: 'pass' | 'hold' | 'hang' = 'pass'
  let gate = Promise.withResolvers<void>()
  let stuck = 0
  return {
    log: flaky(log, ({ name }) => {
      if (name !== 'append' || mode === 'pass') return null
      stuck += 1
      return mode === 'hang' ? { hang: true } : { delay: gate.promise }
    }),
    hold: () => {
      mode = 'hold'
      stuck = 0
    },
    hang: () => {
      mode = 'hang'
      stuck = 0
    },
    release: () => {
      mode = 'pass'
      stuck = 0
      gate.resolve()
      gate = Promise.withResolvers()
    },
    stuck: () => stuck,
  }
}
