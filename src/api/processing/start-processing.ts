// A client begins to work on a message: the session's row and what is told of it are one transaction.
import { requestId } from '../../events/ids.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { readSession, type Session, sessionIdOf, startSession } from '../../instances/processing-sessions.ts'
import type { Position } from '../../log/log.ts'
import { getRecipient } from '../../projections/read-model/queries.ts'
import { findNamed } from '../commands/find-message.ts'
import { readInstance } from '../instances/read-instances.ts'
import { instanceNotFound, Problem } from '../problems.ts'
import { type TellDeps, tellEnd } from './tell-end.ts'

export type StartDeps = TellDeps & { processing: { timeoutMs: number }; outbox: Pick<Outbox, 'owe' | 'append'> }
type Wanted = { instanceId: string; chatId: string; messageId: string; processType?: string }

/**
 * Throws Problem `instance-not-found`, `instance-logged-out`, and `invalid-input` of a message that is not there. What an end before left to be
 * told is told first: rejects LogError where the log does not take that in time.
 */
export async function startProcessing(
  deps: StartDeps,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<{ session: Session; positions: readonly Position[] | null }> {
  const { database } = deps
  const { instanceId, messageId, processType = null } = wanted
  await demandLinked(deps, instanceId)
  const { chatId } = await getRecipient(database, wanted)
  const of = { database, instanceId }
  const { chatPn, fromMe, senderId } = await findNamed(of, { field: 'messageId', messageId, chatId })
  const asked = { instanceId, chatId, messageId, chatPn, processType, target: { fromMe, senderId } }
  await tellBefore(deps, sessionIdOf(asked), signal)
  const { session, outboxId } = await begin(deps, asked, signal)
  return { session, positions: await deps.outbox.append(outboxId) }
}

/** Of an account that nobody can write with, nothing is begun or ended. */
export async function demandLinked({ database }: Pick<TellDeps, 'database'>, instanceId: string): Promise<void> {
  const { state } = await readInstance(database, instanceId)
  if (state !== 'logged-out') return
  throw new Problem(
    'instance-logged-out',
    `instance ${instanceId} is logged out, so that nobody would see it: POST /v1/instances/${instanceId}/restart asks for a QR code to link it again`,
  )
}

/** The last sign and the text of a session that ended are commands before it begins anew. */
async function tellBefore(deps: StartDeps, sessionId: string, signal: AbortSignal): Promise<void> {
  const before = await readSession(deps.database, sessionId)
  if (before !== null && before.endedAt !== null && before.toldAt === null) await tellEnd(deps, before, signal)
}

type Asked = Omit<Parameters<typeof startSession>[1], 'timeoutMs'>

async function begin({ database, processing, outbox, clock }: StartDeps, asked: Asked, signal: AbortSignal) {
  const begun = await database.transact(async tx => {
    const session = await startSession(tx, { ...asked, timeoutMs: processing.timeoutMs })
    return session === null ? null : { session, outboxId: await outbox.owe(tx, startedEvent(session, clock())) }
  }, signal)
  if (begun !== null) return begun
  // Purged meanwhile, or ended by somebody else in this moment.
  if ((await readSession(database, sessionIdOf(asked))) === null) throw instanceNotFound(asked.instanceId)
  throw new Problem('busy', `the work on message ${asked.messageId} is ended in this moment: ask again`)
}

const startedEvent = (session: Session, recordedAt: number) => ({
  ...envelopeOf(session, 'processing.started'),
  ...{ occurredAt: session.startedAt.getTime(), recordedAt },
  timeoutAt: session.timeoutAt.getTime(),
})

/** Of what is told of a session; of each start there is one of each type. */
export const envelopeOf = <Type extends `processing.${string}`>(session: Session, type: Type) => ({
  type,
  eventId: requestId({ instanceId: session.instanceId, type, requestId: `${session.sessionId} ${session.startNumber}` }),
  instanceId: session.instanceId,
  epoch: 0,
  sequence: 0,
  chatId: session.chatId,
  chatPn: session.chatPn,
  messageId: session.messageId,
  sessionId: session.sessionId,
  processType: session.processType,
})
