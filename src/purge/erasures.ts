// The one list of what our tables have of an instance: how each goes is said by its owner, in which order is said here, and which tables stay
// and why. Every table of the database is in it, and a test says which is not.
import { lettersErasure } from '../dead-letters/letter-rows.ts'
import { commandsErasure } from '../instances/commands.ts'
import { firstContactsErasure } from '../instances/first-contacts.ts'
import { syncsErasure } from '../instances/history-syncs.ts'
import { ownerErasure } from '../instances/instance-owners.ts'
import { qrErasure } from '../instances/instance-qr.ts'
import { tallyErasures } from '../instances/instance-tallies.ts'
import { labelNumbersErasure } from '../instances/label-numbers.ts'
import { pairsErasure } from '../instances/learned-pairs.ts'
import { secretsErasures } from '../instances/message-secrets.ts'
import { owedErasure } from '../instances/outbox.ts'
import { turnsErasure } from '../instances/outgoing-turns.ts'
import { pairingErasures } from '../instances/pairing-codes.ts'
import { subscriptionsErasure } from '../instances/presence-subscriptions.ts'
import { sessionsErasure } from '../instances/processing-sessions.ts'
import { readsErasure } from '../instances/socket-reads.ts'
import { uploadsErasure } from '../instances/uploads.ts'
import { incomingObjectRows } from '../processors/incoming-rows.ts'
import { authErasures } from '../producers/auth/auth-tables.ts'
import { stanzaPartsErasure } from '../producers/gate/appended-stanza-parts.ts'
import { keptErasure } from '../producers/gate/kept-stanzas.ts'
import { sealedErasure } from '../producers/secrets/sealed-rows.ts'
import { toldErasure } from '../producers/told/told-rows.ts'
import { accountErasures } from '../projections/account.ts'
import { all } from '../projections/all.ts'
import * as projections from '../projections/outbox.ts'
import { quarantineErasures } from '../projections/quarantine.ts'
import { readModelErasures } from '../projections/read-model/erasures.ts'
import { rebuiltErasure } from '../projections/rebuild/erasure.ts'
import { findingsErasure } from '../projections/rebuild/rebuild-rows.ts'
import { seenErasure } from '../projections/seen.ts'
import { lanesOfInstance, waitingLanesErasure } from '../webhooks/bridge/waiting-lanes.ts'
import { deliveriesErasure } from '../webhooks/deliveries/deliveries.ts'
import { outboxErasure } from '../webhooks/deliveries/outbox-rows.ts'
import { skippedErasure } from '../webhooks/deliveries/skipped.ts'
import { waitingErasure } from '../webhooks/deliveries/waiting.ts'
import { mailboxErasure } from '../webhooks/endpoints/mailbox.ts'
import { lanesErasure } from '../webhooks/stream/chat-lanes.ts'
import { heldErasure } from '../webhooks/stream/held.ts'
import { earlyMediaErasure } from '../webhooks/stream/media-early.ts'
import { mediaErasure } from '../webhooks/stream/media-messages.ts'
import type { Erasure } from './erasure.ts'
import type { ObjectRows } from './object-rows.ts'

/**
 * What could still go out first; what others are found by, after them. Of what is written by an owner of the instance, the owner's row last:
 * without it nothing of theirs is written any more.
 */
export const erasures: readonly [Erasure, ...Erasure[]] = [
  mailboxErasure,
  lettersErasure,
  waitingErasure(lanesOfInstance),
  waitingLanesErasure,
  heldErasure,
  projections.outboxErasure,
  earlyMediaErasure,
  mediaErasure,
  // Before the attempts whose rows its records are made from.
  outboxErasure,
  deliveriesErasure,
  skippedErasure,
  lanesErasure,
  owedErasure,
  sessionsErasure,
  commandsErasure,
  firstContactsErasure,
  turnsErasure,
  uploadsErasure,
  seenErasure,
  ...quarantineErasures,
  ...accountErasures,
  ...readModelErasures(all),
  rebuiltErasure,
  findingsErasure,
  keptErasure,
  qrErasure,
  ...pairingErasures,
  readsErasure,
  ...authErasures,
  stanzaPartsErasure,
  ...secretsErasures,
  sealedErasure,
  syncsErasure,
  pairsErasure,
  subscriptionsErasure,
  labelNumbersErasure,
  ...tallyErasures,
  toldErasure,
  ownerErasure,
]

export const objectRows: ObjectRows = incomingObjectRows

/** Tables that a purge leaves as they are, but for the name and the settings in instance_ids. */
export const keptTables: Readonly<Record<string, string>> = {
  purges: 'the tombstone',
  instance_ids: 'the id is never given out again; its name and settings are emptied',
  commands_begin: 'offsets of the log',
  log_records:
    'the log has no way to delete one key: its records stay until its retention, and those of a log that moved until migrate --delete-old',
  log_topics: 'topics are everybody’s',
  log_partitions: 'partitions are everybody’s',
  log_members: 'members of consumer groups',
  log_leases: 'partitions of consumer groups',
  log_progress: 'offsets of consumer groups',
  log_groups: 'names of consumer groups',
  log_identity: 'which log this is',
  log_moves: 'where the log moved',
  log_moved_partitions: 'partitions of a log that moved',
  schemas: 'records name them for ever',
  projection_checkpoints: 'offsets of projections',
  projection_live: 'which version of a projection is read',
  rereads: 'offsets of what projections read once more',
  projection_files: 'which SQL files of projections are applied',
  rebuilds: 'how rebuilds of projections stand',
  webhook_endpoints: 'endpoints are their operator’s, also those that name this instance alone',
  webhook_endpoint_versions: 'settings that an operator gave an endpoint, ids of instances among them',
  webhook_secrets: 'secrets of endpoints',
  webhook_listeners: 'who listens now, for a minute after the last sign of life',
  webhook_outbox_turn: 'who has the drain lease',
  replays: 'what an operator asked to be copied, ids of instances among it; it goes with its topic, a week after its end',
  replay_partitions: 'offsets of replays',
  incoming_adoption: 'whether it was done',
  secrets: 'secrets of the server',
  sealing_keys: 'ids of keys',
  registry_ids: 'ids of schemas',
  zaplog_migrations: 'which migrations are applied',
}
