// Guarantee: a phone that shares a history of any length says each message once, keeps nothing of it, and answers who asks for more.

import type { proto } from '@whiskeysockets/baileys'
import { downloadHistory } from '@whiskeysockets/baileys/lib/Utils/history.js'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { fetchingFrom } from '../../baileys-client.ts'
import { openPaired, type Paired } from '../../pair-test-client.ts'
import type { SentChunk } from '../send-history.ts'

let paired: Paired
beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  paired = await openPaired()
})
afterAll(() => paired.close())

const messagesSeen = () => paired.client.events.flatMap(event => event['messages.upsert']?.messages ?? [])

async function download(id: string): Promise<proto.HistorySync> {
  const seen = await paired.client.waitFor(() => messagesSeen().find(({ key }) => key.id === id))
  const told = seen.message?.protocolMessage?.historySyncNotification ?? {}
  return downloadHistory(told, fetchingFrom(paired.simulator.cdnUrl).options)
}

it('[B6] [K1] a shared history has each message once, but for what chunks have in common', async () => {
  const { chunks, history } = await paired.device.shareHistory({
    messages: 300,
    chunks: 3,
    overlap: 20,
    seed: 'once',
    full: true,
  })
  expect(chunks.map(({ syncType, chunkOrder, progress }) => [syncType, chunkOrder, progress])).toEqual([
    ['INITIAL_BOOTSTRAP', 1, 100],
    ['PUSH_NAME', 1, 100],
    ['INITIAL_STATUS_V3', 1, 100],
    ['NON_BLOCKING_DATA', 1, 100],
    ['RECENT', 1, 100],
    ['FULL', 1, 100],
  ])
  const ids = await idsOf(chunks)
  expect(ids).toHaveLength(340)
  expect([...new Set(ids)].toSorted()).toEqual(Array.from({ length: 300 }, (_, place) => history.message(place).id).toSorted())
})

it('[B6] [K1] a part of a shared history is the same at each download, and takes no memory in between', async () => {
  const { chunks } = await paired.device.shareHistory({ messages: 1_000, chunks: 2, seed: 'same' })
  const path = chunks.at(-1)?.directPath ?? ''
  const [once, again] = [paired.simulator.cdn.get(path), paired.simulator.cdn.get(path)]
  expect(once === again).toBe(false)
  expect(once?.equals(again ?? Buffer.of())).toBe(true)
})

it('[B6] [K1] what is made ahead is told when it is asked for, and is the same', async () => {
  const { client, device, simulator } = paired
  const ahead = { messages: 60, chunks: 3, seed: 'ahead', newestAtMs: Date.now() }
  const prepared = await device.prepareHistory(ahead)
  const marker = await device.historySync([])
  await client.waitFor(() => messagesSeen().some(({ key }) => key.id === marker))
  const seen = messagesSeen().length
  const told = await prepared.tell()
  const shared = await device.shareHistory(ahead)
  await client.waitFor(() => messagesSeen().some(({ key }) => key.id === shared.chunks.at(-1)?.id))
  const order = messagesSeen()
    .slice(seen)
    .map(({ key }) => key.id)
  expect(order).toEqual([...told, ...shared.chunks].map(({ id }) => id))
  const [last, again] = [told.at(-1), shared.chunks.at(-1)].map(chunk => simulator.cdn.get(chunk?.directPath ?? ''))
  expect(last).toHaveLength(again?.length ?? 0)
})

it('[B6] [K1] the phone answers who asks for older messages of a chat with them', async () => {
  const { client, device } = paired
  const { history } = await device.shareHistory({ messages: 90, people: 3, groups: 0, seed: 'asked' })
  const [newest, second] = [history.message(0), history.message(3)]
  const key = { remoteJid: history.people[0].lidJid, id: newest.id, fromMe: false }
  const requestId = await client.socket().fetchMessageHistory(5, key, newest.timestampMs)
  const answer = await client.waitFor(() =>
    messagesSeen().find(
      ({ message }) => message?.protocolMessage?.historySyncNotification?.peerDataRequestSessionId === requestId,
    ),
  )
  const [conversation] = (await download(answer.key.id ?? '')).conversations
  expect(conversation?.id).toBe(history.people[0].lidJid)
  expect(conversation?.messages).toHaveLength(5)
  expect(conversation?.messages?.[0]?.message?.key?.id).toBe(second.id)
})

async function idsOf(chunks: readonly SentChunk[]): Promise<readonly string[]> {
  const ids: string[] = []
  for (const { id, syncType } of chunks) {
    if (syncType === 'PUSH_NAME') continue // inline
    const { conversations } = await download(id)
    ids.push(...conversations.flatMap(({ messages }) => (messages ?? []).map(({ message }) => message?.key?.id ?? '')))
  }
  return ids
}
