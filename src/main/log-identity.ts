// A database belongs to one log for ever: progress and checkpoints are offsets of that log, and mean other records in any other.
import type { Transaction } from '../database/database.ts'
import { CodedError } from '../runtime/coded-error.ts'

/** clusterId: what Kafka calls itself; null: the log is in the database itself. */
export type LogIdentity = { clusterId: string | null; topicPrefix: string }

/** Ends a start before any record is read from a log, or appended to it, that the database does not belong to. */
export class OtherLog extends CodedError<'other-log'> {
  override name = 'OtherLog'
  readonly port = 'start'
  constructor(kept: LogIdentity, wanted: LogIdentity) {
    const expected = `KAFKA_BROKERS and TOPIC_PREFIX to name the same log as before, ${move(kept, wanted)}or DATA_DIR or DATABASE_URL to name another database`
    super({
      code: 'other-log',
      message: `this database belongs to ${describeLog(kept)}, the settings name ${describeLog(wanted)}: expected ${expected}`,
      retryable: false,
      settings: ['KAFKA_BROKERS', 'TOPIC_PREFIX', 'DATA_DIR', 'DATABASE_URL'],
      expected,
    })
  }
}

/** Where the log can be moved to what the settings name. */
const move = (kept: LogIdentity, wanted: LogIdentity): string =>
  kept.clusterId === null && wanted.clusterId !== null && kept.topicPrefix === wanted.topicPrefix
    ? '`zaplog migrate --to-kafka` to have moved the log there, '
    : ''

/** Rejects OtherLog. A database that belongs to none yet fits all. */
export async function refuseOtherLog(database: Transaction, wanted: LogIdentity): Promise<void> {
  const kept = await readIdentity(database)
  if (kept === null) return
  if (!isSameLog(kept, wanted)) throw new OtherLog(kept, wanted)
}

/** For good, with what it has: every offset that is kept means the same record there. */
export async function giveLog(tx: Transaction, identity: LogIdentity): Promise<void> {
  await tx.query(
    `insert into log_identity (cluster_id, topic_prefix) values ($1, $2)
     on conflict (is_only) do update set cluster_id = excluded.cluster_id, topic_prefix = excluded.topic_prefix, claimed_at = now()`,
    [identity.clusterId, identity.topicPrefix],
  )
}

/** null: it belongs to none yet. */
export async function readIdentity(database: Transaction): Promise<LogIdentity | null> {
  const [kept] = await database.query<Row>('select cluster_id, topic_prefix from log_identity')
  return kept === undefined ? null : { clusterId: kept.cluster_id, topicPrefix: kept.topic_prefix }
}

/** Of several processes that start at once on different logs, one wins; the others get OtherLog. */
export async function claimLog(database: Transaction, wanted: LogIdentity): Promise<void> {
  await database.query('insert into log_identity (cluster_id, topic_prefix) values ($1, $2) on conflict do nothing', [
    wanted.clusterId,
    wanted.topicPrefix,
  ])
  await refuseOtherLog(database, wanted)
}

export const isSameLog = (one: LogIdentity, other: LogIdentity): boolean =>
  one.clusterId === other.clusterId && one.topicPrefix === other.topicPrefix

type Row = { cluster_id: string | null; topic_prefix: string }

export const describeLog = ({ clusterId, topicPrefix }: LogIdentity) =>
  `the log in ${clusterId === null ? 'Postgres' : `the Kafka cluster ${clusterId}`} whose topics begin with "${topicPrefix}"`
