// A version takes over from the one before, partition by partition, each in one transaction: its checkpoint, the ids it has seen, the keys
// it left out, the records it passed over, what it owes the log. Its other rows (what is held, in which lane) have no version: they change hands with the checkpoint.
// Where two earlier versions have a checkpoint of a partition the later one's stands, and of the other only what it owes the log is taken over.
// Killed between two partitions it goes on with the next one; a step of the version before that comes later finds no checkpoint and stops.
import type { Database, Transaction } from '../database/database.ts'
import type { Partitioning } from './make-checkpoints.ts'
import type { Projection } from './projection.ts'

export async function handOver(
  database: Database,
  projection: Projection,
  { partitionOf }: Partitioning,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const before = await versionBefore(database, projection)
    if (before === null) return
    await database.transact(tx => handOverPartition(tx, { projection, before, partitionOf }), signal)
  }
}

type Before = { version: number; partition: number }

/** The first partition that an earlier version has; null: none. */
async function versionBefore(database: Transaction, { name, version }: Projection): Promise<Before | null> {
  const [row] = await database.query<Before>(
    `select version, partition from projection_checkpoints where projection = $1 and version < $2
     order by partition, version desc limit 1`,
    [name, version],
  )
  return row ?? null
}

type HandOver = { projection: Projection; before: Before; partitionOf: Partitioning['partitionOf'] }

/** The checkpoint first: it waits for a step that is being committed, and whoever did this meanwhile leaves nothing to do. */
async function handOverPartition(tx: Transaction, { projection, before, partitionOf }: HandOver): Promise<void> {
  const of = [projection.name, before.version, projection.version, before.partition]
  const [checkpoint] = await tx.query<{ found: boolean; stands: boolean }>(takeCheckpoint, [
    ...of,
    JSON.stringify(Object.fromEntries(projection.reads.map(name => [name, '0']))),
  ])
  if (checkpoint?.found !== true) return
  await tx.query('update projection_outbox set version = $3 where projection = $1 and version = $2 and partition = $4', of)
  const instances = await instancesOf(tx, { projection, before, partitionOf })
  if (checkpoint.stands) await takeOver(tx, { projection, before }, instances)
  else await forget(tx, { projection, before }, instances)
}

async function instancesOf(tx: Transaction, { projection, before, partitionOf }: HandOver): Promise<readonly string[]> {
  const seen = await tx.query<{ instance_id: string }>(instancesSeen, [projection.name, before.version])
  return seen.map(row => row.instance_id).filter(instanceId => partitionOf(instanceId) === before.partition)
}

type Versions = Pick<HandOver, 'projection' | 'before'>

/** One instance a statement: all that a partition may have together would take longer than a statement may. */
async function takeOver(tx: Transaction, { projection, before }: Versions, instances: readonly string[]): Promise<void> {
  const of = [projection.name, before.version, projection.version]
  const ofPartition = [...of, before.partition]
  await tx.query(
    'update projection_quarantine set version = $3 where projection = $1 and version = $2 and partition = $4',
    ofPartition,
  )
  await tx.query(
    'update projection_skips set version = $3 where projection = $1 and version = $2 and partition = $4',
    ofPartition,
  )
  const take = 'update projection_seen set version = $3 where projection = $1 and version = $2 and instance_id = $4'
  for (const instanceId of instances) await tx.query(take, [...of, instanceId])
}

async function forget(tx: Transaction, { projection, before }: Versions, instances: readonly string[]): Promise<void> {
  const of = [projection.name, before.version]
  const ofPartition = [...of, before.partition]
  await tx.query('delete from projection_quarantine where projection = $1 and version = $2 and partition = $3', ofPartition)
  await tx.query('delete from projection_skips where projection = $1 and version = $2 and partition = $3', ofPartition)
  const drop = 'delete from projection_seen where projection = $1 and version = $2 and instance_id = $3'
  for (const instanceId of instances) await tx.query(drop, [...of, instanceId])
}

/**
 * With the offsets of the version before for what both read, and with a greater revision. A topic that only this one reads begins at its
 * first record: it has to be one that is new to the log.
 */
const takeCheckpoint = `
  with before as (
    delete from projection_checkpoints where projection = $1 and version = $2 and partition = $4 returning partition, revision, offsets),
  taken as (
    insert into projection_checkpoints (projection, version, partition, revision, offsets)
    select $1, $3, partition, revision + 1,
      (select jsonb_object_agg(topic, coalesce(b.offsets ->> topic, first)) from jsonb_each_text($5::jsonb) as own(topic, first))
    from before b on conflict do nothing returning partition)
  select exists (select from before) as found, exists (select from taken) as stands`

/** Of all partitions: from instance to instance along the index, so that the ids of each cost one step. */
const instancesSeen = `
  with recursive seen as (
    (select instance_id from projection_seen where projection = $1 and version = $2 order by instance_id limit 1)
    union all
    select (select s.instance_id from projection_seen s
            where s.projection = $1 and s.version = $2 and s.instance_id > seen.instance_id order by s.instance_id limit 1)
    from seen where seen.instance_id is not null)
  select instance_id from seen where instance_id is not null`
