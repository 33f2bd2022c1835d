// Listens on a channel over a session of its own, and over a new one whenever that breaks, until the signal aborts.
import pg from 'pg'
import type { Logger } from '../runtime/logger.ts'
import { backoffMs, wait } from '../runtime/wait.ts'
import type { ConnectionTarget } from './connection-settings.ts'
import { DatabaseError } from './database.ts'
import { openSession, type Session } from './session.ts'

type Deps = { target: ConnectionTarget; logger: Logger }
type Listener = { channel: string; wake(): void }
/** `ended` resolves once the signal aborted and the connection is closed. */
export type Listening = { ended: Promise<void> }

const RETRY_BASE_MS = 100
const RETRY_CAP_MS = 5_000

/** Resolves once listening: what is notified from now on wakes. Waits for a server that is away; rejects what no waiting mends. */
export async function listen(deps: Deps, listener: Listener, signal: AbortSignal): Promise<Listening> {
  const session = await attach(deps, listener, error => !error.retryable, signal)
  return { ended: stayAttached(deps, listener, session, signal) }
}

async function stayAttached(deps: Deps, listener: Listener, first: Session, signal: AbortSignal): Promise<void> {
  for (let session: Session | null = first; session !== null; session = await reattach(deps, listener, signal)) {
    await aborts(session.lost, signal)
    if (!signal.aborted) deps.logger.warn('database.listen-lost', { channel: listener.channel, error: session.lost.reason })
    await session.close()
  }
}

/** What was notified in between is lost, hence one wake. */
async function reattach(deps: Deps, listener: Listener, signal: AbortSignal): Promise<Session | null> {
  if (signal.aborted) return null
  try {
    const session = await attach(deps, listener, () => false, signal)
    deps.logger.info('database.listen-resumed', { channel: listener.channel })
    listener.wake()
    return session
  } catch (error) {
    if (signal.aborted) return null
    throw error
  }
}

async function attach(
  deps: Deps,
  listener: Listener,
  isFinal: (error: DatabaseError) => boolean,
  signal: AbortSignal,
): Promise<Session> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openListening(deps, listener, signal)
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code === 'aborted' || isFinal(error)) throw error
      const retryInMs = backoffMs({ attempt, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, jitter: 0.2, random: Math.random() })
      deps.logger.warn('database.listen-failed', { channel: listener.channel, attempt, retryInMs, error })
      if (!(await wait(retryInMs, signal)))
        throw new DatabaseError('aborted', `listening on ${listener.channel}: told to stop (aborted)`, { cause: error })
    }
  }
}

async function openListening({ target }: Deps, listener: Listener, signal: AbortSignal): Promise<Session> {
  const applicationName = `${target.applicationName} listen` // in pg_stat_activity apart from the pool, which it is not part of
  const session = await openSession({ ...target, applicationName, notified: () => listener.wake() }, signal)
  try {
    await session.query(`listen ${pg.escapeIdentifier(listener.channel)}`)
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

/** Resolves as soon as one of them aborts, or has. */
const aborts = (...signals: readonly AbortSignal[]) =>
  new Promise<void>(resolve => {
    const first = AbortSignal.any([...signals])
    if (first.aborted) resolve()
    first.addEventListener('abort', () => resolve(), { once: true })
  })
