// Commands that wait for a file, by this session alone: they are due as soon as it is prepared, or its turn has come, and it is brought no further once
// somebody cancels them. What is forgotten with the session, or missed, is due by itself a little later.
import type { Database } from '../../database/database.ts'
import { endedAmong } from '../../instances/cancel-commands.ts'
import { dueNow } from '../../instances/command-tries.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import { settledUploads } from '../../instances/uploads-sent.ts'

export type WaitingFiles = {
  /** Role processors have it in hand; whoever is done with it rings. */
  forFile(of: { commandId: string; uploadId: string }): void
  /** Rings once that has resolved. */
  until(commandId: string, come: Promise<unknown>): void
  /** What `work` resolves with; null: the command was cancelled meanwhile, which aborts its signal. */
  whileWanted<Done>(commandId: string, work: (wanted: AbortSignal) => Promise<Done>): Promise<Done | null>
  /** Somebody rang, maybe whoever prepared a file, or cancelled a command. */
  heard(): void
  /** At each ring: what may go on is due, what was cancelled stops. Costs nothing while nothing waits. */
  wake(): Promise<void>
  /** It waits no longer, whatever comes of what it waited for. */
  claimed(commandId: string): void
}
type Deps = { database: Database; owned: Owned; ring(): void }
/** A value of its own for each time; `uploadId` null: it waits for no file. */
type Wait = { uploadId: string | null; mayGoOn: boolean }

export function createWaitingFiles({ database, owned: { instanceId }, ring }: Deps): WaitingFiles {
  const waits = new Map<string, Wait>()
  const bringing = new Map<string, AbortController>()
  let wasRung = false

  async function findPrepared(): Promise<void> {
    const waiting = [...waits.values()].filter(({ uploadId, mayGoOn }) => uploadId !== null && !mayGoOn)
    const uploadIds = new Set(waiting.map(({ uploadId }) => uploadId ?? ''))
    const settled = new Set<string | null>(uploadIds.size === 0 ? [] : await settledUploads(database, [...uploadIds]))
    for (const one of waiting) one.mayGoOn = settled.has(one.uploadId)
  }

  async function findCancelled(): Promise<void> {
    if (bringing.size === 0) return
    const ended = await endedAmong(database, { instanceId, commandIds: [...bringing.keys()] })
    for (const commandId of ended) bringing.get(commandId)?.abort()
  }

  return {
    forFile: ({ commandId, uploadId }) => {
      waits.set(commandId, { uploadId, mayGoOn: false })
      // It may have been prepared before anybody here waited for it.
      wasRung = true
    },
    until: (commandId, come) => {
      const waited: Wait = { uploadId: null, mayGoOn: false }
      waits.set(commandId, waited)
      const came = () => {
        waited.mayGoOn = true
        ring()
      }
      come.then(came, came)
    },
    whileWanted: async (commandId, work) => {
      const cancelled = new AbortController()
      bringing.set(commandId, cancelled)
      try {
        return await work(cancelled.signal)
      } catch (error) {
        if (cancelled.signal.aborted) return null
        throw error
      } finally {
        bringing.delete(commandId)
      }
    },
    heard: () => {
      wasRung = true
    },
    wake: async () => {
      if (wasRung) {
        wasRung = false
        await findPrepared()
        await findCancelled()
      }
      const commandIds = [...waits].filter(([, { mayGoOn }]) => mayGoOn).map(([commandId]) => commandId)
      // One that is only about to be put off is due at the next ring, which comes once it is.
      if (commandIds.length > 0) await dueNow(database, { instanceId, commandIds })
    },
    claimed: commandId => void waits.delete(commandId),
  }
}
