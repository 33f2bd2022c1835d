// The topics of the log in Postgres: created as declared, never changed, every difference answered.
import type { Database } from '../../database/database.ts'
import { LogError, type TopicDeclaration, type TopicDifference } from '../log.ts'
import { toLogError } from './errors.ts'

export type Topic = { topic: string; partitions: number; maxRecordBytes: number; retentionMs: number | null }

/** Rejects `topic-missing`, or `unavailable`. */
export async function findTopic(database: Database, topic: string): Promise<Topic> {
  const found = await readTopic(database, topic)
  if (found === null) throw new LogError('topic-missing', `looking up topic ${topic}: the log has none of this name`)
  return found
}

export async function ensureTopics(database: Database, declared: readonly TopicDeclaration[], signal: AbortSignal) {
  const differences: TopicDifference[] = []
  for (const declaration of declared) {
    if (signal.aborted) throw new LogError('aborted', `creating topic ${declaration.topic}: aborted before it began`)
    differences.push(...differencesOf(declaration, await createMissing(database, declaration)))
  }
  return differences
}

type Row = { partitions: number; retention_ms: string | null; max_record_bytes: number }

async function readTopic(database: Database, topic: string): Promise<Topic | null> {
  const [row] = await ask(topic, () =>
    database.query<Row>('select partitions, retention_ms, max_record_bytes from log_topics where topic = $1', [topic]),
  )
  if (row === undefined) return null
  const retentionMs = row.retention_ms === null ? null : Number(row.retention_ms)
  return { topic, partitions: row.partitions, maxRecordBytes: row.max_record_bytes, retentionMs }
}

/** The topic and its partitions in one statement, so that no topic ever has only some of them. */
async function createMissing(database: Database, declared: TopicDeclaration): Promise<Topic> {
  const { topic, partitions, retentionMs, maxRecordBytes } = declared
  await ask(topic, () =>
    database.query(
      `with created as (
         insert into log_topics (topic, partitions, retention_ms, max_record_bytes) values ($1, $2, $3, $4)
         on conflict do nothing returning topic, partitions)
       insert into log_partitions (topic, partition) select topic, generate_series(0, partitions - 1) from created`,
      [topic, partitions, retentionMs === 'forever' ? null : retentionMs, maxRecordBytes],
    ),
  )
  const actual = await readTopic(database, topic)
  if (actual === null) throw new LogError('denied', `creating topic ${topic}: it was deleted meanwhile`)
  return actual
}

const ask = async <Answer>(topic: string, query: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await query()
  } catch (error) {
    throw toLogError(`asking Postgres about topic ${topic}`, error)
  }
}

/** Postgres keeps one copy of each record, and keeps all of them until they are too old. */
function differencesOf(declared: TopicDeclaration, actual: Topic): TopicDifference[] {
  const settings = [
    ['partitions', declared.partitions, actual.partitions],
    ['replication', declared.replication, 1],
    ['minInsync', declared.minInsync, 1],
    ['retentionMs', declared.retentionMs, actual.retentionMs ?? 'forever'],
    ['cleanup', declared.cleanup, 'delete'],
    ['maxRecordBytes', declared.maxRecordBytes, actual.maxRecordBytes],
  ] as const
  return settings
    .filter(([, wanted, found]) => wanted !== found)
    .map(([setting, wanted, found]) => ({ topic: declared.topic, setting, declared: String(wanted), actual: String(found) }))
}
