// How Baileys is set up for an account: by its public options alone.
import { DEFAULT_CONNECTION_CONFIG } from '@whiskeysockets/baileys'
import type { MakeSignalRepository } from '../gate/gated-repository.ts'
import { createBaileysCaches } from './baileys-caches.ts'
import { createBaileysLogger } from './baileys-logger.ts'
import { downloadOptions } from './download-options.ts'
import type { SocketDeps } from './open-socket.ts'

/** WhatsApp's own. */
export const whatsappUrl = String(DEFAULT_CONNECTION_CONFIG.waWebSocketUrl)

export const keepAliveIntervalMs = 30_000
export const connectTimeoutMs = 20_000
export const monotonic = () => performance.now()

export function socketOptions(deps: SocketDeps, makeSignalRepository: MakeSignalRepository) {
  const { auth, settings } = deps
  return {
    auth,
    ...createBaileysCaches(monotonic),
    logger: createBaileysLogger(deps.logger, deps.instanceId),
    waWebSocketUrl: deps.url ?? whatsappUrl,
    ...(deps.version && { version: [...deps.version] satisfies number[] as [number, number, number] }),
    makeSignalRepository,
    ...downloadOptions(deps.cdnUrl),
    ...(deps.qrTimeoutMs !== null && { qrTimeout: deps.qrTimeoutMs }),
    keepAliveIntervalMs,
    // Its timers for each frame build two stack traces for each; harden-socket.ts guards what they guard.
    connectTimeoutMs: 0,
    markOnlineOnConnect: settings.markOnline,
    syncFullHistory: settings.historySync,
    // History is appended as its notification; whoever wants the blob fetches it from there.
    shouldSyncHistoryMessage: () => false,
    // With it the phone is asked for an undecryptable message by a timer; without, all other messages of the account wait two seconds
    // for each of them (sendRetryRequest in lib/Socket/messages-recv.js). What it would keep in memory: see leanRetryManager.
    enableRecentMessageCache: true,
    enableAutoSessionRecreation: false,
    // The key store retries by itself; a commit that it gave up is over.
    transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
  }
}
