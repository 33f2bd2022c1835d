// A client says how the work on a message went. The session ends first, so that no more signs are shown; then its last sign and its text become
// commands, by whoever ended it or, after a death, by end-late-sessions.ts.
import type { Transaction } from '../../database/database.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { type EndStatus, endSession, readSession, type Session, wasEndedSo } from '../../instances/processing-sessions.ts'
import type { Position } from '../../log/log.ts'
import { Problem } from '../problems.ts'
import { demandLinked, envelopeOf } from './start-processing.ts'
import { type TellDeps, tellEnd } from './tell-end.ts'

export type FinishDeps = TellDeps & { outbox: Pick<Outbox, 'owe' | 'append'> }
type Wanted = { sessionId: string; status: Exclude<EndStatus, 'timed-out'>; text: string | null }
type Finished = { session: Session; positions: readonly Position[] | null }

/** The same again answers the same. Throws Problem `processing-not-found` where it does not run, `instance-not-found`, `instance-logged-out`. */
export async function finishProcessing(deps: FinishDeps, wanted: Wanted, signal: AbortSignal): Promise<Finished> {
  const { database, outbox } = deps
  const found = await readSession(database, wanted.sessionId)
  if (found !== null && wasEndedSo(found, wanted)) return { session: await toldSoon(deps, found, signal), positions: null }
  if (found === null || found.endedAt !== null) throw processingNotFound(wanted.sessionId)
  await demandLinked(deps, found.instanceId)
  const ended = await database.transact(tx => end(deps, tx, wanted), signal)
  if (ended === null) return finishProcessing(deps, wanted, signal)
  const session = await toldSoon(deps, ended.session, signal)
  return { session, positions: await outbox.append(ended.outboxId) }
}

async function end({ outbox, clock }: FinishDeps, tx: Transaction, { sessionId, status, text }: Wanted) {
  const session = await endSession(tx, { sessionId, status, text })
  if (session === null) return null
  return { session, outboxId: await outbox.owe(tx, finishedEvent(session, { status, recordedAt: clock() })) }
}

/** What cannot be told now is told later, as the row says. */
async function toldSoon(deps: FinishDeps, session: Session, signal: AbortSignal): Promise<Session> {
  try {
    return await tellEnd(deps, session, signal)
  } catch (error) {
    deps.logger.warn('processing.end-waits', { sessionId: session.sessionId, error })
    return session
  }
}

const finishedEvent = (session: Session, { status, recordedAt }: { status: string; recordedAt: number }) => ({
  ...envelopeOf(session, 'processing.finished'),
  ...{ occurredAt: session.endedAt?.getTime() ?? recordedAt, recordedAt, status },
  startedAt: session.startedAt.getTime(),
})

export const processingNotFound = (sessionId: string) =>
  new Problem('processing-not-found', `no work on a message runs as ${sessionId.slice(0, 100)}: it was never begun, or is over`)
