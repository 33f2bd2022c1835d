// One session from its beginning to its end: it ends by itself, or in peace when the instance is called away. Answers once the connection
// is gone, for whatever reason, and nothing of it is on its way any more.

import type { OwnAddresses } from '../../convert/jid.ts'
import { orNullIfAborted } from '../../runtime/or-abort.ts'
import type { OwnReason } from '../socket/reconnect-policy.ts'
import { SocketEnded } from '../socket-life.ts'
import type { Hands, InstanceHands } from './hands.ts'
import type { State } from './instance-events.ts'
import { goodbyeOf, type SessionEnd } from './life.ts'
import type { Epoch } from './open-epoch.ts'
import { openSession, type Session } from './session.ts'

/** A session that was logged in for so long starts the backoff anew. */
const stableMs = 10_000

export async function runSession(hands: Hands, epoch: Epoch, serve: InstanceHands['serve']): Promise<SessionEnd> {
  const { deps, trouble } = hands
  const calledAway = hands.calledAway()
  const session = await open(hands, epoch)
  if (session === null) return endOf(epoch, { statusCode: 0, message: '', details: {}, own: null, openMs: null })
  trouble.connected(session.openedAt)
  serve(session)
  await orNullIfAborted(session.closed, calledAway)
  serve(null)
  const own = calledAway.aborted ? await endOnPurpose(hands, session) : null
  const closed = await session.closed
  await session.idle()
  if (epoch.socketLife.ownReason() === null) await session.auth.saveCreds()
  const openedAt = session.openedAt()
  return endOf(epoch, { ...closed, own, openMs: openedAt === null ? null : deps.clock() - openedAt })
}

/** null: ended by ourselves before there was one. */
async function open({ deps, instanceId, voice, names, untold, life }: Hands, epoch: Epoch): Promise<Session | null> {
  const tell = (state: State, own: OwnAddresses) => voice.tell(epoch.intake.append, state, own)
  try {
    const settings = () => life().wanted.settings
    return await openSession(deps, { epoch, names, untold, settings, tell, fetchesLists: true })
  } catch (error) {
    if (epoch.socketLife.ownReason() === null) throw error
    // Its socket's end is told by itself; what is not that, such as a wrong key, needs a person.
    const level = error instanceof SocketEnded ? 'warn' : 'error'
    deps.logger[level]('instance.not-opened', { instanceId, epoch: epoch.epoch, error })
    return null
  }
}

/** null: WhatsApp's answer to a log-out says what comes next. */
async function endOnPurpose({ life }: Hands, session: Session): Promise<OwnReason | null> {
  if (goodbyeOf(life(), session.openedAt() !== null) === 'log-out') {
    await session.logout()
    return null
  }
  await session.close()
  return life().isStopped ? 'shutdown' : 'requested'
}

type How = Pick<SessionEnd, 'statusCode' | 'message' | 'details' | 'own'> & { openMs: number | null }

const endOf = ({ socketLife }: Epoch, { own, openMs, ...closed }: How): SessionEnd => ({
  ...closed,
  own: socketLife.ownReason() ?? own,
  wasLoggedIn: openMs !== null,
  wasStable: openMs !== null && openMs >= stableMs,
  isEpochOver: socketLife.signal.aborted,
  failure: socketLife.lastFailure(),
})
