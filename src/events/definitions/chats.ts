// What the account does with its chats, labels and blocked contacts, on whichever of its devices.
import { type EventShape, field, optional, personal } from '../schema-fields.ts'
import { origin } from './origin.ts'

const appState = 'The app state says so: it was done on the phone or on another linked device.'
const again = 'A copy under the same eventId after a death at the wrong moment; what did not change since is not told again.'
const isGroup = field('boolean', 'Whether the chat is a group (…@g.us); channels, status and broadcast lists are none.')

export const labelFields = {
  labelId: field('string', 'WhatsApp’s id of the label.'),
  name: personal(optional('string', 'What it is called; null: it is about a chat or a message, or not said.')),
  color: optional('int', 'Its colour, by its place in WhatsApp’s palette; null: as for name.'),
  deleted: optional('boolean', 'true: there is no such label any more; null: there is.'),
  on: optional('boolean', 'true: chatId, or the message, has it now; false: not any more; null: it is about the label itself.'),
  targetMessageId: optional('string', 'The message that has it; null: the chat, or the label itself.'),
  origin,
}

export const chatEvents: readonly EventShape[] = [
  {
    type: 'chat.updated',
    doc: 'A chat was archived, muted, pinned, marked unread, locked, or its timer was set; what did not change is left out.',
    when: `${appState} Of the timer, that a stanza says so, or that WhatsApp’s server took the command for it. Or the phone’s history says how the account has it.`,
    again: `${again} What messages undo by themselves (archived, unread) is told whenever it is done.`,
    not: 'Messages that come, which count as unread by themselves; the timer of a group, which is group.updated.',
    fields: {
      archived: optional('boolean', 'Whether it is archived; null: that did not change.'),
      muted: optional('boolean', 'Whether it is muted; null: that did not change.'),
      mutedUntil: optional('instant', 'Until when it is muted; null: for ever, not muted, or that did not change.'),
      pinned: optional('boolean', 'Whether it is pinned; null: that did not change.'),
      unread: optional('boolean', 'true: marked unread; false: read elsewhere; null: that did not change.'),
      locked: optional('boolean', 'Whether it is locked; null: that did not change.'),
      expiresInSeconds: optional('int', 'Disappearing messages: after how many seconds; 0: off; null: that did not change.'),
      isGroup,
      origin,
    },
  },
  {
    type: 'chat.deleted',
    doc: 'The account deleted a chat, or all that was in it, for itself alone.',
    when: appState,
    again,
    not: 'A group that the account left, which is group.participants-changed; a chat that was only emptied, which Baileys does not say.',
    fields: {
      cleared: field(
        'boolean',
        'true: what was in it was deleted, the chat stays; false: the chat was deleted. Always false in this version: Baileys does not say that a chat was emptied.',
      ),
      isGroup,
      origin,
    },
  },
  {
    type: 'label.changed',
    doc: 'A label was made, renamed or deleted, or was given to a chat or a message, or taken away.',
    when: appState,
    again,
    not: 'Tags of members of a group, which are unknown.',
    fields: labelFields,
  },
  {
    type: 'blocklist.updated',
    doc: 'The account blocked somebody, or does not any more.',
    when: 'WhatsApp notified of it, or a list of those blocked differs from what was appended last.',
    again,
    not: 'Who blocked the account: WhatsApp does not say.',
    fields: {
      contactId: personal(field('string', 'JID without device of whom: the LID where known, else the phone-number JID.')),
      contactPn: personal(optional('string', 'Phone-number JID; null: not known.')),
      on: field('boolean', 'true: blocked; false: not any more.'),
      origin,
    },
  },
]
