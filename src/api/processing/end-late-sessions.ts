// Sessions that nobody ended in time are ended, once each, by whichever process of the API comes first; and the end of those whose process died in
// the middle of it is told to the chat. Both are looked for every second.
import type { Database } from '../../database/database.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { areSessionsDue, type Session, timeOutSessions, untoldSessions } from '../../instances/processing-sessions.ts'
import { CodedError } from '../../runtime/coded-error.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import { Problem } from '../problems.ts'
import { envelopeOf } from './start-processing.ts'
import { type TellDeps, tellEnd } from './tell-end.ts'

type Deps = TellDeps & { database: Database; outbox: Pick<Outbox, 'owe'> }

const EVERY_MS = 1_000
/** At once. */
const MOST = 100
/** So many times of looking, what an account has to tell is left alone after something stood against it: others are told meanwhile. */
const PUT_OFF_LOOKS = 10

/** Of instances: how many looks are left until they are tried again. */
type PutOff = Map<string, number>

export function openSessionEnds(deps: Deps): { close(): Promise<void> } {
  const stop = new AbortController()
  const putOff: PutOff = new Map()
  const working = work()

  async function work(): Promise<void> {
    for (let failed = 0; await wait(EVERY_MS, stop.signal); )
      try {
        lookAgain(putOff)
        if (await areSessionsDue(deps.database)) await endLate(deps, putOff, stop.signal)
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
async function endLate(deps: Deps, putOff: PutOff, signal: AbortSignal): Promise<void> {
  const { database, outbox, clock } = deps
  const late = await database.transact(async tx => {
    const sessions = await timeOutSessions(tx, MOST)
    for (const session of sessions) await outbox.owe(tx, timedOutEvent(session, clock()))
    return sessions
  }, signal)
  const untold = await untoldSessions(database, { putOff: [...putOff.keys()], limit: MOST })
  for (const session of [...late, ...untold])
    if (!putOff.has(session.instanceId) && !(await tell(deps, session, signal))) putOff.set(session.instanceId, PUT_OFF_LOOKS)
}

function lookAgain(putOff: PutOff): void {
  for (const [instanceId, looks] of putOff)
    if (looks === 1) putOff.delete(instanceId)
    else putOff.set(instanceId, looks - 1)
}

/**
 * Whether it is told. Rejects where something is away, which keeps all from being told; what stands against one account, such as as many commands as
 * may wait for it, keeps no other.
 */
async function tell(deps: Deps, session: Session, signal: AbortSignal): Promise<boolean> {
  try {
    await tellEnd(deps, session, signal)
    return true
  } catch (error) {
    if (signal.aborted || (error instanceof CodedError && !(error instanceof Problem) && error.retryable)) throw error
    const { instanceId, sessionId } = session
    deps.logger.warn('processing.end-waits', { instanceId, sessionId, error })
    return false
  }
}

const timedOutEvent = (session: Session, recordedAt: number) => ({
  ...envelopeOf(session, 'processing.timed-out'),
  ...{ occurredAt: session.endedAt?.getTime() ?? recordedAt, recordedAt },
  startedAt: session.startedAt.getTime(),
})
