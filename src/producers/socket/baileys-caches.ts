// What Baileys remembers of an account for a while: bounded, and by no timer. Its own caches have no bound, a timer and sixteen maps each, and
// its retry manager's places for 1,536 entries (lib/Socket, lib/Utils/message-retry-manager.js): 110 KB for an account that nobody writes to.
import { DEFAULT_CACHE_TTLS, type SocketConfig, type WASocket } from '@whiskeysockets/baileys'
import { createLru } from '../../runtime/lru.ts'

type RetryManager = NonNullable<WASocket['messageRetryManager']>

/** The one not touched for longest goes first. What a forgotten one costs: another retry, another question to WhatsApp. */
const maxEntries = 2_048
const maxBaseKeys = 1_024
const baseKeySeconds = 15 * 60

/** An account's own: two of them may be in one group, and are asked about one message. `clock`: milliseconds that never go back. */
export function createBaileysCaches(clock: () => number) {
  const cacheFor = (seconds: number) => cacheOf(createKept({ maxEntries, keptMs: seconds * 1000, clock }))
  return {
    msgRetryCounterCache: cacheFor(DEFAULT_CACHE_TTLS.MSG_RETRY),
    placeholderResendCache: cacheFor(DEFAULT_CACHE_TTLS.MSG_RETRY),
    callOfferCache: cacheFor(DEFAULT_CACHE_TTLS.CALL_OFFER),
    userDevicesCache: cacheFor(DEFAULT_CACHE_TTLS.USER_DEVICES),
  }
}

/** Call right after makeWASocket. It keeps no message that was sent or received any more, and as many base keys for as long as before. */
export function leanRetryManager(manager: RetryManager, clock: () => number): void {
  const places = {
    recentMessagesMap: new Map(),
    baseKeys: createKept({ maxEntries: maxBaseKeys, keptMs: baseKeySeconds * 1000, clock }),
  }
  for (const name of Object.keys(places))
    if (!(name in manager)) throw new Error(`slimming Baileys’ retry manager: expected its ${name}`)
  Object.assign(manager, places, { addRecentMessage: () => undefined })
}

const cacheOf = (kept: Kept): NonNullable<SocketConfig['callOfferCache']> => ({
  get: <Value>(key: string) => kept.get(key) as Value | undefined,
  set: kept.set,
  del: kept.delete,
  flushAll: kept.clear,
})

/** Of a map, what the retry manager asks of one. A value is kept for so long after it was set. */
type Kept = {
  get(key: string): unknown
  set(key: string, value: unknown): void
  delete(key: string): void
  clear(): void
}

function createKept({ maxEntries, keptMs, clock }: { maxEntries: number; keptMs: number; clock: () => number }): Kept {
  const entries = createLru<{ value: unknown; untilMs: number }>(maxEntries)
  return {
    get: key => {
      const kept = entries.get(key)
      if (kept === undefined || kept.untilMs > clock()) return kept?.value
      entries.delete(key)
      return undefined
    },
    set: (key, value) => entries.set(key, { value, untilMs: clock() + keptMs }),
    delete: entries.delete,
    clear: () => entries.deleteWhere(() => true),
  }
}
