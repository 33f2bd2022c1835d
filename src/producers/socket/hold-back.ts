// Leaves stanzas in WhatsApp's own queue while too many wait here: the connection is not read, which TCP tells the other side. What piles up
// in the process instead would have no bound, and make everything slower, the leases of other roles too.

export type HoldBack = {
  /** So many wait now, one more than before. */
  arrived(waiting: number): void
  /** So many wait now, one fewer than before. */
  entered(waiting: number): void
  /** Reads on whatever waits; nothing is held back any more. Idempotent. */
  end(): void
}
type Reading = {
  pause(): void
  resume(): void
  /** So many more wait than before, or fewer. */
  waiting(change: number): void
}

/** Stanzas. A chunk of the connection more may come in after that, of about a hundred small ones. */
const FULL = 64
const ROOM_AGAIN = 48
/**
 * Where nothing has entered for so long, what is inside may itself wait for an answer that comes behind what is held back. WhatsApp has at
 * most about a hundred stanzas on their way, so that what is behind more than these is no answer.
 */
const STUCK_MS = 2_000
const ANSWER_WITHIN = 4 * FULL
/** However many wait: Baileys takes a connection that nothing came through for 35 s for lost (lib/Socket/socket.js). */
const UNREAD_MS = 25_000

/** What is read on for either reason is read until the next stanza: no more than another chunk. */
export function openHoldBack(reading: Reading, { stuckMs = STUCK_MS, unreadMs = UNREAD_MS } = {}): HoldBack {
  let watch: NodeJS.Timeout | null = null
  /** By performance.now(). */
  const last = { enteredAt: 0, readAt: 0 }
  let counted = 0
  let isOver = false

  function hold(): void {
    reading.pause()
    if (watch !== null) return
    last.enteredAt = last.readAt = performance.now()
    watch = setInterval(readOnIfDue, stuckMs / 2).unref()
  }
  function readOnIfDue(): void {
    const now = performance.now()
    const isStuck = counted < ANSWER_WITHIN && now - Math.max(last.enteredAt, last.readAt) >= stuckMs
    if (!isStuck && now - last.readAt < unreadMs) return
    last.readAt = now
    reading.resume()
  }
  function release(): void {
    if (watch === null) return
    clearInterval(watch)
    watch = null
    reading.resume()
  }

  function count(waiting: number): void {
    reading.waiting(waiting - counted)
    counted = waiting
  }

  return {
    arrived: waiting => {
      if (isOver) return
      count(waiting)
      if (waiting >= FULL || watch !== null) hold()
    },
    entered: waiting => {
      if (isOver) return
      count(waiting)
      last.enteredAt = performance.now()
      if (waiting <= ROOM_AGAIN) release()
    },
    end: () => {
      isOver = true
      count(0)
      release()
    },
  }
}
