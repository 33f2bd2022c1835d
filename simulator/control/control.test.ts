import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import { type BaileysClient, fetchingFrom, openBaileysClient } from '../baileys-client.ts'
import { type Answer, callControl } from './call-control.ts'
import { openSimulatorServer, type SimulatorServer } from './control.ts'
import { sendRequested } from './message.ts'

const pn = '5511900000001'
const ana = { pn: '5511900000011', name: 'Ana' }
let server: SimulatorServer
let client: BaileysClient
beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  server = await openSimulatorServer()
  client = openBaileysClient(server.url, undefined, { shouldSyncHistoryMessage: () => false, ...fetchingFrom(server.cdnUrl) })
  const scanned = await call('POST', '/scan', { qr: await client.whenQr(), pn, name: 'Owner' })
  expect([scanned.status, scanned.body.jid]).toEqual([201, `${pn}:1@s.whatsapp.net`])
  await client.waitFor(client.isOpen)
})
afterAll(async () => {
  await client.close()
  await server.close()
})

const call = (method: string, path: string, body?: unknown) => callControl(server, { method, path, body })
const send = (message: object) => call('POST', `/devices/${pn}/messages`, message)
const upserts = () => client.events.flatMap(event => event['messages.upsert']?.messages ?? [])
const received = (id: string) => client.waitFor(() => upserts().find(message => message.key.id === id))

it('[K1] a linked device is listed', async () => {
  const { body } = await call('GET', '/devices')
  expect(body.data).toMatchObject([{ pn, deviceId: 1, name: 'Owner', isOnline: true, isRemoved: false }])
})

it.each([
  ['text', { text: 'oi' }, 'conversation'],
  ['image', { caption: 'legenda' }, 'imageMessage'],
  ['video', { seconds: 1 }, 'videoMessage'],
  ['gif', {}, 'videoMessage'],
  ['ptv', {}, 'ptvMessage'],
  ['audio', {}, 'audioMessage'],
  ['voice', { seconds: 5 }, 'audioMessage'],
  ['document', { fileName: 'a.pdf', pages: 2 }, 'documentMessage'],
  ['sticker', {}, 'stickerMessage'],
  ['reply', { text: 'sim', target: { messageId: '3EB0AA' } }, 'extendedTextMessage'],
  ['reaction', { emoji: '👍', target: { messageId: '3EB0AA', author: { pn } } }, 'reactionMessage'],
  ['pin', { target: { messageId: '3EB0AA' } }, 'pinInChatMessage'],
  ['comment', { text: 'sim', target: { messageId: '3EB0AA' } }, 'commentMessage'],
  ['link-preview', {}, 'extendedTextMessage'],
  ['location', {}, 'locationMessage'],
  ['live-location', {}, 'liveLocationMessage'],
  ['contacts', {}, 'contactMessage'],
  ['event', {}, 'eventMessage'],
  ['album', {}, 'albumMessage'],
  ['product', {}, 'productMessage'],
  ['order', {}, 'orderMessage'],
  ['list', {}, 'listMessage'],
  ['list-answer', { target: { messageId: '3EB0AA' } }, 'listResponseMessage'],
  ['buttons', {}, 'buttonsMessage'],
  ['buttons-answer', { text: 'Sim' }, 'buttonsResponseMessage'],
  ['template', {}, 'templateMessage'],
  ['template-answer', {}, 'templateButtonReplyMessage'],
  ['interactive', {}, 'interactiveMessage'],
  ['interactive-answer', {}, 'interactiveResponseMessage'],
  ['group-invite', {}, 'groupInviteMessage'],
  ['sticker-pack', {}, 'stickerPackMessage'],
  ['payment', {}, 'requestPaymentMessage'],
  ['call-log', {}, 'callLogMesssage'],
  ['edit', { text: 'não', target: { messageId: '3EB0AA' } }, 'secretEncryptedMessage'],
  ['edit', { text: 'não', plain: true, target: { messageId: '3EB0AA' } }, 'protocolMessage'],
  ['poll', { name: 'Almoço?', options: ['sim', 'não'] }, 'pollCreationMessageV3'],
  ['vote', { options: ['sim'], target: { messageId: '3EB0AA', author: { pn } } }, 'pollUpdateMessage'],
  ['event-answer', { answer: 'going', target: { messageId: '3EB0AA', author: { pn } } }, 'encEventResponseMessage'],
  ['revoke', { target: { messageId: '3EB0AA' } }, 'protocolMessage'],
])('[K1] a contact sends %s', async (kind, fields, field) => {
  const { status, body } = await send({ kind, from: ana, ...fields })
  expect(status).toBe(202)
  const { message, pushName } = await received(body.messageId)
  expect(Object.keys(message ?? {})).toContain(field)
  expect(pushName).toBe('Ana')
  expect(body.directPath === null).toBe(!server.simulator.cdn.get(body.directPath ?? '/'))
})

it('[K1] a placeholder comes without its message, which the phone hands over when it is asked', async () => {
  const { status, body } = await send({ kind: 'withheld', from: ana, type: 'fanout', text: 'Vi o anúncio' })
  expect(status).toBe(202)
  expect((await received(body.messageId)).message).toBeFalsy()
  const whole = await client.waitFor(() => upserts().find(({ key, message }) => key.id === body.messageId && message))
  expect(whole).toMatchObject({ message: { conversation: 'Vi o anúncio' } })
  expect((await send({ kind: 'withheld', to: ana, type: 'fanout' })).status).toBe(422)
})

it('[K1] bytes of the caller are what is sent', async () => {
  const bytes = Buffer.from('%PDF-1.4 mine')
  const { body } = await send({ kind: 'document', from: ana, fileName: 'mine.pdf', bytes: bytes.toString('base64') })
  const { message } = await received(body.messageId)
  expect(Number(message?.documentMessage?.fileLength)).toBe(bytes.length)
})

it('[K1] groups, and what the owner writes on the phone', async () => {
  const group = { id: '120363000000000009', subject: 'Turma' }
  const inGroup = await send({ kind: 'text', text: 'todos', from: ana, group })
  expect((await received(inGroup.body.messageId)).key).toMatchObject({ remoteJid: '120363000000000009@g.us', fromMe: false })
  const phone = await send({ kind: 'text', text: 'eu', to: ana })
  expect((await received(phone.body.messageId)).key.fromMe).toBe(true)
  const phoneInGroup = await send({ kind: 'text', text: 'eu', group })
  expect((await received(phoneInGroup.body.messageId)).key).toMatchObject({ remoteJid: '120363000000000009@g.us', fromMe: true })
})

it('[K1] what a call changed in a group stays so, whatever later calls say of how it begins', async () => {
  const group = { id: '120363000000000019', subject: 'Turma', members: [ana] }
  const carla = { pn: '5511900000013', name: 'Carla' }
  const change = (asked: object) => call('POST', `/devices/${pn}/groups`, { group, by: ana, change: asked })
  const participants = async () => {
    const { subject, participants: all } = await client.socket().groupMetadata(`${group.id}@g.us`)
    const named = all.map(({ phoneNumber, admin }) => `${phoneNumber?.split('@')[0]}${admin === null ? '' : ` ${admin}`}`)
    return { subject, participants: named.toSorted() }
  }
  expect((await change({ kind: 'subject', subject: 'Turma B' })).status).toBe(202)
  const unnamed = { group: { id: group.id }, by: ana, change: { kind: 'add', people: [carla] } }
  expect((await call('POST', `/devices/${pn}/groups`, unnamed)).status).toBe(202)
  await change({ kind: 'promote', people: [carla] })
  await change({ kind: 'promote', people: [carla] })
  await send({ kind: 'text', text: 'todos', from: ana, group })
  expect(await participants()).toEqual({ subject: 'Turma B', participants: [pn, ana.pn, `${carla.pn} admin`] })
  await change({ kind: 'demote', people: [carla] })
  expect((await participants()).participants).toEqual([pn, ana.pn, carla.pn])
  await change({ kind: 'promote', people: [carla] })
  await change({ kind: 'remove', people: [carla] })
  await change({ kind: 'add', people: [carla] })
  expect((await participants()).participants).toEqual([pn, ana.pn, carla.pn])
})

it('[K1] settled and pending stanzas are told, and receipts are sent', async () => {
  const { body } = await send({ kind: 'text', text: 'visto', from: ana })
  await until('the message to be settled', async () => {
    const settled = await call('GET', `/devices/${pn}/settled`)
    return settled.body.data.some(one => one.id === body.messageId)
  })
  const { status } = await call('POST', `/devices/${pn}/receipts`, { messageIds: ['3EB0CC'], from: ana, type: 'read' })
  expect(status).toBe(202)
  await client.waitFor(() => client.events.some(event => event['messages.update']?.some(({ key }) => key.id === '3EB0CC')))
  await until('nothing to be pending', async () => (await call('GET', `/devices/${pn}/pending`)).body.data.length === 0)
})

it('[K1] faults of the CDN come and go', async () => {
  const { body } = await send({ kind: 'image', from: ana })
  const path = body.directPath
  const fault = await call('POST', '/cdn/faults', { path, kind: 'status', status: 410, times: 5 })
  expect([fault.status, (await fetch(`${server.cdnUrl}${path}`)).status]).toEqual([202, 410])
  await call('POST', '/cdn/faults', { path, kind: 'heal' })
  expect((await fetch(`${server.cdnUrl}${path}`)).status).toBe(200)
  expect(await call('POST', '/cdn/faults', { path: '/none', kind: 'bad-mac' })).toMatchObject({
    status: 404,
    body: { title: expect.any(String) },
  })
})

it.each([
  [
    'an unknown field',
    { kind: 'text', text: 'x', from: ana, colour: 'red' },
    { pointer: '/colour', expected: 'no such field', received: 'red' },
  ],
  ['a missing field', { kind: 'text', from: ana }, { pointer: '/text', received: null }],
  [
    'a phone number in words',
    { kind: 'text', text: 'x', from: { pn: 'Ana' } },
    { pointer: '/from/pn', expected: 'expected a phone number of 6 to 15 digits', received: 'Ana' },
  ],
  ['an unknown kind', { kind: 'smoke-signal', from: ana }, { pointer: '/kind', received: 'smoke-signal' }],
  [
    'a field of another kind',
    { kind: 'text', text: 'x', from: ana, emoji: '👍' },
    { pointer: '/emoji', expected: 'no such field' },
  ],
  ['nobody writing', { kind: 'text', text: 'x' }, { pointer: '/from', expected: 'expected from, to or group' }],
  [
    'both directions',
    { kind: 'text', text: 'x', from: ana, to: ana },
    { pointer: '/to', expected: 'expected to alone, without from and group' },
  ],
  ['no body', undefined, { pointer: '' }],
])('[K1] %s is a 422 that names it', async (_what, message, error) => {
  const { status, type, body } = await call('POST', `/devices/${pn}/messages`, message)
  expect([status, type?.split(';')[0], body.type]).toEqual([422, 'application/problem+json', 'urn:zaplog:problem:invalid'])
  expect(body.errors).toEqual([expect.objectContaining(error)])
})

it('[K1] faults and scans are checked too', async () => {
  expect((await call('POST', `/devices/${pn}/faults`, { kind: 'streamError', error: 'bored' })).body.errors[0]?.pointer).toBe(
    '/error',
  )
  expect((await call('POST', '/cdn/faults', { path: '/x', kind: 'stall', atByte: -1 })).body.errors[0]?.pointer).toBe('/atByte')
  expect((await call('POST', '/scan', { qr: '', pn: 'x' })).body.errors.map(one => one.pointer)).toEqual(['/qr', '/pn'])
  expect(await call('POST', '/scan', { qr: 'x#2@gone,AA,AA,AA,1', pn })).toMatchObject({
    status: 409,
    body: { type: 'urn:zaplog:problem:conflict' },
  })
})

it('[K1] what does not exist is 404, and unreadable JSON 400', async () => {
  expect((await call('GET', '/devices/5511900000099/pending')).status).toBe(404)
  expect((await call('GET', '/nothing')).body.type).toBe('urn:zaplog:problem:not-found')
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${server.controlUrl}/sim/v1/scan`, { method: 'POST', headers, body: '{' })
  expect([response.status, ((await response.json()) as Answer).type]).toEqual([400, 'urn:zaplog:problem:unreadable'])
})

it('[K1] the conversation can be asked for', async () => {
  const { status, body } = await call('POST', `/devices/${pn}/conversation`, { paceMs: 0 })
  expect([status, body.data.length > 15]).toEqual([202, true])
  await received(body.data.at(-1)?.messageId ?? '')
})

it('[K1] what is done on the phone reaches a linked device that has its key', async () => {
  const chat = '205511900000011@lid'
  const act = (body: object) => call('POST', `/devices/${pn}/app-state`, body)
  const actions = [{ kind: 'archive', chat, on: true }]
  // Its phone has shared it since the link.
  expect(await act({ share: false, actions })).toMatchObject({ status: 202, body: { actions: 1 } })
  const isArchived = () => client.events.some(event => event['chats.update']?.some(one => one.id === chat && one.archived))
  await until('the chat is archived', () => {
    // Baileys may keep it for up to 30 s.
    client.socket().ev.flush()
    return isArchived()
  })
  expect((await act({ actions: [{ kind: 'archive', chat: 'nobody', on: true }] })).status).toBe(422)
})

it('[K1] only what a group refuses is a conflict: whatever else goes wrong is ours', async () => {
  const group = { id: '120363000000000077@g.us', subject: 'Broken' }
  const theirs = {
    kind: 'revoke',
    forged: false,
    from: ana,
    target: { messageId: '3EB0AA', author: { pn: '5511900000012' } },
  } as const
  expect(await send({ ...theirs, group })).toMatchObject({ status: 409, body: { type: 'urn:zaplog:problem:conflict' } })
  const inGroup = { kind: 'text', text: 'oi', from: ana, group } as const
  const failing = { ...server.simulator.device(pn), sendGroup: () => Promise.reject(new Error('no keys')) }
  await expect(sendRequested(server.simulator, failing, inGroup)).rejects.toThrow(/^no keys$/)
  await expect(sendRequested(server.simulator, failing, inGroup)).rejects.not.toHaveProperty('refusal')
})

it('[K1] a cut, refused logins and a logout from outside', async () => {
  const fault = (body: object) => call('POST', `/devices/${pn}/faults`, body)
  await fault({ kind: 'refuseLogin', code: 403 })
  await fault({ kind: 'drop' })
  await client.waitFor(() => client.closes.at(-1) === 428)
  const refused = openBaileysClient(server.url, client.auth)
  await refused.waitFor(() => refused.closes.at(-1) === 403)
  await fault({ kind: 'refuseLogin', code: null })
  expect((await fault({ kind: 'redeliver' })).body.pending).toBeGreaterThan(0)
  const again = openBaileysClient(server.url, client.auth, { shouldSyncHistoryMessage: () => false })
  await again.waitFor(again.isOpen)
  expect((await fault({ kind: 'logout' })).body.isRemoved).toBe(true)
  await again.waitFor(() => again.closes.at(-1) === 401)
})

it('[K1] a server stops on its signal, and a taken port is refused', async () => {
  const stop = new AbortController()
  const other = await openSimulatorServer({}, stop.signal)
  await expect(openSimulatorServer({ controlPort: Number(new URL(other.controlUrl).port) })).rejects.toThrow('EADDRINUSE')
  await expect(openSimulatorServer({ port: Number(new URL(other.url).port) })).rejects.toThrow('EADDRINUSE')
  stop.abort()
  await other.close()
  await expect(fetch(other.cdnUrl)).rejects.toThrow('fetch failed')
})
