// Secrets that come from elsewhere, such as out of the phone's history, which another process reads: whoever brings them marks the account, and one
// cheap question every [5 s] takes the marks of all accounts of this process that have something sealed; none where none has.
import type { Database } from '../../database/database.ts'
import { takeBrought } from '../../instances/message-secrets.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import type { SocketLife } from '../socket-life.ts'
import type { SealedMessages } from './sealed-messages.ts'

export type SealedWatch = {
  /** Until its life is over. Looks at once: what came while nobody held the account is opened now. */
  add(of: Watched): void
  /** Resolves when the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}
type Watched = {
  instanceId: string
  life: Pick<SocketLife, 'isOver'>
  sealed: Pick<SealedMessages, 'isWaiting' | 'isDue' | 'look'>
}
type Deps = { database: Database; logger: Logger; sealedLookMs?: number }

export function createSealedWatch({ database, logger, sealedLookMs = 5_000 }: Deps): SealedWatch {
  const watched = new Map<string, Watched>()
  /** What has to be looked at: its mark is taken. */
  const owed = new Set<string>()

  async function look({ instanceId, life, sealed }: Watched): Promise<void> {
    owed.delete(instanceId)
    try {
      await sealed.look()
    } catch (error) {
      owed.add(instanceId)
      if (!life.isOver()) logger.warn('sealed.not-looked', { instanceId, error })
    }
  }

  function forget(instanceId: string): void {
    watched.delete(instanceId)
    owed.delete(instanceId)
  }

  async function lookAll(): Promise<void> {
    for (const [instanceId, { life }] of watched) if (life.isOver()) forget(instanceId)
    const ids = [...watched.values()].filter(({ sealed }) => sealed.isWaiting()).map(({ instanceId }) => instanceId)
    for (const instanceId of ids.length === 0 ? [] : await takeBrought(database, ids)) owed.add(instanceId)
    await Promise.all([...watched.values()].filter(({ instanceId, sealed }) => owed.has(instanceId) || sealed.isDue()).map(look))
  }

  return {
    add: of => {
      watched.set(of.instanceId, of)
      void look(of)
    },
    follow: async signal => {
      while (await wait(sealedLookMs, signal))
        try {
          await lookAll()
        } catch (error) {
          // Postgres being away is said by its own check; the next look asks again.
          if (!signal.aborted) logger.warn('sealed.not-looked', { error })
        }
    },
  }
}
