// Sessions that nobody ended in time are ended, once each, by whichever process of the API comes first; and the end of those whose process died in
// the middle of it is told to the chat. Both are looked for every second.
import type { Database } from '../../database/database.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { areSessionsDue, type Session, timeOutSessions, untoldSessions } from '../../instances/processing-sessions.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import { envelopeOf } from './start-processing.ts'
import { type TellDeps, tellEnd } from './tell-end.ts'

type Deps = TellDeps & { database: Database; outbox: Pick<Outbox, 'owe' | 'append'> }

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

async function endLate(deps: Deps, signal: AbortSignal): Promise<void> {
  const { database, outbox, clock } = deps
  const late = await database.transact(async tx => {
    const sessions = await timeOutSessions(tx, MOST)
    const ended: { session: Session; outboxId: string }[] = []
    for (const session of sessions) ended.push({ session, outboxId: await outbox.owe(tx, timedOutEvent(session, clock())) })
    return ended
  }, signal)
  for (const { session, outboxId } of late) {
    await outbox.append(outboxId)
    await tell(deps, session, signal)
  }
  for (const session of await untoldSessions(database, MOST)) await tell(deps, session, signal)
}

/** One that cannot be told now keeps no other from being told. */
async function tell(deps: Deps, session: Session, signal: AbortSignal): Promise<void> {
  try {
    await tellEnd(deps, session, signal)
  } catch (error) {
    const { instanceId, sessionId } = session
    if (!signal.aborted) deps.logger.warn('processing.end-waits', { instanceId, sessionId, error })
  }
}

const timedOutEvent = (session: Session, recordedAt: number) => ({
  ...envelopeOf(session, 'processing.timed-out'),
  ...{ occurredAt: session.endedAt?.getTime() ?? recordedAt, recordedAt },
  startedAt: session.startedAt.getTime(),
})
