// What this version has no type for.
import { type EventShape, field, optional, personal } from '../schema-fields.ts'

export const unknownEvents: readonly EventShape[] = [
  {
    type: 'unknown',
    doc: 'Something that zaplog does not know yet, kept whole.',
    when: 'A stanza has no type of its own here, a change was made without the right to it, Baileys tells what no stanza told, or an event’s own form could not be appended.',
    again: 'Of a stanza a copy under the same eventId where WhatsApp delivers it again; of Baileys another eventId each time.',
    not: 'What is ignored by name, which is counted; chats that the settings ignore; credentials and QR codes.',
    fields: {
      source: field('string', 'stanza or baileys.'),
      name: field(
        'string',
        'Stanza tag and type, the message’s field, or the Baileys event; behind it why, where its own form was not taken.',
      ),
      payload: personal(
        optional(
          'string',
          'JSON of Baileys’ event, without byte arrays and secrets; of a stanza, which is in raw, what had to be replaced in its envelope; null: nothing.',
        ),
      ),
      senderName: personal(
        optional('string', 'What the sender calls itself (push name), as the stanza gave it; null: not said.'),
      ),
    },
  },
]
