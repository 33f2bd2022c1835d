// Replays that are over for a week, or were taken down, are deleted: their topics, one after another, then the row. One process has such a row, and
// says so while it deletes: until the row is gone nobody makes a topic of that name.
import { randomUUID } from 'node:crypto'
import type { Database, Transaction } from '../database/database.ts'
import type { EventLog } from '../log/log.ts'
import { CodedError } from '../runtime/coded-error.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import { wait } from '../runtime/wait.ts'
import { type Held, letGo } from './held-replays.ts'

export type RemoveDeps = {
  database: Database
  log: Pick<EventLog, 'deleteTopics'>
  logger: Logger
  leaseMs: number
  /** What was away is tried again so much later [1 s]. */
  againAfterMs?: number
  /** What no waiting mends, too: somebody may mend it [10 min]. */
  refusedAgainMs?: number
}
type Removed = Held & { name: string; madeTopics: readonly string[] }

const AGAIN_AFTER_MS = 1_000
const REFUSED_AGAIN_MS = 600_000
/** Of a lease: so often it is renewed. */
const RENEW_SHARE = 1 / 3

/** One after another; what cannot be deleted keeps no other waiting. Never rejects: what is left is tried again. */
export async function removeReplays(deps: RemoveDeps, signal: AbortSignal): Promise<void> {
  const { database, logger, leaseMs } = deps
  const owner = randomUUID()
  try {
    await expireReplays(database)
    while (!signal.aborted) {
      const removed = await holdRemoved(database, { owner, leaseMs })
      if (removed === null) return
      await removeOne(deps, removed, signal)
    }
  } catch (error) {
    if (!signal.aborted) logger.warn('replays.not-removed', { error })
  }
}

/** What keeps one of them from being deleted; null: nothing. */
export async function readNotRemoved(database: Transaction): Promise<string | null> {
  const [row] = await database.query<{ name: string; trouble: string }>(
    'select name, trouble from replays where removed and trouble is not null order by replay_id limit 1',
  )
  return row === undefined ? null : `the topics of replay ${row.name} are not deleted: ${row.trouble}`
}

async function removeOne(deps: RemoveDeps, removed: Removed, signal: AbortSignal): Promise<void> {
  const { database, log, logger, leaseMs } = deps
  const { replayId, madeTopics } = removed
  const [lost, over] = [new AbortController(), new AbortController()]
  const renewing = renew(deps, removed, lost, over.signal)
  try {
    for (const topic of madeTopics) {
      if (!(await keepRemoved(database, removed, leaseMs))) return
      await log.deleteTopics([topic], AbortSignal.any([signal, lost.signal]))
    }
    if (await forgetReplay(database, removed)) logger.info('replay.removed', { replayId, topics: madeTopics })
  } catch (error) {
    if (signal.aborted) return
    logger.warn('replay.not-removed', { replayId, error })
    await noteTrouble(database, removed, { trouble: describeError(error), againMs: againMs(deps, error) })
  } finally {
    over.abort()
    await renewing
    await letGo(database, removed)
  }
}

const againMs = ({ againAfterMs = AGAIN_AFTER_MS, refusedAgainMs = REFUSED_AGAIN_MS }: RemoveDeps, error: unknown): number =>
  error instanceof CodedError && (error.retryable || error.code === 'aborted') ? againAfterMs : refusedAgainMs

/** Never rejects. Whoever does not know whether it is still theirs deletes nothing more. */
async function renew(
  { database, logger, leaseMs }: RemoveDeps,
  removed: Removed,
  lost: AbortController,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (await wait(leaseMs * RENEW_SHARE, signal)) if (!(await keepRemoved(database, removed, leaseMs))) return lost.abort()
  } catch (error) {
    logger.warn('replay.not-removed', { replayId: removed.replayId, error })
    lost.abort()
  }
}

/** What nobody took down within its time goes as if somebody had. */
async function expireReplays(database: Transaction): Promise<void> {
  await database.query('update replays set removed = true where expires_at < now() and not removed')
}

/** Removed, written by nobody any more, and this owner's to delete; null: there is none whose time has come. */
async function holdRemoved(
  database: Transaction,
  { owner, leaseMs }: { owner: string; leaseMs: number },
): Promise<Removed | null> {
  const [row] = await database.query<{ replay_id: string; name: string; made_topics: string[] }>(
    `update replays set owner = $1, leased_until = now() + $2 * interval '1 millisecond'
     where replay_id = (
       select replay_id from replays
        where removed and (owner is null or leased_until < now()) and (remove_again_at is null or remove_again_at < now())
        order by remove_again_at nulls first, replay_id limit 1 for update skip locked)
     returning replay_id, name, made_topics`,
    [owner, leaseMs],
  )
  return row === undefined ? null : { replayId: row.replay_id, owner, name: row.name, madeTopics: row.made_topics }
}

/** false: it is somebody else's by now. */
async function keepRemoved(database: Transaction, { replayId, owner }: Held, leaseMs: number): Promise<boolean> {
  const rows = await database.query(
    `update replays set leased_until = now() + $3 * interval '1 millisecond' where replay_id = $1 and owner = $2 and removed
     returning replay_id`,
    [replayId, owner, leaseMs],
  )
  return rows.length > 0
}

async function noteTrouble(
  database: Transaction,
  { replayId, owner }: Held,
  { trouble, againMs: ms }: { trouble: string; againMs: number },
): Promise<void> {
  await database.query(
    `update replays set trouble = $3, remove_again_at = now() + $4 * interval '1 millisecond'
     where replay_id = $1 and owner = $2 and removed`,
    [replayId, owner, trouble, ms],
  )
}

/** Once its topics are gone. false: it is somebody else's by now. */
export async function forgetReplay(database: Transaction, { replayId, owner }: Held): Promise<boolean> {
  const rows = await database.query('delete from replays where replay_id = $1 and owner = $2 and removed returning replay_id', [
    replayId,
    owner,
  ])
  return rows.length > 0
}
