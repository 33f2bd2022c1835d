// Listens on any number of channels over one session, and over a new one whenever that breaks, for as long as anybody listens.
import pg from 'pg'
import type { Logger } from '../runtime/logger.ts'
import { onAbort, orAbort } from '../runtime/or-abort.ts'
import { backoffMs, wait } from '../runtime/wait.ts'
import type { ConnectionTarget } from './connection-settings.ts'
import { DatabaseError } from './database.ts'
import { openSession, type Session } from './session.ts'

export type Listening = {
  /** As the port promises it. Any number of calls, also on one channel, share the one session. */
  listen(channel: string, wake: () => void, signal: AbortSignal): Promise<void>
  /** Resolves when the session is closed; whoever still listens is woken no more. Idempotent. */
  close(): Promise<void>
}
type Deps = { target: ConnectionTarget; logger: Logger }

const RETRY_BASE_MS = 100
const RETRY_CAP_MS = 5_000

export function openListening({ target, logger }: Deps): Listening {
  const closing = new AbortController()
  /** Who is woken by each channel. */
  const listeners = new Map<string, Set<() => void>>()
  /** The present session, or the one being opened; null: nobody has asked for one since the last was lost. */
  let session: Promise<Session> | null = null
  let resuming: Promise<void> | null = null
  const ending = new Set<Promise<void>>()

  async function listen(channel: string, wake: () => void, signal: AbortSignal): Promise<void> {
    const stopped = () => new DatabaseError('aborted', `listening on ${channel}: told to stop (aborted)`)
    if (signal.aborted || closing.signal.aborted) throw stopped()
    const here = () => wake() // an identity of its own: the same function may listen twice
    const channelListeners = listeners.get(channel) ?? new Set()
    listeners.set(channel, channelListeners.add(here))
    onAbort(signal, () => leave(channel, here))
    try {
      await orAbort(attach(channel, signal), stopped, signal, closing.signal)
    } catch (error) {
      leave(channel, here)
      throw error
    }
  }

  /** Waits for a server that is away; rejects what no waiting mends. */
  async function attach(channel: string, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted && !closing.signal.aborted; attempt++) {
      try {
        return await listenOn([channel])
      } catch (error) {
        if (!(error instanceof DatabaseError) || !error.retryable) throw error
        await waitAgain(attempt, error, signal)
      }
    }
  }

  async function listenOn(channels: readonly string[]): Promise<void> {
    const present = await current()
    await present.query(channels.map(channel => `listen ${pg.escapeIdentifier(channel)}`).join('; '))
  }

  /** `session` is set before anything is waited for, so that all who come meanwhile share it. */
  function current(): Promise<Session> {
    session ??= open()
    return session
  }

  function open(): Promise<Session> {
    const applicationName = `${target.applicationName} listen` // in pg_stat_activity apart from the pools, which it is not part of
    const opening = openSession({ ...target, applicationName, notified: wakeChannel }, closing.signal)
    opening.then(
      opened => onAbort(opened.lost, () => lost(opening, opened)),
      () => {
        if (session === opening) session = null
      },
    )
    return opening
  }

  /** Also after it was closed here, when nobody listened any more. */
  function lost(which: Promise<Session>, { lost: { reason } }: Session) {
    if (session !== which) return
    session = null
    if (listeners.size === 0 || closing.signal.aborted) return
    logger.warn('database.listen-lost', { channels: [...listeners.keys()], error: reason })
    resuming ??= resume().finally(() => {
      resuming = null
    })
  }

  /** What was notified in between is lost, hence one wake for all. */
  async function resume(): Promise<void> {
    for (let attempt = 1; listeners.size > 0 && !closing.signal.aborted; attempt++) {
      const channels = [...listeners.keys()]
      try {
        await listenOn(channels)
        logger.info('database.listen-resumed', { channels })
        return channels.forEach(wakeChannel)
      } catch (error) {
        if (!closing.signal.aborted) await waitAgain(attempt, error, closing.signal)
      }
    }
  }

  async function waitAgain(attempt: number, error: unknown, signal: AbortSignal): Promise<void> {
    const retryInMs = backoffMs({ attempt, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, jitter: 0.2, random: Math.random() })
    logger.warn('database.listen-failed', { channels: [...listeners.keys()], attempt, retryInMs, error })
    await wait(retryInMs, AbortSignal.any([signal, closing.signal]))
  }

  function wakeChannel(channel: string) {
    for (const wake of listeners.get(channel) ?? []) wake()
  }

  function leave(channel: string, here: () => void) {
    const others = listeners.get(channel)
    if (others?.delete(here) !== true || others.size > 0) return
    listeners.delete(channel)
    if (listeners.size === 0) return void endSession()
    // Where it is lost meanwhile the next one does not listen on it.
    session?.then(present => present.query(`unlisten ${pg.escapeIdentifier(channel)}`)).catch(() => undefined)
  }

  function endSession(): void {
    const last = session
    session = null
    if (last === null) return
    const ended = last.then(
      opened => opened.close(),
      () => undefined, // whoever waited for it is told
    )
    ending.add(ended)
    void ended.finally(() => ending.delete(ended))
  }

  return {
    listen,
    close: async () => {
      closing.abort()
      listeners.clear()
      endSession()
      await Promise.all([...ending, resuming])
    },
  }
}
