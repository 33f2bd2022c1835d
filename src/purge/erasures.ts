// The one list of what our tables have of an instance: how each goes, in which order, and which tables stay and why. Every table of the
// database is in it, and a test says which is not.

export type Erasure = {
  /** Shown and counted under this name. */
  name: string
  /** Every table that loses rows by it; the first one's are counted. */
  tables: readonly string[]
  /** `key`s of at most $2 rows of the instance $1, locked: what is under way on them is over, or finds them gone. */
  keys: string
  /** In this order, each by the keys as $1. */
  deletes: readonly string[]
}

/** Rows of a table that name their instance, in whatever way `where` ($1) says. */
const rowsOf = (table: string, where = 'instance_id = $1'): Erasure => ({
  name: table,
  tables: [table],
  keys: `select ctid::text as key from ${table} where ${where} limit $2 for update`,
  deletes: [`delete from ${table} where ctid = any($1::tid[])`],
})

/** Lanes are named {endpoint}/{instance}/{chat}. */
const ofLane = `split_part(lane, '/', 2) = $1`
const ofHeaders = `headers ->> 'instance-id' = $1`

/**
 * What could still go out first; what others are found by, after them. Of what is written by an owner of the instance, the owner's row last:
 * without it nothing of theirs is written any more.
 */
export const erasures: readonly [Erasure, ...Erasure[]] = [
  rowsOf('webhook_mailbox'),
  {
    name: 'webhook_waiting',
    tables: ['webhook_waiting'],
    keys: `select w.delivery_id as key from webhook_waiting_lanes l join webhook_waiting w using (lane)
           where split_part(l.lane, '/', 2) = $1 limit $2 for update of w`,
    deletes: ['delete from webhook_waiting where delivery_id = any($1::text[])'],
  },
  {
    name: 'webhook_waiting_lanes',
    tables: ['webhook_waiting_lanes', 'webhook_waiting'],
    keys: `select lane as key from webhook_waiting_lanes where ${ofLane} limit $2 for update`,
    deletes: [
      'delete from webhook_waiting where lane = any($1::text[])',
      'delete from webhook_waiting_lanes where lane = any($1::text[])',
    ],
  },
  rowsOf('webhook_held', ofLane),
  rowsOf('projection_outbox', ofHeaders),
  rowsOf('webhook_media_early', `event ->> 'instanceId' = $1`),
  {
    name: 'webhook_media',
    tables: ['webhook_media', 'webhook_media_told'],
    keys: 'select event_id as key from webhook_media where instance_id = $1 limit $2 for update',
    deletes: [
      'delete from webhook_media_told where event_id = any($1::text[])',
      'delete from webhook_media where event_id = any($1::text[])',
    ],
  },
  {
    name: 'webhook_deliveries',
    tables: ['webhook_deliveries', 'webhook_attempts', 'webhook_deaths'],
    keys: 'select delivery_id as key from webhook_deliveries where instance_id = $1 limit $2 for update',
    deletes: [
      'delete from webhook_attempts where delivery_id = any($1::text[])',
      'delete from webhook_deaths where delivery_id = any($1::text[])',
      'delete from webhook_deliveries where delivery_id = any($1::text[])',
    ],
  },
  rowsOf('webhook_skipped', ofLane),
  rowsOf('webhook_lanes'),
  rowsOf('webhook_outbox', ofHeaders),
  rowsOf('api_outbox', 'key = $1'),
  rowsOf('projection_seen'),
  rowsOf('projection_quarantine', 'key = $1'),
  rowsOf('messages'),
  rowsOf('message_edits'),
  rowsOf('message_revokes'),
  rowsOf('message_reactions'),
  rowsOf('message_receipts'),
  rowsOf('media'),
  rowsOf('groups'),
  rowsOf('chats'),
  rowsOf('contacts'),
  rowsOf('address_pairs'),
  rowsOf('instances'),
  rowsOf('kept_stanzas'),
  rowsOf('instance_qr'),
  rowsOf('auth_creds'),
  rowsOf('auth_keys'),
  rowsOf('appended_parts'),
  rowsOf('instance_owners'),
]

/** Rows that name objects: they go after them (erase-objects.ts). */
export const objectRows = 'incoming_objects'

/** Tables that a purge leaves as they are, but for the name and the settings in instance_ids. */
export const keptTables: Readonly<Record<string, string>> = {
  purges: 'the tombstone',
  instance_ids: 'the id is never given out again; its name and settings are emptied',
  log_records: 'the log has no way to delete one key: its records stay until its retention',
  log_topics: 'topics are everybody’s',
  log_partitions: 'partitions are everybody’s',
  log_members: 'members of consumer groups',
  log_leases: 'partitions of consumer groups',
  log_progress: 'offsets of consumer groups',
  log_groups: 'names of consumer groups',
  log_identity: 'which log this is',
  schemas: 'records name them for ever',
  projection_checkpoints: 'offsets of projections',
  webhook_endpoints: 'endpoints are their operator’s, also those that name this instance alone',
  webhook_endpoint_versions: 'settings that an operator gave an endpoint, ids of instances among them',
  webhook_secrets: 'secrets of endpoints',
  webhook_listeners: 'who listens now, for a minute after the last sign of life',
  webhook_outbox_turn: 'whose turn it is',
  incoming_adoption: 'whether it was done',
  secrets: 'secrets of the server',
  zaplog_migrations: 'which migrations are applied',
}
