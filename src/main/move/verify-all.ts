// The whole copy is read back and compared before anything depends on it.
import type { MovingPartition } from '../../log/postgres/move-out.ts'
import { backoffMs, wait } from '../../runtime/wait.ts'
import { type Copying, isPassing } from './copy-partition.ts'
import { MoveRefused } from './move-refused.ts'
import type { Plan, PlannedTopic } from './plan.ts'
import { sideBySide } from './side-by-side.ts'
import { greatest, verifyStretch } from './verify-stretch.ts'

/** `expired`: records that Kafka has deleted by now as they are older than their topic keeps them. */
type Verified = { verified: number; expired: number }

const MOST_TRIES = 60
const AGAIN = { baseMs: 200, capMs: 5_000, jitter: 0.2 }

/** Rejects MoveRefused for what differs, and what the ports reject. */
export async function verifyAll(copying: Copying, { topics }: Pick<Plan, 'topics'>, signal: AbortSignal): Promise<Verified> {
  const all = topics.flatMap(({ partitions, declared }) => partitions.map(partition => ({ partition, declared })))
  const of = all.reduce((sum, { partition }) => sum + Number(partition.endOffset - partition.firstOffset), 0)
  const found = { verified: 0, expired: 0 }
  const tell = () => copying.told.progressed({ step: 'verify', done: found.verified + found.expired, of, bytes: 0 })
  tell()
  await sideBySide(
    all,
    async (one, stopping) => {
      const expired = await verifyPersistently(copying, one, stopping, records => {
        found.verified += records
        tell()
      })
      found.expired += expired
    },
    signal,
  )
  return found
}

type Of = Pick<PlannedTopic, 'declared'> & { partition: MovingPartition }
/** What lies before `upTo` was compared, or has expired. */
type Seen = { upTo: bigint; expired: number }

/** Answers how many records have expired. What Kafka deletes while it is read is looked at again, and what was compared is not. */
async function verifyPersistently(copying: Copying, of: Of, signal: AbortSignal, count: (records: number) => void) {
  const seen: Seen = { upTo: of.partition.firstOffset, expired: 0 }
  for (let tries = 0; ; tries += 1) {
    try {
      await verifyRest(copying, { ...of, seen }, signal, records => {
        seen.upTo += BigInt(records)
        tries = 0
        count(records)
      })
      return seen.expired
    } catch (error) {
      if (!isPassing(error) || tries === MOST_TRIES) throw error
      if (tries > 0) copying.told.waiting(error.message)
      await wait(backoffMs({ ...AGAIN, attempt: tries + 1, random: Math.random() }), signal)
      signal.throwIfAborted()
    }
  }
}

async function verifyRest(
  copying: Copying,
  { partition: of, declared, seen }: Of & { seen: Seen },
  signal: AbortSignal,
  count: (records: number) => void,
): Promise<void> {
  const { topic, partition } = of
  const there = await copying.copy.bounds(of)
  const misplaced = (what: string) => new MoveRefused('copy-differs', [`${topic}/${partition}: in Kafka it ${what}`])
  if (there.endOffset !== of.endOffset) throw misplaced(`ends at ${there.endOffset}, expected ${of.endOffset}`)
  const isShorter = there.firstOffset > of.firstOffset
  if (
    there.firstOffset < of.firstOffset ||
    (isShorter && !(await hasExpired(copying, { declared, of, before: there.firstOffset }, signal)))
  )
    throw misplaced(`begins at ${there.firstOffset}, expected ${of.firstOffset}`)
  const from = greatest(seen.upTo, there.firstOffset)
  seen.expired += Number(from - seen.upTo)
  seen.upTo = from
  await verifyStretch(copying, { topic, partition, from, until: of.endOffset }, signal, count)
}

/** All of the partition before that offset is older than its topic keeps records: Postgres would have deleted it, too. */
async function hasExpired(
  { log, clock }: Copying,
  { declared, of, before }: Pick<Of, 'declared'> & { of: MovingPartition; before: bigint },
  signal: AbortSignal,
): Promise<boolean> {
  if (declared.retentionMs === 'forever') return false
  const kept = await log.positionsAt(of.topic, { recordedAt: clock() - declared.retentionMs }, signal)
  return (kept.find(({ partition }) => partition === of.partition)?.nextOffset ?? 0n) >= before
}
