// What the verbs of calls are called where their paths do not say it well, what they say by themselves, and what helps show. A call without a line
// here has a verb all the same: `nameOf` makes its name.

/** `thing`: the first part of its path. Fields are called as in the path and the query, or by their pointer in the body. */
export type VerbLine = {
  name: string
  summary?: string
  /** What is typed without a name, in order; left out: the path's, and of the body what is required. */
  args?: readonly string[]
  /** What the verb itself says. */
  set?: Readonly<Record<string, unknown>>
  /** The options; left out: all other fields. */
  options?: readonly string[]
  /** Of a list: fields, or what people call one and the fields that say it, the first of them that is there: `chat: chatPn | chatId`. */
  columns?: readonly string[]
  /** Behind the verb's words; left out, made of its arguments. */
  example?: string
}

/** No verb of its own: what does it instead. */
type Instead = { instead: string }

const one = (name: string, rest: Omit<VerbLine, 'name'> = {}): readonly VerbLine[] => [{ name, ...rest }]

/** Of a call that switches something: one verb for each way. */
const chat = (name: string, summary: string, set: VerbLine['set'], options: readonly string[] = []): VerbLine => ({
  ...{ name, summary, options },
  ...(set !== undefined && { set }),
})

const people = (name: string, summary: string): VerbLine => ({
  name,
  summary,
  set: { '/action': name },
  args: ['jid', '/participants'],
})

const star = (name: string, summary: string, on: boolean): VerbLine => ({ name, summary, set: { '/on': on } })

const file = (kind: string, what: string): [string, readonly VerbLine[]] => [
  `POST /messages ${kind}`,
  one(kind, {
    summary: `Send ${what}, of a URL, an upload or media that is stored`,
    example: '5511900000011 --url https://example.com/file',
  }),
]

/** By method and path below the instance; of a message with its kind. */
export const verbLines: Readonly<Record<string, readonly VerbLine[] | Instead>> = {
  'GET /calls': one('list', { columns: ['at: startedAt', 'from: senderPn | senderId', 'status', 'call: callId'] }),
  'PUT /channels/:channelId/follow': one('follow'),
  'DELETE /channels/:channelId/follow': one('unfollow'),
  'PUT /channels/:channelId/mute': one('mute'),
  'DELETE /channels/:channelId/mute': one('unmute'),
  'GET /chats': one('list', { columns: ['chat: chatPn | chatId', 'name', 'last: lastMessageAt', 'unread', 'labels'] }),
  'PATCH /chats/:chatId': [
    chat('archive', 'Archive a chat, on every device of the account', { '/archived': true }),
    chat('unarchive', 'Take a chat out of the archive', { '/archived': false }),
    chat('mute', 'Mute a chat, for ever or until then', { '/muted': true }, ['/mutedUntil']),
    chat('unmute', 'Mute a chat no longer', { '/muted': false }),
    chat('pin', 'Pin a chat', { '/pinned': true }),
    chat('unpin', 'Pin a chat no longer', { '/pinned': false }),
    chat('mark-unread', 'Mark a chat unread', { '/unread': true }),
    chat('mark-read', 'Mark a chat read, without a receipt to anybody, which read sends', { '/unread': false }),
  ],
  'PUT /chats/:chatId/labels/:labelId': one('label'),
  'DELETE /chats/:chatId/labels/:labelId': one('unlabel'),
  'PUT /chats/:chatId/typing': one('typing'),
  'GET /commands': one('list', {
    columns: ['at: acceptedAt', 'operation', 'chat: chatId', 'state', 'why: waitsFor | reasonText', 'command: commandId'],
  }),
  'DELETE /commands': one('cancel-all'),
  'DELETE /commands/:commandId': one('cancel'),
  'GET /contacts': one('list', { columns: ['person: contactPn | contactId', 'name', 'own name: pushName', 'blocked'] }),
  'PUT /contacts/:personId': one('save'),
  'DELETE /contacts/:personId': one('remove'),
  'PUT /contacts/:personId/block': one('block'),
  'DELETE /contacts/:personId/block': one('unblock'),
  'GET /groups': one('list', { columns: ['group: groupId', 'subject', 'people: participantCount', 'left'] }),
  'PATCH /groups/:jid': one('change', { example: '120363000000000001 --subject Trip --announce' }),
  'POST /groups/:jid/participants': [
    people('add', 'Add people to a group; the result says what became of each'),
    people('remove', 'Remove people from a group'),
    people('promote', 'Make people admins of a group'),
    people('demote', 'Let people be admins of a group no longer'),
  ],
  'DELETE /groups/:jid/invite-link': one('revoke-invite-link'),
  'POST /groups/:jid/join-requests/refresh': one('join-requests'),
  'POST /groups/:jid/join-requests': [
    people('approve', 'Let people into a group who asked to be'),
    people('reject', 'Let people who asked to be in a group not in'),
  ],
  'GET /labels': one('list', { columns: ['label: labelId', 'name', 'color', 'messages'] }),
  'GET /media': one('list', {
    columns: ['at: occurredAt', 'kind', 'status', 'reason', 'bytes: sizeBytes', 'file: fileName', 'message: messageId'],
  }),
  'GET /messages': one('list', {
    columns: ['at: occurredAt', 'chat: chatPn | chatId', 'from: senderName', 'kind', 'text', 'message: messageId'],
  }),
  'POST /messages text': one('text', { summary: 'Send a text; zaplog send does the same in fewer words' }),
  'POST /messages location': one('location', { summary: 'Send a place' }),
  'POST /messages contacts': one('contact', {
    summary: 'Send a contact',
    example: '5511900000011 --name Ana --phone +5511900000012',
  }),
  'POST /messages poll': one('poll', {
    summary: 'Ask people a question with answers to choose from',
    args: ['/chatId', '/poll/name', '/poll/options'],
  }),
  'POST /messages event': one('event', { summary: 'Invite people to something' }),
  'POST /messages list': one('list-message', {
    summary: 'Send a list to choose from; it goes out as numbered text, unless --native',
    example: `5511900000011 'What will it be?' Menu --sections '[{"rows":[{"id":"1","title":"Tea"}]}]'`,
  }),
  'POST /messages buttons': one('buttons', {
    summary: 'Send buttons to choose from; they go out as numbered text, unless --native',
    example: `5511900000011 'Shall we?' --buttons '[{"id":"1","text":"Yes"}]'`,
  }),
  'POST /messages reaction': one('react', {
    summary: 'React to a message with an emoji; with nothing ("") the reaction is taken back',
  }),
  'POST /messages edit': one('edit', { summary: 'Edit a text of the account’s own, for as long as WhatsApp takes edits' }),
  'POST /messages delete': one('delete', { summary: 'Delete a message for everyone, for as long as WhatsApp does' }),
  'POST /messages pin': [
    { ...star('pin', 'Pin a message for everyone in its chat', true) },
    { ...star('unpin', 'Pin a message no longer', false), options: [] },
  ],
  'POST /messages forward': one('forward', { summary: 'Forward a message to a chat' }),
  'POST /messages album': one('album', {
    summary: 'Send pictures and videos that phones show together',
    example: `5511900000011 --items '[{"kind":"image","media":{"url":"https://example.com/1.jpg"}},{"kind":"image","media":{"url":"https://example.com/2.jpg"}}]'`,
  }),
  ...Object.fromEntries([
    file('image', 'a picture'),
    file('video', 'a video'),
    file('gif', 'a video that phones play in a loop'),
    file('ptv', 'a round video'),
    file('audio', 'a sound'),
    file('voice', 'a voice note'),
    file('document', 'a document'),
    file('sticker', 'a sticker'),
  ]),
  'POST /messages/:messageId/star': [
    star('star', 'Star a message, on every device of the account', true),
    star('unstar', 'Star a message no longer', false),
  ],
  'PUT /presence': [
    { name: 'online', summary: 'Show the account as online, until it connects anew', set: { '/online': true } },
    { name: 'offline', summary: 'Show the account as not online, until it connects anew', set: { '/online': false } },
  ],
  'PUT /presence/:chatId/subscription': one('subscribe'),
  'DELETE /presence/:chatId/subscription': one('unsubscribe'),
  'GET /blocklist': one('show'),
  'GET /privacy': one('show'),
  'PATCH /privacy': one('change', { example: '--last-seen contacts --read-receipts none' }),
  'GET /processing': one('list', { columns: ['at: startedAt', 'status', 'message: messageId', 'session: sessionId'] }),
  'POST /processing': one('start'),
  'PATCH /profile': one('change', { example: "--name 'Ana’s shop'" }),
  'GET /replays': one('list', { columns: ['at: createdAt', 'name', 'state', 'percent', 'replay: id'] }),
  'POST /replays': { instead: 'replay' },
  'GET /replays/:id': { instead: 'replays status' },
  'PATCH /replays/:id': [
    { name: 'pause', summary: 'Pause a replay', set: { '/state': 'paused' }, options: [] },
    { name: 'resume', summary: 'Go on with a replay that is paused, or that failed', set: { '/state': 'running' } },
    {
      name: 'cancel',
      summary: 'End a replay for good; what it copied stays for a week',
      set: { '/state': 'cancelled' },
      options: [],
    },
  ],
  'GET /rebuilds': one('list', { columns: ['at: createdAt', 'projection', 'state', 'percent', 'why', 'rebuild: id'] }),
  'POST /rebuilds': { instead: 'rebuild' },
  'GET /rebuilds/:id': { instead: 'rebuilds status' },
  'POST /rebuilds/:id/swap': { instead: 'rebuilds swap' },
  'POST /rebuilds/:id/rollback': { instead: 'rebuilds rollback' },
  'GET /dead-letters': one('list', {
    columns: ['at: failedAt', 'processor', 'account: instanceId', 'state', 'why: error', 'letter: id'],
  }),
  'POST /dead-letters/redrive': one('redrive', {
    summary: 'Give dead letters back to who could not take them, by --letter or by what they have in common; --dry-run counts',
    example: '--processor zaplog.download-media --dry-run',
  }),
  'DELETE /dead-letters': one('discard-all', {
    example: '--instance support --before -7d',
    summary: 'Discard dead letters by what they have in common',
  }),
  'DELETE /dead-letters/:id': one('discard'),
  'GET /uploads': one('list', { columns: ['at: createdAt', 'file: fileName', 'state', 'why: reasonText', 'upload: uploadId'] }),
  'POST /uploads': { instead: 'upload' },
}

/** Of each thing, for the list of all verbs. */
export const thingDocs: Readonly<Record<string, string>> = {
  blocklist: 'whom the account has blocked',
  calls: 'list, reject',
  channels: 'follow, mute',
  chats: 'list, read, archive, mute, pin, label, clear',
  commands: 'what accounts were asked to do, and what came of it',
  contacts: 'people: list, save, block; what WhatsApp says of them',
  'dead-letters': 'what nobody could take: list, show, redrive, discard',
  groups: 'make, change, people in them, invites',
  labels: 'labels of WhatsApp Business',
  media: 'files of messages',
  messages: 'every kind to send; react, edit, pin, forward; list',
  numbers: 'which numbers are on WhatsApp',
  presence: 'who is online: the account, and whom it is told of',
  privacy: 'who sees what of the account',
  processing: 'feedback: a message is worked on, and how that goes',
  profile: 'name, words and picture of the account',
  rebuilds: 'list, status, swap, rollback, cancel, delete',
  replays: 'list, status, pause, resume, cancel, delete, records',
  uploads: 'files that were given to be sent',
}

/** What people call a field, where its own name says it less well; otherwise it is its own, without Id. */
export const fieldNames: Readonly<Record<string, string>> = {
  jid: 'group',
  participants: 'person',
  mentions: 'mention',
  quotedMessageId: 'reply-to',
  targetMessageId: 'message',
  messageIds: 'message',
  ids: 'letter',
  phones: 'phone',
  numbers: 'number',
  buttonText: 'button',
  mutedUntil: 'until',
  options: 'option',
  startsAt: 'starts-at',
}

/** Those that are files here, whose bytes the API takes in base64. */
export const fileFields: readonly string[] = ['image', 'picture']

/** What examples say, by what people call the field. */
export const samples: Readonly<Record<string, string>> = {
  call: 'ABCDEF0123456789',
  channel: '120363000000000002@newsletter',
  chat: '5511900000011',
  color: '3',
  command: 'c0ffee',
  emoji: '👍',
  group: '120363000000000001',
  image: 'picture.jpg',
  invite: 'https://chat.whatsapp.com/ABCDEFGHIJKLMNOPQRSTUV',
  label: '7',
  latitude: '-23.5505',
  longitude: '-46.6333',
  message: '3EB0A1B2C3D4E5F60718',
  name: 'Lunch',
  number: '+5511900000011',
  option: 'Yes No',
  person: '5511900000011',
  picture: 'picture.jpg',
  'dead-letter': 'dl_8527a891e224136950ff32ca',
  rebuild: 'rb_ef2d127de37b942baad06145',
  replay: 'rp_4b227777d4dd1fc61c6f884f',
  session: 'c0ffee',
  'starts-at': '+2d',
  subject: 'Trip',
  text: "'Olá!'",
  upload: 'c0ffee',
}

/** Of a call without a line: list, show, create, set, change, delete, or what its path says last. */
export function nameOf(method: string, path: string): string {
  const [, ...parts] = path.split('/').slice(1)
  const words = parts.filter(part => !part.startsWith(':')).join('-')
  const verb = words === '' ? bare(method, parts.length > 0) : prefixed(method, words)
  return verb
}

function bare(method: string, isOfOne: boolean): string {
  if (method === 'GET') return isOfOne ? 'show' : 'list'
  return { POST: 'create', PUT: 'set', PATCH: 'change' }[method] ?? 'delete'
}

const prefixed = (method: string, words: string): string =>
  `${{ PUT: 'set-', PATCH: 'change-', DELETE: 'remove-' }[method] ?? ''}${words}`
