// What answers say of a chat and of a contact. query-chats.ts puts the rows of one person together, and selects these.
import { type Columns, text } from './columns.ts'

export const chatColumns = {
  instanceId: { is: 'text' },
  chatId: { is: 'text' },
  chatPn: text,
  isGroup: { is: 'flag' },
  name: text,
  lastMessageAt: { is: 'instant' },
} satisfies Columns

/** Of the row of the table messages. */
export const lastMessageColumns = {
  eventId: { is: 'text' },
  messageId: { is: 'text' },
  kind: { is: 'text' },
  text,
  fromMe: { is: 'flag' },
  revoked: { is: 'flag', select: 'm.revoked_at is not null' },
} satisfies Columns

export const contactColumns = {
  instanceId: { is: 'text' },
  contactId: { is: 'text' },
  contactPn: text,
  contactLid: text,
  name: { ...text, doc: 'as in the phone’s address book' },
  pushName: { ...text, doc: 'as the contact calls itself' },
  updatedAt: { is: 'instant' },
} satisfies Columns
