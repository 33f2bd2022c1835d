// Guarantee: every call that commands an account or reads through it is a verb, and what people type for it reaches the server as method, path and
// body that the call’s own schema takes.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { callVerbs } from '../../src/cli/generated/call-verbs.ts'
import { CHAT, done, GROUP, LINK, openTypedCalls, PICTURE, run, type TypedCalls } from '../ground/cli/typed-calls.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let calls: TypedCalls
beforeAll(async () => {
  calls = await openTypedCalls(logger)
})
afterAll(() => calls.close())
beforeEach(() => {
  calls.answer.current = done
  calls.routes.taken.length = 0
})

const ID = '3EB0A1B2C3D4E5F60718'

const FILE = 'https://example.com/file'
const people = ['5511900000012', '+55 11 90000-0013']

/** Each verb as somebody types it; below the instance, unless the path says /v1. */
const typed: readonly (readonly [words: string | readonly string[], call: string, body?: unknown])[] = [
  ['blocklist show --max-age 0', 'GET /blocklist?maxAge=0'],
  ['calls list --status missed', 'GET /calls?status=missed'],
  ['calls reject ABCDEF', 'POST /calls/ABCDEF/reject'],
  ['channels follow 120363000000000002@newsletter', 'PUT /channels/120363000000000002%40newsletter/follow'],
  ['channels unfollow 120363000000000002@newsletter', 'DELETE /channels/120363000000000002%40newsletter/follow'],
  ['channels mute 120363000000000002@newsletter', 'PUT /channels/120363000000000002%40newsletter/mute'],
  ['channels unmute 120363000000000002@newsletter', 'DELETE /channels/120363000000000002%40newsletter/mute'],
  ['chats list --archived true --limit 5', 'GET /chats?limit=5&archived=true'],
  [`chats archive ${CHAT}`, `PATCH /chats/${CHAT}`, { archived: true }],
  [`chats unarchive ${CHAT}`, `PATCH /chats/${CHAT}`, { archived: false }],
  [`chats mute ${CHAT}`, `PATCH /chats/${CHAT}`, { muted: true }],
  [`chats mute ${CHAT} --until 2031-01-05`, `PATCH /chats/${CHAT}`, { muted: true, mutedUntil: '2031-01-05T00:00:00.000Z' }],
  [`chats unmute ${CHAT}`, `PATCH /chats/${CHAT}`, { muted: false }],
  [`chats pin ${CHAT}`, `PATCH /chats/${CHAT}`, { pinned: true }],
  [`chats unpin ${CHAT}`, `PATCH /chats/${CHAT}`, { pinned: false }],
  [`chats mark-unread ${CHAT}`, `PATCH /chats/${CHAT}`, { unread: true }],
  [`chats mark-read ${CHAT}`, `PATCH /chats/${CHAT}`, { unread: false }],
  [`chats read ${CHAT}`, `POST /chats/${CHAT}/read`, {}],
  [`chats read ${CHAT} --message A --message B`, `POST /chats/${CHAT}/read`, { messageIds: ['A', 'B'] }],
  [`chats played ${CHAT} A B`, `POST /chats/${CHAT}/played`, { messageIds: ['A', 'B'] }],
  [`chats set-timer ${CHAT} 86400`, `PUT /chats/${CHAT}/timer`, { expiresInSeconds: 86_400 }],
  [`chats clear ${CHAT}`, `POST /chats/${CHAT}/clear`],
  [`chats delete ${GROUP}`, `DELETE /chats/${GROUP}`],
  [`chats history ${CHAT} --count 20`, `POST /chats/${CHAT}/history`, { count: 20 }],
  [`chats typing ${CHAT} composing`, `PUT /chats/${CHAT}/typing`, { state: 'composing' }],
  [`chats label ${CHAT} 7`, `PUT /chats/${CHAT}/labels/7`],
  [`chats unlabel ${CHAT} 7`, `DELETE /chats/${CHAT}/labels/7`],
  [`commands list --state failed --chat ${CHAT}`, `GET /commands?state=failed&chatId=${CHAT}`],
  ['commands show c1', 'GET /commands/c1'],
  ['commands cancel c1', 'DELETE /commands/c1'],
  [`commands cancel-all --chat ${CHAT}`, `DELETE /commands?chatId=${CHAT}`],
  ['contacts list', 'GET /contacts'],
  [`contacts block ${CHAT}`, `PUT /contacts/${CHAT}/block`],
  [`contacts unblock ${CHAT}`, `DELETE /contacts/${CHAT}/block`],
  [
    ['contacts', 'save', '+55 11 90000-0011', 'Ana Lima', '--first-name', 'Ana', '--no-on-phone'],
    'PUT /contacts/%2B55%2011%2090000-0011',
    { name: 'Ana Lima', firstName: 'Ana', onPhone: false },
  ],
  [`contacts remove ${CHAT}`, `DELETE /contacts/${CHAT}`],
  [`contacts picture ${CHAT} --size preview --max-age 0`, `GET /contacts/${CHAT}/picture?size=preview&maxAge=0`],
  [`contacts about ${CHAT}`, `GET /contacts/${CHAT}/about`],
  [`contacts business ${CHAT}`, `GET /contacts/${CHAT}/business`],
  ['groups list', 'GET /groups'],
  [`groups show ${GROUP}`, `GET /groups/${GROUP}`],
  [`groups live ${GROUP}`, `GET /groups/${GROUP}/live`],
  [
    ['groups', 'create', 'Trip', ...people, '--description', 'To the sea'],
    'POST /groups',
    { subject: 'Trip', participants: people, description: 'To the sea' },
  ],
  [`groups join ${LINK}`, 'POST /groups/join', { invite: LINK }],
  [
    `groups change ${GROUP} --subject Sea --announce --no-restrict --expires-in-seconds 86400`,
    `PATCH /groups/${GROUP}`,
    { subject: 'Sea', announce: true, restrict: false, expiresInSeconds: 86_400 },
  ],
  [`groups set-picture ${GROUP} picture.jpg`, `PUT /groups/${GROUP}/picture`, { image: PICTURE }],
  [`groups remove-picture ${GROUP}`, `DELETE /groups/${GROUP}/picture`],
  [`groups leave ${GROUP}`, `POST /groups/${GROUP}/leave`],
  [`groups refresh ${GROUP}`, `POST /groups/${GROUP}/refresh`],
  ...['add', 'remove', 'promote', 'demote'].map(
    action =>
      [['groups', action, GROUP, ...people], `POST /groups/${GROUP}/participants`, { action, participants: people }] as const,
  ),
  [`groups invite-link ${GROUP}`, `POST /groups/${GROUP}/invite-link`],
  [`groups revoke-invite-link ${GROUP}`, `DELETE /groups/${GROUP}/invite-link`],
  [`groups join-requests ${GROUP}`, `POST /groups/${GROUP}/join-requests/refresh`],
  ...['approve', 'reject'].map(
    action =>
      [['groups', action, GROUP, ...people], `POST /groups/${GROUP}/join-requests`, { action, participants: people }] as const,
  ),
  ['labels list', 'GET /labels'],
  [['labels', 'create', 'New client', '3'], 'POST /labels', { name: 'New client', color: 3 }],
  [['labels', 'set', '7', 'New client', '3'], 'PUT /labels/7', { name: 'New client', color: 3 }],
  ['labels delete 7', 'DELETE /labels/7'],
  ['media list --kind image', 'GET /media?kind=image'],
  ['messages list --starred --q sea', 'GET /messages?q=sea&starred=true'],
  [`messages show ${ID}`, `GET /messages/${ID}`],
  [
    [...`messages text ${CHAT} Oi --reply-to ${ID}`.split(' '), '--mention', '5511900000012', '--mention', '5511900000013'],
    'POST /messages',
    { kind: 'text', chatId: CHAT, text: 'Oi', quotedMessageId: ID, mentions: ['5511900000012', '5511900000013'] },
  ],
  [
    `messages text ${GROUP} ${FILE} --mention-all --link-preview-url ${FILE} --link-preview-title File`,
    'POST /messages',
    { kind: 'text', chatId: GROUP, text: FILE, mentionAll: true, linkPreview: { url: FILE, title: 'File' } },
  ],
  [
    ['messages', 'location', CHAT, '-23.5505', '-46.6333', '--name', 'Sé'],
    'POST /messages',
    { kind: 'location', chatId: CHAT, location: { latitude: -23.5505, longitude: -46.6333, name: 'Sé' } },
  ],
  [
    ['messages', 'contact', CHAT, '--name', 'Ana', '--phone', '+55 11 90000-0012'],
    'POST /messages',
    { kind: 'contacts', chatId: CHAT, contacts: [{ name: 'Ana', phones: ['+55 11 90000-0012'] }] },
  ],
  [
    ['messages', 'poll', CHAT, 'Lunch?', 'Yes, please', 'No', '--selectable-count', '0'],
    'POST /messages',
    { kind: 'poll', chatId: CHAT, poll: { name: 'Lunch?', options: ['Yes, please', 'No'], selectableCount: 0 } },
  ],
  [
    `messages event ${CHAT} Lunch 2031-01-05T12:00:00-03:00 --location-latitude -23.5 --location-longitude -46`,
    'POST /messages',
    {
      kind: 'event',
      chatId: CHAT,
      event: { name: 'Lunch', startsAt: '2031-01-05T15:00:00.000Z', location: { latitude: -23.5, longitude: -46 } },
    },
  ],
  [
    ['messages', 'list-message', CHAT, 'What?', 'Menu', '--sections', '[{"rows":[{"id":"1","title":"Tea"}]}]'],
    'POST /messages',
    {
      ...{ kind: 'list', chatId: CHAT, description: 'What?', buttonText: 'Menu' },
      sections: [{ rows: [{ id: '1', title: 'Tea' }] }],
    },
  ],
  [
    ['messages', 'buttons', CHAT, 'Shall we?', '--buttons', '[{"id":"1","text":"Yes"}]', '--native'],
    'POST /messages',
    { kind: 'buttons', chatId: CHAT, text: 'Shall we?', buttons: [{ id: '1', text: 'Yes' }], native: true },
  ],
  [
    [
      'messages',
      'album',
      CHAT,
      '--items',
      '[{"kind":"image","media":{"uploadId":"u1"}},{"kind":"video","media":{"uploadId":"u2"}}]',
    ],
    'POST /messages',
    {
      kind: 'album',
      chatId: CHAT,
      items: [
        { kind: 'image', media: { uploadId: 'u1' } },
        { kind: 'video', media: { uploadId: 'u2' } },
      ],
    },
  ],
  [`messages react ${CHAT} ${ID} 👍`, 'POST /messages', { kind: 'reaction', chatId: CHAT, targetMessageId: ID, emoji: '👍' }],
  [['messages', 'react', CHAT, ID, ''], 'POST /messages', { kind: 'reaction', chatId: CHAT, targetMessageId: ID, emoji: '' }],
  [`messages edit ${CHAT} ${ID} Oi`, 'POST /messages', { kind: 'edit', chatId: CHAT, targetMessageId: ID, text: 'Oi' }],
  [`messages delete ${CHAT} ${ID}`, 'POST /messages', { kind: 'delete', chatId: CHAT, targetMessageId: ID }],
  [
    `messages pin ${CHAT} ${ID} --duration-seconds 86400`,
    'POST /messages',
    { kind: 'pin', chatId: CHAT, targetMessageId: ID, on: true, durationSeconds: 86_400 },
  ],
  [`messages unpin ${CHAT} ${ID}`, 'POST /messages', { kind: 'pin', chatId: CHAT, targetMessageId: ID, on: false }],
  [
    `messages forward ${CHAT} ${ID} --from-chat ${GROUP}`,
    'POST /messages',
    { kind: 'forward', chatId: CHAT, messageId: ID, fromChatId: GROUP },
  ],
  ...['image', 'video', 'gif', 'ptv', 'audio', 'voice', 'document', 'sticker'].map(
    kind => [`messages ${kind} ${CHAT} --url ${FILE}`, 'POST /messages', { kind, chatId: CHAT, media: { url: FILE } }] as const,
  ),
  [
    `messages document ${CHAT} --upload u1 --file-name a.pdf --caption Oi`,
    'POST /messages',
    { kind: 'document', chatId: CHAT, media: { uploadId: 'u1' }, fileName: 'a.pdf', caption: 'Oi' },
  ],
  [
    `messages document ${CHAT} --url ${FILE} --media-file-name a.pdf`,
    'POST /messages',
    { kind: 'document', chatId: CHAT, media: { url: FILE, fileName: 'a.pdf' } },
  ],
  [`messages star ${ID}`, `POST /messages/${ID}/star`, { on: true }],
  [`messages unstar ${ID} --chat ${CHAT}`, `POST /messages/${ID}/star`, { on: false, chatId: CHAT }],
  [['numbers', 'check', ...people], 'POST /numbers/check', { numbers: people }],
  ['presence online', 'PUT /presence', { online: true }],
  ['presence offline', 'PUT /presence', { online: false }],
  ['presence subscriptions', 'GET /presence/subscriptions'],
  [`presence subscribe ${CHAT}`, `PUT /presence/${CHAT}/subscription`],
  [`presence unsubscribe ${CHAT}`, `DELETE /presence/${CHAT}/subscription`],
  ['privacy show', 'GET /privacy'],
  ['privacy change --last-seen contacts --read-receipts none', 'PATCH /privacy', { lastSeen: 'contacts', readReceipts: 'none' }],
  ['processing list --after 2031-01-05', 'GET /processing?after=2031-01-05T00%3A00%3A00.000Z'],
  [
    `processing start ${CHAT} ${ID} --process-type transcribe`,
    'POST /processing',
    { chatId: CHAT, messageId: ID, processType: 'transcribe' },
  ],
  ['processing show s1', 'GET /v1/processing/s1'],
  ['processing finish s1 success --text Done', 'POST /v1/processing/s1/finish', { status: 'success', text: 'Done' }],
  [['profile', 'change', '--name', 'Ana', '--about', ''], 'PATCH /profile', { name: 'Ana', about: '' }],
  ['profile set-picture picture.jpg', 'PUT /profile/picture', { picture: PICTURE }],
  ['profile remove-picture', 'DELETE /profile/picture'],
  ['dead-letters list --state dead --source processor', 'GET /v1/dead-letters?source=processor&state=dead'],
  ['dead-letters show dl_1 --value base64', 'GET /v1/dead-letters/dl_1?value=base64'],
  ['dead-letters redrive --letter dl_1 --letter dl_2', 'POST /v1/dead-letters/redrive', { ids: ['dl_1', 'dl_2'] }],
  ['dead-letters discard dl_1', 'DELETE /v1/dead-letters/dl_1'],
  ['dead-letters discard-all --processor copy', 'DELETE /v1/dead-letters?processor=copy'],
  ['rebuilds list --limit 2', 'GET /v1/rebuilds?limit=2'],
  ['rebuilds cancel rb_1', 'POST /v1/rebuilds/rb_1/cancel'],
  ['rebuilds delete rb_1', 'DELETE /v1/rebuilds/rb_1'],
  ['replays list --limit 2', 'GET /v1/replays?limit=2'],
  ['replays pause rp_1', 'PATCH /v1/replays/rp_1', { state: 'paused' }],
  ['replays resume rp_1 --rate 2000', 'PATCH /v1/replays/rp_1', { state: 'running', rate: 2000 }],
  ['replays cancel rp_1', 'PATCH /v1/replays/rp_1', { state: 'cancelled' }],
  ['replays delete rp_1', 'DELETE /v1/replays/rp_1'],
  ['replays records rp_1 --partition 1 --after 7', 'GET /v1/replays/rp_1/records?partition=1&after=7'],
  ['uploads list', 'GET /uploads'],
  ['uploads show u1', 'GET /v1/uploads/u1'],
  ['uploads complete u1', 'POST /v1/uploads/u1/complete'],
  ['uploads retry u1', 'POST /v1/uploads/u1/retry'],
  ['uploads delete u1', 'DELETE /v1/uploads/u1'],
]
const wordsOf = (words: string | readonly string[]): readonly string[] => (typeof words === 'string' ? words.split(' ') : words)
const verbOf = ([thing, name]: readonly string[]): string => `${thing} ${name}`

/** Where what goes out is all that counts. */
function unfollowed(words: readonly string[]): readonly string[] {
  const verb = callVerbs.find(({ thing, name }) => `${thing} ${name}` === verbOf(words))
  return verb?.answers === 'command' ? [...words, '--no-wait'] : words
}

test('[H7] [F1] every verb is here', () => {
  const here = new Set(typed.map(([words]) => verbOf(wordsOf(words))))
  expect([...here].toSorted()).toEqual(callVerbs.map(({ thing, name }) => `${thing} ${name}`).toSorted())
})

test('[H7] [F1] what is typed reaches the server as its call’s own schema takes it', async () => {
  for (const [words, call, body] of typed) {
    calls.routes.taken.length = 0
    await run(calls, unfollowed(wordsOf(words)))
    const [method, path = ''] = call.split(' ')
    const whole = path.startsWith('/v1/') ? path : `/v1/instances/shop${path}`
    const [first] = calls.routes.taken
    expect({ words, call: first?.call, body: first?.body }).toEqual({ words, call: `${method} ${whole}`, body })
  }
})

test('[H7] the example of every help is one that the server takes', async () => {
  for (const { thing, name, example } of callVerbs) {
    calls.routes.taken.length = 0
    const words = example.match(/'[^']*'|\S+/g) ?? []
    await run(calls, unfollowed([thing, name, ...words.map(word => word.replaceAll("'", ''))]))
    expect([thing, name, example, calls.routes.taken.length > 0]).toEqual([thing, name, example, true])
  }
})
