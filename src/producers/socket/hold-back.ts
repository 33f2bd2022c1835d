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
type Reading = { pause(): void; resume(): void }

/** A chunk of the connection more may come in after that, of about a hundred small stanzas. */
const fullAt = 64
const roomAt = 48
/**
 * Where nothing has entered for so long, what is inside may itself wait for an answer that comes behind what is held back: the connection is
 * read until the next stanza. It also keeps Baileys from taking the connection for lost, which it does after 35 s (lib/Socket/socket.js).
 */
const STUCK_MS = 2_000

export function openHoldBack(reading: Reading, stuckMs = STUCK_MS): HoldBack {
  let watch: NodeJS.Timeout | null = null
  let hasMoved = false
  let isOver = false

  function hold(): void {
    reading.pause()
    watch ??= setInterval(readOnIfStuck, stuckMs).unref()
  }
  function readOnIfStuck(): void {
    if (!hasMoved) reading.resume()
    hasMoved = false
  }
  function release(): void {
    if (watch === null) return
    clearInterval(watch)
    watch = null
    reading.resume()
  }

  return {
    arrived: waiting => {
      if (!isOver && (waiting >= fullAt || watch !== null)) hold()
    },
    entered: waiting => {
      hasMoved = true
      if (waiting <= roomAt) release()
    },
    end: () => {
      isOver = true
      release()
    },
  }
}
