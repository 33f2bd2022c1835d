// How the log leaves Postgres: what there is to copy, who copies it, and the moment from which on it is elsewhere. What is copied stays here,
// out of everybody's reach, until it is deleted.
import type { Transaction } from '../../database/database.ts'
import type { Position, TopicPartition } from '../log.ts'

/** [firstOffset, endOffset) is there; the instants are epoch ms, null where there is no record. */
export type MovingPartition = TopicPartition & {
  firstOffset: bigint
  endOffset: bigint
  /** Of what was ever appended. */
  newestRecordedAt: number | null
  oldestRecordedAt: number | null
  sizeBytes: number
  /** Keys, values and headers of the largest one. */
  largestBytes: number
}
export type MovingTopic = { topic: string; partitions: number; retentionMs: number | 'forever' }

/** movedAt, in epoch ms: null while it is being copied. */
export type Move = { clusterId: string; writer: { producerId: string; producerEpoch: number }; movedAt: number | null }

export async function readMovingTopics(database: Transaction): Promise<readonly MovingTopic[]> {
  const rows = await database.query<{ topic: string; partitions: number; retention_ms: string | null }>(
    'select topic, partitions, retention_ms from log_topics order by topic collate "C"',
  )
  return rows.map(({ topic, partitions, retention_ms }) => ({
    topic,
    partitions,
    retentionMs: retention_ms === null ? 'forever' : Number(retention_ms),
  }))
}

type Row = {
  topic: string
  partition: number
  first_offset: string
  next_offset: string
  newest_at: string | null
  oldest_at: string | null
  size_bytes: string
  largest_bytes: number
}

/** Reads all sizes: of a million records for about a second. */
export async function readMovingPartitions(database: Transaction): Promise<readonly MovingPartition[]> {
  const rows = await database.query<Row>(`
    select p.topic, p.partition, p.first_offset, p.next_offset,
           case when isfinite(p.newest_recorded_at) then (extract(epoch from p.newest_recorded_at) * 1000)::bigint end as newest_at,
           (extract(epoch from r.oldest_at) * 1000)::bigint as oldest_at,
           coalesce(r.size_bytes, 0) as size_bytes, coalesce(r.largest_bytes, 0) as largest_bytes
      from log_partitions p left join (
           select topic, partition, min(recorded_at) as oldest_at, sum(size_bytes) as size_bytes, max(size_bytes) as largest_bytes
             from log_records group by topic, partition) r using (topic, partition)
     order by p.topic collate "C", p.partition`)
  return rows.map(row => ({
    topic: row.topic,
    partition: row.partition,
    firstOffset: BigInt(row.first_offset),
    endOffset: BigInt(row.next_offset),
    newestRecordedAt: row.newest_at === null ? null : Number(row.newest_at),
    oldestRecordedAt: row.oldest_at === null ? null : Number(row.oldest_at),
    sizeBytes: Number(row.size_bytes),
    largestBytes: row.largest_bytes,
  }))
}

/** Where records are that take more than so many bytes of keys, values and headers, the first hundred of a topic. */
export async function findLargeRecords(
  database: Transaction,
  topic: string,
  moreThanBytes: number,
): Promise<readonly Position[]> {
  const rows = await database.query<{ partition: number; offset: string }>(
    'select partition, "offset" from log_records where topic = $1 and size_bytes > $2 order by partition, "offset" limit 100',
    [topic, moreThanBytes],
  )
  return rows.map(({ partition, offset }) => ({ topic, partition, nextOffset: BigInt(offset) }))
}

/** null: nobody has begun to move it. */
export async function readMove(database: Transaction): Promise<Move | null> {
  const [row] = await database.query<{
    cluster_id: string
    producer_id: string
    producer_epoch: number
    moved_at: Date | null
  }>('select cluster_id, producer_id, producer_epoch, moved_at from log_moves')
  if (row === undefined) return null
  const { cluster_id, producer_id, producer_epoch, moved_at } = row
  const writer = { producerId: producer_id, producerEpoch: producer_epoch }
  return { clusterId: cluster_id, writer, movedAt: moved_at?.getTime() ?? null }
}

/** Durable before the first record is appended there. It takes the place of a copy in another cluster. */
export async function beginMove(database: Transaction, { clusterId, writer }: Omit<Move, 'movedAt'>): Promise<void> {
  await database.query(
    `insert into log_moves (cluster_id, producer_id, producer_epoch) values ($1, $2, $3)
     on conflict (is_only) do update set cluster_id = excluded.cluster_id, producer_id = excluded.producer_id,
       producer_epoch = excluded.producer_epoch, begun_at = now()`,
    [clusterId, writer.producerId, writer.producerEpoch],
  )
}

/**
 * Within a transaction: whoever appends waits for its end, and finds no partition where it commits. Answers false, and changes nothing,
 * where the log does not end where the copy does.
 */
export async function takeAway(tx: Transaction, copied: readonly Position[]): Promise<boolean> {
  await tx.query('lock table log_topics, log_partitions in exclusive mode')
  const rows = await tx.query<{ topic: string; partition: number; next_offset: string }>(
    'select topic, partition, next_offset from log_partitions',
  )
  const ends = new Map(copied.map(({ topic, partition, nextOffset }) => [`${topic}/${partition}`, String(nextOffset)]))
  if (rows.length !== ends.size) return false
  if (!rows.every(row => ends.get(`${row.topic}/${row.partition}`) === row.next_offset)) return false
  await tx.query(
    'insert into log_moved_partitions (topic, partition, first_offset, next_offset) select topic, partition, first_offset, next_offset from log_partitions',
  )
  await tx.query('delete from log_partitions')
  await tx.query('update log_moves set moved_at = now()')
  return true
}

/** Within a transaction, and for good: it waits for whoever is writing what follows from the log, and lets nobody do so who works with the old one. */
export async function fence(tx: Transaction): Promise<void> {
  await tx.query("select set_config('zaplog.log', 'kafka', true), fence_moved_log(true)")
}

/** Of a log that has moved, all at once, and its room on the disk with it. Answers how many records there were. */
export async function deleteMoved(tx: Transaction): Promise<bigint> {
  const [row] = await tx.query<{ records: string }>(
    'select coalesce(sum(next_offset - first_offset), 0)::bigint as records from log_moved_partitions',
  )
  await tx.query('truncate log_records')
  await tx.query('delete from log_moved_partitions')
  await tx.query('delete from log_topics where topic not in (select topic from log_partitions)')
  return BigInt(row?.records ?? 0)
}

/** 'zapl' as a number, and which of its locks: held by whoever moves the log. */
const lockKey = [0x7a61706c, 2] as const

/** For as long as the session lives. false: somebody else has it. */
export async function lockMove(session: Transaction): Promise<boolean> {
  const [row] = await session.query<{ locked: boolean }>('select pg_try_advisory_lock($1, $2) as locked', lockKey)
  return row?.locked === true
}

export async function isBeingMoved(database: Transaction): Promise<boolean> {
  const [row] = await database.query<{ held: boolean }>(
    `select exists (select from pg_locks l
      where l.locktype = 'advisory' and l.granted and l.classid = $1::bigint::oid and l.objid = $2::bigint::oid
        and l.database = (select oid from pg_database where datname = current_database())) as held`,
    lockKey,
  )
  return row?.held === true
}
