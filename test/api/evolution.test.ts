// Evolution API's calls as its documentation has them: each becomes one of our commands, reads or changes, and answers in its shapes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callsNotDone } from '../../src/api/evolution/not-done.ts'
import { openInstanceRows } from '../../src/instances/instance-rows.ts'
import type { SocketRead } from '../../src/instances/socket-answers.ts'
import { answerQuestions, readQuestions, type SocketAnswer } from '../../src/instances/socket-reads.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { acceptedAs } from '../ground/api/accepted-as.ts'
import { endNextCommand } from '../ground/api/end-next-command.ts'
import { adminKey, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
/** One pixel or so: its head says 2 by 2. */
const jpeg = Buffer.from('ffd8ffc0000b080002000201011100ffd9', 'hex').toString('base64')
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
    expect(await acceptedAs(api, (json.key as { id: string }).id)).toEqual(body)
  })

  test('[F4] a contact with an e-mail address and a page keeps them', async () => {
    const contact = [
      { fullName: 'Ana; Loja', phoneNumber: '5511900000012', email: 'ana@example.com', url: 'https://example.com' },
    ]
    const [one] = contact
    expect((await send('sendContact', { number, contact: [{ ...one, phoneNumber: 'Ana' }] })).json.response).toEqual({
      message: [expect.stringContaining('contact.0.phoneNumber: expected a phone number')],
    })
    const { json } = await send('sendContact', { number, contact })
    const accepted = (await acceptedAs(api, (json.key as { id: string }).id)) as { contacts: { vcard: string }[] }
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
    expect(await acceptedAs(api, (deletion.json.key as { id: string }).id)).toEqual({
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
    const accepted = (await acceptedAs(api, (first.json.key as { id: string }).id)) as { media: { uploadId: string } }
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
    [
      'a name longer than any event has room for',
      'sendMedia',
      { number, mediatype: 'document', media: 'aGk=', fileName: 'a'.repeat(3_000_000) },
      'fileName: expected at most',
    ],
    [
      'a type longer than any event has room for',
      'sendMedia',
      { number, mediatype: 'image', media: `data:image/png${'a'.repeat(3_000_000)};base64,aGk=` },
      'mimetype: expected',
    ],
    ['no recipient', 'sendSticker', { number: 'Ana', sticker: 'data:image/webp;base64,aGk=' }, 'number: expected a phone'],
    [
      'a mention of nobody',
      'sendMedia',
      { number: group, mediatype: 'image', media: 'aGk=', mentioned: ['Ana'] },
      'mentioned.0: expected',
    ],
    [
      'a list in place of a file',
      'sendMedia',
      { number, mediatype: 'image', media: Array(250_000).fill([]) },
      'expected at most 200000',
    ],
    ['a list in place of a body', 'sendMedia', Array(250_000).fill([]), 'expected at most 200000 values'],
    ['a sticker of another type', 'sendSticker', { number, sticker: 'data:image/gif;base64,R0lGODlh' }, 'image/webp for sticker'],
  ])('[F4] %s is refused in the words of its fields, and no file is taken', async (_, path, body, words) => {
    const taken = async () => (await api.call('GET', '/v1/instances/shop/uploads?limit=1')).json.data
    const before = await taken()
    const { status, json } = await send(path, body)
    expect([status, json.response]).toEqual([400, { message: [expect.stringContaining(words)] }])
    expect(await taken()).toEqual(before)
  })

  test('[F4] [C13] what a type says beside itself is not what its bytes are stored as', async () => {
    const mimetype = 'application/pdf; name=relatório.pdf'
    const said = { number, mediatype: 'document', fileName: 'a.pdf', mimetype, media: bytes.toString('base64') }
    expect((await send('sendMedia', said)).status).toBe(201)
  })

  test('[F4] [C13] of an account that is logged out no file is taken, nor of a message that is not sent', async () => {
    await call('POST', 'instance/create', { instanceName: 'out' })
    const media = bytes.toString('base64')
    const said = { mediatype: 'document', fileName: 'a.pdf', media }
    expect((await call('POST', 'message/sendMedia/out', { ...said, number: 'Ana' })).status).toBe(400)
    const state = { instanceId: 'out', state: 'logged-out', reason: null, reasonText: null }
    const position = await appendEvents(api, [anEvent('instance.state-changed', state)])
    await api.call('GET', `/v1/instances/out?waitFor=${position}`)
    expect((await call('POST', 'message/sendMedia/out', { ...said, number })).status).toBe(409)
    expect((await api.call('GET', '/v1/instances/out/uploads')).json.data).toEqual([])
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
    // Of somebody that the account knows by number alone.
    const known = anEvent('message.received', {
      instanceId: 'acts',
      messageId: 'KNOWN',
      chatId: person,
      chatPn: person,
      senderId: person,
      senderPn: person,
    })
    const position = await appendEvents(api, [anEvent('instance.paired', { instanceId: 'acts' }), received, known])
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
      'the account is called otherwise',
      'POST',
      'chat/updateProfileName/acts',
      { name: 'Loja' },
      ['profile.change', { name: 'Loja' }],
      null,
      { update: 'success' },
    ],
    [
      'it says something of itself',
      'POST',
      'chat/updateProfileStatus/acts',
      { status: 'Aberto' },
      ['profile.change', { about: 'Aberto' }],
      null,
      { update: 'success' },
    ],
    [
      'it has a picture',
      'POST',
      'chat/updateProfilePicture/acts',
      { picture: `data:image/jpeg;base64,${jpeg}` },
      ['profile.picture', { picture: jpeg }],
      null,
      { update: 'success' },
    ],
    [
      'it has none any more',
      'DELETE',
      'chat/removeProfilePicture/acts',
      undefined,
      ['profile.picture', { picture: null }],
      null,
      { update: 'success' },
    ],
    [
      'who sees what of it is changed',
      'POST',
      'chat/updatePrivacySettings/acts',
      { readreceipts: 'all', profile: 'contacts', status: 'contacts', online: 'all', last: 'none', groupadd: 'contacts' },
      [
        'privacy.change',
        { readReceipts: 'all', picture: 'contacts', about: 'contacts', online: 'all', lastSeen: 'none', groupsAdd: 'contacts' },
      ],
      null,
      { update: 'success', data: { last: 'none' } },
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
    const plain = method !== 'POST' || path.startsWith('chat/updateProfile')
    expect(await answering).toMatchObject({ status: plain ? 200 : 201, json: answer })
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

  test.each<[string, string, object, string]>([
    ['a group', 'group/updateGroupSubject/acts', { groupJid: 'Ana', subject: 'a' }, 'groupJid: expected a group'],
    ['a chat', 'chat/archiveChat/acts', { chat: 'Ana', archive: true }, 'chat: expected'],
    [
      'a chat of a message',
      'chat/markChatUnread/acts',
      { lastMessage: { key: { remoteJid: 'Ana' } } },
      'lastMessage.key.remoteJid: ',
    ],
    ['somebody', 'chat/updateBlockStatus/acts', { number: 'Ana', status: 'block' }, 'number: expected a phone number'],
    ['a number to write to', 'chat/sendPresence/acts', { number: 'Ana', presence: 'composing' }, 'number: expected'],
    ['who sees what', 'chat/updatePrivacySettings/acts', { last: 'everybody' }, 'last: expected one of all'],
    ['words', 'chat/updateProfileStatus/acts', { status: 'a'.repeat(140) }, 'status: expected at most 139'],
  ])('[F4] %s that there is not is refused by the name of its field', async (_, path, body, words) => {
    const { status, json } = await call('POST', path, body)
    expect([status, json.response]).toEqual([400, { message: [expect.stringContaining(words)] }])
  })

  test('[F4] chats are read all or none: all of it is in the log before any is waited for, each chat once', async () => {
    await call('POST', 'instance/create', { instanceName: 'many' })
    const [one, other] = ['5511900000021@s.whatsapp.net', '5511900000022@s.whatsapp.net']
    const [first, second, third] = ['A', 'B', 'C'].map((messageId, at) =>
      anEvent('message.received', { instanceId: 'many', messageId, chatId: at === 2 ? other : one, text: 'Olá' }),
    )
    if (first === undefined || second === undefined || third === undefined) throw new Error('expected three messages')
    const position = await appendEvents(api, [anEvent('instance.paired', { instanceId: 'many' }), first, second, third])
    await api.call('GET', `/v1/instances/many?waitFor=${position}`)
    const of = (remoteJid: string, id: string) => ({ remoteJid, fromMe: false, id })
    const mark = (...readMessages: object[]) => call('POST', 'chat/markMessageAsRead/many', { readMessages })
    const waiting = async () =>
      (await api.call('GET', '/v1/instances/many/commands?state=waiting')).json.data as readonly { chatId: string }[]
    expect((await mark(of(one, 'A'), of('Ana', 'B'))).json.response).toEqual({
      message: [expect.stringContaining('readMessages.1.remoteJid: expected')],
    })
    expect(await waiting()).toEqual([])
    const marking = mark(of(one, 'A'), of('+55 11 90000-0021', 'B'), of(other, 'C'))
    await until('both to wait', async () => (await waiting()).length === 2)
    for (let at = 0; at < 2; at += 1) await endNextCommand(api.database, 'many', completed(null))
    expect((await marking).status).toBe(201)
    expect(await waiting()).toEqual([])
  })

  test('[F4] of a group whose people were not made admins the answer says that it is there', async () => {
    const body = { subject: 'Clientes', participants: ['5511900000012'], promoteParticipants: true }
    const making = call('POST', 'group/create/acts', body)
    await endUntil('group.create', { groupId: jid, ...people })
    const why = { reason: 'refused', reasonText: 'WhatsApp refused it.', code: null } as const
    await endNextCommand(api.database, 'acts', { type: 'command.failed', at: 1, ...why })
    expect((await making).json.response).toEqual({ message: [expect.stringContaining(`group ${jid} is made`)] })
  })

  test('[F4] an invite is a text to each number', async () => {
    const asking = call('POST', 'group/sendInvite/acts', {
      groupJid: jid,
      description: 'Venha',
      numbers: ['5511900000012', '5511900000013', '+55 11 90000-0012'],
    })
    await endUntil('group.read-invite-link', link)
    expect(await asking).toMatchObject({ status: 200, json: { send: true, inviteUrl: link.url } })
    const { data } = (await api.call('GET', '/v1/instances/acts/commands?state=waiting')).json as { data: { chatId: string }[] }
    expect(data.map(one => one.chatId).toSorted()).toEqual([person, '5511900000013@s.whatsapp.net'])
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
    expect(created.headers.get('zaplog-position')).not.toBeNull()
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
    ['a phone that is none', { instanceName: 'a', qrcode: true, number: '119' }, 'number: expected a phone number'],
    ['calls refused by themselves', { instanceName: 'a', rejectCall: true }, 'rejectCall: expected nothing: calls'],
  ])('[F4] %s is refused in words, and nothing is made', async (_, body, words) => {
    const { status, json } = await call('POST', 'instance/create', body)
    expect([status, json.response]).toEqual([400, { message: [expect.stringContaining(words)] }])
    expect((await api.call('GET', '/v1/instances/a')).status).toBe(404)
  })

  test('[F4] [A1] one that shows no code in time is made all the same', async () => {
    const created = await call('POST', 'instance/create', { instanceName: 'slow', qrcode: true, number: '+55 11 90000-0031' })
    expect(created).toMatchObject({ status: 201, json: { instance: { instanceName: 'slow' }, qrcode: null } })
    expect((await api.call('GET', '/v1/instances/slow')).status).toBe(200)
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

describe('people', () => {
  const pn = '5511900000011@s.whatsapp.net'
  let epoch = 0
  beforeAll(async () => {
    await call('POST', 'instance/create', { instanceName: 'asks' })
    epoch = (await openInstanceRows(api).takeEpoch('asks')).epoch
  })

  /** Whoever holds the account answers each once it is asked. */
  async function answer(kind: SocketRead, one: SocketAnswer) {
    const subject = await until(`a question for ${kind}`, async () => {
      const found = await readQuestions(api.database, ['asks'], { perInstance: 50 })
      return found.find(question => question.kind === kind)?.subject ?? null
    })
    await answerQuestions(api.database, { instanceId: 'asks', epoch, kind, answers: [{ subject, answer: one, keptMs: 60_000 }] })
  }
  const none = { code: '404' }
  const business = {
    isBusiness: true,
    description: 'Loja',
    category: null,
    address: null,
    email: 'loja@example.com',
    websites: ['https://example.com'],
  }

  test('[F4] numbers, pictures and what people and businesses say are what our own reads answer', async () => {
    const numbers = ['+55 11 90000-0011', '5511900000014']
    const checking = call('POST', 'chat/whatsappNumbers/asks', { numbers })
    await answer('number', { said: { onWhatsApp: true, id: '200000000000011@lid', pn } })
    await answer('number', { said: { onWhatsApp: false, id: null, pn: null } })
    const { status, text } = await checking
    const [found, missing] = JSON.parse(text) as readonly { number: string; exists: boolean }[]
    expect([status, found?.number, missing?.number]).toEqual([200, '5511900000011', '5511900000014'])
    expect(new Set([found?.exists, missing?.exists])).toEqual(new Set([true, false]))
    const showing = call('POST', 'chat/fetchProfilePictureUrl/asks', { number: '5511900000015' })
    await answer('picture', none)
    expect((await showing).json).toEqual({ wuid: '5511900000015@s.whatsapp.net', profilePictureUrl: null })
    const asking = call('POST', 'chat/fetchBusinessProfile/asks', { number: '5511900000015' })
    await answer('business', { said: business })
    const { websites: website, ...shown } = business
    expect((await asking).json).toEqual({ wuid: '5511900000015@s.whatsapp.net', ...shown, website })
  })

  test('[F4] who sees what of the account is read as its product names it', async () => {
    const asking = call('GET', 'chat/fetchPrivacySettings/asks')
    const seen = { lastSeen: 'none', online: 'all', picture: 'contacts', about: 'all' }
    await answer('privacy', { said: { ...seen, readReceipts: 'none', groupsAdd: 'contacts', callsAdd: 'known' } })
    const { status, json } = await asking
    expect([status, json]).toEqual([
      200,
      {
        ...{ readreceipts: 'none', profile: 'contacts', status: 'all', online: 'all', calladd: 'known', last: 'none' },
        groupadd: 'contacts',
      },
    ])
  })

  test('[F4] a profile is all of it, as far as the account may see it', async () => {
    const asking = call('POST', 'chat/fetchProfile/asks', { number: '5511900000016' })
    await answer('number', { said: { onWhatsApp: true, id: null, pn: '5511900000016@s.whatsapp.net' } })
    await answer('picture', { said: { pictureId: '1', url: 'https://example.com/p' } })
    await answer('about', { said: { about: 'Oi', setAt: null } })
    await answer('business', { said: business })
    expect(await asking).toMatchObject({
      status: 200,
      json: {
        ...{ wuid: '5511900000016@s.whatsapp.net', numberExists: true, picture: 'https://example.com/p' },
        ...{ status: { status: 'Oi' }, isBusiness: true, website: 'https://example.com' },
      },
    })
    expect((await call('POST', 'chat/fetchProfile/asks', { number: 'Ana' })).json.response).toEqual({
      message: [expect.stringContaining('number: expected a phone number')],
    })
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

  test('[F4] what there is not is 404 in its shape, as is a method that a call does not have', async () => {
    for (const [method, path] of [
      ['POST', 'message/sendNothing/shop'],
      ['GET', 'chat/nothing'],
      ['GET', 'message/sendText/shop'],
      ['PUT', 'webhook/set/shop/more'],
    ] as const)
      expect([path, await call(method, path)]).toMatchObject([path, { status: 404, json: { status: 404, error: 'Not Found' } }])
    expect((await api.call('POST', '/message/sendNothing/shop', { key: null })).json).toMatchObject({ status: 401 })
  })

  test('[F4] [I3] text that Postgres cannot hold is refused in a path, too', async () => {
    for (const path of ['instance/connectionState/a%00b', 'group/findGroupInfos/a%00b?groupJid=120363000000000009'])
      expect([path, await call('GET', path)]).toMatchObject([
        path,
        { status: 400, json: { response: { message: ['instance: expected text without NUL, got a\0b'] } } },
      ])
    expect((await call('POST', 'message/sendText/a%00b', { number: '5511900000011', text: 'a' })).status).toBe(400)
  })

  test('[F4] [I3] a deletion with more of a body than any has is 413, which its client can read', async () => {
    const body = JSON.stringify({ id: 'a'.repeat(200_000), remoteJid: chatId })
    const { status, json } = await api.call('DELETE', '/chat/deleteMessageForEveryone/shop', { rawBody: body })
    expect([status, json.error]).toEqual([413, 'Payload Too Large'])
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
