// The read model: instances, chats, contacts, messages and their media as rows, the same ones whatever the interleaving of the topics.
import type { Transaction } from '../../database/database.ts'
import { withStorableIds } from '../../events/storable-ids.ts'
import { schemaOf } from '../make-tables.ts'
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
import { type MessageKey, settlingIn } from './settle-messages.ts'
import { type SortedEvents, sortEvents } from './sort-events.ts'
import { readModelName, tableNames } from './tables.ts'

/** Version 1, whose tables the database's migrations make. A later one is made in the same way, with the directory of its SQL files. */
export const readModel: Projection = createReadModel({ version: 1 })

/** Every table of version 1, by its whole name. */
export const readModelTables: readonly string[] = tableNames.map(table => `${schemaOf(readModel)}.${table}`)

export function createReadModel(of: { version: number; sql?: string }): Projection {
  const name = readModelName
  const schema = schemaOf({ name, version: of.version })
  const settle = settlingIn(schema)
  return {
    ...of,
    name,
    begins: 'at-the-first-record',
    reads: ['events', 'media-downloaded', 'media-stored', 'media-failed'],
    apply: async (tx: Transaction, placed: readonly Placed[]) => {
      const into = { tx, schema }
      const events = placed.map(one => withStorableIds(one.event))
      const sorted = sortEvents(events)
      const learnt = await learnAddressPairs(into, events)
      await projectInstances(into, sorted.instances)
      await projectContacts(into, sorted.contacts)
      await projectGroups(into, sorted.groups)
      await projectChats(into, sorted.messages)
      await projectMessages(into, sorted.messages)
      await projectEdits(into, sorted.edits)
      await projectRevokes(into, sorted.revokes)
      await projectReactions(into, sorted.reactions)
      await projectReceipts(into, sorted.receipts)
      await projectMedia(into, sorted.media)
      await settle(tx, touchedBy(sorted), learnt)
      return []
    },
  }
}

const touchedBy = ({ messages, edits, revokes }: SortedEvents): readonly MessageKey[] => [
  ...messages.map(event => ({ instanceId: event.instanceId, messageId: messageIdOf(event) })),
  ...[...edits, ...revokes].map(event => ({ instanceId: event.instanceId, messageId: event.targetMessageId })),
]
