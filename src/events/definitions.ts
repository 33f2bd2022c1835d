// Every event type zaplog writes, in one table: the source of schemas/*.avsc and of the TypeScript types.
// Fields are only added, and only optional ones: the check compares every released version (FULL_TRANSITIVE).
import { contactCard, fileFields, location, media, mediaSource, poll } from './media-shapes.ts'
import { type EventShape, field, list, optional, record } from './schema-fields.ts'

const message = {
  kind: field('string', 'text, image, video, voice, document …; consumers must accept new ones.'),
  senderName: optional('string', 'Push name as the stanza gave it.'),
  isGroup: field('boolean', ''),
  text: optional('string', 'The text, or the caption.'),
  quotedMessageId: optional('string', 'The message this one replies to.'),
  mentions: { type: { optional: { array: 'string' as const } }, doc: 'JIDs mentioned.' },
  forwarded: optional('boolean', ''),
  viewOnce: optional('boolean', ''),
  expiresInSeconds: optional('int', 'Disappearing messages.'),
  source: optional('string', 'phone, api, other; only where fromMe.'),
  commandId: optional('string', 'The command that sent it.'),
  location: optional(location, ''),
  contacts: { type: { optional: { array: contactCard } }, doc: '' },
  poll: optional(poll, ''),
  interactive: optional('string', 'JSON of buttons, lists and templates.'),
  media: optional(media, ''),
  mediaSource: optional(mediaSource, ''),
}

const settings = record('InstanceSettings', 'What was chosen for this instance; null inherits the server’s default.', {
  historySync: optional('boolean', ''),
  ignoreGroups: optional('boolean', ''),
  ignoreStatus: optional('boolean', ''),
  ignoreNewsletters: optional('boolean', ''),
  markOnline: optional('boolean', ''),
})

export const events: readonly EventShape[] = [
  { type: 'message.received', doc: 'Somebody wrote to the account.', fields: message },
  { type: 'message.sent', doc: 'The account wrote, from whichever of its devices.', fields: message },
  {
    type: 'message.edited',
    doc: 'The text of a message was replaced.',
    fields: {
      targetMessageId: field('string', ''),
      text: optional('string', 'The new text or caption.'),
      isGroup: field('boolean', ''),
    },
  },
  {
    type: 'message.revoked',
    doc: 'A message was deleted for everyone.',
    fields: {
      targetMessageId: field('string', ''),
      targetSenderId: optional('string', 'Whose message it was, where a group admin revoked it.'),
      isGroup: field('boolean', ''),
    },
  },
  {
    type: 'message.reacted',
    doc: 'A reaction was set or removed.',
    fields: {
      targetMessageId: field('string', ''),
      emoji: field('string', 'Empty: removed.'),
      isGroup: field('boolean', ''),
    },
  },
  {
    type: 'message.receipt-updated',
    doc: 'Messages reached a device, were read or played, or were refused.',
    fields: {
      messageIds: list('string', ''),
      participantId: optional('string', 'Whose receipt it is, in groups.'),
      status: field('string', 'server, delivered, read, played, error; consumers must accept new ones.'),
    },
  },
  {
    type: 'message.undecryptable',
    doc: 'A message came that could not be decrypted; the good copy may follow under the same message id.',
    fields: {
      reason: field('string', ''),
      encryption: field('string', 'pkmsg, msg or skmsg.'),
      senderName: optional('string', ''),
      isGroup: field('boolean', ''),
    },
  },
  {
    type: 'contact.updated',
    doc: 'A contact’s name or the pair of its addresses became known or changed. State: the greatest (epoch, sequence) wins.',
    fields: {
      contactId: field('string', 'JID without device: the LID where known.'),
      contactPn: optional('string', 'Phone-number JID.'),
      contactLid: optional('string', ''),
      name: optional('string', 'As in the phone’s address book.'),
      pushName: optional('string', 'As the contact calls itself.'),
    },
  },
  {
    type: 'group.updated',
    doc: 'A group was made or renamed, or its name became known; what did not change is left out. State: the greatest (epoch, sequence) wins.',
    fields: {
      groupId: field('string', ''),
      subject: optional('string', 'What it is called.'),
    },
  },
  {
    type: 'instance.created',
    doc: 'An instance was created over the API.',
    fields: { name: field('string', ''), settings: field(settings, '') },
  },
  {
    type: 'instance.settings-changed',
    doc: 'Name or settings were changed; the whole of both follows.',
    fields: { name: field('string', ''), settings: field(settings, '') },
  },
  {
    type: 'instance.state-changed',
    doc: 'The connection changed. State: the greatest (epoch, sequence) wins.',
    fields: {
      state: field('string', 'created, connecting, qr, open, reconnecting, closed, logged-out.'),
      reason: optional('string', 'replaced, banned, network …; consumers must accept new ones.'),
      reasonText: optional('string', 'For people.'),
      phone: optional('string', 'Digits, where paired.'),
      lid: optional('string', ''),
    },
  },
  {
    type: 'instance.paired',
    doc: 'A phone linked this instance.',
    fields: {
      phone: field('string', 'Digits.'),
      lid: optional('string', ''),
      platform: optional('string', ''),
      name: optional('string', ''),
    },
  },
  { type: 'instance.logged-out', doc: 'The link is gone; the auth state is erased.', fields: { reason: field('string', '') } },
  { type: 'instance.deleted', doc: 'The instance was deleted.', fields: { purged: field('boolean', '') } },
  {
    type: 'media.downloaded',
    doc: 'The file is fetched, decrypted and verified, and held under incoming/.',
    fields: {
      ...fileFields,
      incomingKey: field('string', 'Object key.'),
      sizeBytes: field('long', ''),
      sha256: field('string', 'Of the plain bytes, lower-case hex.'),
      sha256Matches: field('boolean', 'Whether that is what the message announced; a mismatch is flagged, not refused.'),
      attempts: field('int', ''),
      mediaSource: optional(mediaSource, ''),
    },
  },
  {
    type: 'media.stored',
    doc: 'The file is at its final key.',
    fields: {
      ...fileFields,
      key: field('string', '{instanceId}/{yyyy}/{mm}/{dd}/{sourceEventId}.{extension}'),
      extension: field('string', 'bin where unknown.'),
      sizeBytes: field('long', ''),
      sha256: field('string', 'Of the plain bytes, lower-case hex.'),
      sha256Matches: field('boolean', ''),
      thumbnailKey: optional('string', '{key}_thumb.jpg'),
    },
  },
  {
    type: 'media.failed',
    doc: 'The file could not be had, or not kept.',
    fields: {
      ...fileFields,
      stage: field('string', 'download, store, send, policy.'),
      reason: field('string', 'timeout, gone, bad-mac …; consumers must accept new ones.'),
      retryable: field('boolean', ''),
      attempts: field('int', ''),
      detail: optional('string', 'What came back, for people.'),
      mediaSource: optional(mediaSource, ''),
    },
  },
  {
    type: 'media.refreshed',
    doc: 'The phone uploaded the file again.',
    fields: { ...fileFields, mediaSource: optional(mediaSource, '') },
  },
  {
    type: 'media.expired',
    doc: 'The file was deleted by retention or erasure.',
    fields: { ...fileFields, reason: field('string', '') },
  },
  {
    type: 'unknown',
    doc: 'Something that zaplog does not know yet, kept whole.',
    fields: {
      source: field('string', 'stanza or baileys.'),
      name: field('string', 'Stanza tag and type, or the Baileys event.'),
      payload: optional('string', 'JSON without byte arrays and secrets.'),
      senderName: optional('string', ''),
    },
  },
  {
    type: 'delivery.released',
    doc: 'A webhook delivery whose turn in its lane has come.',
    internal: true,
    fields: {
      deliveryId: field('string', '{eventId}_{endpointId}: the webhook-id.'),
      endpointId: field('string', ''),
      endpointVersion: field('int', 'The settings that matched.'),
      lane: field('string', 'Deliveries of one lane go out one at a time.'),
      webhookType: field('string', 'Event type as the client sees it.'),
      body: field('string', 'JSON as sent, less the media links.'),
      mediaEventId: optional('string', 'The message event whose file the body links to.'),
      hasThumbnail: field('boolean', ''),
    },
  },
  {
    type: 'delivery.attempted',
    doc: 'One attempt to hand a delivery to its endpoint.',
    internal: true,
    fields: {
      deliveryId: field('string', ''),
      endpointId: field('string', ''),
      attempt: field('int', 'From 1.'),
      outcome: field('string', 'delivered, retrying, waiting, dead.'),
      statusCode: optional('int', ''),
      error: optional('string', ''),
      durationMs: field('long', ''),
      retryInMs: optional('long', ''),
      response: optional('string', 'At most 4 KiB.'),
    },
  },
]
