// What Baileys tells of the app state comes out as it is, also while it buffers the very messages and chats that it is about.
import { EventEmitter } from 'node:events'
import {
  type BaileysEventMap,
  makeEventBuffer,
  type SignalKeyStore,
  type WAMessage,
  type WASocket,
} from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { type Collection, watchAppState } from '../../src/producers/socket/watch-app-state.ts'
import { somebody } from '../ground/events.ts'

const none = () => undefined
const quiet = { level: 'silent', child: () => quiet, trace: none, debug: none, info: none, warn: none, error: none }
const versions = { 'app-state-sync-version': { regular_high: { version: 1, hash: Buffer.alloc(128), indexValueMap: {} } } }
const key = { remoteJid: somebody.lid, id: 'M1', fromMe: false }

function open() {
  const ended = Promise.withResolvers<readonly Collection[]>()
  const keys: SignalKeyStore = { get: async () => ({}), set: async () => undefined }
  const watch = watchAppState({ keys, told: ended.resolve })
  const ev = makeEventBuffer(quiet)
  const heard: { events: Partial<BaileysEventMap>; telling: readonly Collection[] }[] = []
  ev.process(events => void heard.push({ events, telling: watch.telling() }))
  watch.follow({ ev, ws: new EventEmitter() } as unknown as Pick<WASocket, 'ws' | 'ev'>)
  return { watch, ev, heard, ended: ended.promise }
}

test('[B1] a star and an archived chat that come while their message and chat are buffered are told unmerged', async () => {
  const { watch, ev, heard, ended } = open()
  const message: WAMessage = { key, message: { conversation: 'hello' } }
  ev.buffer()
  ev.emit('messages.upsert', { messages: [message], type: 'notify' })
  ev.emit('chats.upsert', [{ id: somebody.lid, unreadCount: 1 }])
  await watch.keys.set(versions)
  ev.emit('messages.update', [{ key, update: { starred: true } }])
  ev.emit('chats.update', [{ id: somebody.lid, archived: true }])
  expect(await ended).toEqual(['regular_high'])
  expect(heard).toMatchObject([
    { events: { 'messages.upsert': { messages: [{ key }] }, 'chats.upsert': [{ id: somebody.lid }] }, telling: [] },
    { events: { 'messages.update': [{ key, update: { starred: true } }] }, telling: ['regular_high'] },
    { events: { 'chats.update': [{ id: somebody.lid, archived: true }] }, telling: ['regular_high'] },
  ])
  expect(watch.telling()).toEqual([])
})
