// Guarantee: the calls of history make the phone share what they say: so many messages, or the very chunk, which the real Baileys reads.
import { proto } from '@whiskeysockets/baileys'
import { downloadHistory } from '@whiskeysockets/baileys/lib/Utils/history.js'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import type { SentChunk } from '../accounts/send-history.ts'
import { type BaileysClient, fetchingFrom, openBaileysClient } from '../baileys-client.ts'
import { openSimulatorServer, type SimulatorServer } from './control.ts'
import { chunkExamples } from './history-requests.ts'

const pn = '5511900000001'
const ana = { pn: '5511900000011', name: 'Ana' }
const bakery = { id: '120363000000000001', subject: 'Padaria', members: [ana] }
const atMs = 1_700_000_000_000

let server: SimulatorServer
let client: BaileysClient
beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  server = await openSimulatorServer({ history: 30 })
  client = openBaileysClient(server.url, undefined, { shouldSyncHistoryMessage: () => false, syncFullHistory: true })
  await server.simulator.scanQr(await client.whenQr(), { pn, name: 'Owner' })
  await client.waitFor(client.isOpen)
})
afterAll(async () => {
  await client.close()
  await server.close()
})

const notifications = () =>
  client.events
    .flatMap(event => event['messages.upsert']?.messages ?? [])
    .flatMap(({ key, message }) => {
      const told = message?.protocolMessage?.historySyncNotification
      return told ? [{ id: key.id, told }] : []
    })

async function download(id: string): Promise<proto.HistorySync> {
  const { told } = await client.waitFor(() => notifications().find(one => one.id === id))
  return downloadHistory(told, fetchingFrom(server.cdnUrl).options)
}

async function post(
  path: string,
  body: object,
): Promise<{ status: number; body: { detail?: string; data?: SentChunk[] } & SentChunk }> {
  const response = await fetch(`${server.controlUrl}/sim/v1/devices/${pn}${path}`, {
    ...{ method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
}

it('[B6] [K1] a phone that has a history shares it by itself with the device that it was linked with, the whole where that asked for it', async () => {
  await until('the last chunk to be told', () =>
    notifications().some(({ told }) => told.syncType === proto.Message.HistorySyncType.FULL),
  )
  const { INITIAL_BOOTSTRAP, PUSH_NAME, INITIAL_STATUS_V3, NON_BLOCKING_DATA, RECENT, FULL } = proto.Message.HistorySyncType
  const types = [INITIAL_BOOTSTRAP, PUSH_NAME, INITIAL_STATUS_V3, NON_BLOCKING_DATA, RECENT, FULL]
  expect(notifications().map(({ told }) => told.syncType)).toEqual(types)
  expect(server.simulator.device(pn).isOnline()).toBe(true)
})

it('[B6] [K1] a call shares so many messages, and answers each chunk', async () => {
  const { status, body } = await post('/history', { messages: 40, chunks: 2, overlap: 5, full: false })
  expect(status).toBe(202)
  expect(body.data?.map(({ syncType, messages }) => [syncType, messages])).toEqual([
    ['INITIAL_BOOTSTRAP', 20],
    ['PUSH_NAME', 0],
    ['INITIAL_STATUS_V3', 3],
    ['NON_BLOCKING_DATA', 0],
    ['RECENT', 25],
  ])
  const { conversations } = await download(body.data?.at(-1)?.id ?? '')
  expect(conversations.flatMap(({ messages }) => messages ?? [])).toHaveLength(25)
})

it('[B6] [K1] a call sends a chunk as it is described', async () => {
  const { body } = await post('/history/chunks', {
    ...{ syncType: 'FULL', via: 'cdn', chunkOrder: 2, progress: 60 },
    messages: [
      {
        written: { kind: 'text', from: ana, group: bakery, text: 'antes', timestampMs: atMs, id: 'M1' },
        ...{ starred: true, reactions: [{ from: { pn }, emoji: '👍', atMs }] },
      },
      { written: { kind: 'text', to: ana, text: 'minha', timestampMs: atMs, id: 'M2' }, status: 'read' },
      { written: { kind: 'text', from: ana, text: '', timestampMs: atMs - 1000, id: 'M3' }, stub: { type: 'CIPHERTEXT' } },
    ],
    chats: [{ with: ana, archived: true }],
  })
  expect(body).toMatchObject({ syncType: 'FULL', chunkOrder: 2, progress: 60, messages: 3 })
  const { conversations } = await download(body.id)
  const shown = conversations.flatMap(({ id, archived, messages }) =>
    (messages ?? []).map(({ message }) => ({
      id,
      archived,
      message: proto.WebMessageInfo.toObject(message as proto.WebMessageInfo),
    })),
  )
  const owner = { pushName: 'Owner', fromMe: true }
  expect(shown).toMatchObject([
    { id: '120363000000000001@g.us', message: { key: { id: 'M1', fromMe: false }, starred: true, reactions: [{ text: '👍' }] } },
    {
      archived: true,
      message: { key: { id: 'M2', fromMe: owner.fromMe }, message: { conversation: 'minha' }, pushName: owner.pushName },
    },
    { archived: true, message: { key: { id: 'M3' }, messageStubType: proto.WebMessageInfo.StubType.CIPHERTEXT } },
  ])
})

it('[B6] [K1] every example of a chunk is taken, and a device that comes again is not told of the history again', async () => {
  for (const example of chunkExamples) {
    const { status, body } = await post('/history/chunks', example)
    expect(status, `${JSON.stringify(example)}: ${body.detail}`).toBe(202)
  }
  const again = openBaileysClient(server.url, client.auth, { shouldSyncHistoryMessage: () => false })
  try {
    await again.waitFor(again.isOpen)
    const { body } = await post('/history/chunks', { chunkOrder: 99 })
    const seen = () => again.events.flatMap(event => event['messages.upsert']?.messages ?? [])
    await again.waitFor(() => seen().some(({ key }) => key.id === body.id))
    expect(seen().map(({ key }) => key.id)).toEqual([body.id])
  } finally {
    await again.close()
  }
})

it.each([
  ['a type that is none', { syncType: 'YESTERDAY' }, '/syncType: expected a type of history, such as RECENT'],
  [
    'a placeholder',
    { messages: [{ written: { kind: 'withheld', from: ana, type: 'fanout' } }] },
    '/messages/0/written: expected what was written, and no placeholder',
  ],
  [
    'a stub that is none',
    { messages: [{ written: { kind: 'text', from: ana, text: '' }, stub: { type: '2' } }] },
    '/messages/0/stub/type: expected a name of WhatsApp’s, such as CIPHERTEXT',
  ],
  [
    'a download that there is not',
    { via: 'inline', fault: { kind: 'gone' } },
    '/fault: expected via cdn: inline there is no download that could be gone or slow',
  ],
])('[B6] [K1] %s is refused in words', async (_what, request, detail) => {
  expect(await post('/history/chunks', request)).toMatchObject({ status: 422, body: { detail } })
})
