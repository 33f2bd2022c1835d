// Everything that may be asked of the read model. Lists answer {data, nextCursor}, newest first; a wrong cursor throws QueryError.

export { callColumns } from './call-columns.ts'
export { chatColumns, chatStateColumns, contactColumns, lastMessageColumns } from './chat-columns.ts'
export type { Columns } from './columns.ts'
export { groupColumns, participantColumns } from './group-columns.ts'
export { type Walk, walkKeptMedia } from './kept-media.ts'
export { ownAddressesOf } from './known-people.ts'
export { labelColumns } from './label-columns.ts'
export { fileColumns, outcomeColumns } from './media-columns.ts'
export {
  answerColumns,
  markColumns,
  messageColumns,
  originColumns,
  reactionColumns,
  receiptColumns,
  voteColumns,
} from './message-columns.ts'
export { type Page, type PageRequest, QueryError } from './page.ts'
export { readPendingMedia } from './pending-media.ts'
export { type CallAnswer, getCall, listCalls } from './query-calls.ts'
export { type ChatAnswer, type ContactAnswer, listChats, listContacts } from './query-chats.ts'
export { type EventRow, findEventRow } from './query-events.ts'
export { type GroupAnswer, type GroupWithPeople, getGroup, listGroups, listGroupsWithPeople } from './query-groups.ts'
export { getLabel, type LabelAnswer, listLabels, toldLabels } from './query-labels.ts'
export { listMedia, type MediaListAnswer, type MediaLocation, mediaOf } from './query-media.ts'
export { getMessage, getOldestMessage, listMessages, type MessageAnswer } from './query-messages.ts'
export {
  canonicalAddresses,
  chatTimer,
  getRecipient,
  listContactAddresses,
  type Recipient,
  recipientOf,
  recipientRead,
} from './query-recipients.ts'
export { estimatedRows } from './query-sizes.ts'
export { readModelName } from './tables.ts'
