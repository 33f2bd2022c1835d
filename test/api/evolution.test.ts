// Evolution API's calls as its documentation has them: each becomes one of our commands, reads or changes, and answers in its shapes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callsNotDone } from '../../src/api/evolution/not-done.ts'
import type { Event } from '../../src/events/event.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { endNextCommand } from '../ground/api/end-next-command.ts'
import { adminKey, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
const group = '120363000000000001@g.us'
let api: TestApi
let projecting: readonly { close(): Promise<void> }[] = []
beforeAll(async () => {
  api = await openTestApi('api-evolution', logger, { dialects: ['evolution'], pairingCodeWaitMs: 300 })
  projecting = [await projectEvents(api, logger), await projectEvents(api, logger, commands)]
  const created = await call('POST', 'instance/create', { instanceName: 'shop', integration: 'WHATSAPP-BAILEYS' })
  expect(created).toMatchObject({ status: 201 })
  const { nowAt } = api.clock
  const received = anEvent('message.received', {
    instanceId: 'shop',
    messageId: 'THEIRS',
    text: 'Olá',
    occurredAt: nowAt - 60_000,
  })
  const sent = anEvent('message.sent', { instanceId: 'shop', messageId: 'OURS', text: 'já vai', occurredAt: nowAt - 60_000 })
  chatId = String(received.chatId)
  const position = await appendEvents(api, [anEvent('instance.paired', { instanceId: 'shop' }), received, sent])
  expect((await api.call('GET', `/v1/instances/shop?waitFor=${position}`)).status).toBe(200)
})
afterAll(async () => {
  for (const one of projecting) await one.close()
  await api.close()
})

/** Where both messages are. */
let chatId = ''
const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  api.call(method, `/${path}`, { key: null, headers: { apikey: adminKey, ...headers }, ...(body !== undefined && { body }) })
const send = (path: string, body: unknown, headers?: Record<string, string>) =>
  call('POST', `message/${path}/shop`, body, headers)

/** The body that the command has which the answer names. */
async function acceptedAs(messageId: unknown): Promise<unknown> {
  const signal = AbortSignal.timeout(10_000)
  const read = api.testLog.log.read(api.testLog.topic('commands'), { from: 'first', until: 'end' }, signal)
  for await (const record of read) {
    const event: Event | null = await api.testLog.codec.decode(record.value, signal)
    if (event?.type !== 'command.accepted' || event.messageId !== messageId) continue
    const { known: _, ...body } = JSON.parse(event.body)
    return body
  }
  return null
}

describe('messages', () => {
  const number = '5511900000011'
  const to = { chatId: '5511900000011@s.whatsapp.net' }
  const key = () => ({ remoteJid: chatId, fromMe: false, id: 'THEIRS' })
  test.each<[string, string, () => object, () => object, object]>([
    [
      'a text',
      'sendText',
      () => ({ number, text: 'Olá!' }),
      () => ({ ...to, kind: 'text', text: 'Olá!' }),
      { conversation: 'Olá!' },
    ],
    [
      'a text that replies',
      'sendText',
      () => ({
        number: chatId,
        text: 'Olá!',
        linkPreview: false,
        quoted: { key: { id: 'THEIRS' }, message: { conversation: 'Olá' } },
      }),
      () => ({ chatId, kind: 'text', text: 'Olá!', quotedMessageId: 'THEIRS' }),
      { conversation: 'Olá!' },
    ],
    [
      'a text that mentions',
      'sendText',
      () => ({ number: group, text: '@5511900000012', mentioned: ['5511900000012'], mentionsEveryOne: false }),
      () => ({ chatId: group, kind: 'text', text: '@5511900000012', mentions: ['5511900000012@s.whatsapp.net'] }),
      { conversation: '@5511900000012' },
    ],
    [
      'a location',
      'sendLocation',
      () => ({ number, name: 'Loja', address: 'Rua A, 1', latitude: -23.5, longitude: -46.6 }),
      () => ({ ...to, kind: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'Loja', address: 'Rua A, 1' } }),
      { locationMessage: { degreesLatitude: -23.5, degreesLongitude: -46.6, name: 'Loja', address: 'Rua A, 1' } },
    ],
    [
      'a contact',
      'sendContact',
      () => ({
        number,
        contact: [{ fullName: 'Ana', wuid: '5511900000012', phoneNumber: '+55 11 90000-0012', organization: 'Loja' }],
      }),
      () => ({ ...to, kind: 'contacts', contacts: [{ name: 'Ana', phones: ['+55 11 90000-0012'], organization: 'Loja' }] }),
      { contactMessage: { displayName: 'Ana' } },
    ],
    [
      'a reaction',
      'sendReaction',
      () => ({ key: key(), reaction: '🚀' }),
      () => ({ chatId, kind: 'reaction', targetMessageId: 'THEIRS', emoji: '🚀' }),
      { reactionMessage: { text: '🚀' } },
    ],
    [
      'a poll',
      'sendPoll',
      () => ({ number, name: 'Quando?', selectableCount: 1, values: ['Hoje', 'Amanhã'] }),
      () => ({ ...to, kind: 'poll', poll: { name: 'Quando?', options: ['Hoje', 'Amanhã'], selectableCount: 1 } }),
      { pollCreationMessage: { name: 'Quando?', options: [{ optionName: 'Hoje' }, { optionName: 'Amanhã' }] } },
    ],
    [
      'a list, which goes out as numbered text',
      'sendList',
      () => ({
        ...{ number, title: 'Menu', description: 'Escolha', buttonText: 'Abrir', footerText: 'Loja' },
        sections: [{ title: 'Pratos', rows: [{ title: 'Arroz', description: 'com feijão', rowId: 'r1' }] }],
      }),
      () => ({
        ...{ ...to, kind: 'list', title: 'Menu', description: 'Escolha', buttonText: 'Abrir', footer: 'Loja', native: false },
        sections: [{ title: 'Pratos', rows: [{ id: 'r1', title: 'Arroz', description: 'com feijão' }] }],
      }),
      { conversation: 'Menu\n\nEscolha\n\nPratos\n1. Arroz - com feijão\n\nLoja' },
    ],
    [
      'buttons, which go out as numbered text',
      'sendButtons',
      () => ({ number, title: 'Pedido', description: 'Confirma?', buttons: [{ type: 'reply', displayText: 'Sim', id: 's' }] }),
      () => ({ ...to, kind: 'buttons', header: 'Pedido', text: 'Confirma?', native: false, buttons: [{ id: 's', text: 'Sim' }] }),
      { conversation: 'Pedido\n\nConfirma?\n\n1. Sim' },
    ],
  ])('[F4] %s is one command, and the answer names its message', async (_, path, said, asked, message) => {
    const { status, json } = await send(path, said())
    const body = asked()
    expect([status, json]).toEqual([
      201,
      expect.objectContaining({
        key: { remoteJid: 'chatId' in body && body.chatId, fromMe: true, id: expect.stringMatching(/^3EB0[0-9A-F]{18}$/) },
        message: expect.objectContaining(Object.fromEntries(Object.keys(message).map(name => [name, expect.anything()]))),
        messageTimestamp: api.clock.nowAt / 1000,
        status: 'PENDING',
        instanceId: 'shop',
      }),
    ])
    expect(json.message).toMatchObject(message)
    expect(await acceptedAs((json.key as { id: string }).id)).toEqual(body)
  })

  test('[F4] a contact with an e-mail address and a page keeps them', async () => {
    const contact = [
      { fullName: 'Ana; Loja', phoneNumber: '5511900000012', email: 'ana@example.com', url: 'https://example.com' },
    ]
    const { json } = await send('sendContact', { number, contact })
    const accepted = (await acceptedAs((json.key as { id: string }).id)) as { contacts: { vcard: string }[] }
    const lines = accepted.contacts[0]?.vcard.split('\n')
    expect(lines).toEqual(expect.arrayContaining(['FN:Ana\\; Loja', 'EMAIL:ana@example.com', 'URL:https://example.com']))
    expect(lines?.find(line => line.startsWith('TEL'))).toContain('waid=5511900000012:')
  })

  test('[F4] an edit and a deletion are commands, too, the latter with a body in DELETE', async () => {
    const edit = await call('POST', 'chat/updateMessage/shop', {
      number,
      key: { ...key(), fromMe: true, id: 'OURS' },
      text: 'vai',
    })
    expect(edit).toMatchObject({ status: 200, json: { messageType: 'protocolMessage', status: 'PENDING' } })
    const deletion = await call('DELETE', 'chat/deleteMessageForEveryone/shop', { id: 'OURS', remoteJid: chatId, fromMe: true })
    expect(deletion.status).toBe(201)
    expect(await acceptedAs((deletion.json.key as { id: string }).id)).toEqual({
      chatId,
      kind: 'delete',
      targetMessageId: 'OURS',
    })
  })

  test('[F4] the same Idempotency-Key is the same message, something else with it is refused', async () => {
    const headers = { 'idempotency-key': 'order 1' }
    const [first, again] = [
      await send('sendText', { number, text: 'a' }, headers),
      await send('sendText', { number, text: 'a' }, headers),
    ]
    expect(again.json.key).toEqual(first.json.key)
    const other = await send('sendText', { number, text: 'b' }, headers)
    expect(other).toMatchObject({
      status: 409,
      json: { status: 409, error: 'Conflict', response: { message: [expect.any(String)] } },
    })
    const ours = { chatId: number, kind: 'text', text: 'a' }
    const accepted = await api.call('POST', '/v1/instances/shop/messages', { body: ours, headers })
    expect(accepted.json.messageId).toBe((first.json.key as { id: string }).id)
  })

  test('[F4] what changes nothing here is named in the answer', async () => {
    const { status, headers } = await send('sendText', { number, text: 'a', delay: 1200, linkPreview: true, encoding: false })
    expect([status, headers.get('zaplog-ignored')]).toEqual([201, 'delay, linkPreview'])
  })

  test.each<[string, string, object, string]>([
    ['no text', 'sendText', { number }, 'text: expected text, got nothing'],
    ['a number that is none', 'sendText', { number: 'Ana', text: 'a' }, 'number: expected a phone number'],
    [
      'a reply to what is not known',
      'sendText',
      { number, text: 'a', quoted: { key: { id: 'NONE' } } },
      'quoted.key.id: expected the id',
    ],
    [
      'a mention in a location',
      'sendLocation',
      { number, latitude: 1, longitude: 1, mentionsEveryOne: true },
      'mentionsEveryOne: expected nothing: it',
    ],
    ['a poll of one option', 'sendPoll', { number, name: 'a', selectableCount: 1, values: ['a'] }, 'values: expected at least 2'],
    [
      'a button that pays',
      'sendButtons',
      { number, title: 'a', buttons: [{ type: 'pix', displayText: 'a', id: 'b' }] },
      'buttons.0.type: expected reply',
    ],
    [
      'two emojis',
      'sendReaction',
      { key: { id: 'THEIRS', remoteJid: number, fromMe: false }, reaction: '🚀🚀' },
      'reaction: expected one emoji',
    ],
  ])('[F4] %s is 400 in the words of its fields', async (_, path, body, words) => {
    const { status, json } = await send(path, body)
    expect([status, json]).toEqual([
      400,
      { status: 400, error: 'Bad Request', response: { message: [expect.stringContaining(words)] } },
    ])
  })
})

describe('files', () => {
  const number = '5511900000011'
  const to = { chatId: '5511900000011@s.whatsapp.net' }
  const url = 'https://files.example.com/a'
  const bytes = Buffer.from('%PDF-1.7 an order')
  test.each<[string, string, object, object]>([
    [
      'an image by its URL',
      'sendMedia',
      { number, mediatype: 'image', mimetype: 'image/png', caption: 'Ola', media: url, fileName: 'a.png' },
      { ...to, kind: 'image', caption: 'Ola', media: { url, mimetype: 'image/png', fileName: 'a.png' } },
    ],
    [
      'a document by its URL',
      'sendMedia',
      { number, mediatype: 'document', media: url, fileName: 'a.pdf', caption: '' },
      { ...to, kind: 'document', fileName: 'a.pdf', media: { url, fileName: 'a.pdf' } },
    ],
    ['a voice note', 'sendWhatsAppAudio', { number, audio: url }, { ...to, kind: 'voice', media: { url } }],
    ['a round video', 'sendPtv', { number, video: url }, { ...to, kind: 'ptv', media: { url } }],
    ['a sticker', 'sendSticker', { number, sticker: url }, { ...to, kind: 'sticker', media: { url } }],
  ])('[F4] %s is the message that our own call asks for', async (_, path, said, asked) => {
    const headers = { 'idempotency-key': encodeURIComponent(JSON.stringify(said)).slice(-200) }
    const { status, json } = await send(path, said, headers)
    const ours = await api.call('POST', '/v1/instances/shop/messages', { body: asked, headers })
    expect([status, json.status, ours.status, ours.json.messageId]).toEqual([
      201,
      'PENDING',
      202,
      (json.key as { id: string }).id,
    ])
  })

  test('[F4] [C13] one in base64 is an upload first, the same under the same key, with or without its type before it', async () => {
    const base64 = bytes.toString('base64')
    const said = { number, mediatype: 'document', fileName: 'order.pdf' }
    const headers = { 'idempotency-key': 'file 1' }
    const first = await send('sendMedia', { ...said, media: base64, mimetype: 'application/pdf' }, headers)
    expect(first.status).toBe(201)
    const accepted = (await acceptedAs((first.json.key as { id: string }).id)) as { media: { uploadId: string } }
    const upload = (await api.call('GET', `/v1/uploads/${accepted.media.uploadId}`)).json
    expect(upload).toMatchObject({
      kind: 'document',
      fileName: 'order.pdf',
      mimetype: 'application/pdf',
      sizeBytes: bytes.length,
    })
    expect(upload.state).not.toBe('pending')
    const again = await send('sendMedia', { ...said, media: `data:application/pdf;base64,${base64}` }, headers)
    expect(again.json.key).toEqual(first.json.key)
    const other = await send('sendMedia', { ...said, media: Buffer.from('%PDF-1.7 other').toString('base64') }, headers)
    expect(other.status).toBe(409)
  })

  test.each<[string, string, object, string]>([
    [
      'what is neither',
      'sendMedia',
      { number, mediatype: 'image', media: 'not a file' },
      'media: expected an http or https URL, or a file',
    ],
    ['another kind', 'sendMedia', { number, mediatype: 'album', media: url }, 'mediatype: expected one of image'],
    ['a sticker of another type', 'sendSticker', { number, sticker: 'data:image/gif;base64,R0lGODlh' }, 'image/webp for sticker'],
  ])('[F4] %s is refused in the words of its fields', async (_, path, body, words) => {
    const { status, json } = await send(path, body)
    expect([status, json.response]).toEqual([400, { message: [expect.stringContaining(words)] }])
  })
})

describe('what is waited for', () => {
  const jid = '120363000000000002@g.us'
  const person = '5511900000012@s.whatsapp.net'
  const completed = (result: object | null) =>
    ({
      type: 'command.completed',
      at: Date.now(),
      saidAt: null,
      ...(result !== null && { result: JSON.stringify(result) }),
    }) as const
  beforeAll(async () => {
    await call('POST', 'instance/create', { instanceName: 'acts' })
    const received = anEvent('message.received', { instanceId: 'acts', messageId: 'THEIRS', chatId, text: 'Olá' })
    const position = await appendEvents(api, [anEvent('instance.paired', { instanceId: 'acts' }), received])
    await api.call('GET', `/v1/instances/acts?waitFor=${position}`)
  })

  type Case = [string, string, string, object | undefined, [string, object], object | null, object]
  const people = { participants: [{ id: person, pn: person, code: '200', status: 'done' }] }
  const link = { code: 'F1EX5QZxO181L3TMVP31gY', url: 'https://chat.whatsapp.com/F1EX5QZxO181L3TMVP31gY' }
  const readMessages = [{ remoteJid: '', fromMe: false, id: 'THEIRS' }]
  test.each<Case>([
    [
      'a group is made',
      'POST',
      'group/create/acts',
      { subject: 'Clientes', participants: ['5511900000012'] },
      ['group.create', { subject: 'Clientes', participants: [person] }],
      { groupId: jid, ...people },
      { id: jid, subject: 'Clientes' },
    ],
    [
      'its subject is changed',
      'POST',
      `group/updateGroupSubject/acts?groupJid=${jid}`,
      { subject: 'Novos' },
      ['group.update', { groupId: jid, subject: 'Novos' }],
      null,
      { update: 'success' },
    ],
    [
      'its description is changed',
      'POST',
      `group/updateGroupDescription/acts?groupJid=${jid}`,
      { description: 'a' },
      ['group.update', { description: 'a' }],
      null,
      { update: 'success' },
    ],
    [
      'admins alone write',
      'POST',
      `group/updateSetting/acts?groupJid=${jid}`,
      { action: 'announcement' },
      ['group.update', { announce: true }],
      null,
      { updateSetting: 'success' },
    ],
    [
      'a timer is set',
      'POST',
      'group/toggleEphemeral/acts',
      { groupJid: jid, expiration: 86_400 },
      ['group.update', { expiresInSeconds: 86_400 }],
      null,
      { success: true },
    ],
    [
      'its picture is changed',
      'POST',
      `group/updateGroupPicture/acts?groupJid=${jid}`,
      { image: 'data:image/jpeg;base64,/9j/4AAESkb/wAALCAKAAoABAREA' },
      ['group.set-picture', { image: '/9j/4AAESkb/wAALCAKAAoABAREA' }],
      null,
      { update: 'success' },
    ],
    [
      'people are added',
      'POST',
      `group/updateParticipant/acts?groupJid=${jid}`,
      { action: 'add', participants: ['5511900000012'] },
      ['group.change-participants', { action: 'add', participants: [person] }],
      people,
      { updateParticipants: [{ jid: person, status: '200' }] },
    ],
    [
      'its invite link is read',
      'GET',
      `group/inviteCode/acts?groupJid=${jid}`,
      undefined,
      ['group.read-invite-link', { groupId: jid }],
      link,
      { inviteUrl: link.url, inviteCode: link.code },
    ],
    [
      'its invite link is revoked',
      'POST',
      `group/revokeInviteCode/acts?groupJid=${jid}`,
      {},
      ['group.revoke-invite-link', { groupId: jid }],
      link,
      { revoked: true, inviteCode: link.code },
    ],
    [
      'an invite is taken',
      'GET',
      `group/acceptInviteCode/acts?inviteCode=${link.code}`,
      undefined,
      ['group.join', { invite: link.code }],
      { groupId: jid, status: 'joined' },
      { accepted: true, groupJid: jid },
    ],
    [
      'a group is left',
      'DELETE',
      `group/leaveGroup/acts?groupJid=${jid}`,
      undefined,
      ['group.leave', { groupId: jid }],
      null,
      { groupJid: jid, leave: true },
    ],
    [
      'messages are read',
      'POST',
      'chat/markMessageAsRead/acts',
      { readMessages },
      ['chat.read', { messages: [{ messageId: 'THEIRS' }] }],
      null,
      { message: 'Read messages', read: 'success' },
    ],
    [
      'a chat is archived',
      'POST',
      'chat/archiveChat/acts',
      { chat: person, archive: true },
      ['chat.change', { archived: true }],
      null,
      { chatId: person, archived: true },
    ],
    [
      'a chat is unread',
      'POST',
      'chat/markChatUnread/acts',
      { lastMessage: { key: { remoteJid: person } } },
      ['chat.change', { unread: true }],
      null,
      { markedChatUnread: true },
    ],
    [
      'typing is shown',
      'POST',
      'chat/sendPresence/acts',
      { number: person, delay: 1200, presence: 'composing' },
      ['chat.typing', { state: 'composing' }],
      null,
      { presence: 'composing' },
    ],
    [
      'the account is online',
      'POST',
      'instance/setPresence/acts',
      { presence: 'available' },
      ['presence.set', { online: true }],
      null,
      { presence: 'available' },
    ],
    [
      'somebody is blocked',
      'POST',
      'chat/updateBlockStatus/acts',
      { number: '5511900000012', status: 'block' },
      ['contact.block', { personId: person, on: true }],
      null,
      { block: 'success' },
    ],
  ])('[F4] %s: one command, whose result is the answer', async (_, method, path, body, [operation, kept], result, answer) => {
    for (const one of readMessages) one.remoteJid = chatId
    const answering = call(method, path, body)
    const asked = await endNextCommand(api.database, 'acts', completed(result))
    expect(asked).toMatchObject({ operation, body: kept })
    expect(await answering).toMatchObject({ status: method === 'POST' ? 201 : 200, json: answer })
  })

  test('[F4] what WhatsApp refuses is 400 with why, and what is not over in time is 504 with where to ask', async () => {
    const leave = () => call('DELETE', `group/leaveGroup/acts?groupJid=${jid}`)
    const [refused] = await Promise.all([
      leave(),
      endNextCommand(api.database, 'acts', {
        type: 'command.failed',
        at: 1,
        reason: 'refused',
        reasonText: 'WhatsApp refused it.',
        code: '403',
      }),
    ])
    expect(refused).toMatchObject({ status: 400, json: { response: { message: ['WhatsApp refused it. (403)'] } } })
    const other = await api.openAnother({ dialects: ['evolution'], dialectWaitMs: 50 })
    const late = await fetch(`${other.url}/group/leaveGroup/acts?groupJid=${jid}`, {
      method: 'DELETE',
      headers: { apikey: adminKey },
    })
    expect([late.status, await late.json()]).toMatchObject([
      504,
      { response: { message: [expect.stringContaining('/v1/instances/acts/commands/')] } },
    ])
  })

  test('[F4] a group or a chat that is not named is refused in words', async () => {
    expect(await call('DELETE', 'group/leaveGroup/acts')).toMatchObject({
      status: 400,
      json: { response: { message: [expect.stringContaining('groupJid: expected a group')] } },
    })
    expect((await call('POST', 'chat/archiveChat/acts', { archive: true })).json.response).toEqual({
      message: ['chat: expected a chat, or its lastMessage, got nothing'],
    })
    expect((await call('POST', 'group/toggleEphemeral/acts', { groupJid: jid, expiration: 5 })).json.response).toMatchObject({
      message: [expect.stringContaining('expiration: expected')],
    })
  })

  test('[F4] an invite is a text to each number', async () => {
    const asking = call('POST', 'group/sendInvite/acts', {
      groupJid: jid,
      description: 'Venha',
      numbers: ['5511900000012', '5511900000013'],
    })
    await endUntil('group.read-invite-link', link)
    expect(await asking).toMatchObject({ status: 200, json: { send: true, inviteUrl: link.url } })
    const { data } = (await api.call('GET', '/v1/instances/acts/commands?state=waiting')).json as { data: { chatId: string }[] }
    expect(data.map(one => one.chatId)).toEqual(expect.arrayContaining([person, '5511900000013@s.whatsapp.net']))
  })

  /** What was left before is ended on the way. */
  async function endUntil(operation: string, result: object) {
    for (;;) if ((await endNextCommand(api.database, 'acts', completed(result))).operation === operation) return
  }
})

describe('instances', () => {
  test('[F4] one is created, shown and settable under its name, and not twice', async () => {
    const created = await call('POST', 'instance/create', {
      instanceName: 'loja',
      integration: 'WHATSAPP-BAILEYS',
      groupsIgnore: true,
    })
    expect(created).toMatchObject({
      status: 201,
      json: { instance: { instanceName: 'loja', instanceId: 'loja' }, hash: null, settings: { groupsIgnore: true } },
    })
    expect(await call('POST', 'instance/create', { instanceName: 'loja' })).toMatchObject({
      status: 403,
      json: { error: 'Forbidden' },
    })
    expect((await api.call('GET', '/v1/instances/loja')).json).toMatchObject({ settings: { ignoreGroups: true } })
    const set = await call('POST', 'settings/set/loja', {
      groupsIgnore: false,
      alwaysOnline: true,
      syncFullHistory: false,
      rejectCall: false,
    })
    expect(set.status).toBe(201)
    expect((await call('GET', 'settings/find/loja')).json).toMatchObject({ groupsIgnore: false, alwaysOnline: true })
    expect((await call('GET', 'instance/connectionState/loja')).json).toEqual({
      instance: { instanceName: 'loja', state: 'connecting' },
    })
    const { text } = await call('GET', 'instance/fetchInstances?instanceName=shop')
    expect(JSON.parse(text)).toMatchObject([{ id: 'shop', name: 'shop', integration: 'WHATSAPP-BAILEYS', token: null }])
    expect(JSON.parse((await call('GET', 'instance/fetchInstances')).text).length).toBeGreaterThan(1)
  })

  test.each<[string, object, string]>([
    ['a name that is no id', { instanceName: 'Minha Loja' }, 'instanceName: expected up to 63'],
    ['a key of its own', { instanceName: 'a', token: 'T0K3N' }, 'token: expected nothing: an instance has no key'],
    ['a webhook', { instanceName: 'a', webhook: { url: 'https://example.com' } }, 'webhook: expected nothing: webhooks are'],
    ['the business platform', { instanceName: 'a', integration: 'WHATSAPP-BUSINESS' }, 'integration: expected WHATSAPP-BAILEYS'],
    ['calls refused by themselves', { instanceName: 'a', rejectCall: true }, 'rejectCall: expected nothing: calls'],
  ])('[F4] %s is refused in words, and nothing is made', async (_, body, words) => {
    const { status, json } = await call('POST', 'instance/create', body)
    expect([status, json.response]).toEqual([400, { message: [expect.stringContaining(words)] }])
    expect((await api.call('GET', '/v1/instances/a')).status).toBe(404)
  })

  test('[F4] [A1] who connects waits for the code, and hears why none came', async () => {
    const refused = await call('GET', 'instance/connect/loja')
    expect(refused).toMatchObject({
      status: 409,
      json: { error: 'Conflict', response: { message: [expect.stringContaining('loja is')] } },
    })
    expect((await call('GET', 'instance/connect/loja?number=5511900000001')).json.response).toMatchObject({
      message: [expect.stringContaining('no pairing code came')],
    })
    expect((await call('GET', 'instance/connect/loja?number=Ana')).status).toBe(400)
  })

  test('[F4] one that is there no more is 404, as is what there never was', async () => {
    expect((await call('POST', 'instance/restart/loja')).status).toBe(200)
    expect((await call('DELETE', 'instance/logout/loja')).json).toMatchObject({ status: 'SUCCESS', error: false })
    expect((await call('DELETE', 'instance/delete/loja')).json).toMatchObject({ status: 'SUCCESS', error: false })
    for (const path of [
      'instance/connectionState/loja',
      'instance/connect/nobody',
      'settings/find/nobody',
      'group/fetchAllGroups/nobody?getParticipants=false',
    ])
      expect([path, await call('GET', path)]).toMatchObject([path, { status: 404, json: { status: 404, error: 'Not Found' } }])
  })
})

describe('groups', () => {
  test('[F4] they are shown as they are known, with everybody in them', async () => {
    const people = [{ id: '5511900000012@s.whatsapp.net', role: 'admin' }]
    const updated = anEvent('group.updated', { instanceId: 'shop', groupId: group, subject: 'Clientes', participants: people })
    const position = await appendEvents(api, [updated])
    await api.call('GET', `/v1/instances/shop?waitFor=${position}`)
    const infos = await call('GET', `group/findGroupInfos/shop?groupJid=${group}`)
    expect(infos).toMatchObject({
      status: 200,
      json: { id: group, subject: 'Clientes', size: 1, participants: [{ admin: 'admin' }] },
    })
    const all = JSON.parse((await call('GET', 'group/fetchAllGroups/shop?getParticipants=true')).text)
    expect(all).toMatchObject([{ id: group, participants: [{ id: '5511900000012@s.whatsapp.net' }] }])
    expect((await call('GET', 'group/participants/shop?groupJid=120363000000000009')).status).toBe(404)
    expect((await call('GET', 'group/fetchAllGroups/shop')).status).toBe(400)
  })
})

describe('the door', () => {
  test('[F4] [I1] without a right key each is 401 in its shape, before anything is read', async () => {
    for (const headers of [{}, { apikey: 'wrong' }]) {
      const { status, json } = await api.call('POST', '/message/sendText/shop', { key: null, headers, rawBody: '{' })
      expect([status, json]).toMatchObject([401, { status: 401, error: 'Unauthorized' }])
    }
  })

  test('[F4] calls that are not done say so, and what there is instead', async () => {
    for (const { method, path, words } of callsNotDone) {
      const { status, json } = await call(method, `${path}/shop`)
      expect([path, status, json.response]).toEqual([path, 501, { message: [expect.stringContaining(words)] }])
    }
    expect(logger.lines.filter(line => line.event === 'request.failed')).toEqual([])
  })

  test('[F4] bodies that cannot be read are refused in its shape', async () => {
    const post = (rawBody: string) => api.call('POST', '/message/sendText/shop', { rawBody })
    for (const body of ['{', '[]', '"a"', '']) expect([body, (await post(body)).json]).toMatchObject([body, { status: 400 }])
    const deletion = await api.call('DELETE', '/chat/deleteMessageForEveryone/shop', { rawBody: '{' })
    expect(deletion.json).toMatchObject({ status: 400, error: 'Bad Request' })
  })

  test('[F4] switched off, as it is at first, there is none of it', async () => {
    const off = await api.openAnother()
    const key = { apikey: adminKey, 'content-type': 'application/json' }
    for (const path of [
      'message/sendText/shop',
      'instance/create',
      'settings/set/shop',
      'chat/updateBlockStatus/shop',
      'v21.0/shop/messages',
    ])
      expect([path, (await fetch(`${off.url}/${path}`, { method: 'POST', headers: key, body: '{}' })).status]).toEqual([
        path,
        404,
      ])
    for (const path of ['instance/connect/shop', 'instance/fetchInstances', 'group/fetchAllGroups/shop', 'v21.0/shop'])
      expect([path, (await fetch(`${off.url}/${path}`, { headers: key })).status]).toEqual([path, 404])
    const described = Object.keys((await api.call('GET', '/openapi.json')).json.paths as object)
    expect(described.filter(path => /^\/(message|instance|chat|group)\//.test(path))).toEqual([])
  })
})
