// What becomes of an instance: its settings, its connection, its pairing, its end.
import { type EventShape, field, optional, personal, record } from '../schema-fields.ts'

const settings = record('InstanceSettings', 'What was chosen for this instance; null inherits the server’s default.', {
  historySync: optional('boolean', 'Whether the messages that its phone tells of from before it was linked are taken.'),
  ignoreGroups: optional('boolean', 'true: nothing of groups enters the log.'),
  ignoreStatus: optional('boolean', 'true: nothing of status (stories) enters the log.'),
  ignoreNewsletters: optional('boolean', 'true: nothing of channels enters the log.'),
  markOnline: optional('boolean', 'Whether the account is shown as online while it is connected.'),
})
const chosen = {
  name: personal(field('string', 'What its operator calls it.')),
  settings: field(settings, 'All that was chosen for it.'),
}
const lid = personal(optional('string', 'The account’s LID, without device; null: not known.'))
const copyAfterCrash = 'A copy under the same eventId where a crash makes zaplog say it again.'

export const instanceEvents: readonly EventShape[] = [
  {
    type: 'instance.created',
    doc: 'An instance was created over the API.',
    when: 'POST /v1/instances; before anything else of this instance.',
    again: copyAfterCrash,
    not: 'Linking a phone to it, which is instance.paired.',
    fields: chosen,
  },
  {
    type: 'instance.settings-changed',
    doc: 'Name or settings were changed; the whole of both follows.',
    when: 'PATCH /v1/instances/{id}, also where it changes nothing.',
    again: copyAfterCrash,
    not: 'Changes of the server’s defaults, which are no settings of the instance.',
    fields: chosen,
  },
  {
    type: 'instance.state-changed',
    doc: 'The connection changed. State: the greatest (epoch, sequence) wins.',
    when: 'State, reason or the account’s addresses differ from what this process told last; what the log did not take in time is told first in the next epoch.',
    again: 'Under another eventId, where a state comes back, and at each start of a process.',
    not: 'Each further QR code of one round; the death of a process, until the next one tells its own beginning.',
    fields: {
      state: field('string', 'connecting, qr, open, reconnecting, closed, logged-out. Before its first one it is created.'),
      reason: optional('string', 'replaced, banned, network …; consumers must accept new ones. null: nothing went wrong.'),
      reasonText: optional('string', 'The same for people, with what to do; null: nothing to say.'),
      phone: personal(optional('string', 'The account’s number, in digits; null: not paired.')),
      lid,
    },
  },
  {
    type: 'instance.paired',
    doc: 'A phone linked this instance.',
    when: 'A phone scanned the code, and WhatsApp gave this device its credentials.',
    again: 'Once for each pairing.',
    not: 'Connecting again with the credentials that are there.',
    fields: {
      phone: personal(field('string', 'The account’s number, in digits; empty: WhatsApp did not say it.')),
      lid,
      platform: optional('string', 'What WhatsApp calls the phone’s system: android, iphone, smba …; null: not said.'),
      name: personal(optional('string', 'What the account calls itself; null: not said.')),
    },
  },
  {
    type: 'instance.logged-out',
    doc: 'The link is gone; the auth state is erased.',
    when: 'The phone removed this device, WhatsApp no longer knows it, or a log-out or a deletion was asked for; said before the auth state is erased.',
    again: 'Under another eventId where a crash comes between saying it and erasing.',
    not: 'A lost connection or a ban: the auth state stays.',
    fields: { reason: field('string', 'Why, for people.') },
  },
  {
    type: 'instance.deleted',
    doc: 'The instance was deleted.',
    when: 'DELETE /v1/instances/{id}, after instance.logged-out. With ?purge=true in its place, or after it, as the last record, when all else is erased.',
    again: copyAfterCrash,
    not: 'A log-out. No webhook tells of the one with purged: true.',
    fields: { purged: field('boolean', 'Whether what was stored of it is erased, too.') },
  },
  {
    type: 'instance.heartbeat',
    doc: 'The instance is in the hands of a process. On a topic of its own, kept for a day, with a sequence of its own.',
    when: 'Every minute, by the process that owns the instance.',
    again: 'Under another eventId, a minute later.',
    not: 'An instance that nobody owns: then there is silence.',
    fields: {
      state: field('string', 'As in instance.state-changed.'),
      lastStanzaAt: optional('instant', 'When WhatsApp sent anything last in this epoch; null: it has not.'),
      lastSequence: field('long', 'The sequence of the last event on the topic of events in this epoch; 0: none.'),
      received: field('long', 'Stanzas received in this epoch that say something.'),
      appended: field('long', 'Events appended in this epoch.'),
    },
  },
]
