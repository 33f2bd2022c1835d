// What is sent again for a retry receipt goes to whom Baileys would send it, with all that its stanza says, once Baileys has made the session and
// before it acknowledges the receipt; as often as Baileys would, and no oftener.
import { EventEmitter } from 'node:events'
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { createBaileysCaches } from '../../src/producers/socket/baileys-caches.ts'
import { createSendAgain, type SentBefore } from '../../src/producers/socket/send-again.ts'

const chat = '200@lid'
const content = { conversation: 'oi' }
const meta = { tag: 'meta', attrs: { polltype: 'creation' } }
const kept: Readonly<Record<string, SentBefore>> = {
  EDIT: { content, attributes: { edit: '1' }, nodes: [] },
  POLL: { content, attributes: {}, nodes: [meta] },
  TEXT: { content, attributes: {}, nodes: [] },
}

/** A socket with what Baileys does of a retry receipt (lib/Socket/messages-recv.js, handleReceipt). `device`: who asks; null: it is no retry. */
function openSocket({ fails = false } = {}) {
  const ws = new EventEmitter()
  const happened: unknown[] = []
  const looked: string[] = []
  const { msgRetryCounterCache } = createBaileysCaches(() => 0)
  const { find, counters, follow } = createSendAgain(async ({ id }) => {
    looked.push(id ?? '')
    return kept[(id ?? '').replace(/ \d+$/, '')]
  }, msgRetryCounterCache)
  const willSend = async (id: string, device: string) => ((await counters.get<number>(`${id}:${device}`)) ?? 0) < 5
  ws.on('CB:receipt', async ({ attrs, content: inside }: BinaryNode) => {
    const ids = [
      attrs.id ?? '',
      ...(Array.isArray(inside) ? inside : []).flatMap(({ tag, attrs: { id } }) => (tag === 'item' ? [id ?? ''] : [])),
    ]
    const participant = attrs.from ?? ''
    if (attrs.type === 'retry' && (await willSend(ids[0] ?? '', participant))) {
      await counters.set(`${ids[0]}:${participant}`, ((await counters.get<number>(`${ids[0]}:${participant}`)) ?? 0) + 1)
      const found: unknown[] = []
      for (const id of ids) found.push(await find({ id, remoteJid: chat, participant }))
      happened.push('session')
      for (const [nth, id] of ids.entries())
        if (found[nth] !== undefined && (await willSend(id, participant))) happened.push(['Baileys', id])
    }
    happened.push('ack')
  })
  const relayMessage: WASocket['relayMessage'] = async (...of) => {
    if (fails && of[2].messageId === 'EDIT') throw new Error('WhatsApp does not say who has devices')
    return String(happened.push(of))
  }
  follow({ ws, relayMessage } as unknown as Parameters<typeof follow>[0])
  const [handle] = ws.listeners('CB:receipt')
  return {
    looked,
    find,
    ask: async (ids: readonly string[], device: string | null) => {
      const items = ids.slice(1).map(id => ({ tag: 'item', attrs: { id } }))
      const retry: BinaryNode = { tag: 'retry', attrs: { count: '2' } }
      const attrs = { id: ids[0] ?? '', from: device ?? chat, ...(device !== null && { type: 'retry' }) }
      const node: BinaryNode = { tag: 'receipt', attrs, content: [...items, retry] }
      await handle?.(node)
      return happened.splice(0)
    },
  }
}

const beside = {
  EDIT: { additionalAttributes: { edit: '1' }, additionalNodes: [] },
  POLL: { additionalAttributes: {}, additionalNodes: [meta] },
}

test('[F1] an edit and a poll go to the device that asks, or, where it is a phone, to all of its chat, before the receipt is acknowledged', async () => {
  for (const id of ['EDIT', 'POLL'] as const) {
    const { ask } = openSocket()
    const forOne = { messageId: id, ...beside[id], participant: { jid: '200:7@lid', count: 2 } }
    expect(await ask([id], '200:7@lid')).toEqual(['session', [chat, content, forOne], 'ack'])
    const forAll = { messageId: id, ...beside[id], useUserDevicesCache: false }
    expect(await ask([id], chat)).toEqual(['session', [chat, content, forAll], 'ack'])
  }
})

test('[F1] what says nothing besides its content is Baileys’ to send, as is what is asked for otherwise', async () => {
  const { ask, find } = openSocket()
  expect(await ask(['TEXT'], '200:7@lid')).toEqual(['session', ['Baileys', 'TEXT'], 'ack'])
  expect(await ask(['EDIT'], null)).toEqual(['ack'])
  expect(await find({ id: 'EDIT', remoteJid: chat })).toEqual(content)
  expect(await ask(['NOBODY’S'], '200:7@lid')).toEqual(['session', 'ack'])
})

test('[F1] [I5] each message goes again to a device five times, however its receipts name it, and to another one all the same', async () => {
  const { ask } = openSocket()
  const countOf = (happened: readonly unknown[]) => happened.filter(one => Array.isArray(one)).length
  const named = [
    ['EDIT'],
    ['EDIT', 'EDIT', 'EDIT'],
    ['OTHER 1', 'EDIT'],
    ['OTHER 2', 'EDIT'],
    ['OTHER 3', 'EDIT'],
    ['OTHER 4', 'EDIT'],
  ]
  const counts: number[] = []
  for (const ids of named) counts.push(countOf(await ask(ids, '200:7@lid')))
  expect(counts).toEqual([1, 1, 1, 1, 1, 0])
  expect(countOf(await ask(['EDIT'], '200:8@lid'))).toBe(1)
})

test('[F1] [I5] of one receipt sixteen messages are looked up, each once', async () => {
  const { ask, looked } = openSocket()
  const ids = Array.from({ length: 1_000 }, (_, nth) => `TEXT ${nth % 100}`)
  const happened = await ask(ids, '200:7@lid')
  expect(looked).toEqual(ids.slice(0, 16))
  expect(happened).toHaveLength(1 + 16 + 1)
})

test('[F1] where one cannot go out the others do, and the handling of the receipt fails', async () => {
  const { ask } = openSocket({ fails: true })
  await expect(ask(['EDIT', 'POLL'], '200:7@lid')).rejects.toThrow('WhatsApp does not say')
  const forOne = { messageId: 'POLL', ...beside.POLL, participant: { jid: '200:7@lid', count: 2 } }
  expect(await ask(['NOBODY’S'], '200:7@lid')).toEqual(['session', [chat, content, forOne], 'ack', 'session', 'ack'])
})
