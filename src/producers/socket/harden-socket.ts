// Guards around Baileys' transport: frames one at a time and in order, no rejection of a listener unhandled, and a connection that
// never answers, no longer does, takes nothing any more, or does not finish closing, is cut.
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { createEvery, type Every } from '../../runtime/every.ts'
import type { OwnReason } from './reconnect-policy.ts'

type Transport = EventEmitter & { readonly isClosing: boolean }
type Deps = {
  terminate(reason: OwnReason): void
  isOver(): boolean
  /** Cuts what is closing anyway. */
  cut(): void
  failed(error: unknown, event: string): void
  sending(): Sending
  keepAliveIntervalMs: number
  /** For the first frame, and for the network to take anything of what waits; Baileys' own timers for each frame are off. */
  connectTimeoutMs: number
  /** When the watch looks [every 5 s, of all sockets at once]. */
  every?: Every
}
/** `waitingBytes`: sent and not taken by the network yet. `takenBytes`: by it until now, in all. */
export type Sending = { waitingBytes: number; takenBytes: number }
type Listener = (...args: unknown[]) => unknown

/** Baileys pings after each keep-alive interval; a server that is alive has answered by then. */
const answerMarginMs = 15_000
const everyLook = createEvery(5_000)

/** Call right after makeWASocket. Returns what stops the watch. */
export function hardenSocket(transport: Transport, deps: Deps): () => void {
  catchRejections(transport, deps)
  const { connectTimeoutMs, every = everyLook } = deps
  const silenceMs = Math.max(deps.keepAliveIntervalMs, connectTimeoutMs) + answerMarginMs
  let heard = { at: performance.now(), limitMs: connectTimeoutMs }
  let unsent: Unsent = { waitingBytes: 0, takenBytes: 0, sinceAt: performance.now() }
  queueFrames(transport, deps, () => {
    heard = { at: performance.now(), limitMs: silenceMs }
  })
  return every(() => {
    const nowAt = performance.now()
    unsent = unsentNow(unsent, deps.sending(), nowAt)
    const isDead = nowAt - heard.at > heard.limitMs || nowAt - unsent.sinceAt > connectTimeoutMs
    if (transport.isClosing) deps.cut()
    else if (isDead) deps.terminate('half-open')
  })
}

/** `sinceAt`: for so long the network took nothing of it; on a slow link more may wait than ever while it does. */
type Unsent = Sending & { sinceAt: number }

const unsentNow = (before: Unsent, now: Sending, nowAt: number): Unsent => ({
  ...now,
  sinceAt: before.waitingBytes === 0 || now.takenBytes > before.takenBytes ? nowAt : before.sinceAt,
})

/** Node counts in bytesWritten what waits in its own buffer as well. null: there is no connection. */
export function sendingOf(connection: WebSocket | null): Sending {
  const { _socket: tcp } = (connection ?? { _socket: null }) as { _socket?: Socket | null }
  const { bytesWritten = 0, writableLength = 0 } = tcp ?? {}
  return { waitingBytes: connection?.bufferedAmount ?? 0, takenBytes: bytesWritten - writableLength }
}

/**
 * Compressed frames are inflated asynchronously, so later ones would overtake them, and one that cannot be decrypted rejects a promise
 * that nobody awaits and leaves the socket deaf (lib/Utils/noise-handler.js, lib/Socket/socket.js).
 */
function queueFrames(transport: Transport, deps: Deps, seen: () => void): void {
  const [inner] = transport.listeners('message') as Listener[]
  if (inner === undefined) throw new Error('hardening a socket: expected Baileys to listen for frames')
  transport.off('message', inner)
  let chain: Promise<unknown> = Promise.resolve()
  transport.on('message', data => {
    seen()
    chain = chain
      .then(() => (deps.isOver() ? undefined : inner(data)))
      .catch(error => {
        deps.failed(error, 'message')
        deps.terminate('broken-frame')
      })
  })
}

/** Baileys' stanza listeners are async and nobody awaits them: what they reject when the connection goes would end the process. */
function catchRejections(transport: Transport, deps: Deps): void {
  for (const event of transport.eventNames()) {
    if (typeof event !== 'string' || !event.startsWith('CB:')) continue
    for (const listener of transport.listeners(event) as Listener[]) {
      transport.off(event, listener)
      transport.on(event, async (...args: unknown[]) => {
        try {
          await listener(...args)
        } catch (error) {
          deps.failed(error, event)
        }
      })
    }
  }
}
