// Outcomes of files whose message has not been read yet; they are taken up right after it. Kept 30 days: one whose message is not known by then
// is delivered without it.
import type { Transaction } from '../../database/database.ts'
import { rowsOf } from '../../purge/erasure.ts'
import type { MediaEvent } from './media-outcome.ts'

/** Without bytes: keys and raw protobuf stay in the log. */
export async function keepEarly(tx: Transaction, event: MediaEvent, partition: number): Promise<void> {
  const kept = Object.fromEntries(
    Object.entries(event).filter(([name]) => name !== 'raw' && name !== 'rawObject' && name !== 'mediaSource'),
  )
  await tx.query('insert into webhook_media_early (source_event_id, partition, event) values ($1, $2, $3)', [
    event.sourceEventId,
    partition,
    JSON.stringify(kept),
  ])
}

/** In the order in which they came. */
export async function takeEarly(tx: Transaction, sourceEventId: string): Promise<readonly MediaEvent[]> {
  const rows = await tx.query<EarlyRow>('delete from webhook_media_early where source_event_id = $1 returning early_id, event', [
    sourceEventId,
  ])
  return inOrder(rows)
}

/** A statement: the partitions with rows past their time. */
export const partitionsOfOldEarly = `select partition from webhook_media_early where read_at < now() - interval '30 days'`

/** At most 100, in the order in which they came. */
export async function takeOldEarly(tx: Transaction, partition: number): Promise<readonly MediaEvent[]> {
  const rows = await tx.query<EarlyRow>(
    `delete from webhook_media_early where early_id in (
       select early_id from webhook_media_early where partition = $1 and read_at < now() - interval '30 days' order by read_at limit 100)
     returning early_id, event`,
    [partition],
  )
  return inOrder(rows)
}

type EarlyRow = { early_id: string; event: MediaEvent }
const inOrder = (rows: readonly EarlyRow[]): readonly MediaEvent[] =>
  [...rows].sort((a, b) => Number(BigInt(a.early_id) - BigInt(b.early_id))).map(row => row.event)

export const earlyMediaErasure = rowsOf('webhook_media_early', `event ->> 'instanceId' = $1`)
