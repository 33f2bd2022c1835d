// What is asked of an account about its chats over HTTP, for tests: accounts and chats that it has, and the command that each answer names.
import { expect } from 'vitest'
import type { Logger } from '../../../src/runtime/logger.ts'
import { aGroup, anEvent, somebody } from '../events.ts'
import { openTestApi, type TestApi } from './open-test-api.ts'
import { projectEvents, tellApi } from './project-events.ts'

export type ChatsAsked = { api: TestApi; close(): Promise<void> }

export async function openChatsAsked(name: string, logger: Logger): Promise<ChatsAsked> {
  const api = await openTestApi(name, logger)
  const projection = await projectEvents(api, logger)
  for (const id of ['shop', 'quiet']) await api.call('POST', '/v1/instances', { body: { id, name: id } })
  const settings = { markOnline: true, historySync: true }
  expect((await api.call('PATCH', '/v1/instances/shop', { body: { settings } })).status).toBe(200)
  await tellApi(api, [
    anEvent('contact.updated'),
    anEvent('group.updated', { groupId: quietGroup, chatId: quietGroup }),
    ...said,
    anEvent('message.received', { ...theirs, instanceId: 'quiet', messageId: 'Q1' }),
    anEvent('call.updated', { callId: 'RINGS', status: 'offer', senderId: somebody.lid, chatId: somebody.lid }),
    anEvent('call.updated', { callId: 'OVER', status: 'missed', senderId: somebody.lid, chatId: somebody.lid }),
    anEvent('label.changed', { labelId: '7', name: 'Pago', color: 3 }),
  ])
  const close = async () => {
    await projection.close()
    await api.close()
  }
  return { api, close }
}

export const at = Date.UTC(2026, 0, 5, 11)

const theirs = { chatId: somebody.lid, chatPn: somebody.pn, senderId: somebody.lid, senderPn: somebody.pn }

export const quietGroup = '120363000000000055@g.us'

const inGroup = { chatId: aGroup, chatPn: null, isGroup: true }

/** In a chat between two: two that came, one that the account wrote, two that came since; and before all a voice note and what is viewed once. */
const said = [
  anEvent('message.received', { ...theirs, messageId: 'M1', occurredAt: at }),
  anEvent('message.sent', { messageId: 'OWN', occurredAt: at + 1000 }),
  anEvent('message.received', { ...theirs, messageId: 'M2', occurredAt: at + 2000 }),
  anEvent('message.received', { ...theirs, messageId: 'M3', occurredAt: at + 3000 }),
  anEvent('message.received', { ...theirs, messageId: 'V1', kind: 'voice', occurredAt: at - 1000 }),
  anEvent('message.received', { ...theirs, messageId: 'ONCE', viewOnce: true, occurredAt: at - 2000 }),
  anEvent('message.received', { ...inGroup, senderId: somebody.lid, senderPn: null, messageId: 'G1', occurredAt: at }),
  anEvent('message.received', { ...inGroup, senderId: null, senderPn: null, messageId: 'G2', occurredAt: at + 1000 }),
]

export const ask = (asking: ChatsAsked, method: string, path: string, body?: unknown, id = 'shop') =>
  asking.api.call(method, `/v1/instances/${id}/${path.replace('ANA', '+55 11 90000-0001')}`, body === undefined ? {} : { body })

/** Of the record that its answer names. */
export async function taken(asking: ChatsAsked, method: string, path: string, body?: unknown) {
  const { status, json } = await ask(asking, method, path, body)
  expect([status, json]).toMatchObject([202, { commandId: expect.any(String) }])
  const signal = AbortSignal.timeout(10_000)
  for await (const record of asking.api.testLog.log.read(
    asking.api.testLog.topic('commands'),
    { from: 'first', until: 'end' },
    signal,
  )) {
    const event = await asking.api.testLog.codec.decode(record.value, signal)
    if (event?.type !== 'command.accepted' || event.commandId !== json.commandId) continue
    const { operation, chatId, expiresAt } = event
    return { operation, chatId, body: JSON.parse(event.body), expiresInMs: expiresAt - asking.api.clock.nowAt }
  }
  throw new Error('the log has no such command')
}

export const m = (messageId: string, atMs: number) => ({ messageId, fromMe: false, senderId: null, at: atMs })

export const last = m('M3', at + 3000)

export const first = m('M1', at)

export const oldest = m('ONCE', at - 2000)

export const g1 = { messageId: 'G1', fromMe: false, senderId: somebody.lid, at }

export const chatId = somebody.lid

export const inChat = { chatId, last }
