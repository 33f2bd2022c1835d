// What is sent again for a retry receipt goes to whom Baileys would send it, with all that its stanza says, once Baileys is done with the receipt.
import { EventEmitter } from 'node:events'
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { createSendAgain, type SentBefore } from '../../src/producers/socket/send-again.ts'

const chat = '200@lid'
const content = { conversation: 'oi' }
const meta = { tag: 'meta', attrs: { polltype: 'creation' } }
const kept: Readonly<Record<string, SentBefore>> = {
  EDIT: { content, attributes: { edit: '1' }, nodes: [] },
  POLL: { content, attributes: {}, nodes: [meta] },
  TEXT: { content, attributes: {}, nodes: [] },
}

/** Of a receipt for `id`: what Baileys is given, and what is sent after it. `device`: who asks; null: it is no retry. */
async function asked(id: string, device: string | null) {
  const ws = new EventEmitter()
  const sent: unknown[] = []
  const again = createSendAgain(async key => kept[key.id ?? ''])
  const given: unknown[] = []
  ws.on('CB:receipt', async () => {
    given.push(await again.find({ id, remoteJid: chat, ...(device !== null && { participant: device }) }))
    expect(sent, 'Baileys makes the session first').toEqual([])
  })
  const relayMessage: WASocket['relayMessage'] = async (...of) => String(sent.push(of))
  again.follow({ ws, relayMessage } as unknown as Parameters<typeof again.follow>[0])
  const retry: BinaryNode = { tag: 'retry', attrs: { count: '2' } }
  const node: BinaryNode = { tag: 'receipt', attrs: { id, ...(device !== null && { type: 'retry' }) }, content: [retry] }
  const [handle] = ws.listeners('CB:receipt')
  await handle?.(node)
  return { given, sent }
}

test('[F1] an edit and a poll go to the device that asks, or, where it is a phone, to all of its chat', async () => {
  const beside = {
    EDIT: { additionalAttributes: { edit: '1' }, additionalNodes: [] },
    POLL: { additionalAttributes: {}, additionalNodes: [meta] },
  }
  for (const id of ['EDIT', 'POLL'] as const) {
    expect(await asked(id, '200:7@lid')).toEqual({
      given: [undefined],
      sent: [[chat, content, { messageId: id, ...beside[id], participant: { jid: '200:7@lid', count: 2 } }]],
    })
    expect(await asked(id, chat)).toEqual({
      given: [undefined],
      sent: [[chat, content, { messageId: id, ...beside[id], useUserDevicesCache: false }]],
    })
  }
})

test('[F1] what says nothing besides its content is Baileys’ to send, as is what is asked for otherwise', async () => {
  expect(await asked('TEXT', '200:7@lid')).toEqual({ given: [content], sent: [] })
  expect(await asked('EDIT', null)).toEqual({ given: [content], sent: [] })
  expect(await asked('NOBODY’S', '200:7@lid')).toEqual({ given: [undefined], sent: [] })
})
