// Guarantee: what the phone shares of its history is what the real Baileys downloads, inflates and reads, of every type, whole or broken.
import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { downloadContentFromMessage, proto } from '@whiskeysockets/baileys'
import { downloadHistory } from '@whiskeysockets/baileys/lib/Utils/history.js'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { fetchingFrom } from '../../baileys-client.ts'
import { openPaired, type Paired } from '../../pair-test-client.ts'
import type { Contact, Group } from '../accounts.ts'
import { text, unknownKind } from '../content.ts'
import { sampleKinds, sampleMessage } from '../sample-kinds.ts'
import { poll, secretOf } from '../seal-content.ts'
import type { HistoryChunk } from '../send-history.ts'
import type { HistorySyncName } from './encode-history.ts'
import type { HistoryFault } from './history-fault.ts'

const longAgo = 1_600_000_000_000
const { Status, StubType } = proto.WebMessageInfo

let paired: Paired
let ana: Contact
let bruno: Contact
let bakery: Group
beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  paired = await openPaired()
  const { simulator, device } = paired
  ana = simulator.contact({ pn: '5511900000011', name: 'Ana' })
  bruno = simulator.contact({ pn: '5511900000012', name: 'Bruno' })
  bakery = simulator.group({ subject: 'Padaria', members: [device.owner, ana, bruno] })
})
afterAll(() => paired.close())

async function notified(id: string): Promise<proto.Message.IHistorySyncNotification> {
  const upserts = () => paired.client.events.flatMap(event => event['messages.upsert']?.messages ?? [])
  const message = await paired.client.waitFor(() => upserts().find(({ key }) => key.id === id))
  return message.message?.protocolMessage?.historySyncNotification ?? {}
}

/** By Baileys' own code, from the CDN. */
async function download(id: string): Promise<proto.HistorySync> {
  return downloadHistory(await notified(id), fetchingFrom(paired.simulator.cdnUrl).options)
}

const shared = async (chunk: Omit<HistoryChunk, 'via'>): Promise<proto.HistorySync> =>
  download((await paired.device.historyChunk({ ...chunk, via: 'cdn' })).id)

async function onlyMessage(chunk: Omit<HistoryChunk, 'via'>): Promise<proto.IWebMessageInfo> {
  const { conversations } = await shared(chunk)
  return conversations[0]?.messages?.[0]?.message ?? {}
}

const types: readonly HistorySyncName[] = [
  ...(['INITIAL_BOOTSTRAP', 'INITIAL_STATUS_V3', 'FULL', 'RECENT', 'PUSH_NAME', 'NON_BLOCKING_DATA', 'ON_DEMAND'] as const),
]

it.each(types)('[B6] [K1] Baileys downloads and reads a chunk of %s', async syncType => {
  const { id } = await paired.device.historyChunk({
    ...{ syncType, via: 'cdn', chunkOrder: 3, progress: 40, requestId: 'REQUEST' },
    messages: [{ chat: ana, from: ana, content: text('antes'), timestampMs: longAgo, id: 'M1', order: 7 }],
    statuses: [{ from: bruno, content: text('na praia'), timestampMs: longAgo, id: 'S1' }],
    pushNames: [{ of: bruno, name: 'Bruno L.' }],
    mappings: [ana],
  })
  const { syncType: told, chunkOrder, progress, peerDataRequestSessionId } = await notified(id)
  expect({ told, chunkOrder, progress, peerDataRequestSessionId }).toEqual({
    ...{ told: proto.Message.HistorySyncType[syncType], chunkOrder: 3, progress: 40, peerDataRequestSessionId: 'REQUEST' },
  })
  const history = await download(id)
  expect(history).toMatchObject({ syncType: proto.HistorySync.HistorySyncType[syncType], chunkOrder: 3, progress: 40 })
  expect(history.conversations).toMatchObject([
    { id: ana.lidJid, pnJid: ana.pnJid, displayName: 'Ana', messages: [{ message: { key: { id: 'M1', fromMe: false } } }] },
  ])
  expect(Number(history.conversations[0]?.messages?.[0]?.msgOrderId)).toBe(7)
  expect(history.statusV3Messages).toMatchObject([
    { key: { remoteJid: 'status@broadcast', participant: bruno.lidJid, id: 'S1' }, message: { conversation: 'na praia' } },
  ])
  expect(history.pushnames).toMatchObject([{ id: bruno.lidJid, pushname: 'Bruno L.' }])
  expect(history.phoneNumberToLidMappings).toMatchObject([{ pnJid: ana.pnJid, lidJid: ana.lidJid }])
})

it('[B6] [K1] a message comes with all that became of it', async () => {
  const { owner } = paired.device
  const message = await onlyMessage({
    messages: [
      {
        ...{ chat: bakery, from: owner, content: poll('Que sabor?', ['Morango', 'Cenoura']), timestampMs: longAgo, id: 'P1' },
        ...{ status: 'read', starred: true, pinned: { atMs: longAgo + 1, seconds: 86_400 } },
        reactions: [{ from: ana, emoji: '🍓', atMs: longAgo + 2 }],
        votes: [{ from: bruno, options: ['Morango'], atMs: longAgo + 3 }],
        answers: [{ from: ana, answer: 'maybe', extraGuests: 2, atMs: longAgo + 4 }],
        receipts: [{ who: ana, deliveredAtMs: longAgo, readAtMs: longAgo + 1000, playedAtMs: longAgo + 2000 }],
      },
    ],
  })
  const key = { remoteJid: bakery.id, fromMe: false }
  expect(message).toMatchObject({
    key: { remoteJid: bakery.id, fromMe: true, id: 'P1', participant: owner.lidJid },
    ...{ status: Status.READ, starred: true, pushName: owner.name },
    pinInChat: { type: proto.PinInChat.Type.PIN_FOR_ALL, messageAddOnContextInfo: { messageAddOnDurationInSecs: 86_400 } },
    reactions: [{ key: { ...key, participant: ana.lidJid }, text: '🍓' }],
    pollUpdates: [{ pollUpdateMessageKey: { ...key, participant: bruno.lidJid } }],
    eventResponses: [{ eventResponseMessageKey: key, eventResponseMessage: { response: 3, extraGuestCount: 2 } }],
    userReceipt: [{ userJid: ana.lidJid }],
  })
  expect(message.messageSecret).toEqual(secretOf('P1'))
  expect(Number(message.userReceipt?.[0]?.playedTimestamp)).toBe(longAgo / 1000 + 2)
  expect(message.pollUpdates?.[0]?.vote?.selectedOptions?.[0]).toHaveLength(32)
})

it('[B6] [K1] what was deleted or could not be opened has no content, and says what it is', async () => {
  const gone = { chat: ana, from: ana, content: text('engano'), timestampMs: longAgo, revokedAtMs: longAgo + 5000 }
  const revoked = await onlyMessage({ messages: [gone] })
  expect(revoked).toMatchObject({ messageStubType: StubType.REVOKE })
  expect(Number(revoked.revokeMessageTimestamp)).toBe(longAgo / 1000 + 5)
  expect(revoked.message ?? null).toBeNull()
  const sealed = { chat: ana, from: ana, timestampMs: longAgo, stub: { type: 'CIPHERTEXT', parameters: ['No session'] } } as const
  expect(await onlyMessage({ messages: [sealed] })).toMatchObject({
    ...{ messageStubType: StubType.CIPHERTEXT, messageStubParameters: ['No session'] },
  })
})

it('[B6] [K1] every kind stands in history as it was written', async () => {
  const written = sampleKinds.map(kind => sampleMessage(kind))
  const messages = written.map((content, nth) => ({ chat: ana, from: ana, content, timestampMs: longAgo - nth * 1000 }))
  const { conversations } = await shared({ messages })
  const bytesOf = (message: proto.IMessage) => Buffer.from(proto.Message.encode(message).finish()).toString('hex')
  expect(conversations[0]?.messages?.map(({ message }) => bytesOf(message?.message ?? {}))).toEqual(written.map(bytesOf))
})

it('[B6] [K1] a kind of the future keeps its bytes', async () => {
  const messages = [{ chat: ana, from: ana, content: unknownKind('tomorrow'), timestampMs: longAgo }]
  const { id } = await paired.device.historyChunk({ messages })
  const { initialHistBootstrapInlinePayload } = await notified(id)
  expect(inflateSync(initialHistBootstrapInlinePayload ?? '').toString('latin1')).toContain('tomorrow')
})

it('[B6] [K1] who left a group and who called are told', async () => {
  const { pastParticipants, callLogRecords } = await shared({
    syncType: 'NON_BLOCKING_DATA',
    pastParticipants: [
      { group: bakery, who: ana, atMs: longAgo, isRemoved: true },
      { group: bakery, who: bruno, atMs: longAgo, isRemoved: false },
    ],
    calls: [{ from: ana, callId: 'C1', atMs: longAgo, seconds: 7, isVideo: true }],
  })
  const { LEFT, REMOVED } = proto.PastParticipant.LeaveReason
  const left = [
    { userJid: ana.lidJid, leaveReason: REMOVED },
    { userJid: bruno.lidJid, leaveReason: LEFT },
  ]
  expect(pastParticipants).toMatchObject([{ groupJid: bakery.id, pastParticipants: left }])
  expect(Number(callLogRecords[0]?.duration)).toBe(7)
  expect(callLogRecords).toMatchObject([{ callId: 'C1', callCreatorJid: ana.lidJid, isVideo: true, isIncoming: true }])
})

it('[B6] [K1] a chat says how it is kept, and a group who is in it', async () => {
  const { device } = paired
  const { conversations } = await shared({
    chats: [
      { chat: ana, name: 'Ana da agenda', archived: true, pinnedAtMs: longAgo, mutedUntilMs: longAgo + 1000, unreadCount: 4 },
      { chat: bruno, pnAddressed: true, markedUnread: true, locked: true, expiresInSeconds: 86_400, isComplete: true },
      { chat: bakery, description: 'Pão', createdAtMs: longAgo, createdBy: ana, parentGroupId: '120363000000000099@g.us' },
    ],
  })
  const [withAna, withBruno, inBakery] = conversations
  expect(withAna).toMatchObject({ id: ana.lidJid, name: 'Ana da agenda', archived: true, pinned: longAgo / 1000, unreadCount: 4 })
  expect(Number(withAna?.muteEndTime)).toBe(longAgo / 1000 + 1)
  expect(withBruno).toMatchObject({
    ...{ id: bruno.pnJid, lidJid: bruno.lidJid, markedAsUnread: true, locked: true, ephemeralExpiration: 86_400 },
    endOfHistoryTransfer: true,
  })
  expect(inBakery).toMatchObject({
    ...{ id: bakery.id, name: 'Padaria', description: 'Pão', createdBy: ana.lidJid, parentGroupId: '120363000000000099@g.us' },
    participant: [device.owner, ana, bruno].map(({ lidJid }) => ({ userJid: lidJid })),
  })
})

/** Read by Baileys, which proves nothing of it; not by its own reader, which throws where nobody catches when zlib ends early. */
async function contentOf(fault: HistoryFault): Promise<{ told: proto.Message.IHistorySyncNotification; bytes: Buffer }> {
  const messages = [{ chat: ana, from: ana, content: text('antes'), timestampMs: longAgo }]
  const told = await notified((await paired.device.historyChunk({ via: 'cdn', messages, fault })).id)
  const stream = await downloadContentFromMessage(told, 'md-msg-hist', fetchingFrom(paired.simulator.cdnUrl))
  return { told, bytes: Buffer.concat(await Array.fromAsync(stream)) }
}

it.each(['truncated', 'empty'] as const)('[B6] [K1] a chunk that is %s inside is sealed and announced as it is', async kind => {
  const { told, bytes } = await contentOf({ kind })
  expect(() => inflateSync(bytes)).toThrow('unexpected end of file')
  expect(createHash('sha256').update(bytes).digest()).toEqual(Buffer.from(told.fileSha256 ?? ''))
  expect(bytes.length > 0).toBe(kind === 'truncated')
})

it.each([404, 410] as const)('[B6] [K1] a chunk that is gone is answered with %i', async status => {
  await expect(contentOf({ kind: 'gone', status })).rejects.toMatchObject({ output: { statusCode: status } })
})

it('[B6] [K1] a slow chunk comes whole', async () => {
  const { bytes } = await contentOf({ kind: 'slow', bytesPerSecond: 5_000 })
  expect(proto.HistorySync.decode(inflateSync(bytes)).conversations).toHaveLength(1)
})

it('[B6] [K1] a chunk is announced as large as is asked, and what is there of a tampered one is whole', async () => {
  const messages = [{ chat: ana, from: ana, content: text('antes'), timestampMs: longAgo }]
  const fault = { kind: 'announced', sizeBytes: 2 ** 31 } as const
  const announced = await paired.device.historyChunk({ via: 'cdn', messages, fault })
  expect(Number((await notified(announced.id)).fileLength)).toBe(2 ** 31)
  const tampered = await paired.device.historyChunk({ via: 'cdn', messages, fault: { kind: 'tampered' } })
  const { cdn, cdnUrl } = paired.simulator
  const served = Buffer.from(await (await fetch(`${cdnUrl}${tampered.directPath}`)).arrayBuffer())
  const kept = cdn.get(tampered.directPath ?? '') ?? Buffer.of()
  expect(served).toHaveLength(kept.length)
  expect(served.equals(kept)).toBe(false)
})

it('[B6] [K1] what only a download can suffer is refused inline', async () => {
  await expect(paired.device.historyChunk({ fault: { kind: 'gone', status: 404 } })).rejects.toThrow('received gone')
})
