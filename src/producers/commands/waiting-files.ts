// Commands that wait for a file, by this session alone: they are due as soon as it is prepared, or its turn has come. What is forgotten with the
// session, or missed, is due by itself a little later.
import type { Database } from '../../database/database.ts'
import { dueNow } from '../../instances/commands-at-work.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import { settledUploads } from '../../instances/uploads-sent.ts'

export type WaitingFiles = {
  /** Role processors have it in hand; whoever is done with it rings. */
  forFile(of: { commandId: string; uploadId: string }): void
  /** Rings once that has resolved. */
  until(commandId: string, come: Promise<unknown>): void
  /** Somebody rang, maybe whoever prepared a file. */
  heard(): void
  /** At each ring: what may go on is due. Costs nothing while nothing waits. */
  wake(): Promise<void>
  /** It waits no longer, whatever comes of what it waited for. */
  claimed(commandId: string): void
}
type Deps = { database: Database; owned: Owned; ring(): void }
/** A value of its own for each time; `uploadId` null: it waits for no file. */
type Wait = { uploadId: string | null; mayGoOn: boolean }

export function createWaitingFiles({ database, owned: { instanceId }, ring }: Deps): WaitingFiles {
  const waits = new Map<string, Wait>()
  let mayBePrepared = false

  async function findPrepared(): Promise<void> {
    mayBePrepared = false
    const waiting = [...waits.values()].filter(({ uploadId, mayGoOn }) => uploadId !== null && !mayGoOn)
    const uploadIds = new Set(waiting.map(({ uploadId }) => uploadId ?? ''))
    const settled = new Set<string | null>(uploadIds.size === 0 ? [] : await settledUploads(database, [...uploadIds]))
    for (const one of waiting) one.mayGoOn = settled.has(one.uploadId)
  }

  return {
    forFile: ({ commandId, uploadId }) => {
      waits.set(commandId, { uploadId, mayGoOn: false })
      // It may have been prepared before anybody here waited for it.
      mayBePrepared = true
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
    heard: () => {
      mayBePrepared = true
    },
    wake: async () => {
      if (mayBePrepared) await findPrepared()
      const commandIds = [...waits].filter(([, { mayGoOn }]) => mayGoOn).map(([commandId]) => commandId)
      // One that is only about to be put off is due at the next ring, which comes once it is.
      if (commandIds.length > 0) await dueNow(database, { instanceId, commandIds })
    },
    claimed: commandId => void waits.delete(commandId),
  }
}
