// Secrets that come from elsewhere, such as out of the phone's history, which another process reads: one cheap question every [5 s] for all accounts
// of this process that have something sealed; none where none has.
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import type { SocketLife } from '../socket-life.ts'
import type { SealedMessages } from './sealed-messages.ts'
import { instancesWithTriable } from './sealed-rows.ts'

export type SealedWatch = {
  /** Until its life is over. Looks at once: what came while nobody held the account is opened now. */
  add(of: Watched): void
  /** Resolves when the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}
type Watched = { instanceId: string; life: Pick<SocketLife, 'isOver'>; sealed: Pick<SealedMessages, 'isWaiting' | 'look'> }
type Deps = { database: Database; logger: Logger; sealedLookMs?: number }

export function createSealedWatch({ database, logger, sealedLookMs = 5_000 }: Deps): SealedWatch {
  const watched = new Map<string, Watched>()

  async function look({ instanceId, life, sealed }: Watched): Promise<void> {
    try {
      await sealed.look()
    } catch (error) {
      if (!life.isOver()) logger.warn('sealed.not-looked', { instanceId, error })
    }
  }

  async function lookAll(): Promise<void> {
    for (const [instanceId, { life }] of watched) if (life.isOver()) watched.delete(instanceId)
    const waiting = [...watched.values()].filter(({ sealed }) => sealed.isWaiting())
    if (waiting.length === 0) return
    const news = await instancesWithTriable(
      database,
      waiting.map(({ instanceId }) => instanceId),
    )
    await Promise.all(waiting.filter(({ instanceId }) => news.includes(instanceId)).map(look))
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
