// What answers say of a chat and of a contact. query-chats.ts puts the rows of one person together, and selects these.
import { type Columns, instant, integer, text } from './columns.ts'

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

const isMuted = `coalesce((st.said ->> 'muted')::boolean, false) and coalesce((st.said ->> 'mutedUntil')::timestamptz, 'infinity') > now()`

/** What the account does with it: of what was said last, `st.said`, and of the row of the list, `p`. The clock of the database says what is over. */
export const chatStateColumns = {
  archived: { is: 'flag', select: 'p.archived', doc: 'Whether it is archived, as far as the phone says.' },
  muted: { is: 'flag', select: isMuted, doc: 'Whether it is muted now.' },
  mutedUntil: {
    ...instant,
    select: `case when ${isMuted} then (st.said ->> 'mutedUntil')::timestamptz end`,
    doc: 'Until when it is muted; null: it is not, or for ever.',
  },
  pinned: { is: 'flag', select: saidFlag('pinned'), doc: 'Whether it is pinned.' },
  unread: {
    is: 'flag',
    select: saidFlag('unread'),
    doc: 'Whether it is marked unread; messages that come count as unread by themselves.',
  },
  locked: { is: 'flag', select: saidFlag('locked'), doc: 'Whether it is locked.' },
  expiresInSeconds: {
    ...integer,
    select: `(st.said ->> 'expiresInSeconds')::integer`,
    doc: 'Disappearing messages: after how many seconds; 0: off; null: not known.',
  },
  deletedAt: {
    ...instant,
    select: `(st.said ->> 'deletedAt')::timestamptz`,
    doc: 'When the account deleted it last, as far as is known; what came later is in it again. null: never.',
  },
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

function saidFlag(name: string): string {
  return `coalesce((st.said ->> '${name}')::boolean, false)`
}
