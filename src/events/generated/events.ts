// Generated from src/events/definitions.ts by `npm run generate`. Absent and null mean the same.

export type Envelope = {
  /** 32 lower-case hex digits; the first copy per id wins. */
  eventId: string
  /** The WhatsApp account this belongs to; also the key of the record. */
  instanceId: string
  /** Raised each time a process takes the instance, and each time it connects anew; 0 for events that no socket owner writes. */
  epoch: number
  /** Starts at 1 in each epoch; in wa.events a gap inside an epoch is a loss. wa.presence and wa.heartbeats have sequences of their own; derived events carry their source’s. */
  sequence: number
  /** When it happened, by WhatsApp’s clock where that can be. */
  occurredAt: number
  /** When zaplog recorded it; the timestamp of the record. */
  recordedAt: number
  /** JID without device: the LID where known, else the phone-number JID; null: of no chat. */
  chatId?: string | null
  /** Phone-number JID of the chat; null: not known, or it has none. */
  chatPn?: string | null
  /** JID without device of who sent it: the LID where known; null: nobody, or not said. */
  senderId?: string | null
  /** Phone-number JID of the sender; null: not known. */
  senderPn?: string | null
  /** WhatsApp’s id of the message; null: it is about no message, or about several. */
  messageId?: string | null
  /** Whether the account itself sent it; null: nobody sent it. */
  fromMe?: boolean | null
  /** The WhatsApp protobuf (messages) or binary stanza (everything else) it was made of. Sensitive. null: of neither, secret, or in rawObject. */
  raw?: Buffer | null
  /** In place of raw where that is too large for a record; null: it is not. */
  rawObject?: RawObject | null
  /** What WhatsApp said instead of occurredAt, where that cannot be and the time of arrival stands in for it; empty: it said nothing. null: occurredAt is what it said. */
  occurredAtSaid?: string | null
}

export type Location = {
  /** Degrees, north of the equator positive. */
  latitude: number
  /** Degrees, east of Greenwich positive. */
  longitude: number
  /** What the place is called; null: not said. */
  name?: string | null
  /** Where it is, as the sender’s phone writes it; null: not said. */
  address?: string | null
  /** A page about it; null: not said. */
  url?: string | null
}

export type ContactCard = {
  /** What the contact is called; null: not said. */
  displayName?: string | null
  /** The vCard (RFC 6350), as received. */
  vcard: string
}

export type Poll = {
  /** What is asked. */
  name: string
  /** The answers to choose from, in order. */
  options: readonly string[]
  /** How many of them one may choose; 0: any number. */
  selectableCount: number
}

export type Media = {
  /** As declared by the sender, application/octet-stream where it declares none; media.stored has the sniffed one. */
  mimetype: string
  /** Bytes of the plain file, as announced; null: not said. */
  sizeBytes?: number | null
  /** SHA-256 of the plain file, as announced, lower-case hex; null: not said. */
  sha256?: string | null
  /** What the sender calls a document, never used as a path; null: not said. */
  fileName?: string | null
  /** Pixels of a picture or a video; null: not said. */
  width?: number | null
  /** Pixels of a picture or a video; null: not said. */
  height?: number | null
  /** Seconds of an audio or a video; null: not said. */
  durationSeconds?: number | null
  /** Pages of a document; null: not said. */
  pages?: number | null
}

export type MediaSource = {
  /** As the sender gave it; only its host and path matter, and only WhatsApp’s hosts are dialled. null: not said. */
  url?: string | null
  /** Path on WhatsApp’s CDN; null: not said. */
  directPath?: string | null
  /** 32 bytes that the file’s keys derive from; empty: it is not encrypted, as in channels, or no key was said. */
  mediaKey: Buffer
  /** SHA-256 of the encrypted file with its MAC; null: not said. */
  encSha256?: Buffer | null
  /** SHA-256 of the plain file; null: not said. */
  sha256?: Buffer | null
  /** Bytes of the plain file, as announced; null: not said. */
  sizeBytes?: number | null
  /** The small JPEG that came with the message; null: none did. */
  preview?: Buffer | null
  /** Loudness of a voice note, one byte per bar; null: not said. */
  waveform?: Buffer | null
}

export type GroupParticipant = {
  /** JID without device: the LID where known, else the phone-number JID. */
  id: string
  /** Phone-number JID; null: not known. */
  pn?: string | null
  /** member, admin, superadmin; null: not said. */
  role?: string | null
}

export type HistoryReaction = {
  /** Who it is, without device: the LID where known, else the phone-number JID. */
  senderId: string
  /** Phone-number JID; null: not known. */
  senderPn?: string | null
  /** Whether it is the account itself. */
  fromMe: boolean
  /** The reaction, mostly one emoji. */
  emoji: string
  /** When, by the phone; null: not said. */
  at?: number | null
}

export type HistoryVote = {
  /** Who it is, without device: the LID where known, else the phone-number JID. */
  senderId: string
  /** Phone-number JID; null: not known. */
  senderPn?: string | null
  /** Whether it is the account itself. */
  fromMe: boolean
  /** The names of the options chosen; empty: withdrawn, or none of them is known by name. */
  options: readonly string[]
  /** SHA-256, lower-case hex, of chosen options whose name is not known here. */
  unknownHashes: readonly string[]
  /** When, by the phone; null: not said. */
  at?: number | null
}

export type HistoryAnswer = {
  /** Who it is, without device: the LID where known, else the phone-number JID. */
  senderId: string
  /** Phone-number JID; null: not known. */
  senderPn?: string | null
  /** Whether it is the account itself. */
  fromMe: boolean
  /** going, not-going, maybe, unknown; consumers must accept new ones. */
  answer: string
  /** How many more the person brings; null: not said. */
  extraGuests?: number | null
  /** When, by the phone; null: not said. */
  at?: number | null
}

export type HistoryReceipt = {
  /** Who it is, without device: the LID where known, else the phone-number JID. */
  participantId: string
  /** Phone-number JID; null: not known. */
  participantPn?: string | null
  /** delivered, read, played; consumers must accept new ones. */
  status: string
  /** When, by the phone; null: not said. */
  at?: number | null
}

export type InstanceSettings = {
  /** Whether the messages that its phone tells of from before it was linked are taken. */
  historySync?: boolean | null
  /** true: nothing of groups enters the log. */
  ignoreGroups?: boolean | null
  /** true: nothing of status (stories) enters the log. */
  ignoreStatus?: boolean | null
  /** true: nothing of channels enters the log. */
  ignoreNewsletters?: boolean | null
  /** Whether the account is shown as online while it is connected. */
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
  /** text, image, video, voice, document …; consumers must accept new ones. unknown: of a kind that is newer than this version, or that the contract has no word for. */
  kind: string
  /** What the sender calls itself (push name), as the stanza gave it; null: not said. */
  senderName?: string | null
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
  /** What people read: the text, the caption, the title of what is shown, the label that was tapped; null: nothing. */
  text?: string | null
  /** WhatsApp’s id of the message that it belongs to: of the album, the event it answers, the post it comments; null: none. */
  parentMessageId?: string | null
  /** WhatsApp’s id of the message that this one replies to; null: it is no reply. */
  quotedMessageId?: string | null
  /** JIDs without device of those mentioned, as the sender wrote them; null: nobody. */
  mentions?: readonly string[] | null
  /** Whether its sender says that it was forwarded; null: not said. */
  forwarded?: boolean | null
  /** true: it may be opened once; null: as often as one likes. */
  viewOnce?: boolean | null
  /** Disappearing messages: after how many seconds WhatsApp’s apps hide it; null: never. */
  expiresInSeconds?: number | null
  /** Of what the account wrote: phone, api, other (another linked device); null: somebody else wrote, or it is not known. */
  source?: string | null
  /** The command that sent it; null: none did. */
  commandId?: string | null
  /** The point; null: there is none, or its coordinates are no numbers. */
  location?: Location | null
  /** The contacts that were shared, in order; null: none. */
  contacts?: readonly ContactCard[] | null
  /** The poll as it was created; null: it is none. */
  poll?: Poll | null
  /** JSON of what a program needs of buttons, lists, products, events and the like, or of the answer to them: docs/events.md, What interactive holds, has its shape for each kind; null: none. */
  interactive?: string | null
  /** What the message says about its file; null: it has none. */
  media?: Media | null
  /** How to fetch that file; null: it has none. Sensitive, never in webhooks. */
  mediaSource?: MediaSource | null
}

export type MessageSent = Envelope & {
  type: 'message.sent'
  /** text, image, video, voice, document …; consumers must accept new ones. unknown: of a kind that is newer than this version, or that the contract has no word for. */
  kind: string
  /** What the sender calls itself (push name), as the stanza gave it; null: not said. */
  senderName?: string | null
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
  /** What people read: the text, the caption, the title of what is shown, the label that was tapped; null: nothing. */
  text?: string | null
  /** WhatsApp’s id of the message that it belongs to: of the album, the event it answers, the post it comments; null: none. */
  parentMessageId?: string | null
  /** WhatsApp’s id of the message that this one replies to; null: it is no reply. */
  quotedMessageId?: string | null
  /** JIDs without device of those mentioned, as the sender wrote them; null: nobody. */
  mentions?: readonly string[] | null
  /** Whether its sender says that it was forwarded; null: not said. */
  forwarded?: boolean | null
  /** true: it may be opened once; null: as often as one likes. */
  viewOnce?: boolean | null
  /** Disappearing messages: after how many seconds WhatsApp’s apps hide it; null: never. */
  expiresInSeconds?: number | null
  /** Of what the account wrote: phone, api, other (another linked device); null: somebody else wrote, or it is not known. */
  source?: string | null
  /** The command that sent it; null: none did. */
  commandId?: string | null
  /** The point; null: there is none, or its coordinates are no numbers. */
  location?: Location | null
  /** The contacts that were shared, in order; null: none. */
  contacts?: readonly ContactCard[] | null
  /** The poll as it was created; null: it is none. */
  poll?: Poll | null
  /** JSON of what a program needs of buttons, lists, products, events and the like, or of the answer to them: docs/events.md, What interactive holds, has its shape for each kind; null: none. */
  interactive?: string | null
  /** What the message says about its file; null: it has none. */
  media?: Media | null
  /** How to fetch that file; null: it has none. Sensitive, never in webhooks. */
  mediaSource?: MediaSource | null
}

export type MessageEdited = Envelope & {
  type: 'message.edited'
  /** WhatsApp’s id of the message that was edited; messageId is that of the edit. Apply it only to a message of the same chatId and senderId: whose it is is checked where that is known, and the sender’s own word where not. */
  targetMessageId: string
  /** The new text or caption; null: it is empty now, or no text. */
  text?: string | null
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
  /** What a program needs of what it is now, in the shapes of message.received: of an event its times, and whether it was called off; null: its text alone changed. */
  interactive?: string | null
  /** Where an event is now; null: nowhere in particular, or interactive is null. */
  location?: Location | null
}

export type MessageRevoked = Envelope & {
  type: 'message.revoked'
  /** WhatsApp’s id of the message that was revoked; messageId is that of the revoke. Apply it only to a message of the same chatId that is from targetSenderId or, where that is null, from senderId. */
  targetMessageId: string
  /** Whose message it was, where a group admin revoked it; null: the sender’s own. */
  targetSenderId?: string | null
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
}

export type MessageReacted = Envelope & {
  type: 'message.reacted'
  /** WhatsApp’s id of the message that it is a reaction to; messageId is the reaction’s own. */
  targetMessageId: string
  /** The reaction, mostly one emoji. Empty: removed. */
  emoji: string
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
}

export type MessageReceiptUpdated = Envelope & {
  type: 'message.receipt-updated'
  /** WhatsApp’s ids of the messages that it is about, at least one; of one, messageId has it, too. */
  messageIds: readonly string[]
  /** Whose receipt it is, in groups; null: it is that of senderId. */
  participantId?: string | null
  /** server, delivered, read, played, error; consumers must accept new ones. Nothing says error yet. */
  status: string
}

export type MessageUndecryptable = Envelope & {
  type: 'message.undecryptable'
  /** withheld: WhatsApp gave this device a placeholder without content; no-secret: it is sealed with the secret of targetMessageId, which is not known yet; else what the decryption said, for people. */
  reason: string
  /** pkmsg (a first message), msg or skmsg (to a group); of a placeholder none; of what is sealed its name. */
  encryption: string
  /** true: a placeholder of what may be opened once, on the phone; null: not said. */
  viewOnce?: boolean | null
  /** Of a placeholder: whether the phone is asked for the message, two seconds later where the connection lasts so long; null: it is none. */
  asked?: boolean | null
  /** Of what is sealed: the message whose secret it takes; null: of anything else. */
  targetMessageId?: string | null
  /** What the sender calls itself (push name), as the stanza gave it; null: not said. */
  senderName?: string | null
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
}

export type PollVoted = Envelope & {
  type: 'poll.voted'
  /** WhatsApp’s id of the poll; messageId is that of the vote. */
  targetMessageId: string
  /** Who made the poll, without device; null: not said. */
  targetSenderId?: string | null
  /** The names of the options chosen, all of them; empty: withdrawn, or none of them is known by name. */
  options: readonly string[]
  /** SHA-256, lower-case hex, of chosen options whose name is not known here. */
  unknownHashes: readonly string[]
  /** What the sender calls itself (push name), as the stanza gave it; null: not said. */
  senderName?: string | null
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
  /** change: it happened; snapshot: the whole state was told, and this differs from what was appended last; history: it came with the phone’s history. null: change. */
  origin?: string | null
}

export type MessagePinned = Envelope & {
  type: 'message.pinned'
  /** WhatsApp’s id of the message that it is about. */
  targetMessageId: string
  /** Whose message it is, without device; null: that of the chat’s other side, or not said. */
  targetSenderId?: string | null
  /** true: pinned; false: not any more. */
  on: boolean
  /** Until when it is pinned; null: not said. */
  untilAt?: number | null
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
}

export type MessageStarred = Envelope & {
  type: 'message.starred'
  /** WhatsApp’s id of the message that it is about. */
  targetMessageId: string
  /** Whose message it is, without device; null: that of the chat’s other side, or not said. */
  targetSenderId?: string | null
  /** true: starred; false: not any more. */
  on: boolean
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
  /** change: it happened; snapshot: the whole state was told, and this differs from what was appended last; history: it came with the phone’s history. null: change. */
  origin?: string | null
}

export type MessageDeleted = Envelope & {
  type: 'message.deleted'
  /** WhatsApp’s id of the message that it is about. */
  targetMessageId: string
  /** Whose message it is, without device; null: that of the chat’s other side, or not said. */
  targetSenderId?: string | null
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
  /** change: it happened; snapshot: the whole state was told, and this differs from what was appended last; history: it came with the phone’s history. null: change. */
  origin?: string | null
}

export type ChatUpdated = Envelope & {
  type: 'chat.updated'
  /** Whether it is archived; null: that did not change. */
  archived?: boolean | null
  /** Whether it is muted; null: that did not change. */
  muted?: boolean | null
  /** Until when it is muted; null: for ever, not muted, or that did not change. */
  mutedUntil?: number | null
  /** Whether it is pinned; null: that did not change. */
  pinned?: boolean | null
  /** true: marked unread; false: read elsewhere; null: that did not change. */
  unread?: boolean | null
  /** Whether it is locked; null: that did not change. */
  locked?: boolean | null
  /** Disappearing messages: after how many seconds; 0: off; null: that did not change. */
  expiresInSeconds?: number | null
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
  /** change: it happened; snapshot: the whole state was told, and this differs from what was appended last; history: it came with the phone’s history. null: change. */
  origin?: string | null
}

export type ChatDeleted = Envelope & {
  type: 'chat.deleted'
  /** true: what was in it was deleted, the chat stays; false: the chat was deleted. Always false in this version: Baileys does not say that a chat was emptied. */
  cleared: boolean
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
  /** change: it happened; snapshot: the whole state was told, and this differs from what was appended last; history: it came with the phone’s history. null: change. */
  origin?: string | null
}

export type LabelChanged = Envelope & {
  type: 'label.changed'
  /** WhatsApp’s id of the label. */
  labelId: string
  /** What it is called; null: it is about a chat or a message, or not said. */
  name?: string | null
  /** Its colour, by its place in WhatsApp’s palette; null: as for name. */
  color?: number | null
  /** true: there is no such label any more; null: there is. */
  deleted?: boolean | null
  /** true: chatId, or the message, has it now; false: not any more; null: it is about the label itself. */
  on?: boolean | null
  /** The message that has it; null: the chat, or the label itself. */
  targetMessageId?: string | null
  /** change: it happened; snapshot: the whole state was told, and this differs from what was appended last; history: it came with the phone’s history. null: change. */
  origin?: string | null
}

export type BlocklistUpdated = Envelope & {
  type: 'blocklist.updated'
  /** JID without device of whom: the LID where known, else the phone-number JID. */
  contactId: string
  /** Phone-number JID; null: not known. */
  contactPn?: string | null
  /** true: blocked; false: not any more. */
  on: boolean
  /** change: it happened; snapshot: the whole state was told, and this differs from what was appended last; history: it came with the phone’s history. null: change. */
  origin?: string | null
}

export type ContactUpdated = Envelope & {
  type: 'contact.updated'
  /** JID without device: the LID where known, else the phone-number JID. */
  contactId: string
  /** Phone-number JID; null: not known. */
  contactPn?: string | null
  /** LID; null: not known. */
  contactLid?: string | null
  /** As in the phone’s address book; null: not said. */
  name?: string | null
  /** As the contact calls itself; null: not said. */
  pushName?: string | null
  /** change: it happened; snapshot: the whole state was told, and this differs from what was appended last; history: it came with the phone’s history. null: change. */
  origin?: string | null
}

export type GroupUpdated = Envelope & {
  type: 'group.updated'
  /** The group’s JID (…@g.us), also in chatId. */
  groupId: string
  /** What it is called; null: not said. */
  subject?: string | null
  /** Its description, empty where it has none or that was deleted; null: not said. */
  description?: string | null
  /** Who made it, without device; null: not said. */
  ownerId?: string | null
  /** Phone-number JID of who made it; null: not known. */
  ownerPn?: string | null
  /** When it was made; null: not said. */
  createdAt?: number | null
  /** true: only admins write; null: not said. */
  announce?: boolean | null
  /** true: only admins change what it is called and the like; null: not said. */
  restrict?: boolean | null
  /** true: an admin has to let people in; null: not said. */
  joinApproval?: boolean | null
  /** true: every member may add others; false: admins alone; null: not said. */
  memberAdd?: boolean | null
  /** Disappearing messages: after how many seconds; 0: off; null: not said. */
  expiresInSeconds?: number | null
  /** true: a community, whose groups name it as their parent; null: not said. */
  isCommunity?: boolean | null
  /** The community that it belongs to, empty where it belongs to none; null: not said. */
  parentGroupId?: string | null
  /** The code of its invite link, where that was made anew; null: not said. Whoever has it can join. */
  inviteCode?: string | null
  /** true: WhatsApp lets nobody join by a link for a while; null: not said. */
  growthLocked?: boolean | null
  /** true: WhatsApp suspended it; null: not said. */
  suspended?: boolean | null
  /** true: it is no more; null: it is. */
  deleted?: boolean | null
  /** The id of its picture, empty where that was removed; null: not said. */
  pictureId?: string | null
  /** Everybody in it, by their ids, where all of it was told; null: not said. */
  participants?: readonly GroupParticipant[] | null
  /** Who did it, without device: the LID where known; null: not said. */
  authorId?: string | null
  /** Phone-number JID of who did it; null: not known. */
  authorPn?: string | null
  /** change: it happened; snapshot: the whole state was told, and this differs from what was appended last; history: it came with the phone’s history. null: change. */
  origin?: string | null
}

export type GroupParticipantsChanged = Envelope & {
  type: 'group.participants-changed'
  /** The group’s JID (…@g.us), also in chatId. */
  groupId: string
  /** add, remove, promote, demote, leave, modify (another number or address: authorId is who they were, and not in the group any more); consumers must accept new ones. */
  action: string
  /** Whom it is about, at least one. */
  participants: readonly GroupParticipant[]
  /** Who did it, without device: the LID where known; null: not said. */
  authorId?: string | null
  /** Phone-number JID of who did it; null: not known. */
  authorPn?: string | null
  /** How, where WhatsApp says so (invite, linked_group_join …); null: not said. */
  reason?: string | null
}

export type GroupJoinRequested = Envelope & {
  type: 'group.join-requested'
  /** The group’s JID (…@g.us), also in chatId. */
  groupId: string
  /** created, revoked, rejected; consumers must accept new ones. */
  action: string
  /** Who asked, at least one. */
  participants: readonly GroupParticipant[]
  /** How: invite_link, linked_group_join, non_admin_add; null: not said. */
  method?: string | null
  /** Who did it, without device: the LID where known; null: not said. */
  authorId?: string | null
  /** Phone-number JID of who did it; null: not known. */
  authorPn?: string | null
}

export type NewsletterUpdated = Envelope & {
  type: 'newsletter.updated'
  /** The channel’s JID (…@newsletter), also in chatId. */
  newsletterId: string
  /** What it is called; null: not said. */
  name?: string | null
  /** Its description; null: not said. */
  description?: string | null
  /** active, suspended, geosuspended, deleted …; null: not said. */
  state?: string | null
  /** What the account is in it: guest, subscriber, admin, owner; null: not said. */
  role?: string | null
  /** Whether the account muted it; null: not said. */
  muted?: boolean | null
  /** Who did it, without device: the LID where known; null: not said. */
  authorId?: string | null
}

export type CallUpdated = Envelope & {
  type: 'call.updated'
  /** WhatsApp’s id of the call. */
  callId: string
  /** offer, ringing, accepted, rejected, missed, ended; consumers must accept new ones. */
  status: string
  /** true: with video; null: not said, as of every step but the offer. */
  video?: boolean | null
  /** The group that is called; null: none. */
  groupId?: string | null
  /** How long it was, where that is said; null: not said, as by this version. */
  durationSeconds?: number | null
  /** Whether it is a call of several. */
  isGroup: boolean
}

export type PresenceUpdated = Envelope & {
  type: 'presence.updated'
  /** available, unavailable, composing, recording, paused; consumers must accept new ones. */
  state: string
  /** When it was last seen, where it lets others know; null: not said. */
  lastSeenAt?: number | null
  /** Whether the chat is a group; senderId is who it is about. */
  isGroup: boolean
}

export type MessageHistory = Envelope & {
  type: 'message.history'
  /** text, image, video, voice, document …; consumers must accept new ones. unknown: of a kind that is newer than this version, or that the contract has no word for. */
  kind: string
  /** What the sender calls itself (push name), as the stanza gave it; null: not said. */
  senderName?: string | null
  /** Whether the chat is a group (…@g.us); channels, status and broadcast lists are none. */
  isGroup: boolean
  /** What people read: the text, the caption, the title of what is shown, the label that was tapped; null: nothing. */
  text?: string | null
  /** WhatsApp’s id of the message that it belongs to: of the album, the event it answers, the post it comments; null: none. */
  parentMessageId?: string | null
  /** WhatsApp’s id of the message that this one replies to; null: it is no reply. */
  quotedMessageId?: string | null
  /** JIDs without device of those mentioned, as the sender wrote them; null: nobody. */
  mentions?: readonly string[] | null
  /** Whether its sender says that it was forwarded; null: not said. */
  forwarded?: boolean | null
  /** true: it may be opened once; null: as often as one likes. */
  viewOnce?: boolean | null
  /** Disappearing messages: after how many seconds WhatsApp’s apps hide it; null: never. */
  expiresInSeconds?: number | null
  /** Always null: the phone does not say on which device the account wrote. */
  source?: string | null
  /** The command that sent it; null: none did. */
  commandId?: string | null
  /** The point; null: there is none, or its coordinates are no numbers. */
  location?: Location | null
  /** The contacts that were shared, in order; null: none. */
  contacts?: readonly ContactCard[] | null
  /** The poll as it was created; null: it is none. */
  poll?: Poll | null
  /** JSON of what a program needs of buttons, lists, products, events and the like, or of the answer to them: docs/events.md, What interactive holds, has its shape for each kind; null: none. */
  interactive?: string | null
  /** What the message says about its file; null: it has none. */
  media?: Media | null
  /** How to fetch that file; null: it has none. Sensitive, never in webhooks. */
  mediaSource?: MediaSource | null
  /** Its place among the messages of the notification, from 0. */
  ordinal: number
  /** The phone’s own number of it in its chat; greater is later. null: not said. */
  order?: number | null
  /** Of what the account wrote, how far it got: server, delivered, read, played, error; null: not said. */
  status?: string | null
  /** true: the account starred it; null: not said. */
  starred?: boolean | null
  /** When it was deleted for everyone, or, where that is not said, was sent; null: it was not. */
  revokedAt?: number | null
  /** true: it is pinned in its chat; null: not said. */
  pinned?: boolean | null
  /** Until when it is pinned; null: not said. */
  pinnedUntil?: number | null
  /** The reactions that it has; null: none is said. */
  reactions?: readonly HistoryReaction[] | null
  /** Of a poll, the choice of each voter; null: none is said. */
  votes?: readonly HistoryVote[] | null
  /** Of an event, the answer of each person; null: none is said. */
  answers?: readonly HistoryAnswer[] | null
  /** How far it got with each person; null: none is said. */
  receipts?: readonly HistoryReceipt[] | null
  /** Why the phone itself has no content of it: ciphertext, futureproof, payment-ciphertext, payment-futureproof, oversized, no-content; consumers must accept new ones. null: it has. */
  undecryptable?: string | null
  /** Which part of the phone’s history: initial-bootstrap, recent, full, push-name, non-blocking-data, on-demand, initial-status; consumers must accept new ones. */
  syncType: string
  /** eventId of the phone’s notification, which is unknown in the topic of events. */
  sourceEventId: string
  /** Always history. */
  origin?: string | null
}

export type HistoryProgressed = Envelope & {
  type: 'history.progressed'
  /** Which part of the phone’s history: initial-bootstrap, recent, full, push-name, non-blocking-data, on-demand, initial-status; consumers must accept new ones. */
  syncType: string
  /** eventId of the phone’s notification, which is unknown in the topic of events. */
  sourceEventId: string
  /** started, progressed, completed, failed; consumers must accept new ones. */
  state: string
  /** Which chunk of its syncType the phone says it is, from 1; null: not said. */
  chunk?: number | null
  /** How much of its history the phone says that it has shared with this chunk, 0 to 100; null: not said. */
  percent?: number | null
  /** Messages of this chunk that are in the log, or were left out by the settings. */
  done: number
  /** Messages in this chunk; null: not known yet. */
  total?: number | null
  /** Records of people and chats in this chunk of which something was told. */
  people: number
  /** Entries of this chunk that could not be read, and were passed over. */
  unreadable: number
  /** true: historySync is off, and only names and addresses are taken. */
  isWithoutMessages: boolean
  /** Why it failed: gone, corrupt, too-large, no-url …, as of media; null: it did not. */
  reason?: string | null
  /** The same for people; null: nothing more is known. */
  detail?: string | null
  /** Always history. */
  origin?: string | null
}

export type InstanceCreated = Envelope & {
  type: 'instance.created'
  /** What its operator calls it. */
  name: string
  /** All that was chosen for it. */
  settings: InstanceSettings
}

export type InstanceSettingsChanged = Envelope & {
  type: 'instance.settings-changed'
  /** What its operator calls it. */
  name: string
  /** All that was chosen for it. */
  settings: InstanceSettings
}

export type InstanceStateChanged = Envelope & {
  type: 'instance.state-changed'
  /** connecting, qr, open, reconnecting, closed, logged-out. Before its first one it is created. */
  state: string
  /** replaced, banned, network …; consumers must accept new ones. null: nothing went wrong. */
  reason?: string | null
  /** The same for people, with what to do; null: nothing to say. */
  reasonText?: string | null
  /** The account’s number, in digits; null: not paired. */
  phone?: string | null
  /** The account’s LID, without device; null: not known. */
  lid?: string | null
}

export type InstancePaired = Envelope & {
  type: 'instance.paired'
  /** The account’s number, in digits; empty: WhatsApp did not say it. */
  phone: string
  /** The account’s LID, without device; null: not known. */
  lid?: string | null
  /** What WhatsApp calls the phone’s system: android, iphone, smba …; null: not said. */
  platform?: string | null
  /** What the account calls itself; null: not said. */
  name?: string | null
}

export type InstanceLoggedOut = Envelope & {
  type: 'instance.logged-out'
  /** Why, for people. */
  reason: string
}

export type InstanceDeleted = Envelope & {
  type: 'instance.deleted'
  /** Whether what was stored of it is erased, too. */
  purged: boolean
}

export type InstanceHeartbeat = Envelope & {
  type: 'instance.heartbeat'
  /** As in instance.state-changed. */
  state: string
  /** When WhatsApp sent anything last in this epoch; null: it has not. */
  lastStanzaAt?: number | null
  /** The sequence of the last event on the topic of events in this epoch; 0: none. */
  lastSequence: number
  /** Stanzas received in this epoch that say something. */
  received: number
  /** Events appended in this epoch. */
  appended: number
}

export type MediaDownloaded = Envelope & {
  type: 'media.downloaded'
  /** eventId of the message that this file belongs to. */
  sourceEventId: string
  /** 1 for the first processing; the next one where the file has to be fetched anew. */
  round: number
  /** image, video, voice, document … */
  kind: string
  /** As declared by the sender; in media.stored what the bytes are. null: not said. */
  mimetype?: string | null
  /** What the sender calls a document, never used as a path; null: not said. */
  fileName?: string | null
  /** Pixels of a picture or a video; null: not said. */
  width?: number | null
  /** Pixels of a picture or a video; null: not said. */
  height?: number | null
  /** Seconds of an audio or a video; null: not said. */
  durationSeconds?: number | null
  /** Pages of a document; null: not said. */
  pages?: number | null
  /** Object key of the plain file; it is kept for 30 days. */
  incomingKey: string
  /** Bytes of the plain file, as it was received. */
  sizeBytes: number
  /** SHA-256 of the plain bytes, lower-case hex. */
  sha256: string
  /** Whether that is what the message announced, also where it announced nothing; a mismatch is flagged, not refused. */
  sha256Matches: boolean
  /** Tries of this round, the last one included; from 1. */
  attempts: number
  /** As its message had it, for another fetch; null: not known. Sensitive, never in webhooks. */
  mediaSource?: MediaSource | null
}

export type MediaStored = Envelope & {
  type: 'media.stored'
  /** eventId of the message that this file belongs to. */
  sourceEventId: string
  /** 1 for the first processing; the next one where the file has to be fetched anew. */
  round: number
  /** image, video, voice, document … */
  kind: string
  /** As declared by the sender; in media.stored what the bytes are. null: not said. */
  mimetype?: string | null
  /** What the sender calls a document, never used as a path; null: not said. */
  fileName?: string | null
  /** Pixels of a picture or a video; null: not said. */
  width?: number | null
  /** Pixels of a picture or a video; null: not said. */
  height?: number | null
  /** Seconds of an audio or a video; null: not said. */
  durationSeconds?: number | null
  /** Pages of a document; null: not said. */
  pages?: number | null
  /** {instanceId}/{yyyy}/{mm}/{dd}/{sourceEventId}.{extension}: the object, by the UTC day of its message; behind S3_KEY_PREFIX where that is set. */
  key: string
  /** By the sniffed type, without a dot; bin where unknown. */
  extension: string
  /** Bytes of the plain file, as it was received. */
  sizeBytes: number
  /** SHA-256 of the plain bytes, lower-case hex. */
  sha256: string
  /** Whether that is what the message announced, also where it announced nothing; a mismatch is flagged, not refused. */
  sha256Matches: boolean
  /** {key}_thumb.jpg, a JPEG; null: it is no picture, or none could be made of it. */
  thumbnailKey?: string | null
}

export type MediaFailed = Envelope & {
  type: 'media.failed'
  /** eventId of the message that this file belongs to. */
  sourceEventId: string
  /** 1 for the first processing; the next one where the file has to be fetched anew. */
  round: number
  /** image, video, voice, document … */
  kind: string
  /** As declared by the sender; in media.stored what the bytes are. null: not said. */
  mimetype?: string | null
  /** What the sender calls a document, never used as a path; null: not said. */
  fileName?: string | null
  /** Pixels of a picture or a video; null: not said. */
  width?: number | null
  /** Pixels of a picture or a video; null: not said. */
  height?: number | null
  /** Seconds of an audio or a video; null: not said. */
  durationSeconds?: number | null
  /** Pages of a document; null: not said. */
  pages?: number | null
  /** download, store, send, policy. */
  stage: string
  /** timeout, gone, bad-mac …; consumers must accept new ones. */
  reason: string
  /** Whether another round can help; of a file that vanished before it was stored one follows by itself. */
  retryable: boolean
  /** Tries of this round, the last one included; from 1. */
  attempts: number
  /** What came back, for people; null: nothing. */
  detail?: string | null
  /** As its message had it, for another fetch; null: not known. Sensitive, never in webhooks. */
  mediaSource?: MediaSource | null
}

export type MediaRefreshed = Envelope & {
  type: 'media.refreshed'
  /** eventId of the message that this file belongs to. */
  sourceEventId: string
  /** 1 for the first processing; the next one where the file has to be fetched anew. */
  round: number
  /** image, video, voice, document … */
  kind: string
  /** As declared by the sender; in media.stored what the bytes are. null: not said. */
  mimetype?: string | null
  /** What the sender calls a document, never used as a path; null: not said. */
  fileName?: string | null
  /** Pixels of a picture or a video; null: not said. */
  width?: number | null
  /** Pixels of a picture or a video; null: not said. */
  height?: number | null
  /** Seconds of an audio or a video; null: not said. */
  durationSeconds?: number | null
  /** Pages of a document; null: not said. */
  pages?: number | null
  /** Where it is now; null: not said. Sensitive, never in webhooks. */
  mediaSource?: MediaSource | null
}

export type MediaExpired = Envelope & {
  type: 'media.expired'
  /** eventId of the message that this file belongs to. */
  sourceEventId: string
  /** 1 for the first processing; the next one where the file has to be fetched anew. */
  round: number
  /** image, video, voice, document … */
  kind: string
  /** As declared by the sender; in media.stored what the bytes are. null: not said. */
  mimetype?: string | null
  /** What the sender calls a document, never used as a path; null: not said. */
  fileName?: string | null
  /** Pixels of a picture or a video; null: not said. */
  width?: number | null
  /** Pixels of a picture or a video; null: not said. */
  height?: number | null
  /** Seconds of an audio or a video; null: not said. */
  durationSeconds?: number | null
  /** Pages of a document; null: not said. */
  pages?: number | null
  /** retention, erased; consumers must accept new ones. */
  reason: string
}

export type CommandAccepted = Envelope & {
  type: 'command.accepted'
  /** 32 lower-case hex digits; the same for the same instance and Idempotency-Key. */
  commandId: string
  /** What was asked for: message.send, or another of docs/contract.md; consumers must accept new ones. */
  operation: string
  /** SHA-256 of what is asked for, lower-case hex: two with one commandId ask for the same where it is equal. */
  digest: string
  /** What is asked for: JSON text, in the shape of the call’s body. */
  body: string
  /** It is not begun after this. */
  expiresAt: number
}

export type CommandCompleted = Envelope & {
  type: 'command.completed'
  /** 32 lower-case hex digits; the same for the same instance and Idempotency-Key. */
  commandId: string
  /** What was asked for: message.send, or another of docs/contract.md; consumers must accept new ones. */
  operation: string
  /** How often it was given to WhatsApp; 0: never. */
  tries: number
  /** What WhatsApp answered, such as the id of a new group: JSON text; null: nothing. */
  result?: string | null
}

export type CommandFailed = Envelope & {
  type: 'command.failed'
  /** 32 lower-case hex digits; the same for the same instance and Idempotency-Key. */
  commandId: string
  /** What was asked for: message.send, or another of docs/contract.md; consumers must accept new ones. */
  operation: string
  /** How often it was given to WhatsApp; 0: never. */
  tries: number
  /** refused, not-on-whatsapp, not-allowed, account-restricted, rate-limited, expired, logged-out, outcome-unknown, invalid, app-state-key-missing, media-upload-failed, cancelled; consumers must accept new ones. */
  reason: string
  /** The same for people, with WhatsApp’s code where it said one. */
  reasonText: string
  /** What WhatsApp said, such as 463; null: nothing. */
  code?: string | null
}

export type ProcessingStarted = Envelope & {
  type: 'processing.started'
  /** 32 lower-case hex digits; the same for the same instance, chat and message. */
  sessionId: string
  /** What is done, in the client’s own word; null: it said none. */
  processType?: string | null
  /** It times out by itself then. */
  timeoutAt: number
}

export type ProcessingFinished = Envelope & {
  type: 'processing.finished'
  /** 32 lower-case hex digits; the same for the same instance, chat and message. */
  sessionId: string
  /** What is done, in the client’s own word; null: it said none. */
  processType?: string | null
  /** success, error, aborted; consumers must accept new ones. */
  status: string
  /** Its last start. */
  startedAt: number
}

export type ProcessingTimedOut = Envelope & {
  type: 'processing.timed-out'
  /** 32 lower-case hex digits; the same for the same instance, chat and message. */
  sessionId: string
  /** What is done, in the client’s own word; null: it said none. */
  processType?: string | null
  /** Its last start. */
  startedAt: number
}

export type UploadRequested = Envelope & {
  type: 'upload.requested'
  /** 32 lower-case hex digits; the same for the same instance and Idempotency-Key. */
  uploadId: string
  /** What it is to be sent as: image, video, gif, ptv, audio, voice, document, sticker; consumers must accept new ones. */
  kind: string
  /** Where its bytes come from: upload, url or object. */
  source: string
  /** As the client calls it; null: not said. */
  fileName?: string | null
  /** As the client says it; null: not said. */
  mimetype?: string | null
  /** As the client says it; null: not said. */
  sizeBytes?: number | null
}

export type UploadCompleted = Envelope & {
  type: 'upload.completed'
  /** 32 lower-case hex digits; the same for the same instance and Idempotency-Key. */
  uploadId: string
  /** What it is to be sent as: image, video, gif, ptv, audio, voice, document, sticker; consumers must accept new ones. */
  kind: string
  /** Of the file as it was sent. */
  mimetype?: string | null
  /** Of the file as it was sent. */
  sizeBytes?: number | null
  /** Of the command that sends it; null: none does. */
  commandId?: string | null
}

export type UploadFailed = Envelope & {
  type: 'upload.failed'
  /** 32 lower-case hex digits; the same for the same instance and Idempotency-Key. */
  uploadId: string
  /** What it is to be sent as: image, video, gif, ptv, audio, voice, document, sticker; consumers must accept new ones. */
  kind: string
  /** As the client says it; null: not said. */
  mimetype?: string | null
  /** As the client says it; null: not said. */
  sizeBytes?: number | null
  /** Of the command that sends it; null: none does. */
  commandId?: string | null
  /** expired, given-up, empty, too-large, truncated, type-mismatch, type-not-allowed, not-convertible, gone, address-blocked, timeout, connection, throttled, server-error, storage-refused, internal, not-sent; consumers must accept new ones. not-sent: its command failed, which says why. */
  reason: string
  /** The same for people. */
  reasonText: string
}

export type ReplayEnded = Envelope & {
  type: 'replay.ended'
  /** The id of the replay, as in the header replay-job. */
  replayId: string
  /** The topic that it was copied from, by its whole name. */
  topic: string
  /** The partition, of both topics. */
  partition: number
  /** The first offset of the range. */
  firstOffset: number
  /** The last one; one below the first where there is nothing in it. */
  lastOffset: number
  /** Records copied. */
  records: number
  /** Records that were asked for and left out, because their instance is purged, they cannot be read, or the log never takes them, and those that the log forgot before their turn came. */
  leftOut: number
}

export type Unknown = Envelope & {
  type: 'unknown'
  /** stanza or baileys. */
  source: string
  /** Stanza tag and type, the message’s field, or the Baileys event; behind it why, where its own form was not taken. */
  name: string
  /** JSON of Baileys’ event, without byte arrays and secrets; of a stanza, which is in raw, what had to be replaced in its envelope; null: nothing. */
  payload?: string | null
  /** What the sender calls itself (push name), as the stanza gave it; null: not said. */
  senderName?: string | null
}

export type DeliveryReleased = Envelope & {
  type: 'delivery.released'
  /** {eventId}_{endpointId}: the webhook-id. */
  deliveryId: string
  /** The endpoint that it is for. */
  endpointId: string
  /** Of the endpoint’s settings: those that matched. */
  endpointVersion: number
  /** {endpointId}/{instanceId}/{chat}. Deliveries of one lane go out one at a time. */
  lane: string
  /** Event type as the client sees it. */
  webhookType: string
  /** JSON as sent, less the media links. */
  body: string
  /** The message event whose file the body links to; null: it links to none. */
  mediaEventId?: string | null
  /** Whether that file has a thumbnail. */
  hasThumbnail: boolean
}

export type DeliveryAttempted = Envelope & {
  type: 'delivery.attempted'
  /** {eventId}_{endpointId}: the webhook-id. */
  deliveryId: string
  /** The endpoint that it is for. */
  endpointId: string
  /** Number of the attempt, from 1. */
  attempt: number
  /** delivered, retrying, waiting, discarded, dead. */
  outcome: string
  /** HTTP status of the answer; null: there was none. */
  statusCode?: number | null
  /** Why there was no answer, for people; null: there was one. */
  error?: string | null
  /** Milliseconds from the request to its answer or failure. */
  durationMs: number
  /** Milliseconds until the next attempt; null: none is planned. */
  retryInMs?: number | null
  /** How the answer’s body begins, at most 4 KiB; null: there was none. */
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
  | PollVoted
  | MessagePinned
  | MessageStarred
  | MessageDeleted
  | ChatUpdated
  | ChatDeleted
  | LabelChanged
  | BlocklistUpdated
  | ContactUpdated
  | GroupUpdated
  | GroupParticipantsChanged
  | GroupJoinRequested
  | NewsletterUpdated
  | CallUpdated
  | PresenceUpdated
  | MessageHistory
  | HistoryProgressed
  | InstanceCreated
  | InstanceSettingsChanged
  | InstanceStateChanged
  | InstancePaired
  | InstanceLoggedOut
  | InstanceDeleted
  | InstanceHeartbeat
  | MediaDownloaded
  | MediaStored
  | MediaFailed
  | MediaRefreshed
  | MediaExpired
  | CommandAccepted
  | CommandCompleted
  | CommandFailed
  | ProcessingStarted
  | ProcessingFinished
  | ProcessingTimedOut
  | UploadRequested
  | UploadCompleted
  | UploadFailed
  | ReplayEnded
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
  'poll.voted',
  'message.pinned',
  'message.starred',
  'message.deleted',
  'chat.updated',
  'chat.deleted',
  'label.changed',
  'blocklist.updated',
  'contact.updated',
  'group.updated',
  'group.participants-changed',
  'group.join-requested',
  'newsletter.updated',
  'call.updated',
  'presence.updated',
  'message.history',
  'history.progressed',
  'instance.created',
  'instance.settings-changed',
  'instance.state-changed',
  'instance.paired',
  'instance.logged-out',
  'instance.deleted',
  'instance.heartbeat',
  'media.downloaded',
  'media.stored',
  'media.failed',
  'media.refreshed',
  'media.expired',
  'command.accepted',
  'command.completed',
  'command.failed',
  'processing.started',
  'processing.finished',
  'processing.timed-out',
  'upload.requested',
  'upload.completed',
  'upload.failed',
  'replay.ended',
  'unknown',
  'delivery.released',
  'delivery.attempted',
] as const
