// The tables of a version of the read model. Each version has them in a schema of its own (make-tables.ts), which its statements name. Queries
// name none: views outside of the schemas have the tables' names and show the version that is live (go-live.ts).

export const readModelName = 'read-model'

export const tableNames = [
  'instances',
  'address_pairs',
  'contacts',
  'groups',
  'group_participants',
  'calls',
  'labels',
  'label_links',
  'channels',
  'blocks',
  'chats',
  'messages',
  'message_edits',
  'message_edited_contents',
  'message_revokes',
  'message_reactions',
  'message_receipts',
  'poll_votes',
  'event_answers',
  'message_pins',
  'message_stars',
  'message_deletions',
  'chat_states',
  'media',
  // Made from the others in the statements that change those, by triggers: nothing else writes them.
  'listed_chats',
  'listed_contacts',
  'listed_media',
  'provisional_messages',
] as const
export type TableName = (typeof tableNames)[number]
