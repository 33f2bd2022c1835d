// The bare side: Baileys as it comes, auth in memory, in a process of its own. It does nothing with what it receives, or posts it at once
// to a receiver: nothing is written down anywhere, and what a crash finds in memory is lost.
import makeWASocket, {
  type AuthenticationCreds,
  type BaileysEventMap,
  BufferJSON,
  DisconnectReason,
  initAuthCreds,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from '@whiskeysockets/baileys'
import { pino } from 'pino'
import { Webhook } from 'standardwebhooks'
import { Agent, request } from 'undici'
import '../src/runtime/silence-libsignal.ts'
import { answerCalls } from './child.ts'

type Target = { url: string; secret: string }
type Auth = { creds: AuthenticationCreds; keys: ReturnType<typeof memoryKeys> }

let target: Target | null = null
const connections = new Agent({ connections: 64 })
const opening: Promise<void>[] = []
const clients: Auth[] = []

const calls = {
  /** Answers the first QR code of one more client. */
  open: async ({ url }: { url: string }) => {
    const qr = Promise.withResolvers<string>()
    const auth = { creds: initAuthCreds(), keys: memoryKeys(new Map()) }
    clients.push(auth)
    opening.push(openClient(url, auth, qr.resolve))
    return qr.promise
  },
  /** What every client has for keys, as other processes go on with it by openKept; of its pre-keys, which wait on a disk elsewhere, the newest. */
  keep: async () =>
    clients.map(({ creds, keys }) => {
      const newest = `pre-key/${creds.nextPreKeyId - 1}`
      const kept = [...keys.stored].filter(([name]) => name === newest || !name.startsWith('pre-key/'))
      return JSON.stringify({ creds, keys: kept }, BufferJSON.replacer)
    }),
  /** Logs these clients in again. */
  openKept: async ({ url, kept }: { url: string; kept: readonly string[] }) => {
    for (const one of kept) {
      const { creds, keys } = JSON.parse(one, BufferJSON.reviver)
      opening.push(openClient(url, { creds, keys: memoryKeys(new Map(keys)) }))
    }
  },
  /** Every client is logged in. */
  opened: async () => void (await Promise.all(opening)),
  postTo: async (of: Target) => {
    target = of
  },
}
export type BaileysCalls = typeof calls
answerCalls(calls)

/** Resolves once logged in. WhatsApp asks for one new connection after pairing (515). */
function openClient(url: string, auth: Auth, showQr?: (qr: string) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  function connect(): void {
    const socket = makeWASocket({
      auth,
      waWebSocketUrl: url,
      logger: pino({ level: 'silent' }),
      markOnlineOnConnect: false,
      // with it, events are held back for 20 s after the first login
      shouldSyncHistoryMessage: () => false,
    })
    socket.ev.on('creds.update', update => Object.assign(auth.creds, update))
    socket.ev.on('connection.update', ({ connection, lastDisconnect, qr }) => {
      if (qr !== undefined) showQr?.(qr)
      if (connection === 'open') resolve()
      if (connection === 'close' && statusOf(lastDisconnect?.error) === DisconnectReason.restartRequired) connect()
    })
    socket.ev.on('messages.upsert', postAll)
  }
  connect()
  return promise
}

/** The fastest store there can be: what Baileys hands in is what it gets back. */
function memoryKeys(stored: Map<string, unknown>): SignalKeyStore & { stored: ReadonlyMap<string, unknown> } {
  return {
    stored,
    get: async (type, ids) => {
      const found: Record<string, SignalDataTypeMap[typeof type]> = {}
      for (const id of ids) {
        const value = stored.get(`${type}/${id}`)
        if (value !== undefined) found[id] = value as SignalDataTypeMap[typeof type]
      }
      return found
    },
    set: async data => {
      for (const [type, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values))
          if (value === null) stored.delete(`${type}/${id}`)
          else stored.set(`${type}/${id}`, value)
    },
  }
}

function postAll({ messages }: BaileysEventMap['messages.upsert']): void {
  if (target === null) return
  for (const { key, message } of messages) {
    const webhookId = `${key.id}`
    const data = { chatId: key.remoteJid, messageId: key.id, text: message?.conversation }
    void post(target, webhookId, JSON.stringify({ type: 'message.received', timestamp: new Date().toISOString(), data }))
  }
}

/** Signed like ours, so that the receiver has the same work with it. One that fails is lost, and missed by the bench. */
async function post({ url, secret }: Target, webhookId: string, body: string): Promise<void> {
  const now = new Date()
  const answer = await request(url, {
    dispatcher: connections,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': webhookId,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(webhookId, now, body),
    },
    body,
  })
  await answer.body.dump()
}

function statusOf(error: unknown): number {
  const { output } = (error ?? {}) as { output?: { statusCode?: number } }
  return output?.statusCode ?? 0
}
