// Sessions that nobody ended in time are ended, once each, by whichever process of the API comes first; and the end of those whose process died in
// the middle of it is told to the chat. Both are looked for every second.
import type { Database } from '../../database/database.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { areSessionsDue, type Session, timeOutSessions, untoldSessions } from '../../instances/processing-sessions.ts'
import { CodedError } from '../../runtime/coded-error.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import { envelopeOf } from './start-processing.ts'
import { type TellDeps, tellEnd } from './tell-end.ts'

type Deps = TellDeps & { database: Database; outbox: Pick<Outbox, 'owe'> }

const EVERY_MS = 1_000
/** At once. */
const MOST = 100

export function openSessionEnds(deps: Deps): { close(): Promise<void> } {
  const stop = new AbortController()
  const working = work()

  async function work(): Promise<void> {
    for (let failed = 0; await wait(EVERY_MS, stop.signal); )
      try {
        if (await areSessionsDue(deps.database)) await endLate(deps, stop.signal)
        failed = 0
      } catch (error) {
        failed += 1
        if (!stop.signal.aborted && isWorthSaying(failed)) deps.logger.warn('processing.not-ended', { error })
      }
  }

  return {
    close: async () => {
      stop.abort()
      await working
    },
  }
}

/** What is told of them is appended by whatever sweeps the outbox. */
async function endLate(deps: Deps, signal: AbortSignal): Promise<void> {
  const { database, outbox, clock } = deps
  const late = await database.transact(async tx => {
    const sessions = await timeOutSessions(tx, MOST)
    for (const session of sessions) await outbox.owe(tx, timedOutEvent(session, clock()))
    return sessions
  }, signal)
  for (const session of [...late, ...(await untoldSessions(database, MOST))]) await tell(deps, session, signal)
}

/** Rejects where something is away, which keeps all from being told; what stands against one keeps no other. */
async function tell(deps: Deps, session: Session, signal: AbortSignal): Promise<void> {
  try {
    await tellEnd(deps, session, signal)
  } catch (error) {
    if (signal.aborted || (error instanceof CodedError && error.retryable)) throw error
    const { instanceId, sessionId } = session
    deps.logger.warn('processing.end-waits', { instanceId, sessionId, error })
  }
}

const timedOutEvent = (session: Session, recordedAt: number) => ({
  ...envelopeOf(session, 'processing.timed-out'),
  ...{ occurredAt: session.endedAt?.getTime() ?? recordedAt, recordedAt },
  startedAt: session.startedAt.getTime(),
})
