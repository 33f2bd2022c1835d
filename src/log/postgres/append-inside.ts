// What append-inside.ts promises, on the tables of the log: log_append, called by a statement of somebody else's transaction.

import { unseen } from '../../database/unseen.ts'
import type { Appends } from '../append/appends.ts'
import { partitionOf } from '../append/partitioner.ts'
import { sizeOf } from '../append/send-queue.ts'
import { type AppendedRow, type AppendInside, positionOf } from '../append-inside.ts'
import type { RecentRecords } from '../engine/recent-records.ts'
import type { Append, Position } from '../log.ts'
import { headersText } from './append.ts'

type Deps = Pick<Appends, 'check' | 'counted'> & {
  /** Are told after the commit what is where, and the new ends. */
  recent: Pick<RecentRecords, 'keep'>
  appended(positions: readonly Position[]): void
}

/** A process that stops between the statement and its commit keeps the partitions locked for so long at most. */
const IDLE_MS = 5_000

export function createAppendInside({ check, counted, recent, appended }: Deps): AppendInside {
  /** By what was answered for them. */
  const prepared = new WeakMap<readonly unknown[], readonly Placed[]>()
  return {
    prepare: async (appends, signal) => {
      const all = (await Promise.all(appends.map(one => placed(check, one, signal)))).flat()
      const columns = columnsOf(all)
      prepared.set(columns, all)
      return columns
    },
    given,
    appending,
    committed: (rows, columns) => {
      const all = prepared.get(columns) ?? []
      for (const row of rows) {
        counted(row.topic, row.records)
        keepWhole(recent, row, all)
      }
      if (rows.length > 0) appended(rows.map(positionOf))
    },
  }
}

/** Which ones a statement left out of a partition is not known: of those nothing is kept. */
function keepWhole(recent: Deps['recent'], row: AppendedRow, all: readonly Placed[]): void {
  const here = all.filter(({ topic, partition }) => topic === row.topic && partition === row.partition)
  if (here.length !== row.records) return
  recent.keep(
    { topic: row.topic, partition: row.partition },
    BigInt(row.end_offset) - BigInt(row.records),
    here.map(({ record }) => record),
  )
}

const given = `unnest(${unseen('$1::text[]', '$2::integer[]', '$3::text[]', '$4::bytea[]', '$5::jsonb[]', '$6::timestamptz[]', '$7::integer[]')})
            with ordinality as r (topic, partition, key, content, headers, recorded_at, size_bytes, place)`

type Placed = { topic: string; partition: number; record: Append['records'][number] }

async function placed(check: Appends['check'], append: Append, signal: AbortSignal): Promise<readonly Placed[]> {
  const { topic, records, partition } = append
  const { partitions } = await check(append, signal)
  return records.map(record => ({ topic, partition: partition ?? partitionOf(record.key, partitions), record }))
}

const columnsOf = (all: readonly Placed[]): readonly unknown[] => [
  all.map(one => one.topic),
  all.map(one => one.partition),
  all.map(({ record }) => record.key.toWellFormed()),
  all.map(({ record }) => record.value),
  all.map(({ record }) => headersText(record)),
  all.map(({ record }) => new Date(record.recordedAt).toISOString()),
  all.map(({ record }) => sizeOf(record)),
]

/** Topics are compared as bytes, as send's order of them is. */
const ascending = 'topic collate "C", partition'

const appending = (records: string): string => `
  select g.topics[a.group_index] as topic, g.partitions[a.group_index] as partition, g.counts[a.group_index] as records, a.end_offset,
         set_config('idle_in_transaction_session_timeout', '${IDLE_MS}', true) as hurries
    from (select array_agg(topic order by ${ascending}) as topics, array_agg(partition order by ${ascending}) as partitions,
                 array_agg(records order by ${ascending}) as counts
            from (select topic, partition, count(*)::integer as records from ${records} group by topic, partition) runs) g,
         (select array_agg(key order by ${ascending}, place) as keys, array_agg(content order by ${ascending}, place) as contents,
                 array_agg(headers order by ${ascending}, place) as header_sets,
                 array_agg(recorded_at order by ${ascending}, place) as recorded_ats,
                 array_agg(size_bytes order by ${ascending}, place) as sizes
            from ${records}) r,
         lateral log_append(g.topics, g.partitions, g.counts, r.keys, r.contents, r.header_sets, r.recorded_ats, r.sizes) a
   where g.topics is not null`
