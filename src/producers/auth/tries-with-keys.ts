// Tries of messages that wait for the write of the keys which encrypt them. Nothing here waits for the database.
import type { MessageTry } from '../../instances/command-tries.ts'

/** `began`: once it is written; false: it is its owner's no more, or somebody else holds its row. Rejects as the write does. */
export type WaitingTry = { readonly one: MessageTry; readonly began: Promise<boolean> }
export type TriesWithKeys = {
  add(one: MessageTry): WaitingTry
  isWaiting(of: WaitingTry): boolean
  /** It goes with no write any more. false: one has taken it. */
  forget(of: WaitingTry): boolean
  /** All that wait are on their way from now on. */
  take(): Taken
}
/** Of one write. */
export type Taken = {
  tries: readonly MessageTry[]
  begun(commandIds: readonly string[]): void
  failed(error: unknown): void
}
type Waiting = WaitingTry & PromiseWithResolvers<boolean>

export function createTriesWithKeys(): TriesWithKeys {
  const waiting = new Map<WaitingTry, Waiting>()
  return {
    add: one => {
      const settling = Promise.withResolvers<boolean>()
      settling.promise.catch(() => undefined) // whoever asks for it hears of it; nobody has to
      const added = { one, began: settling.promise, ...settling }
      waiting.set(added, added)
      return added
    },
    isWaiting: of => waiting.has(of),
    forget: of => waiting.delete(of),
    take: () => {
      const taken = [...waiting.values()]
      waiting.clear()
      return {
        tries: taken.map(({ one }) => one),
        begun: commandIds => {
          for (const { one, resolve } of taken) resolve(commandIds.includes(one.commandId))
        },
        failed: error => {
          for (const { reject } of taken) reject(error)
        },
      }
    },
  }
}
