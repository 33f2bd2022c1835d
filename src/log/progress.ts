// Progress of consumer groups, in Postgres whatever the log: written only by whoever took the partition last. One store per member of a group.
import { randomUUID } from 'node:crypto'
import type { Database } from '../database/database.ts'
import type { Position, Progress, ProgressStore, TopicPartition } from './log.ts'

export type ProgressRows = ProgressStore & {
  /**
   * The start step: rows at offset 0, or where `firsts` says, of topics that the group has never read. Rows lost since are not made again, because
   * reading from 0 would repeat what was done: whoever takes such a partition halts.
   */
  make(consumerGroup: string, topics: readonly string[], partitions: number, firsts?: readonly Position[]): Promise<void>
  /** What this member took of a group, each under a word of its own: somebody else may have it by now, which `isOwner` knows. */
  taken(consumerGroup: string): readonly (TopicPartition & { owner: string })[]
}

/** Condition of SQL: nobody has taken the partition of the group since it was taken under that word. */
export const isOwner = (of: Readonly<Record<'consumerGroup' | 'topic' | 'partition' | 'owner', string>>): string =>
  `exists (select from log_progress p where p.group_name = ${of.consumerGroup} and p.topic = ${of.topic}
     and p.partition = ${of.partition} and p.owner = ${of.owner})`

/** Condition of SQL: the group reads the partition, whoever has it. */
export const isRead = (of: Readonly<Record<'consumerGroup' | 'topic' | 'partition', string>>): string =>
  `exists (select from log_progress p where p.group_name = ${of.consumerGroup} and p.topic = ${of.topic} and p.partition = ${of.partition})`

export function createProgressStore(database: Database): ProgressRows {
  /** A fresh token with every take, so that a save sent before it never counts after it. */
  const tokens = new Map<string, TopicPartition & { consumerGroup: string; owner: string }>()
  const nameOf = (consumerGroup: string, { topic, partition }: TopicPartition) => `${consumerGroup} ${topic} ${partition}`

  return {
    make: async (consumerGroup, topics, partitions, firsts = []) => {
      await database.query(
        `with made as (
           insert into log_groups (group_name, topic) select $1, unnest($2::text[]) on conflict do nothing returning topic)
         insert into log_progress (group_name, topic, partition, next_offset)
         select $1, topic, partition, coalesce(first, 0) from made cross join generate_series(0, $3::integer - 1) partition
           left join unnest($4::text[], $5::integer[], $6::bigint[]) as f(topic, partition, first) using (topic, partition)
         on conflict do nothing`,
        [consumerGroup, topics, partitions, ...columnsOf(firsts)],
      )
    },
    take: async (consumerGroup, assigned, signal) => {
      signal.throwIfAborted()
      const owner = randomUUID()
      const rows = await database.query<Row>(takeSql, [consumerGroup, owner, topicsOf(assigned), partitionsOf(assigned)])
      const taken = rows.map(progressOf)
      for (const one of taken)
        tokens.set(nameOf(consumerGroup, one), { consumerGroup, topic: one.topic, partition: one.partition, owner })
      return taken
    },
    save: async (consumerGroup, progress, signal) => {
      signal.throwIfAborted()
      const [row] = await database.query<{ saved: boolean }>(saveSql, [
        consumerGroup,
        topicsOf(progress),
        partitionsOf(progress),
        progress.map(one => tokens.get(nameOf(consumerGroup, one))?.owner ?? null),
        progress.map(one => one.nextOffset.toString()),
        progress.map(one => JSON.stringify(one.finished.map(({ from, to }) => [from.toString(), to.toString()]))),
      ])
      return row?.saved === true
    },
    taken: consumerGroup => [...tokens.values()].filter(one => one.consumerGroup === consumerGroup),
  }
}

/** What is done of each partition that the group has begun, as it was last saved. */
export async function readProgress(database: Pick<Database, 'query'>, consumerGroup: string): Promise<readonly Position[]> {
  const rows = await database.query<Pick<Row, 'topic' | 'partition' | 'next_offset'>>(
    'select topic, partition, next_offset from log_progress where group_name = $1 order by topic, partition',
    [consumerGroup],
  )
  return rows.map(({ topic, partition, next_offset }) => ({ topic, partition, nextOffset: BigInt(next_offset) }))
}

type Row = { topic: string; partition: number; next_offset: string; finished: readonly (readonly [string, string])[] }

const progressOf = ({ topic, partition, next_offset, finished }: Row): Progress => ({
  topic,
  partition,
  nextOffset: BigInt(next_offset),
  finished: finished.map(([from, to]) => ({ from: BigInt(from), to: BigInt(to) })),
})

const columnsOf = (firsts: readonly Position[]) => [
  topicsOf(firsts),
  partitionsOf(firsts),
  firsts.map(one => one.nextOffset.toString()),
]
const topicsOf = (of: readonly TopicPartition[]) => of.map(({ topic }) => topic)
const partitionsOf = (of: readonly TopicPartition[]) => of.map(({ partition }) => partition)

/** Rows are locked in one order by take and save, so that they cannot deadlock. */
const takeSql = `
  with ours as (
    select p.topic, p.partition from log_progress p
     where p.group_name = $1 and (p.topic, p.partition) in (select * from unnest($3::text[], $4::integer[]))
     order by p.topic, p.partition for update)
  update log_progress p set owner = $2 from ours
   where p.group_name = $1 and p.topic = ours.topic and p.partition = ours.partition
  returning p.topic, p.partition, p.next_offset, p.finished`

/** All or nothing: either every row is still ours, or none is written. */
const saveSql = `
  with given as (
    select * from unnest($2::text[], $3::integer[], $4::text[], $5::bigint[], $6::jsonb[]) as g (topic, partition, owner, next_offset, finished)),
  ours as (
    select p.topic, p.partition from log_progress p join given g on g.topic = p.topic and g.partition = p.partition and g.owner = p.owner
     where p.group_name = $1 order by p.topic, p.partition for update of p),
  saved as (
    update log_progress p set next_offset = g.next_offset, finished = g.finished, saved_at = now()
      from given g
     where p.group_name = $1 and p.topic = g.topic and p.partition = g.partition
       and (select count(*) from ours) = (select count(*) from given)
    returning 1)
  select count(*) = (select count(*) from given) as saved from saved`

/** For a person: makes the row that a member halted for, where reading the partition again from its first record is meant. */
export const progressRowCommand = (consumerGroup: string, { topic, partition }: TopicPartition): string =>
  `insert into log_progress (group_name, topic, partition, next_offset) values ('${consumerGroup}', '${topic}', ${partition}, 0)`
