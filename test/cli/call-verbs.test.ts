// Guarantee: every call that commands an account or reads through it is a verb, and what people type for it reaches the server as method, path and
// body that the call's own schema takes; errors name what was typed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CallFailed } from '../../src/cli/call-failed.ts'
import { addCallVerbs } from '../../src/cli/calls/call-verbs.ts'
import { parseTime } from '../../src/cli/calls/parse-field.ts'
import { callOnce } from '../../src/cli/calls/run-call.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { callThings, callVerbs } from '../../src/cli/generated/call-verbs.ts'
import type { Result } from '../../src/cli/run-verb.ts'
import { openRoutesAlone } from '../ground/cli/routes-alone.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
const asked = { commandId: 'c1' }
const done = {
  ...asked,
  messageId: null as string | null,
  chatId: null,
  state: 'completed',
  queuedUntil: '2026-01-06T12:00:00.000Z',
  reason: null as string | null,
  reasonText: null as string | null,
}
const answer: { current: Readonly<Record<string, unknown>> } = { current: done }
let directory: string
let routes: Awaited<ReturnType<typeof openRoutesAlone>>
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'zaplog-verbs-'))
  writeFileSync(join(directory, 'picture.jpg'), Buffer.from(PICTURE, 'base64'))
  routes = await openRoutesAlone(logger, answer)
})
afterAll(async () => {
  await routes.close()
  rmSync(directory, { recursive: true })
})
beforeEach(() => {
  answer.current = done
  routes.taken.length = 0
})

/** As a shell hands them over; `said`: what is told meanwhile. */
async function run(words: readonly string[], said: string[] = [], waitMs = 60_000): Promise<Result> {
  const results: Result[] = []
  const program = new Command('zaplog').exitOverride().configureOutput({ outputError: () => undefined })
  const how = {
    say: (line: string) => void said.push(line),
    waits: () => void said.push('it waits'),
    waitMs,
    stopping: new AbortController().signal,
  }
  const verbs = callVerbs.filter(({ thing }) => thing === words[0]) // to make all of them costs more than the call
  addCallVerbs(program, { verbs, things: callThings }, async (verb, typed) => {
    results.push(await callOnce(routes.api, { verb, typed }, how))
  })
  const given = words.map(word => word.replace('picture.jpg', join(directory, 'picture.jpg')))
  await program.parseAsync(['node', 'zaplog', ...given])
  const [result] = results
  if (result === undefined) throw new Error(`${words.join(' ')}: expected a result`)
  return result
}

async function refusal(words: readonly string[]): Promise<string> {
  const error: unknown = await run(words).catch((error: unknown) => error)
  if (error instanceof CommanderError || error instanceof CallFailed) return error.message
  throw new Error(`${words.join(' ')}: expected a refusal`, { cause: error })
}

/** The smallest JPEG whose frame says its size, 1 by 1. */
const PICTURE = '/9j/wAALCAABAAEBAREA/9k='
const CHAT = '5511900000011'
const GROUP = '120363000000000001'
const ID = '3EB0A1B2C3D4E5F60718'
const LINK = 'https://chat.whatsapp.com/ABCDEFGHIJKLMNOPQRSTUV'
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
  ['rebuilds list --limit 2', 'GET /v1/rebuilds?limit=2'],
  ['rebuilds status rb_1', 'GET /v1/rebuilds/rb_1'],
  ['rebuilds swap rb_1', 'POST /v1/rebuilds/rb_1/swap'],
  ['rebuilds rollback rb_1', 'POST /v1/rebuilds/rb_1/rollback'],
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
    routes.taken.length = 0
    await run(unfollowed(wordsOf(words)))
    const [method, path = ''] = call.split(' ')
    const whole = path.startsWith('/v1/') ? path : `/v1/instances/shop${path}`
    const [first] = routes.taken
    expect({ words, call: first?.call, body: first?.body }).toEqual({ words, call: `${method} ${whole}`, body })
  }
})

test('[H7] the example of every help is one that the server takes', async () => {
  for (const { thing, name, example } of callVerbs) {
    routes.taken.length = 0
    const words = example.match(/'[^']*'|\S+/g) ?? []
    await run(unfollowed([thing, name, ...words.map(word => word.replaceAll("'", ''))]))
    expect([thing, name, example, routes.taken.length > 0]).toEqual([thing, name, example, true])
  }
})

test('[H7] a command is followed to its end, and what it made is said; with --no-wait its id is', async () => {
  const told = async (over: object, words: string) => {
    answer.current = { ...done, ...over }
    return (await run(words.split(' '))).text
  }
  expect(await told({ messageId: '3EB0' }, `messages text ${CHAT} Oi`)).toBe('WhatsApp took it (message 3EB0)')
  expect(await told({}, `chats archive ${CHAT} --wait`)).toBe('done: chats archive')
  expect(await told({ result: { code: 'ABC', url: LINK } }, `groups invite-link ${GROUP}`)).toBe(
    `field  value\ncode   ABC\nurl    ${LINK}`,
  )
  expect(await told({ state: 'waiting' }, `chats archive ${CHAT} --no-wait`)).toBe('c1')
})

test('[H7] --instance and --key say which account and how it is done once; without, it is the only account and a key of its own', async () => {
  const { json } = await run(`chats pin ${CHAT}`.split(' '))
  await run(['chats', 'pin', CHAT, '--instance', 'a b', '--key', 'order 1'])
  const asking = routes.taken.filter(({ call }) => call.startsWith('PATCH'))
  expect(asking).toEqual([
    { call: `PATCH /v1/instances/shop/chats/${CHAT}`, body: { pinned: true }, key: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    { call: `PATCH /v1/instances/shop/chats/${CHAT}`, body: { pinned: true }, key: 'order 1' },
  ])
  expect(json).toEqual({ ...done, idempotencyKey: asking[0]?.key })
})

test('[H7] [F1] what failed ends with 1 and says why; what is not over is worth another look: 75, and the key', async () => {
  const said: string[] = []
  const ended = async (over: object, waitMs?: number): Promise<unknown> => {
    answer.current = { ...done, ...over }
    return run(['groups', 'leave', GROUP, '--key', 'k'], said, waitMs).catch((error: unknown) => error)
  }
  expect(await ended({ state: 'failed', reason: 'not-a-member', reasonText: 'The account is not in it' })).toMatchObject({
    exitCode: exitCodes.failed,
    message: 'it was not done: The account is not in it',
  })
  expect(said).toEqual([])
  const pace = { reason: 'pace', nextAt: null, commandId: null, instanceState: null, refusal: null }
  expect(await ended({ state: 'waiting', waitsFor: pace }, 0)).toMatchObject({
    exitCode: exitCodes.tryLater,
    message:
      'it is not done yet, and zaplog goes on trying until 2026-01-06T12:00:00.000Z: it waits for its turn: an account is asked for so many ' +
      'changes a minute; the same again with --key k is done once',
  })
  expect(said).toEqual(['it waits'])
})

test.each([
  ['groups create  5511900000012', 'groups create: <subject>: expected at least 1 characters, got ""'],
  [
    'groups add 120363000000000001 5511900000012 nobody',
    /^groups add: <person>: expected a phone number .*, got "nobody"; .*chats list shows /,
  ],
  ['groups change 120363000000000001', /^groups change: the body: expected one of subject, /],
  ['messages poll 5511900000011 Lunch Yes', /^messages poll: <option>: expected at least 2/],
  ['messages contact 5511900000011 --name Ana --phone 5', /^messages contact: --phone: expected a phone number/],
  ['messages text nobody Oi', /^messages text: <chat>: expected a phone number/],
  ['channels follow 5511900000011', /^channels follow: <channel>: expected a channel/],
  [`messages image 5511900000011 --url ftp://a.example`, /^messages image: --url: expected an http or https URL/],
  ['messages voice 5511900000011', /^messages voice: --upload, --url, --mimetype, --file-name, --object-key: expected /],
  ['contacts about nobody', /^contacts about: <person>: expected a phone number/],
])('[H7] the server’s refusal of %j names what was typed', async (words, said) => {
  const message = await refusal(words.split(' '))
  if (typeof said === 'string') expect(message).toBe(said)
  else expect(message).toMatch(said)
})

test.each([
  ['chats typing 5511900000011 sleeping', 'Expected one of composing, recording, paused.'],
  ['labels set 7 New 20', 'Expected a whole number from 0 to 19.'],
  ['chats history 5511900000011 --count many', 'Expected a whole number from 1 to 50.'],
  ['messages location 5511900000011 north 5', 'Expected a number from -90 to 90.'],
  ['messages pin 5511900000011 A --duration-seconds 5', 'Expected one of 86400, 604800, 2592000.'],
  ['chats mute 5511900000011 --until tomorrow', 'Expected an instant such as 2031-01-05T12:00:00Z, or +30m, +8h, +7d from now.'],
  ['profile set-picture no-such-file', 'Reading no-such-file: ENOENT'],
  ['messages buttons 5511900000011 Oi --buttons [', 'Expected JSON: '],
  ['messages list-message 5511900000011 Oi Menu', "required option '--sections <json>' not specified"],
  ['groups add 120363000000000001', "missing required argument 'person'"],
])('[H7] %j is refused before anything is sent', async (words, said) => {
  expect(await refusal(words.split(' '))).toContain(said)
  expect(routes.taken).toEqual([])
})

test.each([
  [['chats', 'unlabel', '..', '7'], '<chat>: expected an id, got ".."'],
  [['chats', 'unlabel', CHAT, '.'], '<label>: expected an id, got "."'],
  [['chats', 'delete', ''], '<chat>: expected an id, got ""'],
  [['uploads', 'delete', '..'], '<upload>: expected an id, got ".."'],
  [['uploads', 'list', '--instance', '..'], '--instance: expected an id, got ".."'],
])('[H7] %j would be another call, and is none', async (words, said) => {
  expect(await refusal(words)).toBe(said)
  expect(routes.taken).toEqual([])
})

test('[H7] an instant may be said by how far it is from now', () => {
  const nowAt = Date.UTC(2026, 0, 5, 12)
  expect(['+30m', '+8h', '+7d', '-1w', '2026-01-05T12:00:00-03:00'].map(text => parseTime(text, nowAt))).toEqual([
    '2026-01-05T12:30:00.000Z',
    '2026-01-05T20:00:00.000Z',
    '2026-01-12T12:00:00.000Z',
    '2025-12-29T12:00:00.000Z',
    '2026-01-05T15:00:00.000Z',
  ])
})

test('[H7] a list is a table of the columns that say most, and says how the next page is had', async () => {
  const label = { instanceId: 'shop', labelId: '7', name: 'New client', color: 3, chats: ['a@s.whatsapp.net'], messages: 2 }
  answer.current = { data: [label], nextCursor: 'next' }
  const said: string[] = []
  const { text, json } = await run(['labels', 'list'], said)
  expect(text).toBe('label  name        color  messages\n7      New client  3      2')
  expect([json, said]).toEqual([answer.current, ['there is more: --cursor next']])
  const [acceptedAt, nextAt] = ['2026-01-05T12:00:00.000Z', '2026-01-05T12:10:00.000Z']
  const waitsFor = { reason: 'rate-limited', nextAt, commandId: null, instanceState: null, refusal: null }
  const command = { acceptedAt, commandId: 'c1', operation: 'message.send', state: 'waiting', waitsFor }
  answer.current = { data: [command, { ...command, commandId: 'c2', state: 'completed', waitsFor: null }], nextCursor: null }
  expect((await run(['commands', 'list'])).text.split('\n').slice(1)).toEqual([
    `2026-01-05T12:00Z  message.send  waiting    rate-limited until ${nextAt}  c1`,
    `2026-01-05T12:00Z  message.send  completed${' '.repeat(2 + `rate-limited until ${nextAt}`.length + 2)}c2`,
  ])
  answer.current = { data: [], nextCursor: null }
  expect((await run(['labels', 'list'])).text).toBe('none')
  answer.current = { numbers: [{ number: CHAT, onWhatsApp: true, id: null }] }
  expect((await run(['numbers', 'check', CHAT])).text).toBe(`number         onWhatsApp\n${CHAT}  true`)
})
