// One socket's life: what waits for the log or the database may reject only once this socket can send no more.
import { CodedError } from '../runtime/coded-error.ts'
import type { OwnReason } from './socket/reconnect-policy.ts'

export type SocketLife = {
  /** Aborts when what is pending may be given up: after the connection was destroyed, never before. */
  signal: AbortSignal
  /** True once nothing more may enter: the connection is gone, or going. */
  isOver(): boolean
  /** Why zaplog ended it; null while it lives, or when WhatsApp or the network did. */
  ownReason(): OwnReason | null
  /** Destroys the connection at once (no receipt, ack or nack leaves any more), then gives up what is pending. The first reason stays. */
  terminate(reason: OwnReason): void
  /** The connection is gone by itself: what is pending may still finish. */
  closed(): void
  /** Gives up whatever is left of it. */
  release(): void
  /** What terminate destroys. */
  owns(destroy: () => void): void
  /** Of pending work, which goes on trying: what it failed with. */
  failing(error: unknown): void
  /** The last of these; null: nothing failed. */
  lastFailure(): unknown
}

export function createSocketLife(): SocketLife {
  const end = new AbortController()
  let destroy: () => void = () => undefined
  /** null: it lives. */
  let over: { own: OwnReason | null } | null = null
  let failure: unknown = null
  return {
    signal: end.signal,
    isOver: () => over !== null,
    ownReason: () => over?.own ?? null,
    terminate: reason => {
      over = { own: over?.own ?? reason }
      destroy()
      end.abort(new SocketEnded(reason))
    },
    closed: () => {
      over ??= { own: null }
    },
    release: () => {
      over ??= { own: null }
      destroy()
      end.abort(new SocketEnded('the connection is closed'))
    },
    owns: how => {
      destroy = how
      if (over !== null) destroy()
    },
    failing: error => {
      failure = error
    },
    lastFailure: () => failure,
  }
}

export class SocketEnded extends CodedError<'socket-ended'> {
  override name = 'SocketEnded'
  readonly port = 'socket'
  constructor(reason: string) {
    super({ code: 'socket-ended', message: `the socket has ended: ${reason}`, retryable: true })
  }
}

/** Runs work that never fails while the socket lives; pending for timeoutMs, the socket is terminated first, and work rejects through its signal. */
export async function whilePending<T>(life: SocketLife, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => life.terminate('log-unavailable'), timeoutMs)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}
