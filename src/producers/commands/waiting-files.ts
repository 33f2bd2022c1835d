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
  /** At each ring: what may go on is due. Costs nothing while nothing waits. */
  wake(): Promise<void>
  /** It waits no longer. */
  claimed(commandId: string): void
}
type Deps = { database: Database; owned: Owned; ring(): void }

export function createWaitingFiles({ database, owned: { instanceId }, ring }: Deps): WaitingFiles {
  const uploadOf = new Map<string, string>()
  const mayGoOn = new Set<string>()

  async function findPrepared(): Promise<void> {
    const settled = new Set(await settledUploads(database, [...new Set(uploadOf.values())]))
    for (const [commandId, uploadId] of uploadOf) if (settled.has(uploadId)) mayGoOn.add(commandId)
  }

  return {
    forFile: ({ commandId, uploadId }) => void uploadOf.set(commandId, uploadId),
    until: (commandId, come) => {
      const came = () => {
        mayGoOn.add(commandId)
        ring()
      }
      come.then(came, came)
    },
    wake: async () => {
      if (uploadOf.size > 0) await findPrepared()
      const commandIds = [...mayGoOn]
      // One that is only about to be put off is due at the next ring, which comes once it is.
      if (commandIds.length > 0) await dueNow(database, { instanceId, commandIds })
    },
    claimed: commandId => {
      mayGoOn.delete(commandId)
      uploadOf.delete(commandId)
    },
  }
}
