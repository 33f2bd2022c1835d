// What is written, changed and answered in chats.
import { contactCard, location, media, mediaSource, poll } from '../media-shapes.ts'
import { type EventShape, field, list, optional, personal } from '../schema-fields.ts'

const isGroup = field('boolean', 'Whether the chat is a group (…@g.us); channels, status and broadcast lists are none.')
const senderName = personal(
  optional('string', 'What the sender calls itself (push name), as the stanza gave it; null: not said.'),
)
const copy = 'A copy under the same eventId where WhatsApp delivers the stanza again; the first one counts.'
const otherwise =
  'Edits, revokes, reactions and pins, which have types of their own; what devices tell each other, and history, which are unknown; chats that the settings ignore.'

/** Of a message as it was sent. Each has a column in the read model (projections/read-model/message-columns.ts). */
export const messageFields = {
  kind: field(
    'string',
    'text, image, video, voice, document …; consumers must accept new ones. unknown: of a kind that is newer than this version, or that the contract has no word for.',
  ),
  senderName,
  isGroup,
  text: personal(
    optional(
      'string',
      'What people read: the text, the caption, the title of what is shown, the label that was tapped; null: nothing.',
    ),
  ),
  parentMessageId: optional(
    'string',
    'WhatsApp’s id of the message that it belongs to: of the album, the event it answers, the post it comments; null: none.',
  ),
  quotedMessageId: optional('string', 'WhatsApp’s id of the message that this one replies to; null: it is no reply.'),
  mentions: personal({
    type: { optional: { array: 'string' as const } },
    doc: 'JIDs without device of those mentioned, as the sender wrote them; null: nobody.',
  }),
  forwarded: optional('boolean', 'Whether its sender says that it was forwarded; null: not said.'),
  viewOnce: optional('boolean', 'true: it may be opened once; null: as often as one likes.'),
  expiresInSeconds: optional('int', 'Disappearing messages: after how many seconds WhatsApp’s apps hide it; null: never.'),
  source: optional(
    'string',
    'Of what the account wrote: phone, api, other (another linked device); null: somebody else wrote, or it is not known.',
  ),
  commandId: optional('string', 'The command that sent it; null: none did.'),
  location: personal(optional(location, 'The point; null: there is none, or its coordinates are no numbers.')),
  contacts: personal({
    type: { optional: { array: contactCard } },
    doc: 'The contacts that were shared, in order; null: none.',
  }),
  poll: personal(optional(poll, 'The poll as it was created; null: it is none.')),
  interactive: personal(
    optional(
      'string',
      'JSON of what a program needs of buttons, lists, products, events and the like, or of the answer to them: docs/events.md, What interactive holds, has its shape for each kind; null: none.',
    ),
  ),
  media: personal(optional(media, 'What the message says about its file; null: it has none.')),
  mediaSource: personal(optional(mediaSource, 'How to fetch that file; null: it has none. Sensitive, never in webhooks.')),
}

export const messageEvents: readonly EventShape[] = [
  {
    type: 'message.received',
    doc: 'Somebody wrote to the account.',
    when: 'A message of somebody else could be read, also one that the account’s own phone hands over because this device could not.',
    again: copy,
    not: otherwise,
    fields: messageFields,
  },
  {
    type: 'message.sent',
    doc: 'The account wrote, from whichever of its devices.',
    when: 'WhatsApp gave this device its copy of a message that the account’s phone or another linked device sent; or WhatsApp took one that this device sent for a command.',
    again: copy,
    not: otherwise,
    fields: messageFields,
  },
  {
    type: 'message.edited',
    doc: 'The text of a message was replaced, or what its event is.',
    when: 'The sender of a message gave it another text or caption, or changed, moved or called off its event.',
    again: `${copy} Each further edit is an event of its own; the latest by occurredAt counts.`,
    not: 'An edit that names somebody else’s message: it is unknown, named “message: edit without authority”; one that is sealed with a secret that is not known: it is message.undecryptable {reason: no-secret}.',
    fields: {
      targetMessageId: field(
        'string',
        'WhatsApp’s id of the message that was edited; messageId is that of the edit. Apply it only to a message of the same chatId and senderId: whose it is is checked where that is known, and the sender’s own word where not.',
      ),
      text: personal(optional('string', 'The new text or caption; null: it is empty now, or no text.')),
      isGroup,
      interactive: personal(
        optional(
          'string',
          'What a program needs of what it is now, in the shapes of message.received: of an event its times, and whether it was called off; null: its text alone changed.',
        ),
      ),
      location: personal(optional(location, 'Where an event is now; null: nowhere in particular, or interactive is null.')),
    },
  },
  {
    type: 'message.revoked',
    doc: 'A message was deleted for everyone.',
    when: 'The sender of a message took it back, or a group’s admin removed it.',
    again: copy,
    not: 'What was deleted for the account alone; a revoke by somebody who has no right to it, which is unknown, named “message: revoke without authority”.',
    fields: {
      targetMessageId: field(
        'string',
        'WhatsApp’s id of the message that was revoked; messageId is that of the revoke. Apply it only to a message of the same chatId that is from targetSenderId or, where that is null, from senderId.',
      ),
      targetSenderId: personal(
        optional('string', 'Whose message it was, where a group admin revoked it; null: the sender’s own.'),
      ),
      isGroup,
    },
  },
  {
    type: 'message.reacted',
    doc: 'A reaction was set or removed.',
    when: 'Somebody, or the account itself, set, changed or took back the reaction to a message.',
    again: `${copy} Of one sender’s reactions to one message the latest by occurredAt counts.`,
    not: 'Reactions of channels, which are unknown; one that is sealed a second time (in announcement groups) and does not open, which is message.undecryptable.',
    fields: {
      targetMessageId: field('string', 'WhatsApp’s id of the message that it is a reaction to; messageId is the reaction’s own.'),
      emoji: personal(field('string', 'The reaction, mostly one emoji. Empty: removed.')),
      isGroup,
    },
  },
  {
    type: 'message.receipt-updated',
    doc: 'Messages reached a device, were read or played, or were refused.',
    when: 'A receipt came: of somebody about what the account sent, or of the account’s other devices about what it got.',
    again: `${copy} Each participant and each status is an event of its own, and they may come in any order.`,
    not: 'What devices tell each other to keep going (retry, enc_rekey_retry, server-error, peer_msg, hist_sync), which is counted; receipts of another type, which are unknown.',
    fields: {
      messageIds: list('string', 'WhatsApp’s ids of the messages that it is about, at least one; of one, messageId has it, too.'),
      participantId: personal(optional('string', 'Whose receipt it is, in groups; null: it is that of senderId.')),
      status: field('string', 'server, delivered, read, played, error; consumers must accept new ones. Nothing says error yet.'),
    },
  },
  {
    type: 'message.undecryptable',
    doc: 'A message came that could not be decrypted; the good copy, or what it is, may follow under the same message id.',
    when: 'WhatsApp’s encryption refused a part of a message, and that part is not in the log already; WhatsApp gave this device a placeholder; or what came is sealed with another message’s secret, which is not known or does not open it.',
    again:
      'A copy under the same eventId for each try that fails as well; the first one counts. A placeholder has one eventId, as what fails to be decrypted under its message id.',
    not: 'Where reading failed for a reason of ours: then nothing is acknowledged, and the message comes again.',
    fields: {
      reason: field(
        'string',
        'withheld: WhatsApp gave this device a placeholder without content; no-secret: it is sealed with the secret of targetMessageId, which is not known yet; else what the decryption said, for people.',
      ),
      encryption: field(
        'string',
        'pkmsg (a first message), msg or skmsg (to a group); of a placeholder none; of what is sealed its name.',
      ),
      viewOnce: optional('boolean', 'true: a placeholder of what may be opened once, on the phone; null: not said.'),
      asked: optional(
        'boolean',
        'Of a placeholder: whether the phone is asked for the message, two seconds later where the connection lasts so long; null: it is none.',
      ),
      targetMessageId: optional('string', 'Of what is sealed: the message whose secret it takes; null: of anything else.'),
      senderName,
      isGroup,
    },
  },
]
