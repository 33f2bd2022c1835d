// What is done to messages that are there already, besides editing and revoking them.
import { type EventShape, field, list, optional, personal } from '../schema-fields.ts'
import { origin } from './origin.ts'

const isGroup = field('boolean', 'Whether the chat is a group (…@g.us); channels, status and broadcast lists are none.')
const targetMessageId = field('string', 'WhatsApp’s id of the message that it is about.')
const targetSenderId = personal(
  optional('string', 'Whose message it is, without device; null: that of the chat’s other side, or not said.'),
)
const copy = 'A copy under the same eventId where WhatsApp delivers the stanza again; the first one counts.'
const again = 'A copy under the same eventId after a death at the wrong moment; what did not change since is not told again.'

export const changeEvents: readonly EventShape[] = [
  {
    type: 'poll.voted',
    doc: 'Somebody voted in a poll, changed the vote or withdrew it.',
    when: 'A vote came whose poll’s secret is known; or the phone’s history has a vote by itself, whose poll’s secret is known.',
    again: `${copy} Each vote is the whole choice of its voter: the latest by occurredAt counts.`,
    not: 'A vote whose poll’s secret is not known: it is message.undecryptable {reason: no-secret}.',
    fields: {
      targetMessageId: field('string', 'WhatsApp’s id of the poll; messageId is that of the vote.'),
      targetSenderId: personal(optional('string', 'Who made the poll, without device; null: not said.')),
      options: personal(
        list('string', 'The names of the options chosen, all of them; empty: withdrawn, or none of them is known by name.'),
      ),
      unknownHashes: personal(list('string', 'SHA-256, lower-case hex, of chosen options whose name is not known here.')),
      senderName: personal(
        optional('string', 'What the sender calls itself (push name), as the stanza gave it; null: not said.'),
      ),
      isGroup,
      origin,
    },
  },
  {
    type: 'message.pinned',
    doc: 'A message was pinned for everyone in its chat, or unpinned.',
    when: 'Somebody, or the account itself, pinned or unpinned a message.',
    again: `${copy} The latest by occurredAt counts.`,
    not: 'Pinned chats, which are chat.updated; a pin in a group whose stanza does not say that it is one, so that WhatsApp did not check who may: it is unknown, named “message: pin without authority”. One that the account’s own phone hands over is a pin.',
    fields: {
      targetMessageId,
      targetSenderId,
      on: field('boolean', 'true: pinned; false: not any more.'),
      untilAt: optional('instant', 'Until when it is pinned; null: not said.'),
      isGroup,
    },
  },
  {
    type: 'message.starred',
    doc: 'The account starred a message, or took the star away.',
    when: 'The app state says so: it was done on the phone or on another linked device.',
    again,
    not: 'Stars of others, of which nobody tells.',
    fields: { targetMessageId, targetSenderId, on: field('boolean', 'true: starred; false: not any more.'), isGroup, origin },
  },
  {
    type: 'message.deleted',
    doc: 'The account deleted a message for itself alone.',
    when: 'The app state says so: it was done on the phone or on another linked device.',
    again,
    not: 'Messages deleted for everyone, which are message.revoked; a chat deleted or cleared whole, which is chat.deleted.',
    fields: { targetMessageId, targetSenderId, isGroup, origin },
  },
]
