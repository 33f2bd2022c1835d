// How far behind its end a position of the log in Postgres is, in records and in time.
import type { Database } from '../../database/database.ts'
import { type Lag, LogError, type Position } from '../log.ts'
import { toLogError } from './errors.ts'

type Row = { first_offset: string; next_offset: string; recorded_at: Date | null }

/** In the order asked. lagMs is null where the next record is no longer in the log. */
export async function readLag(database: Database, of: readonly Position[], signal: AbortSignal): Promise<Lag[]> {
  if (signal.aborted) throw new LogError('aborted', 'reading the lag: aborted before it began')
  const rows = await askFor(database, of)
  return of.map((position, index) => {
    const row = rows[index]
    if (row === undefined)
      throw new LogError(
        'topic-missing',
        `reading the lag of ${position.topic}/${position.partition}: the log has no such partition`,
      )
    const firstOffset = BigInt(row.first_offset)
    const endOffset = BigInt(row.next_offset)
    const lagRecords = Math.max(0, Number(endOffset - position.nextOffset))
    const waitedMs = row.recorded_at === null ? null : Math.max(0, Date.now() - row.recorded_at.getTime())
    return { ...position, firstOffset, endOffset, lagRecords, lagMs: lagRecords === 0 ? 0 : waitedMs }
  })
}

async function askFor(database: Database, of: readonly Position[]) {
  try {
    const rows = await database.query<Row & { place: string }>(
      `select a.place, p.first_offset, p.next_offset, r.recorded_at
         from unnest($1::text[], $2::integer[], $3::bigint[]) with ordinality as a (topic, partition, next_offset, place)
         join log_partitions p on p.topic = a.topic and p.partition = a.partition
         left join log_records r on r.topic = a.topic and r.partition = a.partition and r."offset" = a.next_offset`,
      [of.map(one => one.topic), of.map(one => one.partition), of.map(one => one.nextOffset.toString())],
    )
    const byPlace = new Map(rows.map(row => [Number(row.place) - 1, row]))
    return of.map((_, index) => byPlace.get(index))
  } catch (error) {
    throw toLogError(`reading the lag of ${of.length} partitions`, error)
  }
}
