// What answers say of a chat and of a contact. query-chats.ts puts the rows of one person together, and selects these.
import { type Columns, text } from './columns.ts'

export const chatColumns = {
  instanceId: { is: 'text' },
  chatId: { is: 'text' },
  chatPn: text,
  isGroup: { is: 'flag' },
  name: {
    ...text,
    doc: 'What the group or channel is called, or the contact: in the phone’s address book, else by itself; null: not known.',
  },
  labels: { is: 'texts', doc: 'labelId of each label that it has.' },
  lastMessageAt: { is: 'instant', doc: 'When the last message came or went.' },
} satisfies Columns

/** Of the row of the table messages. */
export const lastMessageColumns = {
  eventId: { is: 'text' },
  messageId: { is: 'text' },
  kind: { is: 'text' },
  text,
  fromMe: { is: 'flag' },
  revoked: { is: 'flag', select: 'm.revoked_at is not null', doc: 'Whether it was deleted for everyone.' },
} satisfies Columns

export const contactColumns = {
  instanceId: { is: 'text' },
  contactId: { is: 'text' },
  contactPn: text,
  contactLid: text,
  name: text,
  pushName: text,
  blocked: { is: 'flag', doc: 'Whether the account blocked it.' },
  updatedAt: { is: 'instant', doc: 'When something was last said of it.' },
} satisfies Columns
