// A place for what is about to be accepted, at the desk of who holds its account: from its acceptance on it is in hand, so that nobody has to look for it.
// Until then it takes a turn of the pace, and nothing else of its chat goes out.
import type { Place, ToReserve } from '../../instances/accounts-here.ts'
import type { ChatTimer, ClaimedCommand } from '../../instances/commands-claimed.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import type { LateCommands } from './end-late-commands.ts'
import type { OutgoingPace } from './pace-outgoing.ts'

type Deps = { owned: Owned; pace: Pick<OutgoingPace, 'waitMs' | 'takeTurn' | 'giveTurnBack'>; chatTimer: ChatTimer }
type At = {
  /** What is in hand, by its chat. */
  running: Map<string, Promise<void>>
  late: Pick<LateCommands, 'chats'>
  /** Nothing that waits, of no chat, may go before it. */
  mayGo(): boolean
  /** It takes its turn of the pace itself. */
  run(command: ClaimedCommand): void
  ring(): void
  /** Aborts once nothing more is to begin. */
  over: AbortSignal
}

export const createReserve =
  ({ owned: { instanceId, epoch }, pace, chatTimer }: Deps, { running, late, mayGo, run, ring, over }: At) =>
  ({ chatId, isPaced }: ToReserve): Place | null => {
    if (over.aborted || !mayGo() || running.has(chatId) || late.chats().includes(chatId)) return null
    if (isPaced && pace.waitMs(instanceId) > 0) return null
    const kept = Promise.withResolvers<void>()
    // The session's end waits for nobody who accepts.
    const stop = onAbort(over, kept.resolve)
    running.set(chatId, kept.promise)
    if (isPaced) pace.takeTurn(instanceId)
    const end = (next: () => void) => {
      stop()
      running.delete(chatId)
      if (isPaced) pace.giveTurnBack(instanceId)
      next()
      kept.resolve()
    }
    return {
      ...{ epoch, chatTimer },
      // What begins no more is the next session's, by its row.
      begin: command => end(() => over.aborted || run(command)),
      leave: () => end(ring),
    }
  }
