// Listens on any number of channels over one session, and over a new one whenever that breaks, for as long as anybody listens.
import pg from 'pg'
import type { Logger } from '../runtime/logger.ts'
import { onAbort } from '../runtime/or-abort.ts'
import { type Persistence, persist } from '../runtime/persist.ts'
import { type ChannelListeners, createChannelListeners } from './channel-listeners.ts'
import type { ConnectionTarget } from './connection-settings.ts'
import { DatabaseError } from './database.ts'
import { openSession } from './session.ts'
import { type SharedSession, shareSession } from './shared-session.ts'

export type Listening = {
  /** As the port promises it. Any number of calls, also on one channel, share the one session. */
  listen(channel: string, wake: (payload: string) => void, signal: AbortSignal): Promise<void>
  /** Resolves when the session is closed; whoever still listens is woken no more. Idempotent. */
  close(): Promise<void>
}
type Deps = { target: ConnectionTarget; logger: Logger }

export function openListening({ target, logger }: Deps): Listening {
  const closing = new AbortController()
  const listeners = createChannelListeners()
  let resuming: Promise<void> | null = null
  const session = shareSession({
    open: () => openSession({ ...target, applicationName: nameOf(target), notified: listeners.wake }, closing.signal),
    lost: error => {
      const channels = listeners.channels()
      if (channels.length === 0 || closing.signal.aborted) return
      logger.warn('database.listen-lost', { channels, error })
      resuming ??= resume({ session, listeners, logger }, closing.signal).finally(() => {
        resuming = null
      })
    },
  })
  return {
    listen: (channel, wake, signal) =>
      listen({ session, listeners, logger }, { channel, wake }, AbortSignal.any([signal, closing.signal])),
    close: async () => {
      listeners.clear()
      closing.abort()
      session.letGo()
      await Promise.all([session.ended(), resuming])
    },
  }
}

/** In pg_stat_activity apart from the pools, which it is not part of. */
const nameOf = ({ applicationName }: ConnectionTarget): string => `${applicationName} listen`

type Listened = { session: SharedSession; listeners: ChannelListeners; logger: Logger }

/** Waits for a server that is away; rejects what no waiting mends. */
async function listen(
  of: Listened,
  { channel, wake }: { channel: string; wake: (payload: string) => void },
  signal: AbortSignal,
) {
  const stopped = () => new DatabaseError('aborted', `listening on ${channel}: told to stop (aborted)`)
  if (signal.aborted) throw stopped()
  const leave = of.listeners.join(channel, wake)
  const end = () => unlisten(of.session, channel, leave())
  onAbort(signal, end)
  const isAway = (error: unknown) => error instanceof DatabaseError && error.retryable
  try {
    await persist(() => listenOn(of.session, [channel]), persistence(of, isAway), signal)
  } catch (error) {
    end()
    throw signal.aborted ? stopped() : error
  }
}

/** What was notified in between is lost, hence one wake for all. Rejects nothing. */
async function resume(of: Listened, closing: AbortSignal): Promise<void> {
  const again = async () => {
    const channels = of.listeners.channels()
    if (channels.length === 0) return
    await listenOn(of.session, channels)
    of.logger.info('database.listen-resumed', { channels })
    for (const channel of channels) of.listeners.wake(channel, '')
  }
  await persist(
    again,
    persistence(of, () => true),
    closing,
  ).catch(() => undefined) // only once it is closing, when nobody listens any more
}

const persistence = ({ listeners, logger }: Listened, isWorthAnother: (error: unknown) => boolean): Persistence => ({
  backoff: { baseMs: 100, capMs: 5_000 },
  failed: ({ error, attempt, retryInMs }) => {
    if (!isWorthAnother(error)) return 'give-up'
    logger.warn('database.listen-failed', { channels: listeners.channels(), attempt, retryInMs, error })
    return 'again'
  },
})

async function listenOn(session: SharedSession, channels: readonly string[]): Promise<void> {
  const present = await session.current()
  await present.query(channels.map(channel => `listen ${pg.escapeIdentifier(channel)}`).join('; '))
}

/** `left`: what nobody listens on any more. */
function unlisten(session: SharedSession, channel: string, left: 'channel' | 'everything' | null): void {
  if (left === 'everything') session.letGo()
  if (left !== 'channel') return
  // Where it is lost meanwhile the next one does not listen on it.
  session
    .present()
    ?.then(present => present.query(`unlisten ${pg.escapeIdentifier(channel)}`))
    .catch(() => undefined)
}
