// A database belongs to one log for ever: progress and checkpoints are offsets of that log, and mean other records in any other.
import type { Transaction } from '../database/database.ts'

/** clusterId: what Kafka calls itself; null: the log is in the database itself. */
export type LogIdentity = { clusterId: string | null; topicPrefix: string }

/** Ends a start before any record is read from a log, or appended to it, that the database does not belong to. */
export class OtherLog extends Error {
  override name = 'OtherLog'
  readonly code = 'other-log'
  readonly retryable = false
  constructor(kept: LogIdentity, wanted: LogIdentity) {
    super(
      `this database belongs to ${describe(kept)}, the settings name ${describe(wanted)}: expected KAFKA_BROKERS and TOPIC_PREFIX to ` +
        'name the same log as before, or DATA_DIR or DATABASE_URL to name another database',
    )
  }
}

/** Rejects OtherLog. A database that belongs to none yet fits all. */
export async function refuseOtherLog(database: Transaction, wanted: LogIdentity): Promise<void> {
  const [kept] = await database.query<Row>('select cluster_id, topic_prefix from log_identity')
  if (kept === undefined) return
  const identity = { clusterId: kept.cluster_id, topicPrefix: kept.topic_prefix }
  if (identity.clusterId !== wanted.clusterId || identity.topicPrefix !== wanted.topicPrefix) throw new OtherLog(identity, wanted)
}

/** Of several processes that start at once on different logs, one wins; the others get OtherLog. */
export async function claimLog(database: Transaction, wanted: LogIdentity): Promise<void> {
  await database.query('insert into log_identity (cluster_id, topic_prefix) values ($1, $2) on conflict do nothing', [
    wanted.clusterId,
    wanted.topicPrefix,
  ])
  await refuseOtherLog(database, wanted)
}

type Row = { cluster_id: string | null; topic_prefix: string }

const describe = ({ clusterId, topicPrefix }: LogIdentity) =>
  `the log in ${clusterId === null ? 'Postgres' : `the Kafka cluster ${clusterId}`} whose topics begin with "${topicPrefix}"`
