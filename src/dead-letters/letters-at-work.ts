// Dead letters that are redriven, in the hands of whoever does it: claimed for a while, the oldest of each processor and key first and one at a
// time, and let go as redriven, dead again, or to be tried later. A claim has a word of its own, and ends with the ownership of the partition that the
// record was in: what an earlier holder still says counts for nothing.
import { randomUUID } from 'node:crypto'
import type { Transaction } from '../database/database.ts'
import { printable } from '../log/dead-letter.ts'
import type { TopicPartition } from '../log/log.ts'
import { isOwner, isRead } from '../log/progress.ts'
import { columns, type DeadLetter, type Row, toDeadLetter } from './letter-rows.ts'

/** `owner`: under which word its partition was taken; null: it is in none. */
export type Claimed = DeadLetter & { claim: string; owner: string | null }

/** A partition of a processor that this process took, under which word. */
export type LanesAt = TopicPartition & { processor: string; owner: string }
type Claiming = {
  lanes: readonly LanesAt[]
  /** Processors that have no lanes. */
  laneless: readonly string[]
  /** All processors that this release has. */
  known: readonly string[]
  limit: number
  leaseMs: number
  nobodysMs: number
}

/**
 * At most `limit` of what was in those lanes, of which somebody else's are none, or of those processors; and of processors that are not known, or that
 * do not read where the letter says that it was, once they are due for `nobodysMs`. One whose holder died is claimed again after `leaseMs`, and at
 * once by who took the partition from it.
 */
export async function claimLetters(
  database: Transaction,
  { lanes, laneless, known, limit, leaseMs, nobodysMs }: Claiming,
): Promise<readonly Claimed[]> {
  const rows = await database.query<Row & { claim: string; owner: string | null }>(
    `with lanes as materialized (
       select l.* from unnest($6::text[], $7::text[], $8::integer[], $9::text[]) as l(processor, topic, partition, owner)
        where ${isOwner({ consumerGroup: 'l.processor', topic: 'l.topic', partition: 'l.partition', owner: 'l.owner' })})
     update dead_letters d set claim = $1 || '/' || d.dead_letter_id, claimed_until = now() + $4 * interval '1 millisecond',
       owner = (select l.owner from lanes l where (l.processor, l.topic, l.partition) = (d.processor, d.origin_topic, d.origin_partition))
      where d.dead_letter_id in (
        select w.dead_letter_id from dead_letters w
          left join lanes l on (l.processor, l.topic, l.partition) = (w.processor, w.origin_topic, w.origin_partition)
         where w.state = 'redriving' and w.due_at <= now() and (coalesce(w.claimed_until < now(), true) or w.owner <> l.owner)
           and (l.owner is not null or w.processor = any ($2)
             or w.due_at < now() - $5 * interval '1 millisecond' and (w.processor <> all ($10) or not ${isRead(placeOfWaiting)}))
           and not exists (select from dead_letters e where e.state = 'redriving' and e.processor = w.processor and e.key = w.key
             and (e.origin_topic, e.origin_offset, e.dead_letter_id) < (w.origin_topic, w.origin_offset, w.dead_letter_id) offset 0)
         order by w.due_at, w.origin_topic, w.origin_offset, w.dead_letter_id limit $3 for update of w skip locked)
      returning ${columns}, d.claim, d.owner`,
    [
      ...[randomUUID(), laneless, limit, leaseMs, nobodysMs],
      ...[
        lanes.map(one => one.processor),
        lanes.map(one => one.topic),
        lanes.map(one => one.partition),
        lanes.map(one => one.owner),
      ],
      known,
    ],
  )
  return rows.map(row => ({ ...toDeadLetter(row), claim: row.claim, owner: row.owner }))
}

const placeOfWaiting = { consumerGroup: 'w.processor', topic: 'w.origin_topic', partition: 'w.origin_partition' }

/** false: it is somebody else's by now. */
export const renewClaim = (database: Transaction, { deadLetterId, claim }: Claimed, leaseMs: number): Promise<boolean> =>
  held(database, { deadLetterId, claim }, `claimed_until = now() + $3 * interval '1 millisecond'`, [leaseMs])

export type Ended =
  | { kind: 'redriven' }
  | { kind: 'failed'; code: string; message: string }
  | { kind: 'later'; delayMs: number; costsTry: boolean }

const free = 'claim = null, claimed_until = null, owner = null'
const over = `${free}, due_at = null, redrives = redrives + 1, redriven_at = now()`

/** false: it is somebody else's by now, and nothing is written. */
export function endTry(database: Transaction, of: Pick<Claimed, 'deadLetterId' | 'claim'>, ended: Ended): Promise<boolean> {
  switch (ended.kind) {
    case 'redriven':
      return held(database, of, `${over}, state = 'redriven'`, [])
    case 'failed':
      return held(database, of, `${over}, state = 'dead', error_code = $3, error_message = $4, tries = tries + 1`, [
        printable(ended.code),
        printable(ended.message),
      ])
    case 'later':
      return held(database, of, `${free}, due_at = now() + $3 * interval '1 millisecond', tries = tries + $4::integer`, [
        ended.delayMs,
        ended.costsTry ? 1 : 0,
      ])
  }
}

const ownedLane = { consumerGroup: 'd.processor', topic: 'd.origin_topic', partition: 'd.origin_partition', owner: 'd.owner' }

async function held(
  database: Transaction,
  { deadLetterId, claim }: Pick<Claimed, 'deadLetterId' | 'claim'>,
  set: string,
  values: readonly unknown[],
): Promise<boolean> {
  const rows = await database.query(
    `update dead_letters d set ${set} where dead_letter_id = $1 and claim = $2 and state = 'redriving'
       and (d.owner is null or ${isOwner(ownedLane)}) returning 1`,
    [deadLetterId, claim, ...values],
  )
  return rows.length > 0
}
