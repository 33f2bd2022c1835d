// What people and groups are called. State: of each field that is not null the value with the greatest (epoch, sequence) wins.
import { type EventShape, field, optional } from '../schema-fields.ts'

export const contactFields = {
  contactId: field('string', 'JID without device: the LID where known, else the phone-number JID.'),
  contactPn: optional('string', 'Phone-number JID; null: not known.'),
  contactLid: optional('string', 'LID; null: not known.'),
  name: optional('string', 'As in the phone’s address book; null: not said, as by this version.'),
  pushName: optional('string', 'As the contact calls itself; null: not said.'),
}

export const addressEvents: readonly EventShape[] = [
  {
    type: 'contact.updated',
    doc: 'A contact’s name or the pair of its addresses became known or changed. State: the greatest (epoch, sequence) wins.',
    when: 'A message that was appended gave its sender another push name or another pair of addresses than this process told last.',
    again:
      'With the same content, under another eventId, after each start of a process, and where a contact was not heard of for long.',
    not: 'The account’s own name; whoever writes only in chats that the settings ignore; names in the phone’s address book, which are unknown.',
    fields: contactFields,
  },
  {
    type: 'group.updated',
    doc: 'A group was made or renamed, or its name became known; what did not change is left out. State: the greatest (epoch, sequence) wins.',
    when: 'WhatsApp notified of a group that was made or renamed, or a list of the account’s groups has another name than this process told last.',
    again:
      'A copy under the same eventId where WhatsApp delivers the notification again; with the same content, under another one, where a list names it first after a start.',
    not: 'Other changes of a group (who is in it, its picture, its settings), which are unknown; groups that the settings ignore.',
    fields: {
      groupId: field('string', 'The group’s JID (…@g.us), also in chatId.'),
      subject: optional('string', 'What it is called; null: not said.'),
    },
  },
]
