// What Baileys remembers of an account is bounded, for as long as Baileys itself would keep it, and takes no place before there is any.
import makeWASocket, { initAuthCreds, type WASocket } from '@whiskeysockets/baileys'
import { expect, onTestFinished, test } from 'vitest'
import { createBaileysCaches, leanRetryManager } from '../../src/producers/socket/baileys-caches.ts'
import { createBaileysLogger } from '../../src/producers/socket/baileys-logger.ts'
import { createLogger } from '../../src/runtime/logger.ts'

const MINUTE_MS = 60_000

test('[H9] each cache keeps a value for Baileys’ own time after it was set, and no longer', () => {
  let nowMs = 0
  const { msgRetryCounterCache, placeholderResendCache, callOfferCache, userDevicesCache } = createBaileysCaches(() => nowMs)
  const caches = [msgRetryCounterCache, placeholderResendCache, callOfferCache, userDevicesCache]
  for (const cache of caches) cache.set('key', 1)
  const known = () => caches.map(cache => cache.get('key'))
  nowMs = 5 * MINUTE_MS - 1
  expect(known()).toEqual([1, 1, 1, 1])
  nowMs = 5 * MINUTE_MS
  expect(known()).toEqual([1, 1, undefined, undefined])
  nowMs = 60 * MINUTE_MS
  expect(known()).toEqual([undefined, undefined, undefined, undefined])
})

test('[H9] what is deleted is gone, what is set again counts anew, and a flush forgets everything', () => {
  let nowMs = 0
  const { callOfferCache } = createBaileysCaches(() => nowMs)
  callOfferCache.set('one', 1)
  callOfferCache.set('other', 2)
  nowMs = 4 * MINUTE_MS
  callOfferCache.set('other', 3)
  callOfferCache.del('one')
  nowMs = 8 * MINUTE_MS
  expect([callOfferCache.get('one'), callOfferCache.get('other')]).toEqual([undefined, 3])
  callOfferCache.flushAll()
  expect(callOfferCache.get('other')).toBeUndefined()
})

test('[H9] [I5] nobody fills a cache beyond its bound, and two accounts share none', () => {
  const { msgRetryCounterCache } = createBaileysCaches(() => 0)
  for (let nth = 0; nth < 10_000; nth++) msgRetryCounterCache.set(`message ${nth}`, nth)
  const known = Array.from({ length: 10_000 }, (_, nth) => msgRetryCounterCache.get(`message ${nth}`)).filter(
    nth => nth !== undefined,
  )
  expect(known).toHaveLength(2_048)
  expect(known.at(-1)).toBe(9_999)
  expect(createBaileysCaches(() => 0).msgRetryCounterCache.get('message 9999')).toBeUndefined()
})

test('[H9] the retry manager keeps no message, and knows base keys for a quarter of an hour', () => {
  let nowMs = 0
  const manager = retryManager()
  leanRetryManager(manager, () => nowMs)
  manager.addRecentMessage({ id: 'message' } as never, {} as never, {} as never)
  expect(manager.getRecentMessage('to', 'message')).toBeUndefined()
  const key = new Uint8Array([1, 2, 3])
  manager.saveBaseKey('a.0', 'message', key)
  expect(manager.hasSameBaseKey('a.0', 'message', key)).toBe(true)
  expect(manager.hasSameBaseKey('a.0', 'message', new Uint8Array([1, 2, 4]))).toBe(false)
  nowMs = 15 * MINUTE_MS
  expect(manager.hasSameBaseKey('a.0', 'message', key)).toBe(false)
  manager.saveBaseKey('a.0', 'message', key)
  manager.deleteBaseKey('a.0', 'message')
  expect(manager.hasSameBaseKey('a.0', 'message', key)).toBe(false)
  expect(() => manager.clear()).not.toThrow()
})

test('[H9] a Baileys whose retry manager keeps its things elsewhere is refused by name', () => {
  expect(() => leanRetryManager({} as never, () => 0)).toThrow('expected its recentMessagesMap')
})

/** Baileys' own, of a socket that reaches nobody. */
function retryManager(): NonNullable<WASocket['messageRetryManager']> {
  const socket = makeWASocket({
    auth: { creds: initAuthCreds(), keys: { get: async () => ({}), set: async () => undefined } },
    waWebSocketUrl: 'ws://127.0.0.1:9',
    logger: createBaileysLogger(createLogger({ level: 'silent' }), 'test'),
    enableRecentMessageCache: true,
  })
  onTestFinished(() => socket.end(undefined))
  if (socket.messageRetryManager === null) throw new Error('expected Baileys to have a retry manager')
  return socket.messageRetryManager
}
