// What is asked of an account about its chats, over HTTP: each is a command of the log with all that its owner needs to know, and what cannot be done is
// refused before it is taken.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { messageIdOf } from '../../src/instances/command-ids.ts'
import {
  ask,
  at,
  type ChatsAsked,
  chatId,
  first,
  g1,
  inChat,
  last,
  m,
  oldest,
  openChatsAsked,
  quietGroup,
  taken,
} from '../ground/api/chats-asked.ts'
import { aGroup } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let asking: ChatsAsked
beforeAll(async () => {
  asking = await openChatsAsked('api-chats-actions', logger)
})
afterAll(() => asking.close())

describe('what is taken', () => {
  test.each<[string, string, unknown, string, object]>([
    ['PATCH', 'chats/ANA', { archived: true }, 'chat.change', { ...inChat, archived: true }],
    [
      'PATCH',
      'chats/ANA',
      { muted: true, unread: false },
      'chat.change',
      { ...inChat, muted: { on: true, until: null }, unread: false },
    ],
    [
      ...(['PATCH', 'chats/ANA', { mutedUntil: '2031-01-01T00:00:00Z' }, 'chat.change'] as const),
      { ...inChat, muted: { on: true, until: Date.UTC(2031, 0, 1) } },
    ],
    [
      'PATCH',
      `chats/${aGroup}`,
      { muted: false, pinned: true },
      'chat.change',
      { chatId: aGroup, pinned: true, muted: { on: false, until: null }, last: g1 },
    ],
    ['PATCH', `chats/${quietGroup}`, { pinned: true }, 'chat.change', { chatId: quietGroup, pinned: true, last: null }],
    ['POST', 'chats/ANA/clear', undefined, 'chat.clear', inChat],
    ['DELETE', 'chats/ANA', undefined, 'chat.delete', inChat],
    ['POST', 'chats/ANA/read', undefined, 'chat.read', { ...inChat, messages: [last, m('M2', at + 2000)] }],
    ['POST', 'chats/ANA/read', { messageIds: ['M1'] }, 'chat.read', { ...inChat, messages: [first] }],
    ['POST', `chats/${aGroup}/read`, {}, 'chat.read', { chatId: aGroup, last: g1, messages: [g1] }],
    [
      'POST',
      'chats/ANA/played',
      { messageIds: ['V1', 'ONCE'] },
      'chat.played',
      { chatId, messages: [m('V1', at - 1000), m('ONCE', at - 2000)] },
    ],
    ['POST', 'chats/ANA/history', {}, 'chat.history', { chatId, count: 50, oldest }],
    ['POST', `chats/${aGroup}/history`, { count: 5 }, 'chat.history', { chatId: aGroup, count: 5, oldest: g1 }],
    ['POST', 'messages/M1/star', { on: true }, 'message.star', { chatId, message: first, on: true }],
    [
      'POST',
      'messages/OWN/star',
      { on: false, chatId },
      'message.star',
      { chatId, message: { ...m('OWN', at + 1000), fromMe: true }, on: false },
    ],
    ['PUT', 'chats/ANA/timer', { expiresInSeconds: 604_800 }, 'chat.timer', { kind: 'timer', chatId, expiresInSeconds: 604_800 }],
    ['PUT', 'chats/ANA/labels/7', undefined, 'chat.label', { chatId, labelId: '7', on: true }],
    ['DELETE', 'chats/ANA/labels/7', undefined, 'chat.label', { chatId, labelId: '7', on: false }],
    ['PUT', 'presence/ANA/subscription', undefined, 'presence.subscribe', { chatId, on: true }],
    ['DELETE', 'presence/ANA/subscription', undefined, 'presence.subscribe', { chatId, on: false }],
  ])('[F1] %s %s %j is %s of its chat', async (method, path, asked, operation, body) => {
    const named = body as { chatId: string }
    expect(await taken(asking, method, path, asked)).toEqual({ operation, chatId: named.chatId, body, expiresInMs: 86_400_000 })
  })

  test.each<[string, string, unknown, object]>([
    [
      'PUT',
      'presence',
      { online: true },
      { operation: 'presence.set', chatId: null, body: { online: true }, expiresInMs: 30_000 },
    ],
    [
      'PUT',
      'chats/ANA/typing',
      { state: 'recording' },
      { operation: 'chat.typing', chatId, body: { chatId, state: 'recording' }, expiresInMs: 30_000 },
    ],
    [
      'POST',
      'calls/RINGS/reject',
      undefined,
      { operation: 'call.reject', chatId, body: { callId: 'RINGS', callerId: chatId }, expiresInMs: 60_000 },
    ],
  ])('[F1] %s %s is of this moment, and not done later', async (method, path, asked, expected) => {
    expect(await taken(asking, method, path, asked)).toEqual(expected)
  })

  test.each([
    ['PUT', 'follow', true],
    ['DELETE', 'follow', false],
    ['PUT', 'mute', true],
    ['DELETE', 'mute', false],
  ])('[F1] %s channels/{channelId}/%s is a command of its channel', async (method, what, on) => {
    const channelId = '120363000000000002@newsletter'
    const expected = { operation: `channel.${what}`, chatId: channelId, body: { channelId, on } }
    expect(await taken(asking, method, `channels/${channelId}/${what}`)).toMatchObject(expected)
  })

  test('[F1] what is asked of a person by number is a command of their chat, under the address that it has', async () => {
    const personId = '5511900000001@s.whatsapp.net'
    const expected = { operation: 'contact.block', chatId, body: { personId, on: true } }
    expect(await taken(asking, 'PUT', 'contacts/ANA/block')).toMatchObject(expected)
  })

  test('[F1] a label is named under a number of the client’s choice, and deleted under its name', async () => {
    const label = { labelId: '7', name: 'Pago', color: 3 }
    expect(await taken(asking, 'PUT', 'labels/9', { name: 'Novo', color: 1 })).toMatchObject({
      ...{ operation: 'label.change', chatId: null, body: { labelId: '9', name: 'Novo', color: 1, deleted: false } },
    })
    expect(await taken(asking, 'DELETE', 'labels/7')).toMatchObject({ chatId: null, body: { ...label, deleted: true } })
  })
})

test('[F1] a timer has the id of its message from the beginning, what becomes no message has none', async () => {
  const idOf = async (path: string, body: object) => {
    const { commandId } = (await ask(asking, 'PUT', path, body)).json
    const shown = await ask(asking, 'GET', `commands/${commandId}`)
    return { messageId: shown.json.messageId, expected: messageIdOf(String(commandId)) }
  }
  const { messageId, expected } = await idOf('chats/ANA/timer', { expiresInSeconds: 0 })
  expect(messageId).toBe(expected)
  expect((await idOf('chats/ANA/typing', { state: 'paused' })).messageId).toBeNull()
})

describe('what is refused', () => {
  test.each<[string, string, unknown, number, string]>([
    ['PATCH', 'chats/ANA', {}, 422, 'expected one of archived, muted, mutedUntil, pinned, unread'],
    ['PATCH', 'chats/ANA', { archived: true, pinned: true }, 422, '/pinned: expected nothing, as it is archived'],
    ['PATCH', 'chats/ANA', { muted: false, mutedUntil: '2031-01-01T00:00:00Z' }, 422, '/mutedUntil: expected nothing'],
    ['PATCH', 'chats/ANA', { mutedUntil: '2020-01-01T00:00:00Z' }, 422, '/mutedUntil: expected an instant to come'],
    ['PATCH', 'chats/120363000000000002@newsletter', { pinned: true }, 422, 'chatId: expected'],
    ['PATCH', 'chats/5511900000077', { pinned: true }, 404, 'knows no message of chat 5511900000077@s.whatsapp.net'],
    ['POST', 'chats/5511900000077/clear', undefined, 404, 'knows no message of chat 5511900000077@s.whatsapp.net'],
    ['DELETE', 'chats/5511900000077', undefined, 404, 'knows no message'],
    ['POST', 'chats/5511900000077/read', {}, 404, 'knows no message'],
    ['POST', 'chats/5511900000077/history', {}, 404, 'knows no message'],
    ['POST', 'chats/ANA/read', { messageIds: ['OWN'] }, 422, '/messageIds/0: expected a message that the account received'],
    ['POST', 'chats/ANA/read', { messageIds: ['NONE'] }, 404, 'has no message NONE in chat'],
    ['POST', 'chats/ANA/read', { messageIds: [] }, 422, '/messageIds'],
    ['POST', 'chats/ANA/played', { messageIds: ['V1', 'M1'] }, 422, '/messageIds/1: expected a voice note, a round video, or'],
    ['POST', 'chats/ANA/played', { messageIds: ['OWN'] }, 422, '/messageIds/0: expected a message that the account received'],
    ['POST', 'chats/ANA/played', { messageIds: ['NONE'] }, 404, 'has no message NONE in chat'],
    ['POST', 'chats/ANA/played', {}, 422, '/messageIds'],
    ['POST', 'chats/ANA/history', { count: 51 }, 422, '/count'],
    ['POST', 'messages/NONE/star', { on: true }, 404, 'has no message NONE'],
    ['POST', 'messages/G2/star', { on: true }, 404, 'does not know who wrote message G2'],
    ['PUT', 'chats/5511900000077/timer', { expiresInSeconds: 86_400 }, 404, 'knows no message of chat 5511900000077'],
    ['PUT', 'chats/ANA/timer', { expiresInSeconds: 3_600 }, 422, '/expiresInSeconds'],
    ['PUT', 'chats/ANA/timer', {}, 422, '/expiresInSeconds'],
    ['PUT', `chats/${aGroup}/timer`, { expiresInSeconds: 0 }, 422, 'chatId: expected a person: PATCH /v1/instances/{id}/groups'],
    ['PUT', 'chats/ANA/labels/8', undefined, 404, 'has no label 8'],
    ['PUT', 'channels/ANA/follow', undefined, 422, 'channelId: expected a channel'],
    ['PUT', 'labels/new', { name: 'Novo', color: 1 }, 422, 'labelId: expected a number'],
    ['PUT', 'labels/9', { name: 'Novo', color: 20 }, 422, '/color'],
    ['POST', 'labels', { color: 1 }, 422, '/name'],
    ['POST', 'labels', { labelId: '9', name: 'Novo', color: 1 }, 422, 'labelId'],
    ['PUT', 'chats/ANA/typing', { state: 'dancing' }, 422, '/state'],
    ['POST', 'calls/NONE/reject', undefined, 404, 'has no call NONE'],
    ['POST', 'calls/OVER/reject', undefined, 409, 'does not ring: it is missed'],
  ])('[F1] %s %s %j is %i', async (method, path, body, status, detail) => {
    expect(await ask(asking, method, path, body)).toMatchObject({ status, json: { detail: expect.stringContaining(detail) } })
  })

  test.each<[string, string, unknown, string]>([
    ['POST', 'chats/ANA/history', {}, 'history-off'],
    ['PUT', 'presence/ANA/subscription', undefined, 'not-online'],
  ])('[F1] %s %s needs a setting of the instance: 409 %4$s', async (method, path, body, slug) => {
    expect(await ask(asking, method, path, body, 'quiet')).toMatchObject({
      status: 409,
      json: { type: `urn:zaplog:problem:${slug}` },
    })
  })
})

test('[F1] of a moment is shown as of its chat, or as of none', async () => {
  for (const [method, path, body, chat] of [
    ['POST', 'calls/RINGS/reject', undefined, chatId],
    ['PUT', 'presence', { online: true }, null],
  ] as const) {
    const { json } = await ask(asking, method, path, body)
    expect((await ask(asking, 'GET', `commands/${json.commandId}`)).json).toMatchObject({ chatId: chat })
  }
})
