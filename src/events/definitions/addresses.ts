// What people are called. State: of each field that is not null the value with the greatest (epoch, sequence) wins.
import { type EventShape, field, optional, personal } from '../schema-fields.ts'
import { origin } from './origin.ts'

export const contactFields = {
  contactId: personal(field('string', 'JID without device: the LID where known, else the phone-number JID.')),
  contactPn: personal(optional('string', 'Phone-number JID; null: not known.')),
  contactLid: personal(optional('string', 'LID; null: not known.')),
  name: personal(optional('string', 'As in the phone’s address book; null: not said.')),
  pushName: personal(optional('string', 'As the contact calls itself; null: not said.')),
  origin,
}

export const addressEvents: readonly EventShape[] = [
  {
    type: 'contact.updated',
    doc: 'A contact’s name or the pair of its addresses became known or changed. State: the greatest (epoch, sequence) wins.',
    when: 'A message that was appended gave its sender another push name or another pair of addresses than this process told last; or the app state says a name of the address book, or a pair, that differs from what was appended last; or the phone’s history says a name or a pair.',
    again:
      'What messages say: with the same content, under another eventId, after each start of a process, and where a contact was not heard of for long. What the app state says: as a copy under the same eventId after a death at the wrong moment.',
    not: 'The account’s own name; whoever writes only in chats that the settings ignore; an entry that was removed from the address book.',
    fields: contactFields,
  },
]
