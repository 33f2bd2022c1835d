// The lists that are asked for by ourselves: whom the account has blocked, at each login, because Baileys asks and keeps the answer to itself; and
// the collections of the app state of which there is none, after a link as soon as the phone has shared a key, and after an unclean end.
// Baileys itself fetches one only when it changes, because it is told to leave history alone (lib/Socket/chats.js).
import { ALL_WA_PATCH_NAMES, type BaileysEventMap, type WASocket } from '@whiskeysockets/baileys'
import { describeError, type Logger } from '../../runtime/logger.ts'
import type { SocketLife } from '../socket-life.ts'

type Deps = {
  socket: Pick<WASocket, 'authState' | 'resyncAppState' | 'fetchBlocklist'>
  received(name: string, payload: unknown): void
  life: Pick<SocketLife, 'isOver'>
  instanceId: string
  logger: Logger
}

/** To be told every event of Baileys. What could not be fetched is at the next login. */
export function createListFetcher(deps: Deps): (events: Partial<BaileysEventMap>) => void {
  const { socket, received, life, instanceId, logger } = deps
  let collections: Promise<void> = Promise.resolve()

  async function fetchBlocked(): Promise<void> {
    received('blocklist.set', { blocklist: await socket.fetchBlocklist() })
  }

  async function fetchCollections(): Promise<void> {
    const { creds, keys } = socket.authState
    if (!creds.myAppStateKeyId) return
    const found = await keys.get('app-state-sync-version', [...ALL_WA_PATCH_NAMES])
    const missing = ALL_WA_PATCH_NAMES.filter(name => !found[name])
    // Not as an initial sync: Baileys then keeps what it learns of chats that no history has told it of, and says it never.
    if (missing.length > 0) await socket.resyncAppState(missing, false)
  }

  const tried = (what: string, fetching: Promise<void>): Promise<void> =>
    fetching.catch(error => {
      if (!life.isOver()) logger.warn('socket.list-not-fetched', { instanceId, what, error: describeError(error) })
    })

  return events => {
    const isLogin = events['connection.update']?.receivedPendingNotifications === true
    if (isLogin) void tried('blocklist', fetchBlocked())
    if (isLogin || events['creds.update']?.myAppStateKeyId)
      collections = collections.then(() => tried('app state', fetchCollections()))
  }
}
