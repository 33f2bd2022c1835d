// What waits to be written to one reader: bounded, so that a reader who takes nothing costs no more than that.
import { createBell } from '../../runtime/bell.ts'
import { never } from '../../runtime/or-abort.ts'

export type FrameQueue = {
  /** false: more would wait than may, and it was not taken. */
  push(frame: Buffer): boolean
  isEmpty(): boolean
  /** Little waits. */
  hasRoom(): boolean
  /** true: little waits. false: the signal aborted first. */
  room(signal: AbortSignal): Promise<boolean>
  /** `last` is the last that is handed out; with `drop` in place of what waits. */
  end(last: Buffer | null, drop?: boolean): void
  frames(): AsyncIterable<Buffer>
}

export function createFrameQueue({ maxBytes }: { maxBytes: number }): FrameQueue {
  const waiting: Buffer[] = []
  const changed = createBell()
  const state = { bytes: 0, isEnded: false }

  function add(frame: Buffer) {
    waiting.push(frame)
    state.bytes += frame.length
    changed.ring()
  }

  async function* frames() {
    for (;;) {
      await changed.until(() => waiting.length > 0 || state.isEnded, never)
      const next = waiting.shift()
      if (next === undefined) return
      state.bytes -= next.length
      changed.ring()
      yield next
    }
  }

  const hasRoom = () => state.bytes <= maxBytes / 4

  return {
    push: frame => {
      if (state.isEnded) return true
      if (state.bytes > 0 && state.bytes + frame.length > maxBytes) return false
      add(frame)
      return true
    },
    isEmpty: () => waiting.length === 0,
    hasRoom,
    room: signal => changed.until(hasRoom, signal),
    end: (last, drop = false) => {
      if (state.isEnded) return
      if (drop) {
        waiting.length = 0
        state.bytes = 0
      }
      state.isEnded = true
      if (last !== null) add(last)
      changed.ring()
    },
    frames,
  }
}
