// The read model: instances, chats, contacts, messages and their media as rows, the same ones whatever the interleaving of the topics.
import type { Transaction } from '../../database/database.ts'
import { withStorableIds } from '../../events/storable-ids.ts'
import type { Placed, Projection } from '../projection.ts'
import { learnAddressPairs } from './addresses.ts'
import { projectChats } from './chats.ts'
import { projectContacts } from './contacts.ts'
import { projectGroups } from './groups.ts'
import { projectInstances } from './instances.ts'
import { projectMedia } from './media.ts'
import { projectEdits, projectRevokes } from './message-changes.ts'
import { messageIdOf } from './message-columns.ts'
import { projectMessages } from './messages.ts'
import { projectReactions } from './reactions.ts'
import { projectReceipts } from './receipts.ts'
import { type MessageKey, settleMessages } from './settle-messages.ts'
import { type SortedEvents, sortEvents } from './sort-events.ts'

export const readModel: Projection = {
  name: 'read-model',
  version: 1,
  begins: 'at-the-first-record',
  reads: ['events', 'media-downloaded', 'media-stored', 'media-failed'],
  apply: async (tx: Transaction, placed: readonly Placed[]) => {
    const events = placed.map(one => withStorableIds(one.event))
    const sorted = sortEvents(events)
    const learnt = await learnAddressPairs(tx, events)
    await projectInstances(tx, sorted.instances)
    await projectContacts(tx, sorted.contacts)
    await projectGroups(tx, sorted.groups)
    await projectChats(tx, sorted.messages)
    await projectMessages(tx, sorted.messages)
    await projectEdits(tx, sorted.edits)
    await projectRevokes(tx, sorted.revokes)
    await projectReactions(tx, sorted.reactions)
    await projectReceipts(tx, sorted.receipts)
    await projectMedia(tx, sorted.media)
    await settleMessages(tx, touchedBy(sorted), learnt)
    return []
  },
}

/** Every table of the read model, for whoever compares, counts or erases it. */
export const readModelTables = [
  'instances',
  'address_pairs',
  'contacts',
  'groups',
  'chats',
  'messages',
  'message_edits',
  'message_revokes',
  'message_reactions',
  'message_receipts',
  'media',
] as const

const touchedBy = ({ messages, edits, revokes }: SortedEvents): readonly MessageKey[] => [
  ...messages.map(event => ({ instanceId: event.instanceId, messageId: messageIdOf(event) })),
  ...[...edits, ...revokes].map(event => ({ instanceId: event.instanceId, messageId: event.targetMessageId })),
]
