// Generated from src/events/definitions.ts by `npm run generate`. Absent and null mean the same.

export type Envelope = {
  /** 32 lower-case hex digits; the first copy per id wins. */
  eventId: string
  /** The WhatsApp account this belongs to; also the key of the record. */
  instanceId: string
  /** Raised each time a process takes the instance; 0 for events that no socket owner writes. */
  epoch: number
  /** Starts at 1 in each epoch; a gap inside an epoch is a loss. Derived events carry their source’s. */
  sequence: number
  /** When it happened, by WhatsApp’s clock where that can be. */
  occurredAt: number
  /** When zaplog recorded it; the timestamp of the record. */
  recordedAt: number
  /** JID without device: the LID where known, else the phone-number JID. */
  chatId?: string | null
  /** Phone-number JID of the chat where known. */
  chatPn?: string | null
  /** JID without device of who sent it: the LID where known. */
  senderId?: string | null
  /** Phone-number JID of the sender where known. */
  senderPn?: string | null
  /** WhatsApp’s id of the message. */
  messageId?: string | null
  /** Whether the account itself sent it. */
  fromMe?: boolean | null
  /** The WhatsApp protobuf (messages) or binary stanza (everything else) it was made of. Sensitive. */
  raw?: Buffer | null
  /** In place of raw where that is too large for a record. */
  rawObject?: RawObject | null
  /** What WhatsApp said instead of occurredAt, where that cannot be and the time of arrival stands in for it; empty: it said nothing. */
  occurredAtSaid?: string | null
}

export type Location = {
  /** Degrees. */
  latitude: number
  /** Degrees. */
  longitude: number
  name?: string | null
  address?: string | null
  url?: string | null
}

export type ContactCard = {
  displayName?: string | null
  /** RFC 6350 text as received. */
  vcard: string
}

export type Poll = {
  name: string
  options: readonly string[]
  /** 0: any number. */
  selectableCount: number
}

export type Media = {
  /** As declared by the sender; media.stored has the sniffed one. */
  mimetype: string
  /** Announced size of the plain file. */
  sizeBytes?: number | null
  /** Announced SHA-256 of the plain file, lower-case hex. */
  sha256?: string | null
  /** The sender’s file name; never used as a path. */
  fileName?: string | null
  /** Pixels. */
  width?: number | null
  /** Pixels. */
  height?: number | null
  /** Audio and video. */
  durationSeconds?: number | null
  /** Documents. */
  pages?: number | null
}

export type MediaSource = {
  /** As the sender gave it; only its host and path matter, and only WhatsApp’s hosts are dialled. */
  url?: string | null
  /** Path on WhatsApp’s CDN. */
  directPath?: string | null
  /** 32 bytes that the file’s keys derive from. */
  mediaKey: Buffer
  /** SHA-256 of the encrypted file with its MAC. */
  encSha256?: Buffer | null
  /** SHA-256 of the plain file. */
  sha256?: Buffer | null
  /** Announced size of the plain file. */
  sizeBytes?: number | null
  /** The small JPEG that came with the message. */
  preview?: Buffer | null
  /** Loudness of a voice note, one byte per bar. */
  waveform?: Buffer | null
}

export type InstanceSettings = {
  historySync?: boolean | null
  ignoreGroups?: boolean | null
  ignoreStatus?: boolean | null
  ignoreNewsletters?: boolean | null
  markOnline?: boolean | null
}

export type RawObject = {
  /** Object key, raw/{eventId}. */
  key: string
  /** Size of the raw bytes. */
  sizeBytes: number
  /** SHA-256 of the raw bytes, lower-case hex. */
  sha256: string
}

export type MessageReceived = Envelope & {
  type: 'message.received'
  /** text, image, video, voice, document …; consumers must accept new ones. */
  kind: string
  /** Push name as the stanza gave it. */
  senderName?: string | null
  isGroup: boolean
  /** The text, or the caption. */
  text?: string | null
  /** The message this one replies to. */
  quotedMessageId?: string | null
  /** JIDs mentioned. */
  mentions?: readonly string[] | null
  forwarded?: boolean | null
  viewOnce?: boolean | null
  /** Disappearing messages. */
  expiresInSeconds?: number | null
  /** phone, api, other; only where fromMe. */
  source?: string | null
  /** The command that sent it. */
  commandId?: string | null
  location?: Location | null
  contacts?: readonly ContactCard[] | null
  poll?: Poll | null
  /** JSON of buttons, lists and templates. */
  interactive?: string | null
  media?: Media | null
  mediaSource?: MediaSource | null
}

export type MessageSent = Envelope & {
  type: 'message.sent'
  /** text, image, video, voice, document …; consumers must accept new ones. */
  kind: string
  /** Push name as the stanza gave it. */
  senderName?: string | null
  isGroup: boolean
  /** The text, or the caption. */
  text?: string | null
  /** The message this one replies to. */
  quotedMessageId?: string | null
  /** JIDs mentioned. */
  mentions?: readonly string[] | null
  forwarded?: boolean | null
  viewOnce?: boolean | null
  /** Disappearing messages. */
  expiresInSeconds?: number | null
  /** phone, api, other; only where fromMe. */
  source?: string | null
  /** The command that sent it. */
  commandId?: string | null
  location?: Location | null
  contacts?: readonly ContactCard[] | null
  poll?: Poll | null
  /** JSON of buttons, lists and templates. */
  interactive?: string | null
  media?: Media | null
  mediaSource?: MediaSource | null
}

export type MessageEdited = Envelope & {
  type: 'message.edited'
  targetMessageId: string
  /** The new text or caption. */
  text?: string | null
  isGroup: boolean
}

export type MessageRevoked = Envelope & {
  type: 'message.revoked'
  targetMessageId: string
  /** Whose message it was, where a group admin revoked it. */
  targetSenderId?: string | null
  isGroup: boolean
}

export type MessageReacted = Envelope & {
  type: 'message.reacted'
  targetMessageId: string
  /** Empty: removed. */
  emoji: string
  isGroup: boolean
}

export type MessageReceiptUpdated = Envelope & {
  type: 'message.receipt-updated'
  messageIds: readonly string[]
  /** Whose receipt it is, in groups. */
  participantId?: string | null
  /** server, delivered, read, played, error; consumers must accept new ones. */
  status: string
}

export type MessageUndecryptable = Envelope & {
  type: 'message.undecryptable'
  reason: string
  /** pkmsg, msg or skmsg. */
  encryption: string
  senderName?: string | null
  isGroup: boolean
}

export type ContactUpdated = Envelope & {
  type: 'contact.updated'
  /** JID without device: the LID where known. */
  contactId: string
  /** Phone-number JID. */
  contactPn?: string | null
  contactLid?: string | null
  /** As in the phone’s address book. */
  name?: string | null
  /** As the contact calls itself. */
  pushName?: string | null
}

export type GroupUpdated = Envelope & {
  type: 'group.updated'
  groupId: string
  /** What it is called. */
  subject?: string | null
}

export type InstanceCreated = Envelope & {
  type: 'instance.created'
  name: string
  settings: InstanceSettings
}

export type InstanceSettingsChanged = Envelope & {
  type: 'instance.settings-changed'
  name: string
  settings: InstanceSettings
}

export type InstanceStateChanged = Envelope & {
  type: 'instance.state-changed'
  /** created, connecting, qr, open, reconnecting, closed, logged-out. */
  state: string
  /** replaced, banned, network …; consumers must accept new ones. */
  reason?: string | null
  /** For people. */
  reasonText?: string | null
  /** Digits, where paired. */
  phone?: string | null
  lid?: string | null
}

export type InstancePaired = Envelope & {
  type: 'instance.paired'
  /** Digits. */
  phone: string
  lid?: string | null
  platform?: string | null
  name?: string | null
}

export type InstanceLoggedOut = Envelope & {
  type: 'instance.logged-out'
  reason: string
}

export type InstanceDeleted = Envelope & {
  type: 'instance.deleted'
  purged: boolean
}

export type MediaDownloaded = Envelope & {
  type: 'media.downloaded'
  /** The message event this file belongs to. */
  sourceEventId: string
  /** 1 for the first processing; rises with each repetition set off by an operator or the phone. */
  round: number
  /** image, video, voice, document … */
  kind: string
  /** Declared by the sender until the bytes were sniffed. */
  mimetype?: string | null
  /** The sender’s file name. */
  fileName?: string | null
  /** Pixels. */
  width?: number | null
  /** Pixels. */
  height?: number | null
  /** Audio and video. */
  durationSeconds?: number | null
  /** Documents. */
  pages?: number | null
  /** Object key. */
  incomingKey: string
  sizeBytes: number
  /** Of the plain bytes, lower-case hex. */
  sha256: string
  /** Whether that is what the message announced; a mismatch is flagged, not refused. */
  sha256Matches: boolean
  attempts: number
  mediaSource?: MediaSource | null
}

export type MediaStored = Envelope & {
  type: 'media.stored'
  /** The message event this file belongs to. */
  sourceEventId: string
  /** 1 for the first processing; rises with each repetition set off by an operator or the phone. */
  round: number
  /** image, video, voice, document … */
  kind: string
  /** Declared by the sender until the bytes were sniffed. */
  mimetype?: string | null
  /** The sender’s file name. */
  fileName?: string | null
  /** Pixels. */
  width?: number | null
  /** Pixels. */
  height?: number | null
  /** Audio and video. */
  durationSeconds?: number | null
  /** Documents. */
  pages?: number | null
  /** {instanceId}/{yyyy}/{mm}/{dd}/{sourceEventId}.{extension} */
  key: string
  /** bin where unknown. */
  extension: string
  sizeBytes: number
  /** Of the plain bytes, lower-case hex. */
  sha256: string
  sha256Matches: boolean
  /** {key}_thumb.jpg */
  thumbnailKey?: string | null
}

export type MediaFailed = Envelope & {
  type: 'media.failed'
  /** The message event this file belongs to. */
  sourceEventId: string
  /** 1 for the first processing; rises with each repetition set off by an operator or the phone. */
  round: number
  /** image, video, voice, document … */
  kind: string
  /** Declared by the sender until the bytes were sniffed. */
  mimetype?: string | null
  /** The sender’s file name. */
  fileName?: string | null
  /** Pixels. */
  width?: number | null
  /** Pixels. */
  height?: number | null
  /** Audio and video. */
  durationSeconds?: number | null
  /** Documents. */
  pages?: number | null
  /** download, store, send, policy. */
  stage: string
  /** timeout, gone, bad-mac …; consumers must accept new ones. */
  reason: string
  retryable: boolean
  attempts: number
  /** What came back, for people. */
  detail?: string | null
  mediaSource?: MediaSource | null
}

export type MediaRefreshed = Envelope & {
  type: 'media.refreshed'
  /** The message event this file belongs to. */
  sourceEventId: string
  /** 1 for the first processing; rises with each repetition set off by an operator or the phone. */
  round: number
  /** image, video, voice, document … */
  kind: string
  /** Declared by the sender until the bytes were sniffed. */
  mimetype?: string | null
  /** The sender’s file name. */
  fileName?: string | null
  /** Pixels. */
  width?: number | null
  /** Pixels. */
  height?: number | null
  /** Audio and video. */
  durationSeconds?: number | null
  /** Documents. */
  pages?: number | null
  mediaSource?: MediaSource | null
}

export type MediaExpired = Envelope & {
  type: 'media.expired'
  /** The message event this file belongs to. */
  sourceEventId: string
  /** 1 for the first processing; rises with each repetition set off by an operator or the phone. */
  round: number
  /** image, video, voice, document … */
  kind: string
  /** Declared by the sender until the bytes were sniffed. */
  mimetype?: string | null
  /** The sender’s file name. */
  fileName?: string | null
  /** Pixels. */
  width?: number | null
  /** Pixels. */
  height?: number | null
  /** Audio and video. */
  durationSeconds?: number | null
  /** Documents. */
  pages?: number | null
  reason: string
}

export type Unknown = Envelope & {
  type: 'unknown'
  /** stanza or baileys. */
  source: string
  /** Stanza tag and type, or the Baileys event. */
  name: string
  /** JSON without byte arrays and secrets. */
  payload?: string | null
  senderName?: string | null
}

export type DeliveryReleased = Envelope & {
  type: 'delivery.released'
  /** {eventId}_{endpointId}: the webhook-id. */
  deliveryId: string
  endpointId: string
  /** The settings that matched. */
  endpointVersion: number
  /** Deliveries of one lane go out one at a time. */
  lane: string
  /** Event type as the client sees it. */
  webhookType: string
  /** JSON as sent, less the media links. */
  body: string
  /** The message event whose file the body links to. */
  mediaEventId?: string | null
  hasThumbnail: boolean
}

export type DeliveryAttempted = Envelope & {
  type: 'delivery.attempted'
  deliveryId: string
  endpointId: string
  /** From 1. */
  attempt: number
  /** delivered, retrying, waiting, dead. */
  outcome: string
  statusCode?: number | null
  error?: string | null
  durationMs: number
  retryInMs?: number | null
  /** At most 4 KiB. */
  response?: string | null
}

export type Event =
  | MessageReceived
  | MessageSent
  | MessageEdited
  | MessageRevoked
  | MessageReacted
  | MessageReceiptUpdated
  | MessageUndecryptable
  | ContactUpdated
  | GroupUpdated
  | InstanceCreated
  | InstanceSettingsChanged
  | InstanceStateChanged
  | InstancePaired
  | InstanceLoggedOut
  | InstanceDeleted
  | MediaDownloaded
  | MediaStored
  | MediaFailed
  | MediaRefreshed
  | MediaExpired
  | Unknown
  | DeliveryReleased
  | DeliveryAttempted

export const eventTypes = [
  'message.received',
  'message.sent',
  'message.edited',
  'message.revoked',
  'message.reacted',
  'message.receipt-updated',
  'message.undecryptable',
  'contact.updated',
  'group.updated',
  'instance.created',
  'instance.settings-changed',
  'instance.state-changed',
  'instance.paired',
  'instance.logged-out',
  'instance.deleted',
  'media.downloaded',
  'media.stored',
  'media.failed',
  'media.refreshed',
  'media.expired',
  'unknown',
  'delivery.released',
  'delivery.attempted',
] as const
