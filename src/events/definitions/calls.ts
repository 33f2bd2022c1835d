// Calls and presence.
import { type EventShape, field, optional, personal } from '../schema-fields.ts'

const copy = 'A copy under the same eventId where WhatsApp delivers the stanza again; the first one counts.'

export const callFields = {
  callId: field('string', 'WhatsApp’s id of the call.'),
  status: field('string', 'offer, ringing, accepted, rejected, missed, ended; consumers must accept new ones.'),
  video: optional('boolean', 'true: with video; null: not said, as of every step but the offer.'),
  groupId: optional('string', 'The group that is called; null: none.'),
  durationSeconds: optional('int', 'How long it was, where that is said; null: not said, as by this version.'),
  isGroup: field('boolean', 'Whether it is a call of several.'),
}

export const callEvents: readonly EventShape[] = [
  {
    type: 'call.updated',
    doc: 'Somebody calls the account, or a call goes on.',
    when: 'WhatsApp tells this device of a call: it is offered, rings, was accepted or rejected, was missed, or is over; or it took the rejection that a command asked for.',
    again: `${copy} Each step of a call is an event of its own; callId is the same.`,
    not: 'What is heard and seen in it, and how its devices reach each other; group calls in which only others take part.',
    fields: callFields,
  },
  {
    type: 'presence.updated',
    doc: 'Somebody is there, writes, records, or is not any more. On a topic of its own, kept for a day.',
    when: 'WhatsApp tells this device of it: of those to whom it subscribed, and of whoever writes to the account.',
    again: 'With the same content, under another eventId.',
    not: 'Chats that the settings ignore.',
    fields: {
      state: personal(field('string', 'available, unavailable, composing, recording, paused; consumers must accept new ones.')),
      lastSeenAt: personal(optional('instant', 'When it was last seen, where it lets others know; null: not said.')),
      isGroup: field('boolean', 'Whether the chat is a group; senderId is who it is about.'),
    },
  },
]
